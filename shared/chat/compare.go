package chat

import (
	"strings"
)

// equal is Python's ==.
func equal(m *machine, a, b Value) (bool, error) { return equalAt(m, a, b, 0) }

func equalAt(m *machine, a, b Value, depth int) (bool, error) {
	if depth > maxDepth {
		return false, errDeep
	}
	if isNumber(a) && isNumber(b) {
		c, ok := compareNumbers(a, b)
		return ok && c == 0, nil
	}
	switch x := a.(type) {
	case *text:
		y, ok := b.(*text)
		if !ok || len(x.s) != len(y.s) {
			return false, nil
		}
		return x.s == y.s, m.work(len(x.s))
	case *undefined:
		_, ok := b.(*undefined)
		return ok, nil
	case *list:
		y, ok := b.(*list)
		if !ok {
			return false, nil
		}
		return equalItems(m, x.items, y.items, depth)
	case *tuple:
		y, ok := b.(*tuple)
		if !ok {
			return false, nil
		}
		return equalItems(m, x.items, y.items, depth)
	case *rangeValue:
		y, ok := b.(*rangeValue)
		return ok && x.n == y.n && (x.n == 0 || x.start == y.start && (x.n == 1 || x.step == y.step)), nil
	case *Dict:
		y, ok := b.(*Dict)
		if !ok || x.Len() != y.Len() {
			return false, nil
		}
		for i, k := range x.keys {
			j, err := y.lookup(m, k)
			if err != nil || j < 0 {
				return false, err
			}
			if same, err := equalAt(m, x.values[i], y.values[j], depth+1); err != nil || !same {
				return false, err
			}
		}
		return true, m.work(x.Len())
	}
	return a == b, nil // noneValue, and things equal only to themselves
}

func equalItems(m *machine, a, b []Value, depth int) (bool, error) {
	if len(a) != len(b) {
		return false, nil
	}
	for i := range a {
		if same, err := equalAt(m, a[i], b[i], depth+1); err != nil || !same {
			return false, err
		}
	}
	return true, m.work(8 * len(a))
}

// compare is a op b for == != < <= > >=.
func compare(m *machine, op string, a, b Value) (bool, error) {
	switch op {
	case "==":
		return equal(m, a, b)
	case "!=":
		same, err := equal(m, a, b)
		return !same, err
	}
	c, ok, err := orderAt(m, op, a, b, 0)
	if err != nil || !ok {
		return false, err
	}
	switch op {
	case "<":
		return c < 0, nil
	case "<=":
		return c <= 0, nil
	case ">":
		return c > 0, nil
	}
	return c >= 0, nil
}

// order is -1, 0 or 1, for sorting.
func order(m *machine, a, b Value) (int, error) {
	c, _, err := orderAt(m, "<", a, b, 0)
	return c, err
}

// orderAt compares a and b; ok is false where a NaN makes all comparisons false.
func orderAt(m *machine, op string, a, b Value, depth int) (c int, ok bool, err error) {
	if depth > maxDepth {
		return 0, false, errDeep
	}
	if u, is := a.(*undefined); is {
		return 0, false, u
	}
	if u, is := b.(*undefined); is {
		return 0, false, u
	}
	if isNumber(a) && isNumber(b) {
		c, ok = compareNumbers(a, b)
		return c, ok, nil
	}
	switch x := a.(type) {
	case *text:
		if y, is := b.(*text); is {
			return strings.Compare(x.s, y.s), true, m.work(min(len(x.s), len(y.s)))
		}
	case *list:
		if y, is := b.(*list); is {
			return orderItems(m, op, x.items, y.items, depth)
		}
	case *tuple:
		if y, is := b.(*tuple); is {
			return orderItems(m, op, x.items, y.items, depth)
		}
	}
	return 0, false, typeErrorf("'%s' not supported between instances of '%s' and '%s'", op, a.typeName(), b.typeName())
}

func orderItems(m *machine, op string, a, b []Value, depth int) (int, bool, error) {
	for i := range min(len(a), len(b)) {
		same, err := equalAt(m, a[i], b[i], depth+1)
		if err != nil {
			return 0, false, err
		}
		if !same {
			return orderAt(m, op, a[i], b[i], depth+1)
		}
	}
	return len(a) - len(b), true, m.work(8 * min(len(a), len(b)))
}

// contains is Python's item in container.
func (m *machine) contains(container, item Value) (bool, error) {
	switch c := container.(type) {
	case *text:
		x, ok := item.(*text)
		if !ok {
			return false, typeErrorf("'in <string>' requires string as left operand, not %s", item.typeName())
		}
		return strings.Contains(c.s, x.s), m.work(len(c.s))
	case *Dict:
		i, err := c.lookup(m, item)
		return i >= 0, err
	case *view:
		if c.part == "keys" {
			i, err := c.dict.lookup(m, item)
			return i >= 0, err
		}
	case *rangeValue:
		if n, ok := smallOf(item); ok {
			k := n - int64(c.start)
			return k%int64(c.step) == 0 && k/int64(c.step) >= 0 && k/int64(c.step) < int64(c.n), nil
		}
	}
	next, err := m.iterate(container)
	if err != nil {
		return false, typeErrorf("argument of type '%s' is not iterable", container.typeName())
	}
	for {
		x, ok, err := next()
		if err != nil || !ok {
			return false, err
		}
		if same, err := equal(m, x, item); err != nil || same {
			return same, err
		}
	}
}
