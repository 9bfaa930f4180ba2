package chat

import (
	"errors"
)

func filterBatch(m *machine, v Value, c *call) (Value, error) {
	a, err := c.bind("linecount", "fill_with?")
	if err != nil {
		return nil, err
	}
	size, err := argInt(a[0], 0)
	if err != nil {
		return nil, err
	}
	return m.lazyItems(func() ([]Value, error) {
		items, err := m.all(v)
		if err != nil {
			return nil, err
		}
		var rows []Value
		var row []Value
		for _, x := range items {
			if len(row) == size {
				rows = append(rows, &list{row})
				row = nil
			}
			row = append(row, x)
		}
		if len(row) == 0 {
			return rows, nil
		}
		if missing := size - len(row); missing > 0 && a[1] != nil && a[1] != none {
			if err := m.allocItems(missing); err != nil {
				return nil, err
			}
			for range missing {
				row = append(row, a[1])
			}
		}
		return append(rows, &list{row}), m.allocItems(len(items) + len(rows))
	}), nil
}

func filterSlice(m *machine, v Value, c *call) (Value, error) {
	a, err := c.bind("slices", "fill_with?")
	if err != nil {
		return nil, err
	}
	count, err := argInt(a[0], 0)
	if err != nil {
		return nil, err
	}
	return m.lazyItems(func() ([]Value, error) {
		items, err := m.all(v)
		if err != nil {
			return nil, err
		}
		if count == 0 {
			return nil, errZero
		}
		if err := m.allocItems(len(items) + 4*max(count, 0)); err != nil {
			return nil, err
		}
		var columns []Value
		start := 0
		for i := range max(count, 0) {
			n := len(items) / count
			longer := i < len(items)%count
			if longer {
				n++
			}
			column := items[start : start+n : start+n]
			start += n
			if !longer && a[1] != nil && a[1] != none {
				column = append(column, a[1])
			}
			columns = append(columns, &list{column})
		}
		return columns, nil
	}), nil
}

func filterGroupBy(m *machine, v Value, c *call) (Value, error) {
	a, err := c.bind("attribute", "default?", "case_sensitive?")
	if err != nil {
		return nil, err
	}
	sensitive, err := argBool(a[2], false)
	if err != nil {
		return nil, err
	}
	path, err := attributePath(a[0])
	if err != nil {
		return nil, err
	}
	get := func(x Value) (Value, error) {
		k, err := path(m, x)
		if _, absent := k.(*undefined); absent && a[1] != nil && a[1] != none {
			return a[1], err
		}
		return k, err
	}
	key := func(x Value) (Value, error) {
		k, err := get(x)
		if !sensitive && err == nil {
			k = foldCase(k)
		}
		return k, err
	}
	items, err := m.all(v)
	if err != nil {
		return nil, err
	}
	sorted, err := m.sorted(items, false, key)
	if err != nil {
		return nil, err
	}
	var groups []Value
	var members *list
	var last Value
	for _, x := range sorted.(*list).items {
		k, err := key(x)
		if err != nil {
			return nil, err
		}
		same := false
		if members != nil {
			if same, err = equal(m, k, last); err != nil {
				return nil, err
			}
		}
		if !same {
			name, err := get(x)
			if err != nil {
				return nil, err
			}
			members, last = &list{}, k
			groups = append(groups, &tuple{items: []Value{name, members}, names: []string{"grouper", "list"}})
		}
		members.items = append(members.items, x)
	}
	return m.listOf(groups)
}

// joiner is what joiner() returns: it yields nothing first, then the separator.
type joiner struct {
	sep  Value
	used bool
}

func (*joiner) typeName() string { return "Joiner" }

func (j *joiner) join(c *call) (Value, error) {
	if len(c.args)+len(c.kw) > 0 {
		return nil, typeErrorf("joiner takes no arguments")
	}
	if !j.used {
		j.used = true
		return emptyText, nil
	}
	return j.sep, nil
}

func (j *joiner) member(name string) Value {
	switch name {
	case "sep":
		return j.sep
	case "used":
		return boolValue(j.used)
	}
	return nil
}

// cycler is what cycler(a, b, …) returns: it yields its items over and over.
type cycler struct {
	items []Value
	at    int
}

func (*cycler) typeName() string { return "Cycler" }

func (y *cycler) member(name string) Value {
	switch name {
	case "current":
		return y.items[y.at]
	case "items":
		return &tuple{items: y.items}
	case "pos":
		return intValue(y.at)
	case "next":
		return &function{name: "next", call: func(m *machine, c *call) (Value, error) {
			v := y.items[y.at]
			y.at = (y.at + 1) % len(y.items)
			return v, c.none()
		}}
	case "reset":
		return &function{name: "reset", call: func(m *machine, c *call) (Value, error) {
			y.at = 0
			return none, c.none()
		}}
	}
	return nil
}

var errNoItems = errors.New("at least one item has to be provided")
