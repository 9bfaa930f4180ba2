package chat

// Jinja decides where a name lives before the template runs. Some tags open a
// scope (for, macro, call, set blocks, filter, with, generation), others (if) do
// not. A name that is set in a scope belongs to it, and starts there as a copy of
// what the scope around has under that name; a name that is only read belongs to
// the nearest scope around that has it, or else comes from the input. So what a
// loop sets is gone after each turn, while macros see what is set around them
// later.
//
// The rules here follow jinja2's idtracking, including what they do for names
// set in one branch of an if, so that every variable has the value that it has
// there.

// A funcScope is code with a frame of its own at run time: the template, a macro,
// a recursive loop.
type funcScope struct {
	up    *funcScope
	slots int
}

// A variable lives in a slot of a function's frame.
type variable struct {
	fn   *funcScope
	slot int
}

// A loadKind says what a variable is when its scope is entered.
type loadKind uint8

const (
	loadUnset loadKind = iota // not set
	loadInput                 // from the input
	loadCopy                  // a copy of the variable around
	loadParam                 // set by who enters the scope
)

// A load gives a variable its first value.
type load struct {
	kind loadKind
	name string
	from *variable // of loadCopy
	ref  ref
	src  ref // of from
}

// A scope holds variables.
type scope struct {
	parent *scope
	fn     *funcScope
	own    map[string]*variable // all ever made here, in every branch
	refs   map[string]bool      // those known so far
	stores map[string]bool      // those set here
	loads  map[string]*load
	order  []string // of loads
	enter  []load   // what to do on entering, once all is known
}

func newScope(parent *scope, fn *funcScope) *scope {
	return &scope{parent: parent, fn: fn, own: map[string]*variable{},
		refs: map[string]bool{}, stores: map[string]bool{}, loads: map[string]*load{}}
}

// branch is a copy of what is known, for one branch of an if.
func (s *scope) branch() *scope {
	b := *s
	b.refs, b.stores, b.loads = map[string]bool{}, map[string]bool{}, map[string]*load{}
	for n := range s.refs {
		b.refs[n] = true
	}
	for n := range s.stores {
		b.stores[n] = true
	}
	for n, l := range s.loads {
		b.loads[n] = l
	}
	b.order = append([]string(nil), s.order...)
	return &b
}

// find is the variable that a name stands for, nil if it is known nowhere.
func (s *scope) find(name string) *variable {
	for ; s != nil; s = s.parent {
		if s.refs[name] {
			return s.own[name]
		}
	}
	return nil
}

func (s *scope) define(name string, kind loadKind, from *variable) *variable {
	v := s.own[name]
	if v == nil {
		v = &variable{s.fn, s.fn.slots}
		s.fn.slots++
		s.own[name] = v
	}
	s.refs[name] = true
	s.setLoad(name, &load{kind: kind, name: name, from: from})
	return v
}

func (s *scope) setLoad(name string, l *load) {
	if s.loads[name] == nil {
		s.order = append(s.order, name)
	}
	s.loads[name] = l
}

// read notes that a name is read here.
func (s *scope) read(name string) {
	if s.find(name) == nil {
		s.define(name, loadInput, nil)
	}
}

// write notes that a name is set here.
func (s *scope) write(name string) {
	s.stores[name] = true
	if s.refs[name] {
		return
	}
	if outer := s.parent.find(name); outer != nil {
		s.define(name, loadCopy, outer)
		return
	}
	s.define(name, loadUnset, nil)
}

// param notes a name that is set on entering.
func (s *scope) param(name string) *variable {
	s.stores[name] = true
	return s.define(name, loadParam, nil)
}

// merge takes over what the branches of an if know. What only some of them set
// has its value from outside otherwise.
func (s *scope) merge(branches []*scope) {
	set := map[string]bool{}
	var names []string
	for _, b := range branches {
		for _, n := range b.order {
			if b.stores[n] && !s.stores[n] && !set[n] {
				set[n] = true
				names = append(names, n)
			}
		}
	}
	for _, b := range branches {
		for n := range b.refs {
			s.refs[n] = true
		}
		for _, n := range b.order {
			s.setLoad(n, b.loads[n])
		}
		for n := range b.stores {
			s.stores[n] = true
		}
	}
	for _, n := range names {
		if outer := s.parent.find(n); outer != nil {
			s.setLoad(n, &load{kind: loadCopy, name: n, from: outer})
		} else {
			s.setLoad(n, &load{kind: loadInput, name: n})
		}
	}
}

// ref is the way from code of fn to a variable.
func (fn *funcScope) ref(v *variable) ref {
	r := ref{slot: v.slot}
	for ; fn != v.fn; fn = fn.up {
		r.up++
	}
	return r
}

// finish fixes what entering the scope does.
func (s *scope) finish() {
	for _, name := range s.order {
		l := *s.loads[name]
		if l.kind == loadParam {
			continue
		}
		l.ref = s.fn.ref(s.own[name])
		if l.kind == loadCopy {
			l.src = s.fn.ref(l.from)
		}
		s.enter = append(s.enter, l)
	}
}
