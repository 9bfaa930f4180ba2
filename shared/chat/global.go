package chat

import (
	"errors"
	"fmt"
	"strings"
)

// globals is the table of what a template can use without being given it.
var globals = map[string]Value{
	"range":           &function{name: "range", call: globalRange, kind: "function"},
	"dict":            &function{name: "dict", call: globalDict, kind: "TemplateDict"},
	"namespace":       &function{name: "namespace", call: globalNamespace, kind: "type"},
	"joiner":          &function{name: "joiner", call: globalJoiner, kind: "type"},
	"cycler":          &function{name: "cycler", call: globalCycler, kind: "type"},
	"raise_exception": &function{name: "raise_exception", call: globalRaise, kind: "function"},
	"strftime_now":    &function{name: "strftime_now", call: globalNow, kind: "function"},
}

func globalRange(m *machine, c *call) (Value, error) {
	a, err := c.bind("start", "stop?", "step?")
	if err != nil {
		return nil, err
	}
	var n [3]int
	for i, v := range a {
		if _, ok := v.(noneValue); ok {
			return nil, typeErrorf("'NoneType' object cannot be interpreted as an integer")
		}
		if n[i], err = argInt(v, 1); err != nil {
			return nil, err
		}
	}
	start, stop, step := n[0], n[1], n[2]
	if a[1] == nil {
		start, stop = 0, n[0]
	}
	if step == 0 {
		return nil, errors.New("range() arg 3 must not be zero")
	}
	r := &rangeValue{start: start, stop: stop, step: step}
	switch {
	case step > 0 && start < stop:
		r.n = (stop-start-1)/step + 1
	case step < 0 && start > stop:
		r.n = (start-stop-1)/-step + 1
	}
	if r.n > maxRange {
		return nil, fmt.Errorf("Range too big. The sandbox blocks ranges larger than MAX_RANGE (%d).", maxRange)
	}
	return r, nil
}

// globalDict is dict(pairs, a=1, …).
func globalDict(m *machine, c *call) (Value, error) {
	if len(c.args) > 1 {
		return nil, typeErrorf("dict expected at most 1 argument, got %d", len(c.args))
	}
	d := NewDict()
	if len(c.args) == 1 {
		from, isDict := c.args[0].(*Dict)
		if isDict {
			for i, k := range from.keys {
				if err := d.put(m, k, from.values[i]); err != nil {
					return nil, err
				}
			}
		} else {
			pairs, err := m.all(c.args[0])
			if err != nil {
				return nil, err
			}
			for i, p := range pairs {
				kv, err := m.all(p)
				if err != nil {
					return nil, err
				}
				if len(kv) != 2 {
					return nil, fmt.Errorf("dictionary update sequence element #%d has length %d; 2 is required", i, len(kv))
				}
				if err := d.put(m, kv[0], kv[1]); err != nil {
					return nil, err
				}
			}
		}
	}
	for _, k := range c.kw {
		d.putText(k.name, k.value)
	}
	return d, m.allocItems(4 * d.Len())
}

func globalNamespace(m *machine, c *call) (Value, error) {
	v, err := globalDict(m, c)
	if err != nil {
		return nil, err
	}
	n := &namespace{v.(*Dict)}
	for _, k := range n.attrs.keys {
		if x, ok := k.(*text); ok {
			if err := checkName(x.s); err != nil {
				return nil, err
			}
		}
	}
	return n, nil
}

func checkName(name string) error {
	if strings.HasPrefix(name, "_") {
		return fmt.Errorf("Chat templates cannot store underscore-prefixed attributes on a namespace, but got '%s'. Please rename the attribute.", name)
	}
	return nil
}

func (n *namespace) set(m *machine, name string, v Value) error {
	if err := checkName(name); err != nil {
		return err
	}
	n.attrs.putText(literal(name), v)
	return m.work(0)
}

func globalJoiner(m *machine, c *call) (Value, error) {
	a, err := c.bind("sep?")
	if err != nil {
		return nil, err
	}
	j := &joiner{sep: literal(", ")}
	if a[0] != nil {
		j.sep = a[0]
	}
	return j, nil
}

func globalCycler(m *machine, c *call) (Value, error) {
	if len(c.kw) > 0 {
		return nil, typeErrorf("cycler takes no keyword arguments")
	}
	if len(c.args) == 0 {
		return nil, errNoItems
	}
	return &cycler{items: c.args}, m.allocItems(len(c.args))
}

func globalRaise(m *machine, c *call) (Value, error) {
	a, err := c.bind("message")
	if err != nil {
		return nil, err
	}
	x, err := m.str(a[0])
	if err != nil {
		return nil, err
	}
	return nil, raisedError(x.s)
}

func globalNow(m *machine, c *call) (Value, error) {
	a, err := c.bind("format")
	if err != nil {
		return nil, err
	}
	format, err := argText(a[0])
	if err != nil {
		return nil, err
	}
	if format == nil {
		return nil, typeErrorf("strftime() argument 1 must be str, not None")
	}
	if m.today != "" {
		return literal(m.today), nil
	}
	return m.made(&text{s: strftime(m.now, format.s), tag: format.origin()})
}
