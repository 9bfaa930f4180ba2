package chat

import (
	"errors"
	"fmt"
)

// enterScope gives the variables of a scope their first values.
func (m *machine) enterScope(s *scope) error {
	for i := range s.enter {
		l := &s.enter[i]
		switch l.kind {
		case loadUnset:
			m.store(l.ref, nil)
		case loadInput:
			m.store(l.ref, m.names[l.name])
		case loadCopy:
			m.store(l.ref, m.load(l.src))
		}
	}
	return m.work(16 * len(s.enter))
}

func (b block) exec(m *machine) (signal, error) {
	for _, s := range b {
		if err := m.work(0); err != nil {
			return goOn, err
		}
		if sig, err := s.exec(m); err != nil || sig != goOn {
			return sig, err
		}
	}
	return goOn, nil
}

func (s *dataStmt) exec(m *machine) (signal, error) { return goOn, m.write(s.text) }

func (s *printStmt) exec(m *machine) (signal, error) {
	v, err := s.of.eval(m)
	if err != nil {
		return goOn, err
	}
	x, err := m.str(v)
	if err == nil {
		err = m.write(x)
	}
	return goOn, at(m.src, s.of.where(), err)
}

func (s *setStmt) exec(m *machine) (signal, error) {
	if err := m.checkTarget(s.target); err != nil {
		return goOn, at(m.src, s.where(), err)
	}
	v, err := s.value.eval(m)
	if err != nil {
		return goOn, err
	}
	return goOn, at(m.src, s.where(), m.assign(s.target, v))
}

// checkTarget tells whether all namespaces that are assigned to are such.
func (m *machine) checkTarget(t target) error {
	switch t := t.(type) {
	case *nsTarget:
		if _, ok := m.load(t.ref).(*namespace); !ok {
			return errors.New("cannot assign attribute on non-namespace object")
		}
	case *tupleTarget:
		for _, x := range t.items {
			if err := m.checkTarget(x); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *machine) assign(t target, v Value) error {
	switch t := t.(type) {
	case *nameExpr:
		m.store(t.ref, v)
	case *nsTarget:
		n, ok := m.load(t.ref).(*namespace)
		if !ok {
			return errors.New("cannot assign attribute on non-namespace object")
		}
		return n.set(m, t.attr, v)
	case *tupleTarget:
		items, err := m.all(v)
		if err != nil {
			if _, wrong := err.(*typeError); wrong {
				return typeErrorf("cannot unpack non-iterable %s object", v.typeName())
			}
			return err
		}
		switch {
		case len(items) < len(t.items):
			return fmt.Errorf("not enough values to unpack (expected %d, got %d)", len(t.items), len(items))
		case len(items) > len(t.items):
			return fmt.Errorf("too many values to unpack (expected %d)", len(t.items))
		}
		for i, x := range t.items {
			if err := m.assign(x, items[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *setBlockStmt) exec(m *machine) (signal, error) {
	x, sig, err := m.filtered(s.scope, s.body, s.filter)
	if err != nil || sig != goOn {
		return sig, err
	}
	return goOn, at(m.src, s.where(), m.assign(s.target, x))
}

func (s *filterStmt) exec(m *machine) (signal, error) {
	v, sig, err := m.filtered(s.scope, s.body, s.filter)
	if err != nil || sig != goOn {
		return sig, err
	}
	x, err := m.str(v)
	if err == nil {
		err = m.write(x)
	}
	return goOn, at(m.src, s.filter.where(), err)
}

// filtered runs a body and passes its output through a filter.
func (m *machine) filtered(s *scope, body block, filter expr) (Value, signal, error) {
	if err := m.enterScope(s); err != nil {
		return nil, goOn, err
	}
	x, sig, err := m.capture(func() (signal, error) { return body.exec(m) })
	if err != nil || sig != goOn {
		return nil, sig, err
	}
	if err := m.alloc(x.size()); err != nil || filter == nil {
		return x, goOn, err
	}
	v, err := m.applyFilters(filter, x)
	return v, goOn, err
}

func (s *ifStmt) exec(m *machine) (signal, error) {
	for i, t := range s.tests {
		yes, err := m.test(t)
		if err != nil {
			return goOn, err
		}
		if yes {
			return s.bodies[i].exec(m)
		}
	}
	return s.no.exec(m)
}

// test is the truth of an expression.
func (m *machine) test(e expr) (bool, error) {
	v, err := e.eval(m)
	if err != nil {
		return false, err
	}
	yes, err := truth(v)
	return yes, at(m.src, e.where(), err)
}

func (s *withStmt) exec(m *machine) (signal, error) {
	if err := m.enterScope(s.scope); err != nil {
		return goOn, err
	}
	for i, t := range s.targets {
		v, err := s.values[i].eval(m)
		if err != nil {
			return goOn, err
		}
		if err := m.assign(t, v); err != nil {
			return goOn, at(m.src, s.where(), err)
		}
	}
	return s.body.exec(m)
}

func (s *scopeStmt) exec(m *machine) (signal, error) {
	if err := m.enterScope(s.scope); err != nil {
		return goOn, err
	}
	return s.body.exec(m)
}

func (*breakStmt) exec(*machine) (signal, error)    { return doBreak, nil }
func (*continueStmt) exec(*machine) (signal, error) { return doContinue, nil }

func (s *refuseStmt) exec(m *machine) (signal, error) {
	return goOn, at(m.src, s.where(), fmt.Errorf("no loader for this environment specified: {%% %s %%} is not available", s.tag))
}
