package chat

import (
	"strings"
	"unicode/utf8"
)

// methodJustify is center, ljust and rjust: it fills the sides given.
func methodJustify(left, right bool) textMethod {
	return func(m *machine, x *text, c *call) (Value, error) {
		a, err := c.bind("width", "fillchar?")
		if err != nil {
			return nil, err
		}
		width, err := argInt(a[0], 0)
		if err != nil {
			return nil, err
		}
		fill := literal(" ")
		if a[1] != nil {
			f, ok := a[1].(*text)
			if !ok || f.len() != 1 {
				return nil, typeErrorf("the fill character must be exactly one character long")
			}
			fill = f
		}
		return m.justify(x, width, fill, left, right)
	}
}

func (m *machine) justify(x *text, width int, fill *text, left, right bool) (Value, error) {
	missing := width - x.len()
	if missing <= 0 {
		return x, nil
	}
	if err := m.alloc(x.size() + missing*len(fill.s)); err != nil {
		return nil, err
	}
	var before int
	switch {
	case left && right: // where the rest goes is Python's way
		before = missing/2 + missing&width&1
	case left:
		before = missing
	}
	var b builder
	b.add(strings.Repeat(fill.s, before), fill.tag)
	b.addText(x)
	b.add(strings.Repeat(fill.s, missing-before), fill.tag)
	return b.text().as(x.safe), nil
}

func methodZeroFill(m *machine, x *text, c *call) (Value, error) {
	a, err := c.bind("width")
	if err != nil {
		return nil, err
	}
	width, err := argInt(a[0], 0)
	if err != nil {
		return nil, err
	}
	sign := 0
	if x.s != "" && (x.s[0] == '+' || x.s[0] == '-') {
		sign = 1
	}
	missing := max(0, width-x.len())
	if err := m.alloc(x.size() + missing); err != nil {
		return nil, err
	}
	zeros := literal(strings.Repeat("0", missing))
	return concat(concat(x.slice(0, sign), zeros), x.slice(sign, len(x.s))), nil
}

func methodExpandTabs(m *machine, x *text, c *call) (Value, error) {
	a, err := c.bind("tabsize?")
	if err != nil {
		return nil, err
	}
	size, err := argInt(a[0], 8)
	if err != nil {
		return nil, err
	}
	size = max(0, size)
	var b builder
	column, start := 0, 0
	for i := 0; i < len(x.s); {
		r, n := utf8.DecodeRuneInString(x.s[i:])
		switch r {
		case '\n', '\r':
			column = 0
		case '\t':
			x.each(start, i, b.add)
			start = i + n
			if size > 0 {
				gap := size - column%size
				if err := m.alloc(gap); err != nil {
					return nil, err
				}
				b.add(strings.Repeat(" ", gap), x.tagAt(i))
				column += gap
			}
		default:
			column++
		}
		i += n
	}
	x.each(start, len(x.s), b.add)
	return m.made(b.text().as(x.safe))
}
