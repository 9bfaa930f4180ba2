package chat

import (
	"errors"
	"math"
	"strings"
	"unicode/utf8"
)

// textMethod is a method of strings; what it returns is accounted for by it.
type textMethod func(m *machine, x *text, c *call) (Value, error)

// onText makes a method of f that accounts for reading the string.
func onText(f textMethod) method {
	return func(m *machine, self Value, c *call) (Value, error) {
		x := self.(*text)
		if err := m.work(len(x.s)); err != nil {
			return nil, err
		}
		return f(m, x, c)
	}
}

// noArgs makes a method of a change of the string.
func noArgs(f func(*text) *text) textMethod {
	return func(m *machine, x *text, c *call) (Value, error) {
		if err := c.none(); err != nil {
			return nil, err
		}
		return m.made(f(x).as(x.safe))
	}
}

func methodStrip(left, right bool) textMethod {
	return func(m *machine, x *text, c *call) (Value, error) {
		a, err := c.bind("chars?")
		if err != nil {
			return nil, err
		}
		chars, err := m.stripSet(a[0])
		if err != nil {
			return nil, err
		}
		return m.made(strip(x, chars, left, right))
	}
}

// stripSet are the characters to strip, nil for white space.
func (m *machine) stripSet(v Value) (*text, error) {
	chars, err := argText(v)
	if err != nil || chars == nil {
		return nil, err
	}
	return chars, m.work(8 * len(chars.s))
}

// methodAffix is startswith and endswith.
func methodAffix(start bool) textMethod {
	return func(m *machine, x *text, c *call) (Value, error) {
		a, err := c.bind("prefix", "start?", "end?")
		if err != nil {
			return nil, err
		}
		i, j, err := m.span(x, a[1], a[2])
		if err != nil {
			return nil, err
		}
		options := []Value{a[0]}
		if t, ok := a[0].(*tuple); ok {
			options = t.items
		}
		for _, o := range options {
			y, ok := o.(*text)
			if !ok {
				return nil, typeErrorf("%s first arg must be str or a tuple of str, not %s", c.name, o.typeName())
			}
			if i > j {
				continue
			}
			if start && strings.HasPrefix(x.s[i:j], y.s) || !start && strings.HasSuffix(x.s[i:j], y.s) {
				return boolValue(true), nil
			}
		}
		return boolValue(false), m.work(8 * len(options))
	}
}

// span is the range in bytes of x[start:end]; i > j where it lies outside.
func (m *machine) span(x *text, start, end Value) (i, j int, err error) {
	if start == nil && end == nil {
		return 0, len(x.s), nil
	}
	n := x.len()
	from, err := argInt(start, 0)
	if err != nil {
		return 0, 0, err
	}
	to, err := argInt(end, n)
	if err != nil {
		return 0, 0, err
	}
	if from < 0 {
		from = max(0, from+n)
	}
	if to < 0 {
		to = max(0, to+n)
	}
	to = min(to, n)
	if from > to {
		return 1, 0, nil
	}
	return x.offset(from), x.offset(to), nil
}

// methodFind is find, rfind, index and rindex.
func methodFind(last, must bool) textMethod {
	return func(m *machine, x *text, c *call) (Value, error) {
		a, err := c.bind("sub", "start?", "end?")
		if err != nil {
			return nil, err
		}
		sub, ok := a[0].(*text)
		if !ok {
			return nil, typeErrorf("must be str, not %s", a[0].typeName())
		}
		i, j, err := m.span(x, a[1], a[2])
		if err != nil {
			return nil, err
		}
		k := -1
		if i <= j {
			if last {
				k = strings.LastIndex(x.s[i:j], sub.s)
			} else {
				k = strings.Index(x.s[i:j], sub.s)
			}
		}
		if k < 0 {
			if must {
				return nil, errors.New("substring not found")
			}
			return intValue(-1), nil
		}
		return intValue(utf8.RuneCountInString(x.s[:i+k])), nil
	}
}

func methodCount(m *machine, x *text, c *call) (Value, error) {
	a, err := c.bind("sub", "start?", "end?")
	if err != nil {
		return nil, err
	}
	sub, ok := a[0].(*text)
	if !ok {
		return nil, typeErrorf("must be str, not %s", a[0].typeName())
	}
	i, j, err := m.span(x, a[1], a[2])
	if err != nil || i > j {
		return intValue(0), err
	}
	return intValue(strings.Count(x.s[i:j], sub.s)), nil
}

func methodReplace(m *machine, x *text, c *call) (Value, error) {
	a, err := c.bind("old", "new", "count?")
	if err != nil {
		return nil, err
	}
	from, ok := a[0].(*text)
	to, ok2 := a[1].(*text)
	if !ok || !ok2 {
		return nil, typeErrorf("replace() arguments must be str")
	}
	count, err := argInt(a[2], -1)
	if err != nil {
		return nil, err
	}
	if x.safe && !to.safe {
		to = escape(to)
	}
	y, err := m.replace(x, from, to, count)
	if err != nil {
		return nil, err
	}
	return y.as(x.safe), nil
}

// replace replaces the first count places, all for a negative count.
func (m *machine) replace(x, from, to *text, count int) (*text, error) {
	places := strings.Count(x.s, from.s)
	if count >= 0 && count < places {
		places = count
	}
	if places == 0 {
		return x, nil
	}
	if places > math.MaxInt32/to.size() {
		return nil, limitf("more than %d bytes", m.limits.Memory)
	}
	if err := m.alloc(x.size() + places*to.size()); err != nil {
		return nil, err
	}
	var b builder
	i := 0
	for range places {
		j := i
		if from.s != "" {
			j += strings.Index(x.s[i:], from.s)
		} else if b.len() > 0 || i > 0 { // between characters
			_, n := utf8.DecodeRuneInString(x.s[i:])
			j += n
		}
		x.each(i, j, b.add)
		b.addText(to)
		i = j + len(from.s)
		if from.s == "" && to.s == "" {
			return x, nil
		}
	}
	x.each(i, len(x.s), b.add)
	return b.text(), nil
}

func methodJoin(m *machine, x *text, c *call) (Value, error) {
	a, err := c.bind("iterable")
	if err != nil {
		return nil, err
	}
	items, err := m.all(a[0])
	if err != nil {
		return nil, err
	}
	parts := make([]*text, len(items))
	size := 0
	for i, v := range items {
		p, ok := v.(*text)
		if !ok && !x.safe {
			return nil, typeErrorf("sequence item %d: expected str instance, %s found", i, v.typeName())
		}
		if !ok {
			if p, err = m.str(v); err != nil {
				return nil, err
			}
		}
		if x.safe && !p.safe {
			p = escape(p)
		}
		parts[i] = p
		size += p.size() + x.size()
	}
	if err := m.alloc(size); err != nil {
		return nil, err
	}
	return join(x, parts).as(x.safe), nil
}

// methodRemove is removeprefix and removesuffix.
func methodRemove(prefix bool) textMethod {
	return func(m *machine, x *text, c *call) (Value, error) {
		a, err := c.bind("affix")
		if err != nil {
			return nil, err
		}
		affix, ok := a[0].(*text)
		if !ok {
			return nil, typeErrorf("%s() argument must be str, not %s", c.name, a[0].typeName())
		}
		n := len(affix.s)
		switch {
		case prefix && strings.HasPrefix(x.s, affix.s):
			return m.made(x.slice(n, len(x.s)))
		case !prefix && strings.HasSuffix(x.s, affix.s):
			return m.made(x.slice(0, len(x.s)-n))
		}
		return x, nil
	}
}
