package chat

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// ParseJSON reads JSON, keeping the order of keys, as Python's json.loads does.
// Of keys that come twice, the last value counts. The error names the line and
// column.
func ParseJSON(data []byte) (Value, error) {
	if len(data) > maxJSON {
		return nil, fmt.Errorf("json of %d bytes, at most %d are allowed", len(data), maxJSON)
	}
	p := &jsonParser{s: string(data)}
	v, err := p.value(0)
	if err == nil {
		p.space()
		if p.i < len(p.s) {
			err = fmt.Errorf("expected the end, got %q", p.s[p.i])
		}
	}
	if err != nil {
		line := strings.Count(p.s[:p.i], "\n") + 1
		column := p.i - strings.LastIndexByte(p.s[:p.i], '\n')
		return nil, fmt.Errorf("json, line %d, column %d: %w", line, column, err)
	}
	return v, nil
}

type jsonParser struct {
	s string
	i int
}

func (p *jsonParser) space() {
	for p.i < len(p.s) && strings.IndexByte(" \t\n\r", p.s[p.i]) >= 0 {
		p.i++
	}
}

// cur is the current byte, 0 at the end.
func (p *jsonParser) cur() byte {
	if p.i < len(p.s) {
		return p.s[p.i]
	}
	return 0
}

// skip moves past c, and white space, if it is next.
func (p *jsonParser) skip(c byte) bool {
	p.space()
	if p.cur() != c || p.i == len(p.s) {
		return false
	}
	p.i++
	p.space()
	return true
}

func (p *jsonParser) unexpected(want string) error {
	if p.i == len(p.s) {
		return fmt.Errorf("expected %s, got the end", want)
	}
	r, _ := utf8.DecodeRuneInString(p.s[p.i:])
	return fmt.Errorf("expected %s, got %q", want, r)
}

func (p *jsonParser) value(depth int) (Value, error) {
	if depth > maxDepth/2 {
		return nil, fmt.Errorf("values nested more than %d deep", maxDepth/2)
	}
	p.space()
	switch c := p.cur(); {
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.array(depth)
	case c == '"':
		s, err := p.str()
		return literal(s), err
	case strings.HasPrefix(p.s[p.i:], "-Infinity"):
		p.i += len("-Infinity")
		return floatValue(math.Inf(-1)), nil
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	}
	for word, v := range map[string]Value{
		"null": none, "true": boolValue(true), "false": boolValue(false),
		"NaN": floatValue(math.NaN()), "Infinity": floatValue(math.Inf(1)), // Python's, beyond the standard
	} {
		if strings.HasPrefix(p.s[p.i:], word) {
			p.i += len(word)
			return v, nil
		}
	}
	return nil, p.unexpected("a value")
}

func (p *jsonParser) object(depth int) (Value, error) {
	p.skip('{')
	d := NewDict()
	if p.skip('}') {
		return d, nil
	}
	for {
		if p.cur() != '"' {
			return nil, p.unexpected("a key")
		}
		k, err := p.str()
		if err != nil {
			return nil, err
		}
		if !p.skip(':') {
			return nil, p.unexpected("':'")
		}
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		d.putText(literal(k), v)
		if p.skip('}') {
			return d, nil
		}
		if !p.skip(',') {
			return nil, p.unexpected("',' or '}'")
		}
	}
}

func (p *jsonParser) array(depth int) (Value, error) {
	p.skip('[')
	l := &list{}
	if p.skip(']') {
		return l, nil
	}
	for {
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		l.items = append(l.items, v)
		if p.skip(']') {
			return l, nil
		}
		if !p.skip(',') {
			return nil, p.unexpected("',' or ']'")
		}
	}
}

func (p *jsonParser) number() (Value, error) {
	start := p.i
	digits := func() bool {
		from := p.i
		for c := p.cur(); c >= '0' && c <= '9'; c = p.cur() {
			p.i++
		}
		return p.i > from
	}
	if p.cur() == '-' {
		p.i++
	}
	if p.cur() == '0' {
		p.i++
	} else if !digits() {
		return nil, p.unexpected("a digit")
	}
	whole := true
	if p.cur() == '.' {
		p.i++
		whole = false
		if !digits() {
			return nil, p.unexpected("a digit")
		}
	}
	if p.cur()|0x20 == 'e' {
		p.i++
		whole = false
		if p.cur() == '+' || p.cur() == '-' {
			p.i++
		}
		if !digits() {
			return nil, p.unexpected("a digit")
		}
	}
	s := p.s[start:p.i]
	if whole {
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			return intValue(n), nil
		}
		if n, ok := new(big.Int).SetString(s, 10); ok && len(s) < maxBits/4 {
			return integer(n), nil
		}
		return nil, fmt.Errorf("integer of %d digits is too large", len(s))
	}
	f, _ := strconv.ParseFloat(s, 64) // too large is infinity, as in Python
	return floatValue(f), nil
}

func (p *jsonParser) str() (string, error) {
	p.i++
	start := p.i
	for p.i < len(p.s) && p.s[p.i] != '"' && p.s[p.i] != '\\' && p.s[p.i] >= 0x20 {
		p.i++
	}
	if p.cur() == '"' { // nothing to be replaced
		s := p.s[start:p.i]
		p.i++
		return validUTF8(s), nil
	}
	b := []byte(p.s[start:p.i])
	for {
		c := p.cur()
		switch {
		case p.i == len(p.s):
			return "", p.unexpected("the end of a string")
		case c == '"':
			p.i++
			return validUTF8(string(b)), nil
		case c < 0x20:
			return "", fmt.Errorf("control character %q in a string", c)
		case c != '\\':
			b = append(b, c)
			p.i++
		default:
			r, err := p.escape()
			if err != nil {
				return "", err
			}
			b = utf8.AppendRune(b, r)
		}
	}
}

// escape reads an escape. Half a surrogate pair is U+FFFD.
func (p *jsonParser) escape() (rune, error) {
	p.i++
	c := p.cur()
	if c == 'u' {
		r, err := p.unit()
		if err != nil || !utf16.IsSurrogate(r) {
			return r, err
		}
		after := p.i
		if strings.HasPrefix(p.s[p.i:], `\u`) {
			p.i++
			low, err := p.unit()
			if err != nil {
				return 0, err
			}
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				return pair, nil
			}
			p.i = after
		}
		return utf8.RuneError, nil
	}
	i := strings.IndexByte(`"\/bfnrt`, c)
	if i < 0 || p.i == len(p.s) {
		return 0, p.unexpected("an escape")
	}
	p.i++
	return rune("\"\\/\b\f\n\r\t"[i]), nil
}

// unit reads u and four digits.
func (p *jsonParser) unit() (rune, error) {
	p.i++
	n, err := strconv.ParseUint(p.s[p.i:min(p.i+4, len(p.s))], 16, 16)
	if err != nil || p.i+4 > len(p.s) || p.s[p.i] == '+' {
		return 0, p.unexpected("four hexadecimal digits")
	}
	p.i += 4
	return rune(n), nil
}
