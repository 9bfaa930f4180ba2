package chat

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

func filterTrim(m *machine, v Value, c *call) (Value, error) {
	a, err := c.bind("chars?")
	if err != nil {
		return nil, err
	}
	chars, err := m.stripSet(a[0])
	if err != nil {
		return nil, err
	}
	x, err := m.str(v)
	if err != nil {
		return nil, err
	}
	return m.made(strip(x, chars, true, true))
}

func filterReplace(m *machine, v Value, c *call) (Value, error) {
	a, err := c.bind("old", "new", "count?")
	if err != nil {
		return nil, err
	}
	count, err := argInt(a[2], -1)
	if err != nil {
		return nil, err
	}
	var t [3]*text
	for i, v := range []Value{v, a[0], a[1]} {
		if t[i], err = m.str(v); err != nil {
			return nil, err
		}
	}
	y, err := m.replace(t[0], t[1], t[2], count)
	if err != nil {
		return nil, err
	}
	return y.as(false), nil
}

func filterJoin(m *machine, v Value, c *call) (Value, error) {
	a, err := c.bind("d?", "attribute?")
	if err != nil {
		return nil, err
	}
	items, err := m.all(v)
	if err != nil {
		return nil, err
	}
	sep := emptyText
	if a[0] != nil {
		if sep, err = m.str(a[0]); err != nil {
			return nil, err
		}
	}
	get, err := attributePath(a[1])
	if err != nil {
		return nil, err
	}
	parts := make([]*text, len(items))
	for i, x := range items {
		if x, err = get(m, x); err != nil {
			return nil, err
		}
		if parts[i], err = m.str(x); err != nil {
			return nil, err
		}
		if err := m.alloc(parts[i].size() + sep.size()); err != nil {
			return nil, err
		}
	}
	return join(sep, parts), nil
}

func filterIndent(m *machine, v Value, c *call) (Value, error) {
	a, err := c.bind("width?", "first?", "blank?")
	if err != nil {
		return nil, err
	}
	x, ok := v.(*text)
	if !ok {
		return nil, unsupported("+=", v, emptyText)
	}
	first, err := argBool(a[1], false)
	if err != nil {
		return nil, err
	}
	blank, err := argBool(a[2], false)
	if err != nil {
		return nil, err
	}
	by, ok := a[0].(*text)
	if !ok {
		width, err := argInt(a[0], 4)
		if err != nil {
			return nil, err
		}
		if err := m.alloc(max(0, width)); err != nil {
			return nil, err
		}
		by = literal(strings.Repeat(" ", max(0, width)))
	}
	if x.safe {
		by = escape(by)
	}
	var b builder
	for i, p := range lines(x.s+"\n", false) {
		if i > 0 {
			b.add("\n", trusted)
		}
		if i == 0 && first || i > 0 && (blank || p[0] < p[1]) {
			if err := m.alloc(by.size()); err != nil {
				return nil, err
			}
			b.addText(by)
		}
		x.each(p[0], p[1], b.add)
	}
	return m.made(b.text().as(x.safe))
}

func filterCenter(m *machine, v Value, c *call) (Value, error) {
	a, err := c.bind("width?")
	if err != nil {
		return nil, err
	}
	width, err := argInt(a[0], 80)
	if err != nil {
		return nil, err
	}
	x, err := m.str(v)
	if err != nil {
		return nil, err
	}
	return m.justify(x, width, literal(" "), true, true)
}

func filterTruncate(m *machine, v Value, c *call) (Value, error) {
	a, err := c.bind("length?", "killwords?", "end?", "leeway?")
	if err != nil {
		return nil, err
	}
	size, err := argInt(a[0], 255)
	if err != nil {
		return nil, err
	}
	kill, err := argBool(a[1], false)
	if err != nil {
		return nil, err
	}
	end, err := argText(a[2])
	if err != nil {
		return nil, err
	}
	if end == nil {
		end = literal("...")
	}
	leeway, err := argInt(a[3], 5)
	if err != nil {
		return nil, err
	}
	if size < end.len() || leeway < 0 {
		return nil, errors.New("truncate: length is less than that of the end, or leeway is negative")
	}
	n, err := m.length(v)
	if err != nil || n <= size+leeway {
		return v, err
	}
	x, ok := v.(*text)
	if !ok {
		return nil, typeErrorf("'%s' object cannot be truncated", v.typeName())
	}
	cut := x.slice(0, x.offset(size-end.len()))
	if i := strings.LastIndexByte(cut.s, ' '); i >= 0 && !kill {
		cut = cut.slice(0, i)
	}
	return m.made(concat(cut, end))
}

func filterStripTags(m *machine, v Value, c *call) (Value, error) {
	x, err := m.str(v)
	if err != nil {
		return nil, err
	}
	if err := c.none(); err != nil {
		return nil, err
	}
	return m.made(stripTags(x).as(false))
}

func filterWordCount(m *machine, v Value, c *call) (Value, error) {
	x, err := m.str(v)
	if err != nil {
		return nil, err
	}
	n, inWord := 0, false
	for _, r := range x.s {
		word := r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r)
		if word && !inWord {
			n++
		}
		inWord = word
	}
	return intValue(n), c.none()
}

// percentEncode spells all but letters, digits, _ . - ~ and the bytes to keep as
// %XX. Where / is not kept, a space becomes +.
func percentEncode(s, keep string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("_.-~"+keep, c) >= 0:
			b.WriteByte(c)
		case c == ' ' && keep == "":
			b.WriteByte('+')
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// filterURLEncode spells a string, or the pairs of a dict, for use in an URL.
func filterURLEncode(m *machine, v Value, c *call) (Value, error) {
	if err := c.none(); err != nil {
		return nil, err
	}
	quote := func(v Value, keep string) (*text, error) {
		x, err := m.str(v)
		if err != nil {
			return nil, err
		}
		return mapRuns(x, func(s string) string { return percentEncode(s, keep) }), m.alloc(3 * x.size())
	}
	pairs := v
	switch v := v.(type) {
	case *Dict:
		pairs = &view{v, "items"}
	case *list, *tuple, *generator, *view:
	default:
		x, err := quote(v, "/")
		if err != nil {
			return nil, err
		}
		return x.as(false), nil
	}
	items, err := m.all(pairs)
	if err != nil {
		return nil, err
	}
	var b builder
	for i, p := range items {
		kv, err := m.all(p)
		if err != nil {
			return nil, err
		}
		if len(kv) != 2 {
			return nil, errors.New("urlencode: expected pairs of key and value")
		}
		if i > 0 {
			b.add("&", trusted)
		}
		for k, part := range kv {
			x, err := quote(part, "")
			if err != nil {
				return nil, err
			}
			if k > 0 {
				b.add("=", trusted)
			}
			b.addText(x)
		}
	}
	return b.text(), nil
}

func filterXMLAttr(m *machine, v Value, c *call) (Value, error) {
	a, err := c.bind("autospace?")
	if err != nil {
		return nil, err
	}
	space, err := argBool(a[0], true)
	if err != nil {
		return nil, err
	}
	d, ok := v.(*Dict)
	if !ok {
		return nil, typeErrorf("'%s' object has no items", v.typeName())
	}
	var b builder
	for i, k := range d.keys {
		switch d.values[i].(type) {
		case noneValue, *undefined:
			continue
		}
		key, err := m.str(k)
		if err != nil {
			return nil, err
		}
		if strings.ContainsAny(key.s, " \t\n\r\f\v/>=") {
			return nil, errors.New("Invalid character in attribute name: " + quoted(k))
		}
		value, err := m.str(d.values[i])
		if err != nil {
			return nil, err
		}
		if space || b.len() > 0 {
			b.add(" ", trusted)
		}
		b.addText(escape(key))
		b.add(`="`, trusted)
		b.addText(escape(value))
		b.add(`"`, trusted)
	}
	return m.made(b.text())
}
