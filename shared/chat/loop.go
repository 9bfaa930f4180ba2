package chat

import (
	"math"
)

// loop is the variable loop in a for loop that uses it, jinja2's LoopContext.
type loop struct {
	m        *machine
	iterable Value // nil: of unknown length
	next     iterator
	index    int // of the current item, -1 before the first
	depth    int
	size     int   // -1: not known yet
	current  Value // nil before the first
	before   Value
	ahead    Value // read already; nil: none
	changed  *tuple
	stmt     *forStmt // of a recursive loop
	frame    *frame   // around it
}

func (*loop) typeName() string { return "LoopContext" }

// advance moves to the next item.
func (l *loop) advance() (bool, error) {
	v, ok, err := l.peek()
	if err != nil || !ok {
		return false, err
	}
	l.ahead = nil
	l.index++
	l.before, l.current = l.current, v
	return true, nil
}

// peek is the next item.
func (l *loop) peek() (Value, bool, error) {
	if l.ahead != nil {
		return l.ahead, true, nil
	}
	v, ok, err := l.next()
	if ok {
		l.ahead = v
	}
	return v, ok, err
}

func (l *loop) length() (int, error) {
	if l.size >= 0 {
		return l.size, nil
	}
	if l.iterable != nil {
		if n, err := l.m.length(l.iterable); err == nil {
			l.size = n
			return n, nil
		}
	}
	rest, err := l.m.all(&generator{next: l.next, name: "generator"})
	if err != nil {
		return 0, err
	}
	l.next = itemsOf(rest)
	l.size = len(rest) + l.index + 1
	if l.ahead != nil {
		l.size++
	}
	return l.size, nil
}

// member is an attribute of loop.
func (l *loop) member(name string) (Value, error) {
	switch name {
	case "index":
		return intValue(l.index + 1), nil
	case "index0":
		return intValue(l.index), nil
	case "first":
		return boolValue(l.index == 0), nil
	case "last":
		_, more, err := l.peek()
		return boolValue(!more), err
	case "length", "revindex", "revindex0":
		n, err := l.length()
		switch name {
		case "revindex":
			n -= l.index
		case "revindex0":
			n -= l.index + 1
		}
		return intValue(n), err
	case "depth":
		return intValue(l.depth + 1), nil
	case "depth0":
		return intValue(l.depth), nil
	case "previtem":
		if l.before == nil {
			return &undefined{hint: "there is no previous item"}, nil
		}
		return l.before, nil
	case "nextitem":
		v, more, err := l.peek()
		if err == nil && !more {
			return &undefined{hint: "there is no next item"}, nil
		}
		return v, err
	case "cycle":
		return &function{name: "cycle", call: l.cycle}, nil
	case "changed":
		return &function{name: "changed", call: l.hasChanged}, nil
	}
	return nil, nil
}

func (l *loop) cycle(m *machine, c *call) (Value, error) {
	if len(c.args) == 0 {
		return nil, typeErrorf("no items for cycling given")
	}
	return c.args[l.index%len(c.args)], nil
}

func (l *loop) hasChanged(m *machine, c *call) (Value, error) {
	now := &tuple{items: c.args}
	if l.changed != nil {
		same, err := equal(m, l.changed, now)
		if err != nil || same {
			return boolValue(false), err
		}
	}
	l.changed = now
	return boolValue(true), nil
}

// exec runs a for loop.
func (s *forStmt) exec(m *machine) (signal, error) {
	v, err := s.in.eval(m)
	if err != nil {
		return goOn, err
	}
	if !s.recursive {
		return s.run(m, v, nil, 0)
	}
	x, err := m.recurse(s, m.frame, v, 0)
	if err == nil {
		err = m.write(x)
	}
	return goOn, at(m.src, s.where(), err)
}

// recurse runs a recursive loop over v and returns what it writes.
func (m *machine) recurse(s *forStmt, up *frame, v Value, depth int) (*text, error) {
	leave, err := m.call(s.fn, up)
	if err != nil {
		return nil, err
	}
	defer leave()
	x, _, err := m.capture(func() (signal, error) { return s.run(m, v, up, depth) })
	return x, err
}

// callLoop is loop(v) in a recursive loop.
func (m *machine) callLoop(l *loop, c *call) (Value, error) {
	if l.stmt == nil {
		return nil, typeErrorf("The loop must have the 'recursive' marker to be called recursively.")
	}
	c.name = "loop"
	a, err := c.bind("iterable")
	if err != nil {
		return nil, err
	}
	x, err := m.recurse(l.stmt, l.frame, a[0], l.depth+1)
	if err != nil {
		return nil, err
	}
	return m.made(x)
}

// run runs the loop over v.
func (s *forStmt) run(m *machine, v Value, up *frame, depth int) (signal, error) {
	next, err := m.iterate(v)
	if err != nil {
		return goOn, at(m.src, s.in.where(), err)
	}
	l := &loop{m: m, iterable: v, next: next, index: -1, size: -1, depth: depth}
	if s.recursive {
		l.stmt, l.frame = s, up
	}
	if s.test != nil {
		l.iterable = nil
		l.next = s.filter(m, next)
	}
	completed := false
	for n := 0; n < math.MaxInt; n++ {
		more, err := l.advance()
		if err != nil {
			return goOn, at(m.src, s.in.where(), err)
		}
		if !more {
			break
		}
		if err := m.assign(s.target, l.current); err != nil {
			return goOn, at(m.src, s.where(), err)
		}
		if s.loop != nil {
			m.frame.slots[s.loop.slot] = l
		}
		if err := m.enterScope(s.scope); err != nil {
			return goOn, at(m.src, s.where(), err)
		}
		sig, err := s.body.exec(m)
		if err != nil {
			return goOn, err
		}
		if sig == doBreak {
			break
		}
		completed = completed || sig == goOn
	}
	if completed || len(s.no) == 0 {
		return goOn, nil
	}
	if err := m.enterScope(s.noScope); err != nil {
		return goOn, err
	}
	return s.no.exec(m)
}

// filter leaves out the items that do not pass the loop's if.
func (s *forStmt) filter(m *machine, next iterator) iterator {
	f := m.frame
	entered := false
	return func() (Value, bool, error) {
		outer := m.frame
		m.frame = f
		defer func() { m.frame = outer }()
		if !entered {
			entered = true
			if err := m.enterScope(s.testScope); err != nil {
				return nil, false, err
			}
		}
		for {
			v, ok, err := next()
			if err != nil || !ok {
				return nil, false, err
			}
			if err := m.assign(s.testTarget, v); err != nil {
				return nil, false, err
			}
			yes, err := m.test(s.test)
			if err != nil || yes {
				return v, err == nil, err
			}
		}
	}
}
