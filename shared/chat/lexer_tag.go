package chat

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// inside reads the tokens of a tag up to its end.
func (l *lexer) inside(end tokenKind) error {
	ends := map[tokenKind]string{tokPrintEnd: "}}", tokBlockEnd: "%}"}[end]
	var open []byte // brackets to be closed
	for l.at < len(l.src) {
		start := l.at
		if len(open) == 0 && l.close(ends) {
			l.emit(end, ends, start)
			return nil
		}
		rest := l.src[start:]
		r, size := utf8.DecodeRuneInString(rest)
		switch {
		case isSpace(r):
			l.at += size
			l.lineStart = r == '\n'
			continue
		case r >= '0' && r <= '9':
			n, float := scanNumber(rest, start > 0 && l.src[start-1] == '.')
			kind := tokInteger
			if float {
				kind = tokFloat
			}
			l.at += n
			l.emit(kind, strings.ReplaceAll(rest[:n], "_", ""), start)
		case isNameRune(r):
			n := strings.IndexFunc(rest, func(r rune) bool { return !isNameRune(r) })
			if n < 0 {
				n = len(rest)
			}
			if !isIdentifier(rest[:n]) {
				return l.errorf(start, "Invalid character in identifier")
			}
			l.at += n
			l.emit(tokName, rest[:n], start)
		case r == '\'' || r == '"':
			n := scanString(rest)
			if n < 0 {
				return l.errorf(start, "unexpected char %q, the string has no end", r)
			}
			s, err := unescape(rest[1 : n-1])
			if err != nil {
				return l.errorf(start, "%w", err)
			}
			l.at += n
			l.emit(tokString, s, start)
		default:
			op := operatorAt(rest)
			if op == "" {
				return l.errorf(start, "unexpected char %s", quoted(literal(string(r))))
			}
			switch op {
			case "{", "(", "[":
				if len(open) == maxNesting {
					return l.errorf(start, "brackets more than %d deep", maxNesting)
				}
				open = append(open, closing[op[0]])
			case "}", ")", "]":
				if len(open) == 0 {
					return l.errorf(start, "unexpected '%s'", op)
				}
				if want := open[len(open)-1]; want != op[0] {
					return l.errorf(start, "unexpected '%s', expected '%c'", op, want)
				}
				open = open[:len(open)-1]
			}
			l.at += len(op)
			l.emit(tokOperator, op, start)
		}
		l.lineStart = false
	}
	return nil // the parser complains of the end
}

var closing = map[byte]byte{'{': '}', '(': ')', '[': ']'}

// operatorAt is the operator that s starts with, "" if there is none.
func operatorAt(s string) string {
	if len(s) >= 2 {
		switch s[:2] {
		case "//", "**", "==", "!=", ">=", "<=":
			return s[:2]
		}
	}
	if strings.IndexByte("+-/*%~[](){}><=.:|,;", s[0]) >= 0 {
		return s[:1]
	}
	return ""
}

func isNameRune(r rune) bool {
	return r == '_' || r == '·' || unicode.IsLetter(r) || unicode.IsNumber(r) ||
		unicode.In(r, unicode.Mn, unicode.Mc, unicode.Pc)
}

// scanString is the length of the string literal at the start of s, -1 if it has
// no end.
func scanString(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case s[0]:
			return i + 1
		}
	}
	return -1
}

// scanNumber is the length of the number at the start of s. Right after a dot,
// there are only integers: x.0.1 is (x[0])[1].
func scanNumber(s string, afterDot bool) (n int, float bool) {
	digits := func(i int, ok func(byte) bool) int { // digits and _ between them, from i
		for i < len(s) && (ok(s[i]) || s[i] == '_' && i+1 < len(s) && ok(s[i+1])) {
			i++
		}
		return i
	}
	decimal := func(c byte) bool { return c >= '0' && c <= '9' }
	n = digits(0, decimal)
	if !afterDot {
		end := n
		if end+1 < len(s) && s[end] == '.' && decimal(s[end+1]) {
			end = digits(end+1, decimal)
			float = true
		}
		if end < len(s) && s[end]|0x20 == 'e' {
			k := end + 1
			if k < len(s) && (s[k] == '+' || s[k] == '-') {
				k++
			}
			if k < len(s) && decimal(s[k]) {
				end = digits(k, decimal)
				float = true
			}
		}
		if float {
			return end, true
		}
	}
	if s[0] != '0' {
		return n, false
	}
	if len(s) > 2 {
		of := map[byte]string{'b': "01", 'o': "01234567", 'x': "0123456789abcdefABCDEF"}[s[1]|0x20]
		ok := func(c byte) bool { return strings.IndexByte(of, c) >= 0 }
		if k := digits(2, ok); of != "" && k > 2 {
			return k, false
		}
	}
	return digits(0, func(c byte) bool { return c == '0' }), false
}

// unescape replaces the escapes of a string literal as Python does.
func unescape(s string) (string, error) {
	if strings.IndexByte(s, '\\') < 0 {
		return s, nil
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i+1:])
		i += 1 + size
		switch r {
		case '\n':
		case '\\', '\'', '"':
			b.WriteRune(r)
		case 'x', 'u', 'U':
			n := map[rune]int{'x': 2, 'u': 4, 'U': 8}[r]
			code, err := strconv.ParseUint(s[i:min(i+n, len(s))], 16, 32)
			if err != nil || i+n > len(s) || code > unicode.MaxRune {
				return "", fmt.Errorf("bad \\%c escape, expected %d hexadecimal digits", r, n)
			}
			b.WriteRune(rune(code))
			i += n
		case '0', '1', '2', '3', '4', '5', '6', '7':
			code := r - '0'
			for k := 0; k < 2 && i < len(s) && s[i] >= '0' && s[i] <= '7'; k++ {
				code = code*8 + rune(s[i]-'0')
				i++
			}
			b.WriteRune(code)
		case 'N':
			return "", fmt.Errorf("escapes of characters by name (\\N) are not supported")
		default:
			if simple, ok := escapes[r]; ok {
				b.WriteByte(simple)
				break
			}
			b.WriteByte('\\')
			b.WriteString(strings.TrimPrefix(asciiOf(r), `\`))
		}
	}
	return b.String(), nil
}

var escapes = map[rune]byte{'a': '\a', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v'}

// asciiOf spells a character by an escape if it is not ASCII. jinja2 does that
// first, so that an unknown escape like \é is left as the five characters \xe9.
func asciiOf(r rune) string {
	switch {
	case r < 0x80:
		return string(r)
	case r < 0x100:
		return fmt.Sprintf(`\x%02x`, r)
	case r < 0x10000:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}
