package chat

import (
	"slices"
)

// macro is a macro as a value, or the body of a call block.
type macro struct {
	stmt *macroStmt
	up   *frame // where it was defined
}

func (*macro) typeName() string { return "Macro" }

func (f *macro) describe() string {
	if f.stmt.name == "" {
		return "anonymous"
	}
	return quoted(literal(f.stmt.name))
}

// member is an attribute of a macro.
func (f *macro) member(name string) Value {
	switch name {
	case "name":
		if f.stmt.name == "" {
			return none
		}
		return literal(f.stmt.name)
	case "arguments":
		t := &tuple{}
		for _, p := range f.stmt.params {
			t.items = append(t.items, literal(p))
		}
		return t
	case "catch_kwargs":
		return boolValue(f.stmt.kwargs != nil)
	case "catch_varargs":
		return boolValue(f.stmt.varargs != nil)
	case "caller":
		return boolValue(f.stmt.caller != nil)
	}
	return nil
}

// call makes the frame of a function; leave ends it.
func (m *machine) call(fn *funcScope, up *frame) (leave func(), err error) {
	if m.calls == m.limits.Calls {
		return nil, limitf("macros more than %d deep", m.limits.Calls)
	}
	if err := m.allocItems(fn.slots); err != nil {
		return nil, err
	}
	m.calls++
	outer := m.frame
	m.frame = &frame{make([]Value, fn.slots), up}
	return func() {
		m.frame = outer
		m.calls--
	}, nil
}

func (s *macroStmt) exec(m *machine) (signal, error) {
	m.store(s.ref, &macro{s, m.frame})
	return goOn, nil
}

// callMacro is f(…): the text that the macro writes.
func (m *machine) callMacro(f *macro, c *call) (Value, error) {
	s := f.stmt
	leave, err := m.call(s.fn, f.up)
	if err != nil {
		return nil, err
	}
	defer leave()
	slots := m.frame.slots
	given := min(len(c.args), len(s.params))
	kw := slices.Clone(c.kw)
	take := func(name string) Value {
		rest := &call{kw: kw}
		v := rest.take(name)
		kw = rest.kw
		return v
	}
	foundCaller := false
	for i, r := range s.refs {
		if i < given {
			slots[r.slot] = c.args[i]
			continue
		}
		slots[r.slot] = take(s.params[i])
		foundCaller = foundCaller || s.params[i] == "caller"
	}
	if given == len(s.params) {
		foundCaller = slices.Contains(s.params, "caller")
	}
	if s.caller != nil && !foundCaller {
		v := take("caller")
		if v == nil || v == none {
			v = &undefined{hint: "No caller defined", name: literal("caller")}
		}
		slots[s.caller.slot] = v
	}
	switch {
	case s.kwargs != nil:
		d := NewDict()
		for _, k := range kw {
			d.putText(k.name, k.value)
		}
		slots[s.kwargs.slot] = d
	case len(kw) > 0 && kw[0].name.s == "caller":
		return nil, typeErrorf("macro %s was invoked with two values for the special caller argument. This is most likely a bug.", f.describe())
	case len(kw) > 0:
		return nil, typeErrorf("macro %s takes no keyword argument '%s'", f.describe(), kw[0].name.s)
	}
	switch {
	case s.varargs != nil:
		slots[s.varargs.slot] = &tuple{items: c.args[given:]}
	case len(c.args) > len(s.params):
		return nil, typeErrorf("macro %s takes not more than %d argument(s)", f.describe(), len(s.params))
	}
	if err := m.enterScope(s.scope); err != nil {
		return nil, err
	}
	x, _, err := m.capture(func() (signal, error) {
		if err := m.defaults(s, slots); err != nil {
			return goOn, err
		}
		return s.body.exec(m)
	})
	if err != nil {
		return nil, err
	}
	return m.made(x)
}

// defaults gives the parameters that were not passed their values.
func (m *machine) defaults(s *macroStmt, slots []Value) error {
	first := len(s.params) - len(s.defaults)
	for i, r := range s.refs {
		if slots[r.slot] != nil {
			continue
		}
		if i < first {
			slots[r.slot] = &undefined{hint: "parameter " + quoted(literal(s.params[i])) + " was not provided", name: literal(s.params[i])}
			continue
		}
		v, err := s.defaults[i-first].eval(m)
		if err != nil {
			return err
		}
		slots[r.slot] = v
	}
	return nil
}

func (s *callStmt) exec(m *machine) (signal, error) {
	f, err := s.call.of.eval(m)
	if err != nil {
		return goOn, err
	}
	c, err := m.arguments(s.call.args)
	if err != nil {
		return goOn, err
	}
	c.kw = append(c.kw, keyword{literal("caller"), &macro{s.caller, m.frame}})
	v, err := m.invoke(f, c)
	if err != nil {
		return goOn, at(m.src, s.where(), err)
	}
	x, err := m.str(v)
	if err == nil {
		err = m.write(x)
	}
	return goOn, at(m.src, s.where(), err)
}

func (s *generationStmt) exec(m *machine) (signal, error) {
	v, err := m.callMacro(&macro{s.body, m.frame}, &call{})
	if err != nil {
		return goOn, at(m.src, s.body.where(), err)
	}
	x := v.(*text)
	if m.out.len()+len(x.s) > m.limits.Output {
		return goOn, limitf("output of more than %d bytes", m.limits.Output)
	}
	m.out.addLearned(x)
	return goOn, nil
}
