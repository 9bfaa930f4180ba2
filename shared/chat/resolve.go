package chat

import "fmt"

// A resolver gives every name in a tree its variable. It goes through the
// statements of a scope twice: collect learns what names the scope has, bind
// fills in the references, and opens the scopes inside.
type resolver struct {
	src    string
	fn     *funcScope
	loops  int // for loops of the function that we are in
	budget int // what copying scopes may still cost
}

// maxScopes bounds the names copied for the branches of all ifs. Templates in
// use need less than 2,000.
const maxScopes = 200_000

// resolve prepares a template's tree for the machine.
func resolve(src string, b block) (*scope, error) {
	fn := &funcScope{}
	r := &resolver{src: src, fn: fn, budget: maxScopes}
	s := newScope(nil, fn)
	if err := r.collect(s, b); err != nil {
		return nil, err
	}
	if err := r.bind(s, b, false); err != nil {
		return nil, err
	}
	s.finish()
	return s, nil
}

func (r *resolver) fail(p place, format string, args ...any) error {
	return at(r.src, p, fmt.Errorf(format, args...))
}

// collect notes the names that the statements of a scope read and set, but not
// those of scopes inside.
func (r *resolver) collect(s *scope, b block) error {
	for _, x := range b {
		switch x := x.(type) {
		case block:
			if err := r.collect(s, x); err != nil {
				return err
			}
		case *printStmt:
			readNames(s, x.of)
		case *setStmt:
			readNames(s, x.value)
			writeTarget(s, x.target)
		case *setBlockStmt:
			writeTarget(s, x.target)
		case *ifStmt:
			if err := r.collectIf(s, x, 0); err != nil {
				return err
			}
		case *forStmt:
			readNames(s, x.in)
		case *macroStmt:
			s.write(x.name)
		case *callStmt:
			readNames(s, x.call)
		case *filterStmt:
			readNames(s, x.filter)
		case *withStmt:
			for _, v := range x.values {
				readNames(s, v)
			}
		}
	}
	return nil
}

// collectIf treats an if from its i-th test on: elif is an if inside else.
func (r *resolver) collectIf(s *scope, x *ifStmt, i int) error {
	readNames(s, x.tests[i])
	branch := func(fill func(b *scope) error) (*scope, error) {
		r.budget -= 1 + len(s.order)
		if r.budget < 0 {
			return nil, r.fail(x.tests[i].where(), "too many branches and names")
		}
		b := s.branch()
		return b, fill(b)
	}
	yes, err := branch(func(b *scope) error { return r.collect(b, x.bodies[i]) })
	if err != nil {
		return err
	}
	branches := []*scope{yes}
	// jinja2 keeps the elifs as a list of ifs without else, all in one branch
	if i == 0 && len(x.tests) > 1 {
		elifs, err := branch(func(b *scope) error {
			for k := 1; k < len(x.tests); k++ {
				if err := r.collectIf(b, x, k); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		branches = append(branches, elifs)
	}
	if i == 0 && x.no != nil {
		no, err := branch(func(b *scope) error { return r.collect(b, x.no) })
		if err != nil {
			return err
		}
		branches = append(branches, no)
	}
	for _, b := range branches {
		r.budget -= len(b.order)
	}
	s.merge(branches)
	return nil
}

// readNames notes the names in an expression.
func readNames(s *scope, e expr) {
	walk(e, func(e expr) {
		if n, ok := e.(*nameExpr); ok {
			s.read(n.name)
		}
	})
}

// writeTarget notes the names in a target. A namespace is only read.
func writeTarget(s *scope, t target) {
	switch t := t.(type) {
	case *nameExpr:
		s.write(t.name)
	case *nsTarget:
		s.read(t.name)
	case *tupleTarget:
		for _, x := range t.items {
			writeTarget(s, x)
		}
	}
}

// paramTarget makes parameters of the names in a target.
func paramTarget(s *scope, t target) {
	switch t := t.(type) {
	case *nameExpr:
		s.param(t.name)
	case *nsTarget:
		s.read(t.name)
	case *tupleTarget:
		for _, x := range t.items {
			paramTarget(s, x)
		}
	}
}

// walk calls f for e and all expressions in it.
func walk(e expr, f func(expr)) {
	if e == nil {
		return
	}
	f(e)
	all := func(list []expr) {
		for _, x := range list {
			walk(x, f)
		}
	}
	arguments := func(a args) {
		all(a.args)
		walk(a.list, f)
		walk(a.dict, f)
	}
	switch e := e.(type) {
	case *listExpr:
		all(e.items)
	case *dictExpr:
		all(e.keys)
		all(e.values)
	case *attrExpr:
		walk(e.of, f)
	case *itemExpr:
		walk(e.of, f)
		walk(e.key, f)
	case *sliceExpr:
		all([]expr{e.of, e.start, e.stop, e.step})
	case *callExpr:
		walk(e.of, f)
		arguments(e.args)
	case *filterExpr:
		walk(e.of, f)
		arguments(e.args)
	case *testExpr:
		walk(e.of, f)
		arguments(e.args)
	case *notExpr:
		walk(e.of, f)
	case *logicExpr:
		walk(e.left, f)
		walk(e.right, f)
	case *compareExpr:
		walk(e.first, f)
		all(e.rest)
	case *binaryExpr:
		walk(e.left, f)
		walk(e.right, f)
	case *unaryExpr:
		walk(e.of, f)
	case *concatExpr:
		all(e.parts)
	case *condExpr:
		walk(e.test, f)
		walk(e.yes, f)
		walk(e.no, f)
	}
}
