package chat

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// percent is Python's x % args.
func (m *machine) percent(x *text, args Value) (Value, error) {
	p := &percentArgs{items: []Value{args}}
	switch a := args.(type) {
	case *tuple:
		p.items = a.items
	case *Dict:
		p.dict = a
	}
	var b builder
	s := x.s
	for i := 0; i < len(s); {
		k := strings.IndexByte(s[i:], '%')
		if k < 0 {
			k = len(s) - i
		}
		x.each(i, i+k, b.add)
		if i += k; i == len(s) {
			break
		}
		y, end, err := m.percentOne(x, i+1, p)
		if err != nil {
			return nil, err
		}
		if x.safe {
			y = escape(y)
		}
		if err := m.alloc(y.size()); err != nil {
			return nil, err
		}
		b.addText(y)
		i = end
	}
	switch args.(type) {
	case *Dict, *list, *rangeValue, *undefined: // Python takes them for mappings, of which not all need be used
	default:
		if p.used < len(p.items) {
			return nil, typeErrorf("not all arguments converted during string formatting")
		}
	}
	return m.made(b.text().as(x.safe))
}

// percentArgs are the values that are written.
type percentArgs struct {
	items []Value
	dict  *Dict
	used  int
}

func (p *percentArgs) next() (Value, error) {
	if p.used >= len(p.items) {
		return nil, typeErrorf("not enough arguments for format string")
	}
	p.used++
	return p.items[p.used-1], nil
}

// percentOne writes what x says after a %, at byte i.
func (m *machine) percentOne(x *text, i int, p *percentArgs) (*text, int, error) {
	s := x.s
	f := format{precision: -1}
	var named Value
	if i < len(s) && s[i] == '(' {
		end := strings.IndexByte(s[i:], ')')
		if end < 0 {
			return nil, 0, errors.New("incomplete format key")
		}
		if p.dict == nil {
			return nil, 0, typeErrorf("format requires a mapping")
		}
		key := s[i+1 : i+end]
		if named = p.dict.Get(key); named == nil {
			return nil, 0, errors.New("no key " + quoted(literal(key)))
		}
		i += end + 1
	}
	for ; i < len(s) && strings.IndexByte("-+ #0", s[i]) >= 0; i++ {
		switch s[i] {
		case '-':
			f.align, f.fill = '<', ""
		case '0':
			if f.align != '<' {
				f.align, f.fill = '=', "0"
			}
		case '#':
			f.alt = true
		default:
			if f.sign != '+' {
				f.sign = s[i]
			}
		}
	}
	count := func() (int, error) {
		if i < len(s) && s[i] == '*' {
			i++
			v, err := p.next()
			if err != nil {
				return 0, err
			}
			n, err := argInt(v, 0)
			return min(n, maxWidth), err
		}
		n, end, err := scanInt(s, i)
		i = end
		return n, err
	}
	var err error
	if f.width, err = count(); err != nil {
		return nil, 0, err
	}
	if f.width < 0 {
		f.width, f.align = -f.width, '<'
	}
	if i < len(s) && s[i] == '.' {
		i++
		if f.precision, err = count(); err != nil {
			return nil, 0, err
		}
	}
	for i < len(s) && strings.IndexByte("hlL", s[i]) >= 0 {
		i++
	}
	if i >= len(s) {
		return nil, 0, errors.New("incomplete format")
	}
	verb, size := utf8.DecodeRuneInString(s[i:])
	i += size
	if verb == '%' {
		return &text{s: "%", tag: x.tagAt(i - 1)}, i, nil
	}
	v := named
	if v == nil {
		if v, err = p.next(); err != nil {
			return nil, 0, err
		}
	}
	y, err := m.percentValue(f, verb, v)
	return y, i, err
}

func (m *machine) percentValue(f format, verb rune, v Value) (*text, error) {
	if f.align == 0 {
		f.align = '>'
	}
	switch verb {
	case 's', 'r', 'a':
		x, err := m.str(v)
		if verb != 's' && err == nil {
			x, err = m.repr(v)
		}
		if err != nil {
			return nil, err
		}
		if f.align == '=' {
			f.align, f.fill = '>', ""
		}
		return f.text(m, x)
	case 'c':
		if x, ok := v.(*text); ok && x.len() == 1 {
			return f.text(m, x)
		}
		f.precision = -1
		f.verb = 'c'
		s, err := f.number(v)
		return &text{s: s, tag: fromInput}, err // the number may be from anywhere
	case 'd', 'i', 'u':
		if x, ok := v.(floatValue); ok {
			n, err := truncated(float64(x))
			if err != nil {
				return nil, err
			}
			v = n
		}
		f.verb = 'd'
	case 'x', 'X', 'o', 'e', 'E', 'f', 'F', 'g', 'G':
		f.verb = byte(verb)
	default:
		return nil, errors.New("unsupported format character " + quoted(literal(string(verb))))
	}
	if u, ok := v.(*undefined); ok {
		return nil, u
	}
	if !isNumber(v) {
		return nil, typeErrorf("%%%c format: a real number is required, not %s", verb, v.typeName())
	}
	s, err := f.number(v)
	return literal(s), err
}

// filterFormat is "…"|format(args).
func filterFormat(m *machine, v Value, c *call) (Value, error) {
	x, err := m.str(v)
	if err != nil {
		return nil, err
	}
	if len(c.kw) == 0 {
		return m.percent(x, &tuple{items: c.args})
	}
	if len(c.args) > 0 {
		return nil, errors.New("can't handle positional and keyword arguments at the same time")
	}
	d := NewDict()
	for _, k := range c.kw {
		d.putText(k.name, k.value)
	}
	return m.percent(x, d)
}
