package chat

func (p *parser) list(at pos) (expr, error) {
	l := &listExpr{pos: at}
	for !p.cur().is(tokOperator, "]") {
		if len(l.items) > 0 {
			if _, err := p.expect(tokOperator, ","); err != nil {
				return nil, err
			}
			if p.cur().is(tokOperator, "]") {
				break
			}
		}
		e, err := p.expression()
		if err != nil {
			return nil, err
		}
		l.items = append(l.items, e)
	}
	p.next()
	return l, nil
}

func (p *parser) dict(at pos) (expr, error) {
	d := &dictExpr{pos: at}
	for !p.cur().is(tokOperator, "}") {
		if len(d.keys) > 0 {
			if _, err := p.expect(tokOperator, ","); err != nil {
				return nil, err
			}
			if p.cur().is(tokOperator, "}") {
				break
			}
		}
		k, err := p.expression()
		if err != nil {
			return nil, err
		}
		if _, err := p.expect(tokOperator, ":"); err != nil {
			return nil, err
		}
		v, err := p.expression()
		if err != nil {
			return nil, err
		}
		d.keys = append(d.keys, k)
		d.values = append(d.values, v)
	}
	p.next()
	return d, nil
}

// postfix reads attributes, items and calls.
func (p *parser) postfix(e expr) (expr, error) {
	for n := 0; ; n++ {
		if n > maxNesting {
			return nil, p.fail(p.cur().pos, "more than %d attributes and calls in a row", maxNesting)
		}
		t := p.cur()
		var err error
		switch {
		case t.is(tokOperator, "."):
			e, err = p.attribute(e)
		case t.is(tokOperator, "["):
			e, err = p.subscript(e)
		case t.is(tokOperator, "("):
			e, err = p.call(e)
		default:
			return e, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func (p *parser) attribute(of expr) (expr, error) {
	at := pos(p.next().pos)
	t := p.next()
	switch t.kind {
	case tokName:
		return &attrExpr{at, of, t.text}, nil
	case tokInteger:
		n, ok := parseInt(t.text, 0)
		if ok {
			return &itemExpr{at, of, &constExpr{pos(t.pos), n}}, nil
		}
	}
	return nil, p.fail(t.pos, "expected name or number")
}

func (p *parser) subscript(of expr) (expr, error) {
	at := pos(p.next().pos)
	var keys []expr
	var cut *sliceExpr
	for !p.cur().is(tokOperator, "]") {
		if len(keys) > 0 || cut != nil {
			if _, err := p.expect(tokOperator, ","); err != nil {
				return nil, err
			}
		}
		s := &sliceExpr{pos: at, of: of}
		parts := []*expr{&s.start, &s.stop, &s.step}
		colons := 0
		for {
			t := p.cur()
			if t.is(tokOperator, ":") && colons < 2 {
				p.next()
				colons++
				continue
			}
			if t.is(tokOperator, "]") || t.is(tokOperator, ",") || *parts[colons] != nil {
				break
			}
			e, err := p.expression()
			if err != nil {
				return nil, err
			}
			*parts[colons] = e
		}
		switch {
		case colons > 0:
			cut = s
		case s.start == nil:
			return nil, p.fail(p.cur().pos, "unexpected %s", p.cur())
		default:
			keys = append(keys, s.start)
		}
	}
	p.next()
	switch {
	case cut != nil && len(keys) > 0:
		return nil, p.fail(place(at), "slices in tuples are not supported")
	case cut != nil:
		return cut, nil
	case len(keys) == 1:
		return &itemExpr{at, of, keys[0]}, nil
	}
	return &itemExpr{at, of, &listExpr{at, keys, true}}, nil
}

func (p *parser) call(of expr) (expr, error) {
	at := pos(p.cur().pos)
	a, err := p.arguments()
	return &callExpr{at, of, a}, err
}

// arguments reads (1, 2, a=3, *list, **dict).
func (p *parser) arguments() (args, error) {
	open := p.next()
	var a args
	for n := 0; !p.cur().is(tokOperator, ")"); n++ {
		if n > 0 {
			if _, err := p.expect(tokOperator, ","); err != nil {
				return a, err
			}
			if p.cur().is(tokOperator, ")") {
				break
			}
		}
		var slot *expr
		t := p.cur()
		ok := a.dict == nil
		switch {
		case t.is(tokOperator, "*"):
			ok = ok && a.list == nil
			p.next()
			slot = &a.list
		case t.is(tokOperator, "**"):
			p.next()
			slot = &a.dict
		case t.kind == tokName && p.peek().is(tokOperator, "="):
			p.next()
			p.next()
			a.names = append(a.names, t.text)
		default:
			ok = ok && a.list == nil && a.names == nil
		}
		if !ok {
			return a, p.fail(open.pos, "invalid syntax for function call expression")
		}
		e, err := p.expression()
		if err != nil {
			return a, err
		}
		if slot != nil {
			*slot = e
		} else {
			a.args = append(a.args, e)
		}
	}
	p.next()
	return a, nil
}

// name reads a name of a filter or test, which may have dots.
func (p *parser) name() (token, error) {
	t, err := p.expect(tokName, "")
	for err == nil && p.skip(tokOperator, ".") {
		var more token
		more, err = p.expect(tokName, "")
		t.text += "." + more.text
	}
	return t, err
}

// filters reads |a|b(1). The first may stand there without its |.
func (p *parser) filters(of expr, inline bool) (expr, error) {
	for n := 0; inline || p.cur().is(tokOperator, "|"); n++ {
		if n > maxNesting {
			return nil, p.fail(p.cur().pos, "more than %d filters in a row", maxNesting)
		}
		if !inline {
			p.next()
		}
		inline = false
		t, err := p.name()
		if err != nil {
			return nil, err
		}
		f := &filterExpr{pos: pos(t.pos), of: of, name: t.text, f: filters[t.text]}
		if p.cur().is(tokOperator, "(") {
			if f.args, err = p.arguments(); err != nil {
				return nil, err
			}
		}
		of = f
	}
	return of, nil
}

// test reads is name, is not name, with arguments in parentheses or a single one
// without.
func (p *parser) test(of expr) (expr, error) {
	p.next()
	not := p.skip(tokName, "not")
	t, err := p.name()
	if err != nil {
		return nil, err
	}
	e := &testExpr{pos: pos(t.pos), of: of, name: t.text, f: tests[t.text]}
	c := p.cur()
	switch {
	case c.is(tokOperator, "("):
		e.args, err = p.arguments()
	case c.kind == tokName && (c.text == "else" || c.text == "or" || c.text == "and"):
	case c.is(tokName, "is"):
		return nil, p.fail(c.pos, "You cannot chain multiple tests with is")
	case c.kind == tokName, c.kind == tokString, c.kind == tokInteger, c.kind == tokFloat,
		c.is(tokOperator, "["), c.is(tokOperator, "{"):
		var arg expr
		if arg, err = p.primary(false); err == nil {
			arg, err = p.postfix(arg)
		}
		e.args.args = []expr{arg}
	}
	if err != nil {
		return nil, err
	}
	if not {
		return &notExpr{e.pos, e}, nil
	}
	return e, nil
}
