package prompt

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// renderer walks a template.
type renderer struct {
	w        *writer
	src      *source
	lookup   func(name string) (*source, error) // of a partial; nil source: there is none
	partials map[string]*parsed
	lenient  bool
	optional func(name string) bool // of the input: may be missing
	steps    int
	deep     int
}

type parsed struct {
	src   *source
	nodes []node
}

// scope is what names mean at a place.
type scope struct {
	this   any
	up     *scope  // around, for ../
	data   *Object // @root, @state and the like
	loop   *loop   // the each it is in, for @index and the like
	names  map[string]any
	inline map[string]*partialBody
	parent *scope // where names and inline partials are looked for next
}

// partialBody is a partial that the template itself holds.
type partialBody struct {
	src   *source
	nodes []node
	scope *scope
}

// The bounds of what a template may do.
const (
	maxSteps    = 1 << 20
	maxPartials = 64 // deep
)

// under is the scope of a block with a value of its own.
func (s *scope) under(this any) *scope {
	return &scope{this: this, up: s, data: s.data, loop: s.loop, parent: s}
}

// loop is where in a list or an object an each is.
type loop struct {
	index, count int
	key          any
}

// field is what @index and the like are.
func (l *loop) field(name string) (v any, ok bool) {
	if l == nil {
		return nil, false
	}
	switch name {
	case "index":
		return float64(l.index), true
	case "key":
		return l.key, true
	case "first":
		return l.index == 0, true
	case "last":
		return l.index == l.count-1, true
	}
	return nil, false
}

func (r *renderer) nodes(nodes []node, s *scope) error {
	for _, n := range nodes {
		if r.steps++; r.steps > maxSteps {
			return fmt.Errorf("the template takes more than %d steps", maxSteps)
		}
		var err error
		switch n := n.(type) {
		case *textNode:
			if !r.w.text(n.text, "") {
				err = fmt.Errorf("the prompt is longer than %d bytes", maxOutput)
			}
		case *outputNode:
			err = r.output(&n.call, s)
		case *blockNode:
			err = r.block(n, s)
		case *partialNode:
			err = r.partial(n, s)
		case *inlineNode:
			if s.inline == nil {
				s.inline = map[string]*partialBody{}
			}
			s.inline[n.name] = &partialBody{r.src, n.body, s}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *renderer) output(c *call, s *scope) error {
	p, _ := c.head.(*path)
	if p != nil {
		for _, h := range helpers {
			if h.name != p.simple() {
				continue
			}
			a, err := r.arguments(c, s)
			if err != nil {
				return err
			}
			if h.write != nil {
				if err := h.write(r.w, a); err != nil {
					return r.src.errorf(c.at, "%v", err)
				}
				return nil
			}
			v, err := h.value(a)
			if err != nil {
				return r.src.errorf(c.at, "%v", err)
			}
			return r.show(c, v)
		}
	}
	if len(c.params) > 0 || len(c.hash) > 0 {
		return r.src.errorf(c.at, "%s is no helper, and has arguments", headText(*c))
	}
	v, err := r.required(c.head, s)
	if err != nil {
		return err
	}
	return r.show(c, v)
}

// show writes a value. What a literal says are the template's own words.
func (r *renderer) show(c *call, v any) error {
	variable := headText(*c)
	if len(c.params) > 0 {
		if p, ok := c.params[0].(*path); ok {
			variable = p.text
		}
	}
	if _, ok := c.head.(literal); ok {
		variable = ""
	}
	if !r.w.text(display(v), variable) {
		return r.src.errorf(c.at, "the prompt is longer than %d bytes", maxOutput)
	}
	return nil
}

func (r *renderer) arguments(c *call, s *scope) (a arguments, err error) {
	for _, e := range c.params {
		v, err := r.value(e, s)
		if err != nil {
			return a, err
		}
		a.params = append(a.params, v)
	}
	a.hash, err = r.hash(c.hash, s)
	return a, err
}

func (r *renderer) hash(pairs []pair, s *scope) (*Object, error) {
	o := NewObject()
	for _, p := range pairs {
		v, err := r.value(p.value, s)
		if err != nil {
			return nil, err
		}
		o.Set(p.key, v)
	}
	return o, nil
}

// value is what an expression means; what is missing is nil.
func (r *renderer) value(e expr, s *scope) (any, error) {
	switch e := e.(type) {
	case literal:
		return e.value, nil
	case *path:
		v, _ := s.resolve(e)
		return v, nil
	}
	c := e.(*call)
	if p, ok := c.head.(*path); ok {
		for _, h := range helpers {
			if h.name == p.simple() && h.value != nil {
				a, err := r.arguments(c, s)
				if err != nil {
					return nil, err
				}
				v, err := h.value(a)
				if err != nil {
					return nil, r.src.errorf(c.at, "%v", err)
				}
				return v, nil
			}
		}
		if len(c.params)+len(c.hash) == 0 {
			return r.value(p, s)
		}
	}
	return nil, r.src.errorf(c.at, "%s is no helper that gives a value", headText(*c))
}

// required is the value of an expression that is shown: it must be there.
func (r *renderer) required(e expr, s *scope) (any, error) {
	p, ok := e.(*path)
	if !ok {
		return r.value(e, s)
	}
	v, found := s.resolve(p)
	if !found && !r.lenient && !p.data && !r.optional(p.text) {
		return nil, r.src.errorf(p.at, "the variable %s is missing from the input", p.text)
	}
	return v, nil
}

// resolve finds a path's value.
func (s *scope) resolve(p *path) (v any, found bool) {
	at := s
	for range p.up {
		if at.up == nil {
			return nil, false
		}
		at = at.up
	}
	parts := p.parts
	switch {
	case p.data:
		if len(parts) == 0 {
			return nil, false
		}
		if v, found = at.loop.field(parts[0]); !found {
			if v, found = at.data.Get(parts[0]); !found {
				return nil, false
			}
		}
		parts = parts[1:]
	default:
		v = at.this
		if len(parts) > 0 && p.up == 0 && !p.explicit {
			for n := at; n != nil; n = n.parent {
				if named, ok := n.names[parts[0]]; ok {
					v, parts = named, parts[1:]
					break
				}
			}
		}
	}
	for _, name := range parts {
		if v, found = field(v, name); !found {
			return nil, false
		}
	}
	return v, true
}

// field is a part of a value.
func field(v any, name string) (any, bool) {
	switch v := v.(type) {
	case *Object:
		return v.Get(name)
	case []any:
		if name == "length" {
			return float64(len(v)), true
		}
		if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(v) {
			return v[i], true
		}
	case string:
		if name == "length" {
			return float64(utf8.RuneCountInString(v)), true
		}
	}
	return nil, false
}
