package chat

import (
	"fmt"
)

func (e *constExpr) eval(*machine) (Value, error) { return e.value, nil }

func (e *nameExpr) eval(m *machine) (Value, error) {
	if v := m.load(e.ref); v != nil {
		return v, nil
	}
	return missing(e.name), nil
}

func (t *nsTarget) eval(*machine) (Value, error) { panic("BUG: a target is evaluated") }

func (e *listExpr) eval(m *machine) (Value, error) {
	items, err := m.values(e.items)
	if err != nil {
		return nil, err
	}
	if err := m.allocItems(len(items)); err != nil {
		return nil, at(m.src, e.where(), err)
	}
	if e.tuple {
		return &tuple{items: items}, nil
	}
	return &list{items}, nil
}

func (m *machine) values(list []expr) ([]Value, error) {
	values := make([]Value, len(list))
	for i, e := range list {
		v, err := e.eval(m)
		if err != nil {
			return nil, err
		}
		values[i] = v
	}
	return values, nil
}

func (e *dictExpr) eval(m *machine) (Value, error) {
	d := NewDict()
	for i := range e.keys {
		k, err := e.keys[i].eval(m)
		if err != nil {
			return nil, err
		}
		v, err := e.values[i].eval(m)
		if err != nil {
			return nil, err
		}
		if err := d.put(m, k, v); err != nil {
			return nil, at(m.src, e.keys[i].where(), err)
		}
	}
	return d, at(m.src, e.where(), m.allocItems(4*len(e.keys)))
}

func (e *attrExpr) eval(m *machine) (Value, error) {
	v, err := e.of.eval(m)
	if err != nil {
		return nil, err
	}
	a, err := m.attribute(v, e.name)
	return a, at(m.src, e.where(), err)
}

func (e *itemExpr) eval(m *machine) (Value, error) {
	v, err := e.of.eval(m)
	if err != nil {
		return nil, err
	}
	k, err := e.key.eval(m)
	if err != nil {
		return nil, err
	}
	x, err := m.item(v, k)
	return x, at(m.src, e.where(), err)
}

func (e *sliceExpr) eval(m *machine) (Value, error) {
	v, err := e.of.eval(m)
	if err != nil {
		return nil, err
	}
	var parts [3]Value
	for i, p := range []expr{e.start, e.stop, e.step} {
		if p == nil {
			continue
		}
		if parts[i], err = p.eval(m); err != nil {
			return nil, err
		}
	}
	x, err := m.slice(v, parts[0], parts[1], parts[2])
	return x, at(m.src, e.where(), err)
}

func (e *callExpr) eval(m *machine) (Value, error) {
	f, err := e.of.eval(m)
	if err != nil {
		return nil, err
	}
	c, err := m.arguments(e.args)
	if err != nil {
		return nil, err
	}
	v, err := m.invoke(f, c)
	return v, at(m.src, e.where(), err)
}

// arguments evaluates the arguments of a call.
func (m *machine) arguments(a args) (*call, error) {
	c := &call{}
	if a.args == nil && a.list == nil && a.dict == nil {
		return c, nil
	}
	values, err := m.values(a.args)
	if err != nil {
		return nil, err
	}
	n := len(values) - len(a.names)
	c.args = values[:n:n]
	for i, name := range a.names {
		c.kw = append(c.kw, keyword{literal(name), values[n+i]})
	}
	if a.list != nil {
		v, err := a.list.eval(m)
		if err != nil {
			return nil, err
		}
		more, err := m.all(v)
		if err != nil {
			return nil, at(m.src, a.list.where(), err)
		}
		c.args = append(c.args, more...)
	}
	if a.dict != nil {
		v, err := a.dict.eval(m)
		if err != nil {
			return nil, err
		}
		d, ok := v.(*Dict)
		if !ok {
			return nil, at(m.src, a.dict.where(), typeErrorf("argument after ** must be a mapping, not %s", v.typeName()))
		}
		for i, k := range d.keys {
			name, ok := k.(*text)
			if !ok {
				return nil, at(m.src, a.dict.where(), typeErrorf("keywords must be strings"))
			}
			c.kw = append(c.kw, keyword{name, d.values[i]})
		}
	}
	return c, nil
}

func (e *filterExpr) eval(m *machine) (Value, error) { return m.applyFilters(e, nil) }

// applyFilters evaluates e; a filter without operand gets the input.
func (m *machine) applyFilters(e expr, input Value) (Value, error) {
	f, ok := e.(*filterExpr)
	if !ok {
		return e.eval(m)
	}
	v := input
	if f.of != nil {
		var err error
		if v, err = m.applyFilters(f.of, input); err != nil {
			return nil, err
		}
	}
	c, err := m.arguments(f.args)
	if err != nil {
		return nil, err
	}
	if f.f == nil {
		return nil, at(m.src, f.where(), fmt.Errorf("No filter named '%s' found.", f.name))
	}
	x, err := m.applyFilter(f.f, f.name, v, c)
	return x, at(m.src, f.where(), err)
}

// applyFilter accounts for reading the operand of a filter.
func (m *machine) applyFilter(f filter, name string, v Value, c *call) (Value, error) {
	size := 0
	if x, ok := v.(*text); ok {
		size = len(x.s)
	}
	if err := m.work(size); err != nil {
		return nil, err
	}
	c.name = name
	return f(m, v, c)
}

func (e *testExpr) eval(m *machine) (Value, error) {
	v, err := e.of.eval(m)
	if err != nil {
		return nil, err
	}
	c, err := m.arguments(e.args)
	if err != nil {
		return nil, err
	}
	if e.f == nil {
		return nil, at(m.src, e.where(), fmt.Errorf("No test named '%s' found.", e.name))
	}
	c.name = e.name
	if err := m.work(0); err != nil {
		return nil, at(m.src, e.where(), err)
	}
	x, err := e.f(m, v, c)
	return boolValue(x), at(m.src, e.where(), err)
}

func (e *notExpr) eval(m *machine) (Value, error) {
	yes, err := m.test(e.of)
	return boolValue(!yes), err
}

func (e *logicExpr) eval(m *machine) (Value, error) {
	v, err := e.left.eval(m)
	if err != nil {
		return nil, err
	}
	yes, err := truth(v)
	if err != nil || yes == e.or {
		return v, at(m.src, e.where(), err)
	}
	return e.right.eval(m)
}

func (e *compareExpr) eval(m *machine) (Value, error) {
	left, err := e.first.eval(m)
	if err != nil {
		return nil, err
	}
	for i, op := range e.ops {
		right, err := e.rest[i].eval(m)
		if err != nil {
			return nil, err
		}
		var yes bool
		switch op {
		case "in", "not in":
			yes, err = m.contains(right, left)
			yes = yes == (op == "in")
		default:
			yes, err = compare(m, op, left, right)
		}
		if err != nil || !yes {
			return boolValue(false), at(m.src, e.where(), err)
		}
		left = right
	}
	return boolValue(true), at(m.src, e.where(), m.work(0))
}

func (e *binaryExpr) eval(m *machine) (Value, error) {
	a, err := e.left.eval(m)
	if err != nil {
		return nil, err
	}
	b, err := e.right.eval(m)
	if err != nil {
		return nil, err
	}
	if err := m.work(0); err != nil {
		return nil, at(m.src, e.where(), err)
	}
	v, err := m.binary(e.op, a, b)
	return v, at(m.src, e.where(), err)
}

func (e *unaryExpr) eval(m *machine) (Value, error) {
	v, err := e.of.eval(m)
	if err != nil {
		return nil, err
	}
	x, err := unary(e.op, v)
	return x, at(m.src, e.where(), err)
}

func (e *concatExpr) eval(m *machine) (Value, error) {
	var b builder
	for _, p := range e.parts {
		v, err := p.eval(m)
		if err != nil {
			return nil, err
		}
		x, err := m.str(v)
		if err == nil {
			err = m.alloc(x.size())
		}
		if err != nil {
			return nil, at(m.src, p.where(), err)
		}
		b.addText(x)
	}
	return b.text(), nil
}

func (e *condExpr) eval(m *machine) (Value, error) {
	yes, err := m.test(e.test)
	if err != nil {
		return nil, err
	}
	if yes {
		return e.yes.eval(m)
	}
	if e.no != nil {
		return e.no.eval(m)
	}
	return &undefined{hint: "the inline if-expression evaluated to false and no else section was defined."}, nil
}
