package chat

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// attribute is v.name: an attribute of v if there is one, else the item.
func (m *machine) attribute(v Value, name string) (Value, error) {
	if u, ok := v.(*undefined); ok {
		return nil, u
	}
	a, err := m.member(v, name)
	if a != nil || err != nil {
		return a, err
	}
	if d, ok := v.(*Dict); ok {
		if i := d.find(name); i >= 0 {
			return d.values[i], nil
		}
	}
	return &undefined{of: v, name: literal(name)}, nil
}

// item is v[key]: an item of v if there is one, else the attribute.
func (m *machine) item(v, key Value) (Value, error) {
	switch x := v.(type) {
	case *undefined:
		return nil, x
	case *Dict:
		i, err := x.lookup(m, key)
		if _, unhashable := err.(*typeError); err != nil && !unhashable {
			return nil, err
		}
		if i >= 0 {
			return x.values[i], nil
		}
	default:
		if n, ok := smallOf(key); ok {
			if found, err := m.index(v, n); found != nil || err != nil {
				return found, err
			}
		}
	}
	if name, ok := key.(*text); ok {
		a, err := m.member(v, name.s)
		if a != nil || err != nil {
			return a, err
		}
	}
	return &undefined{of: v, name: key}, nil
}

// index is the n-th item of a sequence, nil if v has none.
func (m *machine) index(v Value, n int64) (Value, error) {
	items := func(all []Value) Value {
		if n < 0 {
			n += int64(len(all))
		}
		if n < 0 || n >= int64(len(all)) {
			return nil
		}
		return all[n]
	}
	switch v := v.(type) {
	case *list:
		return items(v.items), nil
	case *tuple:
		return items(v.items), nil
	case *rangeValue:
		if n < 0 {
			n += int64(v.n)
		}
		if n >= 0 && n < int64(v.n) {
			return intValue(int64(v.start) + n*int64(v.step)), nil
		}
	case *text:
		if n < 0 {
			n += int64(v.len())
		}
		if n < 0 || n >= int64(len(v.s)) {
			return nil, m.work(len(v.s))
		}
		i := v.offset(int(n))
		if i == len(v.s) {
			return nil, m.work(i)
		}
		_, size := utf8.DecodeRuneInString(v.s[i:])
		return v.slice(i, i+size), m.alloc(64 + i)
	}
	return nil, nil
}

// member is the attribute that v's type gives it, nil if there is none.
func (m *machine) member(v Value, name string) (Value, error) {
	if strings.HasPrefix(name, "_") { // the sandbox hides them
		if n, ok := v.(*namespace); ok {
			return n.attrs.Get(name), nil
		}
		return nil, nil
	}
	switch v := v.(type) {
	case *namespace:
		return v.attrs.Get(name), nil
	case *loop:
		return v.member(name)
	case *macro:
		return v.member(name), nil
	case *cycler:
		return v.member(name), nil
	case *joiner:
		return v.member(name), nil
	case *rangeValue:
		switch name {
		case "start":
			return intValue(v.start), nil
		case "stop":
			return intValue(v.stop), nil
		case "step":
			return intValue(v.step), nil
		}
	case *tuple:
		if i := slices.Index(v.names, name); i >= 0 {
			return v.items[i], nil
		}
	case *text:
		if f := markupMethods[name]; f != nil && v.safe {
			return bound(v, name, f), nil
		}
	case *function:
		if v.name == "dict" && name == "fromkeys" {
			return bound(v, name, methodFromKeys), nil
		}
	case intValue, bigValue, boolValue:
		switch name {
		case "real", "numerator":
			return v, nil
		case "imag":
			return intValue(0), nil
		case "denominator":
			return intValue(1), nil
		}
	case floatValue:
		switch name {
		case "real":
			return v, nil
		case "imag":
			return floatValue(0), nil
		}
	}
	if f := m.methods(v)[name]; f != nil {
		return bound(v, name, f), nil
	}
	if slices.Contains(changes[v.typeName()], name) {
		return &undefined{
			hint: fmt.Sprintf("access to attribute '%s' of '%s' object is unsafe.", name, v.typeName()),
			of:   v, name: literal(name),
		}, nil
	}
	return nil, nil
}

// slice is v[start:stop:step].
func (m *machine) slice(v Value, start, stop, step Value) (Value, error) {
	var n int
	switch x := v.(type) {
	case *undefined:
		return nil, x
	case *text:
		n = x.len()
		if x.ascii() {
			n = len(x.s)
		}
	case *list:
		n = len(x.items)
	case *tuple:
		n = len(x.items)
	case *rangeValue:
		n = x.n
	case *Dict:
		return nil, typeErrorf("unhashable type: 'slice'")
	default:
		return nil, typeErrorf("'%s' object is not subscriptable", v.typeName())
	}
	by, err := argInt(step, 1)
	if err != nil {
		return nil, err
	}
	if by == 0 {
		return nil, fmt.Errorf("slice step cannot be zero")
	}
	low, high := 0, n
	from, to := 0, n
	if by < 0 {
		low, high = -1, n-1
		from, to = n-1, -1
	}
	bound := func(v Value, otherwise int) (int, error) {
		switch v.(type) {
		case nil, noneValue:
			return otherwise, nil
		}
		i, err := argInt(v, 0)
		if i < 0 {
			i += n
		}
		return min(max(i, low), high), err
	}
	if from, err = bound(start, from); err != nil {
		return nil, err
	}
	if to, err = bound(stop, to); err != nil {
		return nil, err
	}
	count := 0
	switch {
	case by > 0 && from < to:
		count = (to-from-1)/by + 1
	case by < 0 && from > to:
		count = (from-to-1)/-by + 1
	}
	return m.every(v, from, by, count)
}

// every returns the count items of v that are at from, from+by, ….
func (m *machine) every(v Value, from, by, count int) (Value, error) {
	pick := func(all []Value) ([]Value, error) {
		if err := m.allocItems(count); err != nil {
			return nil, err
		}
		if by == 1 {
			return all[from : from+count : from+count], nil
		}
		items := make([]Value, count)
		for i := range items {
			items[i] = all[from+i*by]
		}
		return items, nil
	}
	switch x := v.(type) {
	case *list:
		items, err := pick(x.items)
		return &list{items}, err
	case *tuple:
		items, err := pick(x.items)
		return &tuple{items: items}, err
	case *rangeValue:
		start, step := x.start+from*x.step, x.step*by
		return &rangeValue{start, start + count*step, step, count}, nil
	}
	x := v.(*text)
	if count == 0 {
		return emptyText.as(x.safe), nil
	}
	if by == 1 {
		i := from
		j := from + count
		if !x.ascii() {
			i = x.offset(from)
			j = i + x.slice(i, len(x.s)).offset(count)
		}
		return m.made(x.slice(i, j))
	}
	if err := m.alloc(5*len(x.s) + x.size()); err != nil {
		return nil, err
	}
	starts := make([]int, 0, len(x.s)+1) // of characters
	for i := range x.s {
		starts = append(starts, i)
	}
	starts = append(starts, len(x.s))
	var b builder
	for i := range count {
		k := from + i*by
		x.each(starts[k], starts[k+1], b.add)
	}
	return b.text().as(x.safe), nil
}
