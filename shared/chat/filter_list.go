package chat

import (
	"errors"
	"slices"
	"strings"
)

// getter looks up the attribute that a filter was given.
type getter func(m *machine, v Value) (Value, error)

// attributePath makes a getter of a path like "function.name" or "0.name". nil
// and None stand for the value itself.
func attributePath(path Value) (getter, error) {
	var keys []Value
	switch p := path.(type) {
	case nil, noneValue:
	case *text:
		for _, part := range strings.Split(p.s, ".") {
			if part != "" && strings.Trim(part, "0123456789") == "" {
				if n, ok := parseInt(part, 10); ok {
					keys = append(keys, n)
					continue
				}
			}
			keys = append(keys, literal(part))
		}
	default:
		keys = []Value{p}
	}
	return func(m *machine, v Value) (Value, error) {
		var err error
		for _, k := range keys {
			if v, err = m.item(v, k); err != nil {
				return nil, err
			}
		}
		return v, nil
	}, nil
}

func filterList(m *machine, v Value, c *call) (Value, error) {
	if err := c.none(); err != nil {
		return nil, err
	}
	items, err := m.all(v)
	if err != nil {
		return nil, err
	}
	return m.listOf(items)
}

func filterItems(m *machine, v Value, c *call) (Value, error) {
	if err := c.none(); err != nil {
		return nil, err
	}
	return m.lazyItems(func() ([]Value, error) {
		switch v := v.(type) {
		case *undefined:
			return nil, nil
		case *Dict:
			return v.items(), m.allocItems(6 * v.Len())
		}
		return nil, typeErrorf("Can only get item pairs from a mapping.")
	}), nil
}

// lazyItems makes a generator of a list that is computed when it is first read.
func (m *machine) lazyItems(f func() ([]Value, error)) Value {
	var next iterator
	return &generator{name: "generator", next: func() (Value, bool, error) {
		if next == nil {
			items, err := f()
			if err != nil {
				return nil, false, err
			}
			next = itemsOf(items)
		}
		return next()
	}}
}

func filterFirst(m *machine, v Value, c *call) (Value, error) {
	if err := c.none(); err != nil {
		return nil, err
	}
	next, err := m.iterate(v)
	if err != nil {
		return nil, err
	}
	x, ok, err := next()
	if err == nil && !ok {
		x = &undefined{hint: "No first item, sequence was empty."}
	}
	return x, err
}

func filterLast(m *machine, v Value, c *call) (Value, error) {
	if err := c.none(); err != nil {
		return nil, err
	}
	if err := m.reversible(v); err != nil {
		return nil, err
	}
	items, err := m.all(v)
	if err != nil {
		return nil, err
	}
	if len(items) == 0 {
		return &undefined{hint: "No last item, sequence was empty."}, nil
	}
	return items[len(items)-1], nil
}

// reversible is an error unless v has Python's reversed().
func (m *machine) reversible(v Value) error {
	switch v.(type) {
	case *list, *tuple, *Dict, *view, *rangeValue, *text, *undefined:
		return nil
	}
	return typeErrorf("'%s' object is not reversible", v.typeName())
}

func filterReverse(m *machine, v Value, c *call) (Value, error) {
	if err := c.none(); err != nil {
		return nil, err
	}
	if x, ok := v.(*text); ok {
		return m.slice(x, nil, nil, intValue(-1))
	}
	items, err := m.all(v)
	if err != nil {
		return nil, errors.New("argument must be iterable")
	}
	items = slices.Clone(items)
	slices.Reverse(items)
	if m.reversible(v) != nil { // a generator: jinja2 makes a list
		return m.listOf(items)
	}
	return &generator{name: "list_reverseiterator", next: itemsOf(items)}, m.allocItems(len(items))
}

func filterSort(m *machine, v Value, c *call) (Value, error) {
	a, err := c.bind("reverse?", "case_sensitive?", "attribute?")
	if err != nil {
		return nil, err
	}
	reverse, err := argBool(a[0], false)
	if err != nil {
		return nil, err
	}
	sensitive, err := argBool(a[1], false)
	if err != nil {
		return nil, err
	}
	var paths []Value
	if x, ok := a[2].(*text); ok {
		for _, p := range strings.Split(x.s, ",") {
			paths = append(paths, literal(p))
		}
	} else {
		paths = []Value{a[2]}
	}
	items, err := m.all(v)
	if err != nil {
		return nil, err
	}
	return m.sorted(items, reverse, func(x Value) (Value, error) {
		keys := make([]Value, len(paths))
		for i, p := range paths {
			get, err := attributePath(p)
			if err != nil {
				return nil, err
			}
			if keys[i], err = get(m, x); err != nil {
				return nil, err
			}
			if !sensitive {
				keys[i] = foldCase(keys[i])
			}
		}
		return &list{keys}, nil
	})
}

// foldCase makes strings lower case, for comparing.
func foldCase(v Value) Value {
	if x, ok := v.(*text); ok {
		return lower(x)
	}
	return v
}

// sorted returns the list of items in the order of their keys.
func (m *machine) sorted(items []Value, reverse bool, key func(Value) (Value, error)) (Value, error) {
	type entry struct{ item, key Value }
	all := make([]entry, len(items))
	for i, x := range items {
		k, err := key(x)
		if err != nil {
			return nil, err
		}
		if err := m.alloc(64); err != nil {
			return nil, err
		}
		all[i] = entry{x, k}
	}
	var failed error
	slices.SortStableFunc(all, func(a, b entry) int {
		if failed != nil {
			return 0
		}
		if reverse {
			a, b = b, a
		}
		n, err := order(m, a.key, b.key)
		failed = err
		return n
	})
	if failed != nil {
		return nil, failed
	}
	out := make([]Value, len(all))
	for i, e := range all {
		out[i] = e.item
	}
	return m.listOf(out)
}

func filterDictSort(m *machine, v Value, c *call) (Value, error) {
	a, err := c.bind("case_sensitive?", "by?", "reverse?")
	if err != nil {
		return nil, err
	}
	sensitive, err := argBool(a[0], false)
	if err != nil {
		return nil, err
	}
	reverse, err := argBool(a[2], false)
	if err != nil {
		return nil, err
	}
	by := 0
	if a[1] != nil {
		x, ok := a[1].(*text)
		switch {
		case ok && x.s == "value":
			by = 1
		case !ok || x.s != "key":
			return nil, errors.New(`You can only sort by either "key" or "value"`)
		}
	}
	d, ok := v.(*Dict)
	if u, undef := v.(*undefined); undef {
		return nil, u
	}
	if !ok {
		return nil, typeErrorf("'%s' object has no attribute 'items'", v.typeName())
	}
	return m.sorted(d.items(), reverse, func(x Value) (Value, error) {
		k := x.(*tuple).items[by]
		if !sensitive {
			k = foldCase(k)
		}
		return k, nil
	})
}
