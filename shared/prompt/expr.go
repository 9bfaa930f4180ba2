package prompt

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// lexer reads what is between a tag's braces.
type lexer struct {
	src  *source
	at   int // byte offset in src of the next token
	end  int
	deep int
}

func (src *source) lexer(p piece) *lexer {
	return &lexer{src: src, at: p.inner, end: p.inner + len(p.text)}
}

func (l *lexer) rest() string { return l.src.text[l.at:l.end] }

func (l *lexer) space() {
	l.at = l.end - len(strings.TrimLeftFunc(l.rest(), unicode.IsSpace))
}

// done reports whether nothing is left.
func (l *lexer) done() bool {
	l.space()
	return l.at == l.end
}

// take reads mark if it comes next.
func (l *lexer) take(mark string) bool {
	l.space()
	if !strings.HasPrefix(l.rest(), mark) {
		return false
	}
	l.at += len(mark)
	return true
}

// call reads a name with its arguments up to the end or the closing parenthesis.
func (l *lexer) call() (c call, err error) {
	l.space()
	c.at = l.at
	if c.head, err = l.expr(); err != nil {
		return c, err
	}
	err = l.arguments(&c)
	return c, err
}

func (l *lexer) arguments(c *call) error {
	for !l.done() && !strings.HasPrefix(l.rest(), ")") && !l.names() {
		if key, ok := l.key(); ok {
			v, err := l.expr()
			if err != nil {
				return err
			}
			c.hash = append(c.hash, pair{key, v})
			continue
		}
		if len(c.hash) > 0 {
			return l.src.errorf(l.at, "an argument without a name after one with a name")
		}
		v, err := l.expr()
		if err != nil {
			return err
		}
		c.params = append(c.params, v)
	}
	return nil
}

// names reports whether "as |" comes next.
func (l *lexer) names() bool {
	rest := l.rest()
	return strings.HasPrefix(rest, "as") && strings.HasPrefix(strings.TrimLeftFunc(rest[2:], unicode.IsSpace), "|")
}

// blockNames reads "as |value key|" if it comes next.
func (l *lexer) blockNames() ([]string, error) {
	if l.done() || !l.names() {
		return nil, nil
	}
	l.take("as")
	l.take("|")
	n := strings.IndexByte(l.rest(), '|')
	if n < 0 {
		return nil, l.src.errorf(l.at, "the names after \"as |\" have no end, expected |")
	}
	names := strings.Fields(l.rest()[:n])
	l.at += n + 1
	return names, nil
}

// key reads "name=" if it comes next.
func (l *lexer) key() (string, bool) {
	name := identifier(l.rest())
	if name == "" {
		return "", false
	}
	after := strings.TrimLeftFunc(l.rest()[len(name):], unicode.IsSpace)
	if !strings.HasPrefix(after, "=") {
		return "", false
	}
	l.at = l.end - len(after) + 1
	return name, true
}

// identifier is the name at the beginning of s.
func identifier(s string) string {
	n := strings.IndexFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune("!\"#%&'()*+,./;<=>@[\\]^`{|}~", r)
	})
	if n < 0 {
		n = len(s)
	}
	return s[:n]
}

const maxParentheses = 50

func (l *lexer) expr() (expr, error) {
	if l.done() {
		return nil, l.src.errorf(l.at, "expected a name or a value")
	}
	at, rest := l.at, l.rest()
	switch c := rest[0]; {
	case c == '(':
		if l.deep++; l.deep > maxParentheses {
			return nil, l.src.errorf(at, "parentheses lie more than %d deep", maxParentheses)
		}
		l.at++
		inner, err := l.call()
		if err != nil {
			return nil, err
		}
		if !l.take(")") {
			return nil, l.src.errorf(at, "( has no )")
		}
		l.deep--
		return &inner, nil
	case c == '"' || c == '\'':
		end := stringEnd(l.src.text[:l.end], at)
		if end < 0 {
			return nil, l.src.errorf(at, "the string has no end")
		}
		l.at = end
		return literal{strings.ReplaceAll(l.src.text[at+1:end-1], `\`+string(c), string(c))}, nil
	}
	if v, n, ok := word(rest); ok {
		l.at += n
		return literal{v}, nil
	}
	return l.path()
}

// word reads a number, true, false, null or undefined that stands alone.
func word(s string) (v any, n int, ok bool) {
	n = strings.IndexFunc(s, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("=)|", r) })
	if n < 0 {
		n = len(s)
	}
	switch w := s[:n]; w {
	case "true", "false":
		return w == "true", n, true
	case "null", "undefined":
		return nil, n, true
	default:
		if strings.Trim(w, "-.0123456789") != "" {
			return nil, 0, false
		}
		f, err := strconv.ParseFloat(w, 64)
		return f, n, err == nil
	}
}

func (l *lexer) path() (expr, error) {
	p := &path{at: l.at}
	defer func() { p.text = l.src.text[p.at:l.at] }()
	if strings.HasPrefix(l.rest(), "@") {
		l.at++
		p.data = true
	}
	for first := true; ; first = false {
		rest := l.rest()
		switch {
		case strings.HasPrefix(rest, ".."):
			if !first && p.up == 0 || len(p.parts) > 0 {
				return nil, l.src.errorf(l.at, ".. after a name")
			}
			p.up++
			l.at += 2
		case strings.HasPrefix(rest, ".") && first:
			p.explicit = true
			l.at++
		case strings.HasPrefix(rest, "["):
			n := strings.IndexByte(rest, ']')
			if n < 0 {
				return nil, l.src.errorf(l.at, "[ has no ]")
			}
			p.parts = append(p.parts, rest[1:n])
			l.at += n + 1
		default:
			name := identifier(rest)
			if name == "" {
				r, _ := utf8.DecodeRuneInString(rest)
				if rest == "" {
					return nil, l.src.errorf(l.at, "expected a name")
				}
				return nil, l.src.errorf(l.at, "%q is no part of a name; a name with it is written [like this]", r)
			}
			l.at += len(name)
			if name == "this" && first && !p.data {
				p.explicit = true
			} else {
				p.parts = append(p.parts, name)
			}
		}
		if rest = l.rest(); rest == "" || rest[0] != '.' && rest[0] != '/' {
			return p, nil
		}
		if after := strings.TrimSpace(rest[1:]); after == "" && p.up > 0 && len(p.parts) == 0 { // "../"
			l.at++
			return p, nil
		}
		l.at++
	}
}
