package chat

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// str is Python's str(v).
func (m *machine) str(v Value) (*text, error) {
	switch v := v.(type) {
	case *text:
		return v, nil
	case *undefined:
		return emptyText, nil
	}
	return m.repr(v)
}

// repr is Python's repr(v).
func (m *machine) repr(v Value) (*text, error) {
	switch v := v.(type) {
	case intValue:
		return literal(strconv.FormatInt(int64(v), 10)), nil
	case boolValue:
		if v {
			return literal("True"), nil
		}
		return literal("False"), nil
	case noneValue:
		return literal("None"), nil
	}
	var b builder
	if err := writeRepr(m, &b, v, 0); err != nil {
		return nil, err
	}
	if m == nil {
		return b.text(), nil
	}
	return b.text(), m.alloc(b.len())
}

// reprOf is repr outside of a rendering.
func reprOf(v Value) (*text, error) { return (*machine)(nil).repr(v) }

func writeRepr(m *machine, b *builder, v Value, depth int) error {
	if depth > maxDepth {
		return errDeep
	}
	if err := m.work(0); err != nil {
		return err
	}
	if m != nil && b.len() > m.memory {
		return limitf("more than %d bytes", m.limits.Memory)
	}
	items := func(open string, items []Value, end string) error {
		b.add(open, trusted)
		for i, x := range items {
			if i > 0 {
				b.add(", ", trusted)
			}
			if err := writeRepr(m, b, x, depth+1); err != nil {
				return err
			}
		}
		b.add(end, trusted)
		return nil
	}
	switch v := v.(type) {
	case noneValue:
		b.add("None", trusted)
	case boolValue:
		b.add([]string{"False", "True"}[b2i(bool(v))], trusted)
	case intValue:
		b.add(strconv.FormatInt(int64(v), 10), trusted)
	case bigValue:
		b.add(v.n.String(), trusted)
	case floatValue:
		b.add(floatRepr(float64(v)), trusted)
	case *text:
		if v.safe {
			b.add("Markup(", trusted)
			defer b.add(")", trusted)
		}
		quoteText(b, v)
		return m.work(len(v.s))
	case *list:
		return items("[", v.items, "]")
	case *tuple:
		if len(v.items) == 1 {
			return items("(", v.items, ",)")
		}
		return items("(", v.items, ")")
	case *Dict:
		return writeDict(m, b, v, depth)
	case *view:
		part := v.dict.keys
		switch v.part {
		case "values":
			part = v.dict.values
		case "items":
			part = v.dict.items()
		}
		return items("dict_"+v.part+"([", part, "])")
	case *rangeValue:
		s := fmt.Sprintf("range(%d, %d", v.start, v.stop)
		if v.step != 1 {
			s += fmt.Sprintf(", %d", v.step)
		}
		b.add(s+")", trusted)
	case *namespace:
		b.add("<Namespace ", trusted)
		defer b.add(">", trusted)
		return writeDict(m, b, v.attrs, depth)
	case *loop:
		n, err := v.length()
		b.add(fmt.Sprintf("<LoopContext %d/%d>", v.index+1, n), trusted)
		return err
	case *macro:
		b.add("<Macro "+v.describe()+">", trusted)
	case *undefined:
		b.add("Undefined", trusted)
	default: // Python adds the address in memory
		b.add("<"+v.typeName()+" object>", trusted)
	}
	return nil
}

func writeDict(m *machine, b *builder, d *Dict, depth int) error {
	b.add("{", trusted)
	for i, k := range d.keys {
		if i > 0 {
			b.add(", ", trusted)
		}
		if err := writeRepr(m, b, k, depth+1); err != nil {
			return err
		}
		b.add(": ", trusted)
		if err := writeRepr(m, b, d.values[i], depth+1); err != nil {
			return err
		}
	}
	b.add("}", trusted)
	return nil
}

// quoteText writes a string as Python's repr does: in ' unless that would need
// escaping and " would not.
func quoteText(b *builder, x *text) {
	quote := '\''
	if strings.ContainsRune(x.s, '\'') && !strings.ContainsRune(x.s, '"') {
		quote = '"'
	}
	b.add(string(quote), trusted)
	x.each(0, len(x.s), func(s string, t tag) {
		start := 0
		for i, r := range s {
			var e string
			switch {
			case r == quote || r == '\\':
				e = `\` + string(r)
			case r == '\n':
				e = `\n`
			case r == '\r':
				e = `\r`
			case r == '\t':
				e = `\t`
			case unicode.IsPrint(r):
				continue
			case r < 0x100:
				e = fmt.Sprintf(`\x%02x`, r)
			case r < 0x10000:
				e = fmt.Sprintf(`\u%04x`, r)
			default:
				e = fmt.Sprintf(`\U%08x`, r)
			}
			b.add(s[start:i], t)
			b.add(e, t)
			start = i + utf8.RuneLen(r)
		}
		b.add(s[start:], t)
	})
	b.add(string(quote), trusted)
}
