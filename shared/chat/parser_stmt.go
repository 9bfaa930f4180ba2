package chat

func (p *parser) set() (stmt, error) {
	at := p.prev()
	t, err := p.target(true, "")
	if err != nil {
		return nil, err
	}
	if p.skip(tokOperator, "=") {
		v, err := p.tuple(tupleRules{cond: true})
		return &setStmt{pos: at, target: t, value: v}, err
	}
	filter, err := p.filters(nil, false)
	if err != nil {
		return nil, err
	}
	body, _, err := p.inside("endset")
	return &setBlockStmt{pos: at, target: t, filter: filter, body: body}, err
}

func (p *parser) ifElse() (stmt, error) {
	s := &ifStmt{}
	for {
		test, err := p.tuple(tupleRules{})
		if err != nil {
			return nil, err
		}
		body, end, err := p.inside("elif", "else", "endif")
		if err != nil {
			return nil, err
		}
		s.tests = append(s.tests, test)
		s.bodies = append(s.bodies, body)
		switch end {
		case "else":
			s.no, _, err = p.inside("endif")
			return s, err
		case "endif":
			return s, nil
		}
	}
}

func (p *parser) forLoop() (stmt, error) {
	s := &forStmt{pos: p.prev()}
	var err error
	if s.target, err = p.target(false, "in"); err != nil {
		return nil, err
	}
	if _, err := p.expect(tokName, "in"); err != nil {
		return nil, err
	}
	if s.in, err = p.tuple(tupleRules{end: "recursive"}); err != nil {
		return nil, err
	}
	if p.skip(tokName, "if") {
		if s.test, err = p.expression(); err != nil {
			return nil, err
		}
	}
	s.recursive = p.skip(tokName, "recursive")
	var end string
	if s.body, end, err = p.inside("endfor", "else"); err != nil {
		return nil, err
	}
	if end == "else" {
		s.no, _, err = p.inside("endfor")
	}
	return s, err
}

// signature reads the parameters of a macro or call block.
func (p *parser) signature(s *macroStmt) error {
	if _, err := p.expect(tokOperator, "("); err != nil {
		return err
	}
	for !p.cur().is(tokOperator, ")") {
		if len(s.params) > 0 {
			if _, err := p.expect(tokOperator, ","); err != nil {
				return err
			}
		}
		t, err := p.assignable()
		if err != nil {
			return err
		}
		if p.skip(tokOperator, "=") {
			d, err := p.expression()
			if err != nil {
				return err
			}
			s.defaults = append(s.defaults, d)
		} else if s.defaults != nil {
			return p.fail(t.pos, "non-default argument follows default argument")
		}
		s.params = append(s.params, t.text)
	}
	p.next()
	return nil
}

func (p *parser) macro() (stmt, error) {
	s := &macroStmt{pos: p.prev()}
	t, err := p.assignable()
	if err != nil {
		return nil, err
	}
	s.name = t.text
	if err := p.signature(s); err != nil {
		return nil, err
	}
	s.body, _, err = p.inside("endmacro")
	return s, err
}

func (p *parser) callBlock() (stmt, error) {
	s := &callStmt{pos: p.prev(), caller: &macroStmt{pos: p.prev()}}
	if p.cur().is(tokOperator, "(") {
		if err := p.signature(s.caller); err != nil {
			return nil, err
		}
	}
	e, err := p.expression()
	if err != nil {
		return nil, err
	}
	call, ok := e.(*callExpr)
	if !ok {
		return nil, p.fail(e.where(), "expected call")
	}
	s.call = call
	s.caller.body, _, err = p.inside("endcall")
	return s, err
}

func (p *parser) generation() (stmt, error) {
	p.learns = true
	s := &macroStmt{pos: p.prev()}
	body, _, err := p.inside("endgeneration")
	s.body = body
	return &generationStmt{s}, err
}

func (p *parser) filterBlock() (stmt, error) {
	f, err := p.filters(nil, true)
	if err != nil {
		return nil, err
	}
	body, _, err := p.inside("endfilter")
	return &filterStmt{filter: f, body: body}, err
}

func (p *parser) with() (stmt, error) {
	s := &withStmt{pos: p.prev()}
	for p.cur().kind != tokBlockEnd {
		if len(s.targets) > 0 {
			if _, err := p.expect(tokOperator, ","); err != nil {
				return nil, err
			}
		}
		t, err := p.target(false, "")
		if err != nil {
			return nil, err
		}
		if _, err := p.expect(tokOperator, "="); err != nil {
			return nil, err
		}
		v, err := p.expression()
		if err != nil {
			return nil, err
		}
		s.targets = append(s.targets, t)
		s.values = append(s.values, v)
	}
	var err error
	s.body, _, err = p.inside("endwith")
	return s, err
}

func (p *parser) namedBlock() (stmt, error) {
	name, err := p.expect(tokName, "")
	if err != nil {
		return nil, err
	}
	p.skip(tokName, "scoped")
	p.skip(tokName, "required")
	body, _, err := p.inside("endblock")
	if err != nil {
		return nil, err
	}
	p.skip(tokName, name.text)
	return &scopeStmt{body: body}, nil
}

func (p *parser) autoescape() (stmt, error) {
	e, err := p.expression()
	if err != nil {
		return nil, err
	}
	if c, ok := e.(*constExpr); !ok || c.value != boolValue(false) {
		return nil, p.fail(e.where(), "autoescape other than false is not supported")
	}
	body, _, err := p.inside("endautoescape")
	return &scopeStmt{body: body}, err
}

func (p *parser) print() (stmt, error) {
	var all block
	for p.cur().kind != tokBlockEnd {
		if len(all) > 0 {
			if _, err := p.expect(tokOperator, ","); err != nil {
				return nil, err
			}
		}
		e, err := p.expression()
		if err != nil {
			return nil, err
		}
		all = append(all, &printStmt{e})
	}
	return all, nil
}

func (p *parser) breakLoop() (stmt, error)    { return &breakStmt{p.prev()}, nil }
func (p *parser) continueLoop() (stmt, error) { return &continueStmt{p.prev()}, nil }

// refuse reads a tag that needs other templates. It fails when it is reached.
func (p *parser) refuse() (stmt, error) {
	s := &refuseStmt{p.prev(), p.tokens[p.i-1].text}
	for p.cur().kind != tokBlockEnd && p.cur().kind != tokEOF {
		p.next()
	}
	return s, nil
}

// assignable reads a name that may be assigned to.
func (p *parser) assignable() (token, error) {
	t, err := p.expect(tokName, "")
	if _, constant := constants[t.text]; err == nil && constant {
		return t, p.fail(t.pos, "can't assign to 'const'")
	}
	return t, err
}

// target reads what is assigned to; end is the name that ends a tuple.
func (p *parser) target(namespace bool, end string) (target, error) {
	e, err := p.tuple(tupleRules{simple: true, namespace: namespace, end: end})
	if err != nil {
		return nil, err
	}
	return p.asTarget(e)
}

func (p *parser) asTarget(e expr) (target, error) {
	switch e := e.(type) {
	case *nameExpr:
		return e, nil
	case *nsTarget:
		return e, nil
	case *listExpr:
		if !e.tuple {
			break
		}
		t := &tupleTarget{pos: e.pos}
		for _, x := range e.items {
			item, err := p.asTarget(x)
			if err != nil {
				return nil, err
			}
			t.items = append(t.items, item)
		}
		return t, nil
	}
	return nil, p.fail(e.where(), "can't assign to this")
}
