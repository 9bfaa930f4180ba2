package chat

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// braces formats x as Python's str.format does.
type braces struct {
	m    *machine
	args []Value
	dict *Dict
	auto int // number of the next {}, -1 after {0}
}

func methodFormat(m *machine, x *text, c *call) (Value, error) {
	d := NewDict()
	for _, k := range c.kw {
		d.putText(k.name, k.value)
	}
	return m.formatText(x, c.args, d)
}

func methodFormatMap(m *machine, x *text, c *call) (Value, error) {
	a, err := c.bind("mapping")
	if err != nil {
		return nil, err
	}
	d, ok := a[0].(*Dict)
	if !ok {
		return nil, typeErrorf("'%s' object is not a mapping", a[0].typeName())
	}
	return m.formatText(x, nil, d)
}

func (m *machine) formatText(x *text, args []Value, d *Dict) (Value, error) {
	f := &braces{m: m, args: args, dict: d}
	y, err := f.format(x, 0)
	if err != nil {
		return nil, err
	}
	return m.made(y.as(x.safe))
}

func (f *braces) format(x *text, depth int) (*text, error) {
	if depth > 1 {
		return nil, errors.New("Max string recursion exceeded")
	}
	var b builder
	s := x.s
	for i := 0; i < len(s); {
		k := strings.IndexAny(s[i:], "{}")
		if k < 0 {
			k = len(s) - i
		}
		x.each(i, i+k, b.add)
		i += k
		switch {
		case i == len(s):
		case i+1 < len(s) && s[i+1] == s[i]:
			x.each(i, i+1, b.add)
			i += 2
		case s[i] == '}':
			return nil, errors.New("Single '}' encountered in format string")
		default:
			end := fieldEnd(s, i+1)
			if end < 0 {
				return nil, errors.New("expected '}' before end of string")
			}
			y, err := f.field(x.slice(i+1, end), depth)
			if err != nil {
				return nil, err
			}
			if x.safe {
				y = escape(y)
			}
			if err := f.m.alloc(y.size()); err != nil {
				return nil, err
			}
			b.addText(y)
			i = end + 1
		}
	}
	return b.text(), nil
}

// fieldEnd finds the } that ends the field starting at s[i].
func fieldEnd(s string, i int) int {
	for depth := 0; i < len(s); i++ {
		switch s[i] {
		case '{':
			depth++
		case '}':
			if depth == 0 {
				return i
			}
			depth--
		}
	}
	return -1
}

// field writes name!conversion:spec.
func (f *braces) field(x *text, depth int) (*text, error) {
	end := strings.IndexAny(x.s, "!:")
	if end < 0 {
		end = len(x.s)
	}
	v, err := f.value(x.s[:end])
	if err != nil {
		return nil, err
	}
	rest := x.slice(end, len(x.s))
	if strings.HasPrefix(rest.s, "!") {
		if len(rest.s) < 2 || strings.IndexByte("sra", rest.s[1]) < 0 {
			return nil, errors.New("Unknown conversion specifier")
		}
		convert := f.m.repr
		if rest.s[1] == 's' {
			convert = f.m.str
		}
		if v, err = convert(v); err != nil {
			return nil, err
		}
		rest = rest.slice(2, len(rest.s))
		if rest.s != "" && rest.s[0] != ':' {
			return nil, errors.New("expected ':' after conversion specifier")
		}
	}
	if rest.s == "" {
		return f.m.formatValue(v, "")
	}
	spec, err := f.format(rest.slice(1, len(rest.s)), depth+1)
	if err != nil {
		return nil, err
	}
	y, err := f.m.formatValue(v, spec.s)
	if err == nil && !spec.origin().trusted() { // it may have brought characters
		y = y.tagged(spec.origin())
	}
	return y, err
}

// value looks up a name like 0, a, a.b or a[0].
func (f *braces) value(name string) (Value, error) {
	end := strings.IndexAny(name, ".[")
	if end < 0 {
		end = len(name)
	}
	first, rest := name[:end], name[end:]
	var v Value
	n, isIndex := 0, first == ""
	if first == "" {
		if f.auto < 0 {
			return nil, errors.New("cannot switch from manual field specification to automatic field numbering")
		}
		n = f.auto
		f.auto++
	} else if i, stop, err := scanInt(first, 0); err == nil && stop == len(first) {
		if f.auto > 0 {
			return nil, errors.New("cannot switch from automatic field numbering to manual field specification")
		}
		n, isIndex, f.auto = i, true, -1
	}
	if isIndex {
		if n >= len(f.args) {
			return nil, errors.New("Replacement index out of range for positional args tuple")
		}
		v = f.args[n]
	} else if v = f.dict.Get(first); v == nil {
		return nil, errors.New("no key " + quoted(literal(first)))
	}
	for rest != "" {
		var err error
		if rest[0] == '.' {
			end := strings.IndexAny(rest[1:], ".[") + 1
			if end == 0 {
				end = len(rest)
			}
			v, err = f.m.attribute(v, rest[1:end])
			rest = rest[end:]
		} else {
			end := strings.IndexByte(rest, ']')
			if end < 0 || rest[0] != '[' {
				return nil, errors.New("Missing ']' in format string")
			}
			var key Value = literal(rest[1:end])
			if n, ok := parseInt(rest[1:end], 10); ok {
				key = n
			}
			v, err = f.m.item(v, key)
			rest = rest[end+1:]
		}
		if err != nil {
			return nil, err
		}
	}
	return v, nil
}

// formatValue is Python's format(v, spec).
func (m *machine) formatValue(v Value, spec string) (*text, error) {
	if spec == "" {
		return m.str(v)
	}
	f, err := parseFormat(spec)
	if err != nil {
		return nil, err
	}
	if isNumber(v) && f.verb != 's' {
		if f.align == 0 {
			f.align = '>'
		}
		s, err := f.number(v)
		x := literal(s)
		if f.verb == 'c' {
			x.tag = fromInput // the number may be from anywhere
		}
		return x, err
	}
	x, ok := v.(*text)
	if !ok {
		return nil, typeErrorf("unsupported format string passed to %s.__format__", v.typeName())
	}
	if f.verb != 0 && f.verb != 's' {
		return nil, typeErrorf("Unknown format code '%c' for object of type 'str'", f.verb)
	}
	if f.sign != 0 || f.align == '=' {
		return nil, errors.New("sign or '=' alignment not allowed in string format specifier")
	}
	return f.text(m, x)
}

// parseFormat reads a format specification.
func parseFormat(spec string) (format, error) {
	f := format{precision: -1}
	s := spec
	aligns := func(i int) bool { return i < len(s) && strings.IndexByte("<>=^", s[i]) >= 0 }
	if _, n := utf8.DecodeRuneInString(s); aligns(n) {
		f.fill, f.align = s[:n], s[n]
		s = s[n+1:]
	} else if aligns(0) {
		f.align = s[0]
		s = s[1:]
	}
	eat := func(set string) byte {
		if s != "" && strings.IndexByte(set, s[0]) >= 0 {
			c := s[0]
			s = s[1:]
			return c
		}
		return 0
	}
	f.sign = eat("+- ")
	f.alt = eat("#") != 0
	if eat("0") != 0 && f.align == 0 {
		f.fill, f.align = "0", '='
	}
	var err error
	var end int
	if f.width, end, err = scanInt(s, 0); err != nil {
		return f, err
	}
	s = s[end:]
	f.group = eat(",_")
	if eat(".") != 0 {
		if f.precision, end, err = scanInt(s, 0); err != nil || end == 0 {
			return f, errorFormat(spec)
		}
		s = s[end:]
	}
	f.verb = eat("bcdeEfFgGnosxX%")
	if s != "" {
		return f, errorFormat(spec)
	}
	return f, nil
}
