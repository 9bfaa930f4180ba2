package tokenizer

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// translate rewrites a pattern of Oniguruma (Ruby syntax), the engine of Hugging
// Face's tokenizers, for regexp2 (.NET syntax). What differs:
//
//   - ^ and $ match at every line; (?m) means what .NET calls (?s)
//   - ?+ *+ ++ are possessive
//   - \h is a hexadecimal digit; \w has the alphabetic characters
//   - \p{L}, \p{N} and what contains them follow Unicode 16
//   - a letter under (?i) matches all of its Unicode case orbit (s, S, ſ)
//
// Nested classes, intersections, POSIX brackets, \R and \X are an error.
func translate(pattern string) (string, error) {
	t := onig{in: []rune(pattern)}
	if !utf8.ValidString(pattern) {
		return "", fmt.Errorf("pattern %q: not utf-8", pattern)
	}
	if err := t.run(); err != nil {
		return "", fmt.Errorf("pattern %q: at character %d: %w", pattern, t.i, err)
	}
	return t.out.String(), nil
}

type onig struct {
	in     []rune
	i      int
	out    strings.Builder
	atom   int     // where the last atom starts in out; -1 when there is none
	groups []group // open groups
	fold   bool    // (?i) is on
}

type group struct {
	start int
	fold  bool // of the text around it
}

func (t *onig) peek(k int) rune {
	if t.i+k < len(t.in) {
		return t.in[t.i+k]
	}
	return -1
}

func (t *onig) run() error {
	t.atom = -1
	for t.i < len(t.in) {
		c := t.in[t.i]
		switch c {
		case '(':
			if err := t.open(); err != nil {
				return err
			}
		case ')':
			if len(t.groups) == 0 {
				return fmt.Errorf("unmatched )")
			}
			g := t.groups[len(t.groups)-1]
			t.groups = t.groups[:len(t.groups)-1]
			t.fold = g.fold
			t.out.WriteByte(')')
			t.atom = g.start
			t.i++
		case '|':
			t.out.WriteByte('|')
			t.atom = -1
			t.i++
		case '^', '$':
			t.atom = t.out.Len()
			t.out.WriteString("(?m:" + string(c) + ")")
			t.i++
		case '.':
			t.atom = t.out.Len()
			t.out.WriteByte('.')
			t.i++
		case '*', '+', '?', '{':
			t.quantifier()
		case '[':
			if err := t.class(); err != nil {
				return err
			}
		case '\\':
			t.i++
			content, literal, err := t.escape(false)
			if err != nil {
				return err
			}
			t.atom = t.out.Len()
			if literal >= 0 {
				t.literal(literal)
			} else {
				t.out.WriteString(content)
			}
		default:
			t.atom = t.out.Len()
			t.literal(c)
			t.i++
		}
	}
	if len(t.groups) > 0 {
		return fmt.Errorf("unmatched (")
	}
	return nil
}

// open copies the opening of a group, with flags rewritten.
func (t *onig) open() error {
	start := t.out.Len()
	g := group{start, t.fold}
	t.i++
	t.atom = -1
	if t.peek(0) != '?' {
		t.out.WriteByte('(')
		t.groups = append(t.groups, g)
		return nil
	}
	t.i++
	switch c := t.peek(0); c {
	case '#':
		for t.i < len(t.in) && t.in[t.i] != ')' {
			t.i++
		}
		t.i++
		return nil
	case ':', '=', '!', '>':
		t.out.WriteString("(?" + string(c))
		t.i++
	case '<':
		t.out.WriteString("(?<")
		t.i++
		for t.i < len(t.in) {
			c := t.in[t.i]
			t.out.WriteRune(c)
			t.i++
			if c == '=' || c == '!' || c == '>' {
				break
			}
		}
	default:
		on := true
		flags := ""
		for ; t.i < len(t.in) && t.in[t.i] != ':' && t.in[t.i] != ')'; t.i++ {
			switch t.in[t.i] {
			case '-':
				on = false
				flags += "-"
			case 'i':
				t.fold = on
				flags += "i"
			case 'm':
				flags += "s"
			default:
				return fmt.Errorf("flag %q is not supported", t.in[t.i])
			}
		}
		if t.i == len(t.in) {
			return fmt.Errorf("unfinished group")
		}
		if t.in[t.i] == ')' { // holds to the end of the group around it
			t.out.WriteString("(?" + flags + ")")
			t.i++
			return nil
		}
		t.out.WriteString("(?" + flags + ":")
		t.i++
	}
	t.groups = append(t.groups, g)
	return nil
}

// quantifier copies ? * + {n,m} with a following ? or +; a possessive one
// becomes an atomic group.
func (t *onig) quantifier() {
	start := t.i
	interval := t.in[t.i] == '{'
	if interval {
		end := t.i + 1
		for end < len(t.in) && (t.in[end] == ',' || '0' <= t.in[end] && t.in[end] <= '9') {
			end++
		}
		if end == len(t.in) || t.in[end] != '}' || end == t.i+1 || t.atom < 0 {
			t.atom = t.out.Len()
			t.out.WriteString(`\{`)
			t.i++
			return
		}
		t.i = end
	}
	t.i++
	text := string(t.in[start:t.i])
	if strings.HasPrefix(text, "{,") {
		text = "{0" + text[1:]
	}
	switch next := t.peek(0); {
	case next == '?':
		text += "?"
		t.i++
	case next == '+' && t.atom >= 0:
		all := t.out.String()
		t.out.Reset()
		t.out.WriteString(all[:t.atom])
		if interval { // of Ruby: the interval, repeated
			t.out.WriteString("(?:" + all[t.atom:] + text + ")+")
		} else {
			t.out.WriteString("(?>" + all[t.atom:] + text + ")")
		}
		t.i++
		return
	}
	t.out.WriteString(text)
}

// class copies a character class.
func (t *onig) class() error {
	t.atom = t.out.Len()
	t.out.WriteByte('[')
	t.i++
	if t.peek(0) == '^' {
		t.out.WriteByte('^')
		t.i++
	}
	for first := true; ; first = false {
		c := t.peek(0)
		switch {
		case c < 0:
			return fmt.Errorf("unfinished class")
		case c == ']' && !first:
			t.out.WriteByte(']')
			t.i++
			return nil
		case c == '[':
			return fmt.Errorf("nested classes are not supported")
		case c == '&' && t.peek(1) == '&':
			return fmt.Errorf("class intersections are not supported")
		case c == '\\':
			t.i++
			content, literal, err := t.escape(true)
			if err != nil {
				return err
			}
			if literal >= 0 {
				t.classLiteral(literal)
			} else {
				t.out.WriteString(content)
			}
		case c == '-':
			t.out.WriteByte('-')
			t.i++
		default:
			t.classLiteral(c)
			t.i++
		}
	}
}

func (t *onig) classLiteral(r rune) {
	if strings.ContainsRune(`\[]^-`, r) {
		t.out.WriteByte('\\')
	}
	t.out.WriteRune(r)
}

// literal writes r so that it stands for itself, or under (?i) for its orbit.
func (t *onig) literal(r rune) {
	if t.fold {
		orbit := string(r)
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			orbit += string(f)
		}
		if len(orbit) > utf8.RuneLen(r) {
			t.out.WriteString("[" + orbit + "]")
			return
		}
	}
	if strings.ContainsRune(`\*+?|{}[]()^$.# `, r) {
		t.out.WriteByte('\\')
	}
	t.out.WriteRune(r)
}
