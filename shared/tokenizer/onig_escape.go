package tokenizer

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// escape reads an escape sequence after its backslash. It returns the text for
// regexp2, or the character that the sequence stands for (-1: none).
func (t *onig) escape(inClass bool) (content string, literal rune, err error) {
	c := t.peek(0)
	t.i++
	set := func(members string, negated bool) (string, rune, error) {
		switch {
		case !inClass && negated:
			return "[^" + members + "]", -1, nil
		case !inClass:
			return "[" + members + "]", -1, nil
		case !negated:
			return members, -1, nil
		}
		return "", -1, fmt.Errorf(`\%c inside a class is not supported`, c)
	}
	switch c {
	case -1:
		return "", -1, fmt.Errorf(`trailing \`)
	case 'p', 'P':
		name, err := t.property()
		if err != nil {
			return "", -1, err
		}
		negated := c == 'P'
		if strings.HasPrefix(name, "^") {
			name, negated = name[1:], !negated
		}
		if unicode.Categories[name] == nil && unicode.Scripts[name] == nil {
			return "", -1, fmt.Errorf("unknown property %q", name)
		}
		if inClass && negated {
			return `\P{` + name + "}", -1, nil
		}
		return set(`\p{`+name+"}"+pairsText(newIn(name)), negated)
	case 'd', 'D':
		return set(`\p{Nd}`+pairsText(newNumbers), c == 'D')
	case 'w', 'W':
		return set(wordMembers, c == 'W')
	case 'h', 'H':
		return set("0-9a-fA-F", c == 'H')
	case 's', 'S':
		return `\` + string(c), -1, nil
	case 'A', 'z', 'Z', 'b', 'B', 'G':
		if inClass && c != 'b' {
			return "", c, nil
		}
		return `\` + string(c), -1, nil
	case 'R', 'X', 'K', 'g', 'k':
		return "", -1, fmt.Errorf(`\%c is not supported`, c)
	case 'n':
		return "", '\n', nil
	case 'r':
		return "", '\r', nil
	case 't':
		return "", '\t', nil
	case 'f':
		return "", '\f', nil
	case 'v':
		return "", '\v', nil
	case 'a':
		return "", '\a', nil
	case 'e':
		return "", 0x1b, nil
	case 'x', 'u':
		return t.hex(c)
	}
	if '0' <= c && c <= '9' {
		return `\` + string(c), -1, nil
	}
	return "", c, nil
}

// property reads {Name} after \p.
func (t *onig) property() (string, error) {
	if t.peek(0) != '{' {
		return "", fmt.Errorf(`\p without {name}`)
	}
	end := t.i
	for end < len(t.in) && t.in[end] != '}' {
		end++
	}
	if end == len(t.in) {
		return "", fmt.Errorf(`\p without }`)
	}
	name := string(t.in[t.i+1 : end])
	t.i = end + 1
	return name, nil
}

// hex reads the digits of \xHH, \x{H…} or \uHHHH.
func (t *onig) hex(kind rune) (string, rune, error) {
	digits := ""
	if kind == 'x' && t.peek(0) == '{' {
		for t.i++; t.i < len(t.in) && t.in[t.i] != '}'; t.i++ {
			digits += string(t.in[t.i])
		}
		t.i++
	} else {
		max := 2
		if kind == 'u' {
			max = 4
		}
		for len(digits) < max && strings.ContainsRune("0123456789abcdefABCDEF", t.peek(0)) {
			digits += string(t.in[t.i])
			t.i++
		}
	}
	n, err := strconv.ParseUint(digits, 16, 32)
	if err != nil || n > unicode.MaxRune {
		return "", -1, fmt.Errorf(`\%c%s is no character`, kind, digits)
	}
	return "", rune(n), nil
}

// wordMembers is the inside of the class \w: alphabetic, mark, decimal number,
// connector punctuation, and in Latin-1 the other numbers too.
var wordMembers = `\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}` + "²³¹¼½¾" +
	"\u24b6-\u24e9\U0001f130-\U0001f149\U0001f150-\U0001f169\U0001f170-\U0001f189" +
	pairsText(newLetters) + pairsText(newMarks) + pairsText(newNumbers)
