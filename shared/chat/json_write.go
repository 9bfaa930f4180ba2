package chat

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// jsonStyle is how tojson writes.
type jsonStyle struct {
	ascii   bool
	indent  *text
	lines   bool // every item on a line of its own
	item    *text
	key     *text
	ordered bool // by key
}

// filterToJSON is Hugging Face's tojson: json.dumps.
func filterToJSON(m *machine, v Value, c *call) (Value, error) {
	a, err := c.bind("ensure_ascii?", "indent?", "separators?", "sort_keys?")
	if err != nil {
		return nil, err
	}
	s := jsonStyle{item: literal(", "), key: literal(": "), indent: emptyText}
	if s.ascii, err = argBool(a[0], false); err != nil {
		return nil, err
	}
	if s.ordered, err = argBool(a[3], false); err != nil {
		return nil, err
	}
	if a[1] != nil && a[1] != none {
		s.lines = true
		s.item = literal(",")
		if x, ok := a[1].(*text); ok {
			s.indent = x
		} else {
			n, err := argInt(a[1], 0)
			if err != nil {
				return nil, err
			}
			if err := m.alloc(max(0, n)); err != nil {
				return nil, err
			}
			s.indent = literal(strings.Repeat(" ", max(0, n)))
		}
	}
	if a[2] != nil && a[2] != none {
		pair, err := m.all(a[2])
		if err != nil {
			return nil, err
		}
		if len(pair) != 2 {
			return nil, errors.New("tojson: separators must be two strings")
		}
		for i, to := range []**text{&s.item, &s.key} {
			x, ok := pair[i].(*text)
			if !ok {
				return nil, typeErrorf("tojson: separators must be two strings")
			}
			*to = x
		}
	}
	var b builder
	if err := s.write(m, &b, v, 0); err != nil {
		return nil, err
	}
	return m.made(b.text())
}

func (s *jsonStyle) write(m *machine, b *builder, v Value, depth int) error {
	if depth > maxDepth {
		return errDeep
	}
	if err := m.work(len(s.indent.s) * depth); err != nil {
		return err
	}
	if b.len() > m.memory {
		return limitf("more than %d bytes", m.limits.Memory)
	}
	switch v := v.(type) {
	case *text:
		s.quote(b, v)
		return m.work(len(v.s))
	case *list:
		return s.list(m, b, v.items, depth)
	case *tuple:
		return s.list(m, b, v.items, depth)
	case *Dict:
		return s.dict(m, b, v, depth)
	}
	scalar, ok := jsonScalar(v)
	if !ok {
		return typeErrorf("Object of type %s is not JSON serializable", v.typeName())
	}
	b.add(scalar, trusted)
	return nil
}

// jsonScalar spells a value that is no string, list or dict.
func jsonScalar(v Value) (string, bool) {
	switch v := v.(type) {
	case noneValue:
		return "null", true
	case boolValue:
		return fmt.Sprint(bool(v)), true
	case intValue:
		return fmt.Sprint(int64(v)), true
	case bigValue:
		return v.n.String(), true
	case floatValue:
		switch f := float64(v); {
		case math.IsNaN(f):
			return "NaN", true
		case math.IsInf(f, 1):
			return "Infinity", true
		case math.IsInf(f, -1):
			return "-Infinity", true
		default:
			return floatRepr(f), true
		}
	}
	return "", false
}

func (s *jsonStyle) newline(b *builder, depth int) {
	if s.lines {
		b.add("\n", trusted)
		for range depth {
			b.addText(s.indent)
		}
	}
}

func (s *jsonStyle) list(m *machine, b *builder, items []Value, depth int) error {
	b.add("[", trusted)
	for i, x := range items {
		if i > 0 {
			b.addText(s.item)
		}
		s.newline(b, depth+1)
		if err := s.write(m, b, x, depth+1); err != nil {
			return err
		}
	}
	if len(items) > 0 {
		s.newline(b, depth)
	}
	b.add("]", trusted)
	return nil
}

func (s *jsonStyle) dict(m *machine, b *builder, d *Dict, depth int) error {
	places := make([]int, d.Len())
	for i := range places {
		places[i] = i
	}
	if s.ordered {
		var failed error
		slices.SortStableFunc(places, func(i, j int) int {
			n, err := order(m, d.keys[i], d.keys[j])
			if err != nil {
				failed = err
			}
			return n
		})
		if failed != nil {
			return failed
		}
	}
	b.add("{", trusted)
	for n, i := range places {
		if n > 0 {
			b.addText(s.item)
		}
		s.newline(b, depth+1)
		if x, ok := d.keys[i].(*text); ok {
			s.quote(b, x)
		} else {
			scalar, ok := jsonScalar(d.keys[i])
			if !ok {
				return typeErrorf("keys must be str, int, float, bool or None, not %s", d.keys[i].typeName())
			}
			b.add(`"`+scalar+`"`, trusted)
		}
		b.addText(s.key)
		if err := s.write(m, b, d.values[i], depth+1); err != nil {
			return err
		}
	}
	if d.Len() > 0 {
		s.newline(b, depth)
	}
	b.add("}", trusted)
	return nil
}

// quote writes a string as json.dumps does.
func (s *jsonStyle) quote(b *builder, x *text) {
	b.add(`"`, trusted)
	x.each(0, len(x.s), func(part string, t tag) {
		start := 0
		for i, r := range part {
			e := s.escape(r)
			if e == "" {
				continue
			}
			b.add(part[start:i], t)
			b.add(e, t)
			start = i + len(string(r))
		}
		b.add(part[start:], t)
	})
	b.add(`"`, trusted)
}

// escape is how a character is spelled, "" if as itself.
func (s *jsonStyle) escape(r rune) string {
	switch r {
	case '"':
		return `\"`
	case '\\':
		return `\\`
	case '\n':
		return `\n`
	case '\r':
		return `\r`
	case '\t':
		return `\t`
	case '\f':
		return `\f`
	case '\b':
		return `\b`
	}
	switch {
	case r < 0x20 || s.ascii && r >= 0x7f && r < 0x10000:
		return fmt.Sprintf(`\u%04x`, r)
	case s.ascii && r >= 0x10000:
		r -= 0x10000
		return fmt.Sprintf(`\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
	}
	return ""
}
