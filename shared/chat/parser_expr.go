package chat

import (
	"strconv"
)

// Binary operators by how strongly they bind. Between two of these levels are
// not and the comparisons.
const (
	bindOr = iota + 1
	bindAnd
	bindNot
	bindCompare
	bindPlus
	bindConcat
	bindTimes
	bindPower
)

var binding = map[string]int{
	"+": bindPlus, "-": bindPlus, "~": bindConcat, "*": bindTimes, "/": bindTimes, "//": bindTimes, "%": bindTimes,
	"**": bindPower, "==": bindCompare, "!=": bindCompare, "<": bindCompare, "<=": bindCompare, ">": bindCompare, ">=": bindCompare,
}

var constants = map[string]Value{
	"true": boolValue(true), "True": boolValue(true), "false": boolValue(false), "False": boolValue(false),
	"none": none, "None": none,
}

// infix is the binary operator at the current token and how strongly it binds, 0
// if there is none.
func (p *parser) infix() (op string, power int) {
	t := p.cur()
	switch {
	case t.kind == tokOperator:
		return t.text, binding[t.text]
	case t.kind != tokName:
		return "", 0
	case t.text == "or":
		return "or", bindOr
	case t.text == "and":
		return "and", bindAnd
	case t.text == "in":
		return "in", bindCompare
	case t.text == "not" && p.peek().is(tokName, "in"):
		return "not in", bindCompare
	}
	return "", 0
}

// expression reads an expression, with its a if b else c.
func (p *parser) expression() (expr, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	e, err := p.operators(bindOr)
	for err == nil && p.cur().is(tokName, "if") {
		c := &condExpr{pos: pos(p.next().pos), yes: e}
		if c.test, err = p.operators(bindOr); err != nil {
			return nil, err
		}
		if p.skip(tokName, "else") {
			if c.no, err = p.expression(); err != nil {
				return nil, err
			}
		}
		e = c
	}
	return e, err
}

// operators reads operands and the operators that bind at least as strongly as
// least.
func (p *parser) operators(least int) (expr, error) {
	if p.cur().is(tokName, "not") && least <= bindNot {
		at := pos(p.next().pos)
		if err := p.enter(); err != nil {
			return nil, err
		}
		defer func() { p.depth-- }()
		of, err := p.operators(bindNot)
		if err != nil {
			return nil, err
		}
		return p.infixes(&notExpr{at, of}, least)
	}
	left, err := p.unary(true)
	if err != nil {
		return nil, err
	}
	return p.infixes(left, least)
}

// infixes reads operators after left that bind at least as strongly as least.
func (p *parser) infixes(left expr, least int) (expr, error) {
	var chain *compareExpr // that left is, if it can go on
	for n := 0; ; n++ {
		op, power := p.infix()
		if power < least || power == 0 {
			return left, nil
		}
		if n > maxChain {
			return nil, p.fail(p.cur().pos, "more than %d operators in a row", maxChain)
		}
		at := pos(p.next().pos)
		if op == "not in" {
			p.next()
		}
		right, err := p.operators(power + 1)
		if err != nil {
			return nil, err
		}
		switch {
		case power <= bindAnd:
			left = &logicExpr{at, op == "or", left, right}
		case power == bindCompare && chain != nil:
			chain.ops = append(chain.ops, op)
			chain.rest = append(chain.rest, right)
		case power == bindCompare:
			chain = &compareExpr{at, left, []string{op}, []expr{right}}
			left = chain
		case power == bindConcat:
			if c, ok := left.(*concatExpr); ok {
				c.parts = append(c.parts, right)
			} else {
				left = &concatExpr{at, []expr{left, right}}
			}
		default:
			left = &binaryExpr{at, op, left, right}
		}
	}
}

// unary reads a sign, a primary expression, and what follows it: attributes,
// calls, filters and tests.
func (p *parser) unary(filters bool) (expr, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	var e expr
	var err error
	if t := p.cur(); t.is(tokOperator, "-") || t.is(tokOperator, "+") {
		p.next()
		if e, err = p.unary(false); err == nil {
			e = &unaryExpr{pos(t.pos), t.text, e}
		}
	} else {
		e, err = p.primary(false)
	}
	if err == nil {
		e, err = p.postfix(e)
	}
	if err != nil || !filters {
		return e, err
	}
	for n := 0; err == nil; n++ {
		t := p.cur()
		if n > maxNesting {
			return nil, p.fail(t.pos, "more than %d filters and tests in a row", maxNesting)
		}
		switch {
		case t.is(tokOperator, "|"):
			e, err = p.filters(e, false)
		case t.is(tokName, "is"):
			e, err = p.test(e)
		case t.is(tokOperator, "("):
			e, err = p.call(e)
		default:
			return e, nil
		}
	}
	return nil, err
}

func (p *parser) primary(namespace bool) (expr, error) {
	t := p.next()
	at := pos(t.pos)
	switch t.kind {
	case tokName:
		if c, ok := constants[t.text]; ok {
			return &constExpr{at, c}, nil
		}
		if namespace && p.skip(tokOperator, ".") {
			attr, err := p.expect(tokName, "")
			return &nsTarget{pos: at, name: t.text, attr: attr.text}, err
		}
		return &nameExpr{pos: at, name: t.text}, nil
	case tokString:
		s := t.text
		for p.cur().kind == tokString {
			s += p.next().text
		}
		return &constExpr{at, literal(s)}, nil
	case tokInteger:
		n, ok := parseInt(t.text, 0)
		if !ok {
			return nil, p.fail(t.pos, "%s is no integer of at most %d digits", t.text, maxBits)
		}
		return &constExpr{at, n}, nil
	case tokFloat:
		f, err := strconv.ParseFloat(t.text, 64)
		if err != nil && f == 0 {
			return nil, p.fail(t.pos, "%s is no number", t.text)
		}
		return &constExpr{at, floatValue(f)}, nil
	case tokOperator:
		switch t.text {
		case "(":
			e, err := p.tuple(tupleRules{cond: true, parens: true})
			if err != nil {
				return nil, err
			}
			_, err = p.expect(tokOperator, ")")
			return e, err
		case "[":
			return p.list(at)
		case "{":
			return p.dict(at)
		}
	}
	return nil, p.fail(t.pos, "unexpected %s", t)
}

// tupleRules say what a tuple, possibly without parentheses, may contain.
type tupleRules struct {
	simple    bool   // only primary expressions
	namespace bool   // and attributes of namespaces
	cond      bool   // a if b else c
	parens    bool   // it stands in parentheses, so () is one
	end       string // a name that ends it
}

// tuple reads one expression, or several separated by commas.
func (p *parser) tuple(r tupleRules) (expr, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	t := &listExpr{pos: pos(p.cur().pos), tuple: true}
	comma := false
	for {
		c := p.cur()
		if c.kind == tokPrintEnd || c.kind == tokBlockEnd || c.is(tokOperator, ")") || r.end != "" && c.is(tokName, r.end) {
			break
		}
		var e expr
		var err error
		switch {
		case r.simple:
			e, err = p.primary(r.namespace)
		case r.cond:
			e, err = p.expression()
		default:
			e, err = p.operators(bindOr)
		}
		if err != nil {
			return nil, err
		}
		t.items = append(t.items, e)
		if !p.skip(tokOperator, ",") {
			break
		}
		comma = true
	}
	if comma {
		return t, nil
	}
	if len(t.items) == 1 {
		return t.items[0], nil
	}
	if !r.parens {
		return nil, p.fail(p.cur().pos, "Expected an expression, got %s", p.cur())
	}
	return t, nil
}
