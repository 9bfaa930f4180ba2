package chat

import "slices"

// bind fills in the references of the statements of a scope. In soft code, which
// only an if reaches, filters and tests that do not exist are an error only when
// they are used.
func (r *resolver) bind(s *scope, b block, soft bool) error {
	for _, x := range b {
		if err := r.bindStmt(s, x, soft); err != nil {
			return err
		}
	}
	return nil
}

func (r *resolver) bindStmt(s *scope, x stmt, soft bool) error {
	switch x := x.(type) {
	case block:
		return r.bind(s, x, soft)
	case *printStmt:
		return r.names(s, x.of, soft)
	case *setStmt:
		if err := r.names(s, x.value, soft); err != nil {
			return err
		}
		r.target(s, x.target)
	case *setBlockStmt:
		var err error
		if x.scope, err = r.inner(s, x.body, x.filter); err != nil {
			return err
		}
		r.target(s, x.target)
	case *ifStmt:
		for i, t := range x.tests {
			if err := r.names(s, t, true); err != nil {
				return err
			}
			if err := r.bind(s, x.bodies[i], true); err != nil {
				return err
			}
		}
		return r.bind(s, x.no, true)
	case *forStmt:
		return r.forLoop(s, x, soft)
	case *macroStmt:
		if err := r.macro(s, x); err != nil {
			return err
		}
		x.ref = r.fn.ref(s.find(x.name))
	case *callStmt:
		if err := r.macro(s, x.caller); err != nil {
			return err
		}
		return r.names(s, x.call, soft)
	case *generationStmt:
		return r.macro(s, x.body)
	case *filterStmt:
		var err error
		x.scope, err = r.inner(s, x.body, x.filter)
		return err
	case *withStmt:
		return r.with(s, x, soft)
	case *scopeStmt:
		var err error
		x.scope, err = r.inner(s, x.body, nil)
		return err
	case *breakStmt:
		if r.loops == 0 {
			return r.fail(x.where(), "'break' outside loop")
		}
	case *continueStmt:
		if r.loops == 0 {
			return r.fail(x.where(), "'continue' not properly in loop")
		}
	}
	return nil
}

// inner opens a scope for a body and a filter of its output.
func (r *resolver) inner(s *scope, body block, filter expr) (*scope, error) {
	in := newScope(s, r.fn)
	if err := r.collect(in, body); err != nil {
		return nil, err
	}
	if filter != nil {
		readNames(in, filter)
	}
	if err := r.bind(in, body, false); err != nil {
		return nil, err
	}
	if filter != nil {
		if err := r.names(in, filter, false); err != nil {
			return nil, err
		}
	}
	in.finish()
	return in, nil
}

func (r *resolver) with(s *scope, x *withStmt, soft bool) error {
	in := newScope(s, r.fn)
	for _, t := range x.targets {
		paramTarget(in, t)
	}
	if err := r.collect(in, x.body); err != nil {
		return err
	}
	for i, v := range x.values {
		if err := r.names(s, v, soft); err != nil {
			return err
		}
		r.target(in, x.targets[i])
	}
	if err := r.bind(in, x.body, false); err != nil {
		return err
	}
	in.finish()
	x.scope = in
	return nil
}

// function opens a function for f.
func (r *resolver) function(f func(fn *funcScope) error) (*funcScope, error) {
	outer, loops := r.fn, r.loops
	r.fn, r.loops = &funcScope{up: outer}, 0
	defer func() { r.fn, r.loops = outer, loops }()
	return r.fn, f(r.fn)
}

func (r *resolver) forLoop(s *scope, x *forStmt, soft bool) error {
	if err := r.names(s, x.in, soft); err != nil {
		return err
	}
	if writesLoop(x.target) || blockWritesLoop(x.body) || blockWritesLoop(x.no) {
		return r.fail(x.where(), "Can't assign to special loop variable in for-loop target")
	}
	bind := func() error {
		in := newScope(s, r.fn)
		if x.recursive || blockUses(x.body, "loop") {
			x.loop = in.param("loop")
		}
		paramTarget(in, x.target)
		if err := r.collect(in, x.body); err != nil {
			return err
		}
		if x.test != nil {
			x.testScope = newScope(s, r.fn)
			paramTarget(x.testScope, x.target)
			readNames(x.testScope, x.test)
			if err := r.names(x.testScope, x.test, false); err != nil {
				return err
			}
			x.testTarget = copyTarget(x.target)
			r.target(x.testScope, x.testTarget)
			x.testScope.finish()
		}
		r.target(in, x.target)
		r.loops++
		err := r.bind(in, x.body, false)
		r.loops--
		if err != nil {
			return err
		}
		in.finish()
		x.scope = in
		x.noScope, err = r.inner(s, x.no, nil)
		return err
	}
	if !x.recursive {
		return bind()
	}
	var err error
	x.fn, err = r.function(func(*funcScope) error { return bind() })
	return err
}

func (r *resolver) macro(s *scope, x *macroStmt) error {
	var err error
	x.fn, err = r.function(func(fn *funcScope) error {
		in := newScope(s, fn)
		explicit := map[string]bool{}
		for _, name := range x.params {
			in.param(name)
			explicit[name] = true
		}
		if blockUses(x.body, "caller") {
			if !explicit["caller"] {
				x.caller = in.param("caller")
			} else if i := len(x.params) - len(x.defaults); slices.Contains(x.params[:i], "caller") {
				return r.fail(x.where(), `When defining macros or call blocks the special "caller" argument must be omitted or be given a default.`)
			}
		}
		if blockUses(x.body, "kwargs") && !explicit["kwargs"] {
			x.kwargs = in.param("kwargs")
		}
		if blockUses(x.body, "varargs") && !explicit["varargs"] {
			x.varargs = in.param("varargs")
		}
		for _, d := range x.defaults {
			readNames(in, d)
		}
		if err := r.collect(in, x.body); err != nil {
			return err
		}
		for _, name := range x.params {
			x.refs = append(x.refs, fn.ref(in.own[name]))
		}
		for _, d := range x.defaults {
			if err := r.names(in, d, false); err != nil {
				return err
			}
		}
		if err := r.bind(in, x.body, false); err != nil {
			return err
		}
		in.finish()
		x.scope = in
		return nil
	})
	return err
}

// names fills in the references of an expression.
func (r *resolver) names(s *scope, e expr, soft bool) error {
	var err error
	inCond := soft
	var visit func(e expr)
	visit = func(e expr) {
		switch e := e.(type) {
		case *nameExpr:
			e.ref = r.fn.ref(s.find(e.name))
		case *condExpr:
			inCond = true
		case *filterExpr:
			if e.f == nil && !inCond && err == nil {
				err = r.fail(e.where(), "No filter named '%s'.", e.name)
			}
		case *testExpr:
			if e.f == nil && !inCond && err == nil {
				err = r.fail(e.where(), "No test named '%s'.", e.name)
			}
		}
	}
	walk(e, visit)
	return err
}

// target fills in the references of a target.
func (r *resolver) target(s *scope, t target) {
	switch t := t.(type) {
	case *nameExpr:
		t.ref = r.fn.ref(s.find(t.name))
	case *nsTarget:
		t.ref = r.fn.ref(s.find(t.name))
	case *tupleTarget:
		for _, x := range t.items {
			r.target(s, x)
		}
	}
}
