package chat

// blockUses tells whether a body reads a name before it sets it, in scopes
// inside, too. So jinja2 decides which loops have a loop variable, and which
// macros take a caller, kwargs and varargs.
func blockUses(b block, name string) bool {
	u := &usage{name: name}
	u.block(b)
	return u.read
}

// usage goes through statements in jinja2's order until it is settled.
type usage struct {
	name         string
	read, hidden bool
}

func (u *usage) expr(e expr) {
	walk(e, func(e expr) {
		if n, ok := e.(*nameExpr); ok && n.name == u.name && !u.hidden {
			u.read = true
		}
	})
}

func (u *usage) exprs(list []expr) {
	for _, e := range list {
		u.expr(e)
	}
}

func (u *usage) target(t target) {
	switch t := t.(type) {
	case *nameExpr:
		u.hidden = u.hidden || t.name == u.name
	case *tupleTarget:
		for _, x := range t.items {
			u.target(x)
		}
	}
}

func (u *usage) macro(x *macroStmt) {
	for _, p := range x.params {
		u.hidden = u.hidden || p == u.name
	}
	u.exprs(x.defaults)
	u.block(x.body)
}

func (u *usage) block(b block) {
	for _, x := range b {
		if u.read || u.hidden {
			return
		}
		switch x := x.(type) {
		case block:
			u.block(x)
		case *printStmt:
			u.expr(x.of)
		case *setStmt:
			u.target(x.target)
			u.expr(x.value)
		case *setBlockStmt:
			u.target(x.target)
			u.expr(x.filter)
			u.block(x.body)
		case *ifStmt:
			for i, t := range x.tests {
				u.expr(t)
				u.block(x.bodies[i])
			}
			u.block(x.no)
		case *forStmt:
			u.target(x.target)
			u.expr(x.in)
			u.block(x.body)
			u.block(x.no)
			u.expr(x.test)
		case *macroStmt:
			u.macro(x)
		case *callStmt:
			u.expr(x.call)
			u.macro(x.caller)
		case *generationStmt:
			u.macro(x.body)
		case *filterStmt:
			u.block(x.body)
			u.expr(x.filter)
		case *withStmt:
			for _, t := range x.targets {
				u.target(t)
			}
			u.exprs(x.values)
			u.block(x.body)
		case *scopeStmt:
			u.block(x.body)
		}
	}
}

// writesLoop tells whether a target is the name loop.
func writesLoop(t target) bool {
	u := &usage{name: "loop"}
	u.target(t)
	return u.hidden
}

// blockWritesLoop tells whether loop is set anywhere in a body.
func blockWritesLoop(b block) bool {
	for _, x := range b {
		found := false
		switch x := x.(type) {
		case block:
			found = blockWritesLoop(x)
		case *setStmt:
			found = writesLoop(x.target)
		case *setBlockStmt:
			found = writesLoop(x.target) || blockWritesLoop(x.body)
		case *ifStmt:
			found = blockWritesLoop(x.no)
			for _, body := range x.bodies {
				found = found || blockWritesLoop(body)
			}
		case *forStmt:
			found = writesLoop(x.target) || blockWritesLoop(x.body) || blockWritesLoop(x.no)
		case *macroStmt:
			found = blockWritesLoop(x.body)
		case *callStmt:
			found = blockWritesLoop(x.caller.body)
		case *generationStmt:
			found = blockWritesLoop(x.body.body)
		case *filterStmt:
			found = blockWritesLoop(x.body)
		case *withStmt:
			found = blockWritesLoop(x.body)
		case *scopeStmt:
			found = blockWritesLoop(x.body)
		}
		if found {
			return true
		}
	}
	return false
}

// copyTarget makes a target that can be bound to other variables.
func copyTarget(t target) target {
	switch t := t.(type) {
	case *nameExpr:
		c := *t
		return &c
	case *nsTarget:
		c := *t
		return &c
	case *tupleTarget:
		c := &tupleTarget{pos: t.pos}
		for _, x := range t.items {
			c.items = append(c.items, copyTarget(x))
		}
		return c
	}
	return t
}
