package chat

import (
	"unicode/utf8"
)

// An iterator returns the next item; ok is false after the last.
type iterator func() (v Value, ok bool, err error)

// itemsOf iterates over a slice.
func itemsOf(items []Value) iterator {
	i := 0
	return func() (Value, bool, error) {
		if i == len(items) {
			return nil, false, nil
		}
		i++
		return items[i-1], true, nil
	}
}

// iterate is Python's iter(v).
func (m *machine) iterate(v Value) (iterator, error) {
	switch v := v.(type) {
	case *list:
		return itemsOf(v.items), nil
	case *tuple:
		return itemsOf(v.items), nil
	case *Dict:
		return itemsOf(v.keys), nil
	case *undefined:
		return itemsOf(nil), nil
	case *generator:
		return v.next, nil
	case *view:
		switch v.part {
		case "keys":
			return itemsOf(v.dict.keys), nil
		case "values":
			return itemsOf(v.dict.values), nil
		}
		return itemsOf(v.dict.items()), m.allocItems(6 * v.dict.Len())
	case *text:
		i := 0
		return func() (Value, bool, error) {
			if i == len(v.s) {
				return nil, false, nil
			}
			_, n := utf8.DecodeRuneInString(v.s[i:])
			i += n
			return v.slice(i-n, i).as(false), true, m.alloc(64)
		}, nil
	case *rangeValue:
		i := 0
		return func() (Value, bool, error) {
			if i == v.n {
				return nil, false, nil
			}
			i++
			return intValue(v.start + (i-1)*v.step), true, nil
		}, nil
	case *loop:
		return func() (Value, bool, error) { // Python's loop is its own iterator
			ok, err := v.advance()
			if err != nil || !ok {
				return nil, false, err
			}
			return &tuple{items: []Value{v.current, v}}, true, nil
		}, nil
	}
	return nil, typeErrorf("'%s' object is not iterable", v.typeName())
}

// all reads v to its end.
func (m *machine) all(v Value) ([]Value, error) {
	switch v := v.(type) {
	case *list:
		return v.items, m.work(8 * len(v.items))
	case *tuple:
		return v.items, m.work(8 * len(v.items))
	}
	next, err := m.iterate(v)
	if err != nil {
		return nil, err
	}
	var items []Value
	for {
		x, ok, err := next()
		if err != nil {
			return nil, err
		}
		if !ok {
			return items, nil
		}
		if err := m.alloc(16); err != nil {
			return nil, err
		}
		items = append(items, x)
	}
}

// length is Python's len(v).
func (m *machine) length(v Value) (int, error) {
	switch v := v.(type) {
	case *text:
		return v.len(), m.work(len(v.s))
	case *list:
		return len(v.items), nil
	case *tuple:
		return len(v.items), nil
	case *Dict:
		return v.Len(), nil
	case *view:
		return v.dict.Len(), nil
	case *rangeValue:
		return v.n, nil
	case *undefined:
		return 0, nil
	case *loop:
		return v.length()
	}
	return 0, typeErrorf("object of type '%s' has no len()", v.typeName())
}

// lazy makes a generator of what keep returns for the items of v; it skips items
// for which keep returns nil.
func (m *machine) lazy(v Value, keep func(Value) (Value, error)) (Value, error) {
	var next iterator
	return &generator{name: "generator", next: func() (Value, bool, error) {
		if next == nil {
			var err error
			if next, err = m.iterate(v); err != nil {
				return nil, false, err
			}
		}
		for {
			x, ok, err := next()
			if err != nil || !ok {
				return nil, false, err
			}
			if err := m.work(0); err != nil {
				return nil, false, err
			}
			if y, err := keep(x); err != nil || y != nil {
				return y, err == nil, err
			}
		}
	}}, nil
}
