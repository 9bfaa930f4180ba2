package chat

import (
	"errors"
	"fmt"
)

// filterMap is map(attribute=…, default=…) and map('filter', …).
func filterMap(m *machine, v Value, c *call) (Value, error) {
	var f func(Value) (Value, error)
	// What is wrong with the arguments shows when the generator is read.
	var wrong error
	if attribute := c.attribute(); attribute != nil {
		c.take("attribute")
		otherwise := c.take("default")
		if len(c.kw) > 0 {
			wrong = errors.New("Unexpected keyword argument '" + c.kw[0].name.s + "'")
		}
		get, err := attributePath(attribute)
		if err != nil {
			return nil, err
		}
		f = func(x Value) (Value, error) {
			y, err := get(m, x)
			if _, absent := y.(*undefined); absent && otherwise != nil && otherwise != none {
				return otherwise, err
			}
			return y, err
		}
	} else if len(c.args) == 0 {
		wrong = errors.New("map requires a filter argument")
	} else {
		name, _ := c.args[0].(*text)
		if name == nil || m.filters[name.s] == nil {
			wrong = fmt.Errorf("No filter named %s.", quoted(c.args[0]))
		} else {
			f = func(x Value) (Value, error) {
				args := &call{args: c.args[1:], kw: append([]keyword(nil), c.kw...)}
				return m.applyFilter(m.filters[name.s], name.s, x, args)
			}
		}
	}
	return m.overItems(v, wrong, f)
}

// attribute is the keyword argument of that name where there are no others by
// place.
func (c *call) attribute() Value {
	if len(c.args) > 0 {
		return nil
	}
	for _, k := range c.kw {
		if k.name.s == "attribute" {
			return k.value
		}
	}
	return nil
}

// overItems makes a generator of f of the items of v. wrong is the error it has
// unless v is empty.
func (m *machine) overItems(v Value, wrong error, f func(Value) (Value, error)) (Value, error) {
	some, err := truth(v)
	if err != nil {
		return nil, err
	}
	if !some {
		v, wrong = &list{}, nil
	}
	if wrong != nil {
		return m.lazyItems(func() ([]Value, error) { return nil, wrong }), nil
	}
	return m.lazy(v, f)
}

// filterSelect is select, reject, selectattr and rejectattr.
func filterSelect(keep, attr bool) filter {
	return func(m *machine, v Value, c *call) (Value, error) {
		args := c.args
		get, err := attributePath(nil)
		var wrong error
		if attr {
			if len(args) == 0 {
				wrong = errors.New("Missing parameter for attribute name")
			} else {
				get, err = attributePath(args[0])
				args = args[1:]
			}
		}
		if err != nil {
			return nil, err
		}
		passes := func(x Value) (bool, error) { return truth(x) }
		if len(args) > 0 {
			name, _ := args[0].(*text)
			if name == nil || m.tests[name.s] == nil {
				wrong = fmt.Errorf("No test named %s.", quoted(args[0]))
			} else {
				f := m.tests[name.s]
				passes = func(x Value) (bool, error) {
					return f(m, x, &call{name: name.s, args: args[1:], kw: c.kw})
				}
			}
		}
		return m.overItems(v, wrong, func(x Value) (Value, error) {
			y, err := get(m, x)
			if err != nil {
				return nil, err
			}
			yes, err := passes(y)
			if err != nil || yes != keep {
				return nil, err
			}
			return x, nil
		})
	}
}

func filterUnique(m *machine, v Value, c *call) (Value, error) {
	a, err := c.bind("case_sensitive?", "attribute?")
	if err != nil {
		return nil, err
	}
	sensitive, err := argBool(a[0], false)
	if err != nil {
		return nil, err
	}
	get, err := attributePath(a[1])
	if err != nil {
		return nil, err
	}
	seen := NewDict()
	return m.lazy(v, func(x Value) (Value, error) {
		k, err := get(m, x)
		if err != nil {
			return nil, err
		}
		if !sensitive {
			k = foldCase(k)
		}
		if i, err := seen.lookup(m, k); err != nil || i >= 0 {
			return nil, err
		}
		if err := m.alloc(64); err != nil {
			return nil, err
		}
		return x, seen.put(m, k, none)
	})
}

// filterExtreme is max and min: sign 1 and -1.
func filterExtreme(sign int) filter {
	return func(m *machine, v Value, c *call) (Value, error) {
		a, err := c.bind("case_sensitive?", "attribute?")
		if err != nil {
			return nil, err
		}
		sensitive, err := argBool(a[0], false)
		if err != nil {
			return nil, err
		}
		get, err := attributePath(a[1])
		if err != nil {
			return nil, err
		}
		items, err := m.all(v)
		if err != nil {
			return nil, err
		}
		var best, bestKey Value
		for _, x := range items {
			k, err := get(m, x)
			if err != nil {
				return nil, err
			}
			if !sensitive {
				k = foldCase(k)
			}
			if best != nil {
				n, err := order(m, k, bestKey)
				if err != nil {
					return nil, err
				}
				if n*sign <= 0 {
					continue
				}
			}
			best, bestKey = x, k
		}
		if best == nil {
			return &undefined{hint: "No aggregated item, sequence was empty."}, nil
		}
		return best, nil
	}
}

func filterSum(m *machine, v Value, c *call) (Value, error) {
	a, err := c.bind("attribute?", "start?")
	if err != nil {
		return nil, err
	}
	get, err := attributePath(a[0])
	if err != nil {
		return nil, err
	}
	items, err := m.all(v)
	if err != nil {
		return nil, err
	}
	var total Value = intValue(0)
	if a[1] != nil {
		total = a[1]
	}
	if _, ok := total.(*text); ok {
		return nil, typeErrorf("sum() can't sum strings [use ''.join(seq) instead]")
	}
	for _, x := range items {
		if x, err = get(m, x); err != nil {
			return nil, err
		}
		if total, err = m.binary("+", total, x); err != nil {
			return nil, err
		}
	}
	return total, nil
}
