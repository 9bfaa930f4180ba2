package prompt

import (
	"fmt"
	"maps"
)

// block renders {{#x}}: a condition, each, with, or a section of Mustache.
func (r *renderer) block(b *blockNode, s *scope) error {
	if r.deep++; r.deep > maxBlocks {
		return r.src.errorf(b.call.at, "blocks and partials lie more than %d deep", maxBlocks)
	}
	defer func() { r.deep-- }()
	p, _ := b.call.head.(*path)
	body, inverse := b.body, b.inverse
	if b.inverted {
		body, inverse = inverse, body
	}
	if p != nil {
		for _, c := range conditions {
			if c.name != p.simple() {
				continue
			}
			a, err := r.exactly(&b.call, s, c.args)
			if err != nil {
				return err
			}
			if c.test(a) {
				return r.nodes(body, s)
			}
			return r.nodes(inverse, s)
		}
		switch p.simple() {
		case "each":
			a, err := r.exactly(&b.call, s, 1)
			if err != nil {
				return err
			}
			return r.each(b, body, inverse, a.params[0], s)
		case "with":
			a, err := r.exactly(&b.call, s, 1)
			if err != nil {
				return err
			}
			if !truthy(a.params[0]) {
				return r.nodes(inverse, s)
			}
			return r.nodes(body, r.named(b, s.under(a.params[0]), a.params[0]))
		}
	}
	if len(b.call.params)+len(b.call.hash) > 0 {
		return r.src.errorf(b.call.at, "%s is no block helper, and has arguments", headText(b.call))
	}
	return r.section(b, body, inverse, s)
}

// section is Mustache's {{#list}}, {{#object}} and {{#flag}}.
func (r *renderer) section(b *blockNode, body, inverse []node, s *scope) error {
	v, err := r.value(b.call.head, s)
	if err != nil {
		return err
	}
	switch v := v.(type) {
	case []any:
		return r.each(b, body, inverse, v, s)
	case nil, bool:
		if v == true {
			return r.nodes(body, s)
		}
		return r.nodes(inverse, s)
	}
	return r.nodes(body, s.under(v))
}

func (r *renderer) exactly(c *call, s *scope, n int) (arguments, error) {
	a, err := r.arguments(c, s)
	if err == nil && len(a.params) != n {
		err = r.src.errorf(c.at, "%s: expected %s, got %d", headText(*c), plural(n, "argument"), len(a.params))
	}
	return a, err
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// named gives the names after "as |…|" their values.
func (r *renderer) named(b *blockNode, s *scope, values ...any) *scope {
	if len(b.names) > 0 {
		s.names = map[string]any{}
		for i, n := range b.names[:min(len(b.names), len(values))] {
			s.names[n] = values[i]
		}
	}
	return s
}

// each renders the body for every element of a list or value of an object.
func (r *renderer) each(b *blockNode, body, inverse []node, v any, s *scope) error {
	var keys []string
	var values []any
	switch v := v.(type) {
	case []any:
		values = v
	case *Object:
		keys = v.keys
		for _, k := range keys {
			values = append(values, v.values[k])
		}
	}
	if len(values) == 0 {
		return r.nodes(inverse, s)
	}
	for i, v := range values {
		key := any(float64(i))
		if keys != nil {
			key = keys[i]
		}
		inner := s.under(v)
		inner.loop = &loop{i, len(values), key}
		if err := r.nodes(body, r.named(b, inner, v, key)); err != nil {
			return err
		}
	}
	return nil
}

// partial renders {{> x}}.
func (r *renderer) partial(n *partialNode, s *scope) error {
	if r.deep++; r.deep > maxPartials {
		return r.src.errorf(n.at, "partials lie more than %d deep: does one include itself?", maxPartials)
	}
	defer func() { r.deep-- }()
	v, err := r.value(n.name, s)
	if err != nil {
		return err
	}
	name, ok := v.(string)
	if !ok {
		return r.src.errorf(n.at, "the partial's name is %s, expected a text", FormatJSON(v, 0))
	}
	body, err := r.find(name, s)
	if err != nil {
		return err
	}
	if body == nil && !n.layout {
		return r.src.errorf(n.at, "there is no partial %q", name)
	}
	inner, err := r.partialScope(n, s)
	if err != nil {
		return err
	}
	if n.layout {
		inner.inline = maps.Clone(inner.inline)
		if inner.inline == nil {
			inner.inline = map[string]*partialBody{}
		}
		inner.inline["@partial-block"] = &partialBody{r.src, n.body, s}
		if err := r.declare(n.body, inner); err != nil {
			return err
		}
		if body == nil {
			body = &partialBody{r.src, n.body, nil}
		}
	}
	if name == "@partial-block" {
		inner = body.scope
	}
	if n.indent != "" {
		r.w.indents, r.w.begun = append(r.w.indents, n.indent), false
		defer func() { r.w.indents = r.w.indents[:len(r.w.indents)-1] }()
	}
	outer := r.src
	r.src = body.src
	defer func() { r.src = outer }()
	return r.nodes(body.nodes, inner)
}

// declare makes the inline partials of a layout's block known to the layout.
func (r *renderer) declare(body []node, s *scope) error {
	for _, n := range body {
		if i, ok := n.(*inlineNode); ok {
			s.inline[i.name] = &partialBody{r.src, i.body, s}
		}
	}
	return nil
}

// partialScope is what a partial sees: its input, and the arguments over that.
func (r *renderer) partialScope(n *partialNode, s *scope) (*scope, error) {
	this := s.this
	if n.this != nil {
		var err error
		if this, err = r.value(n.this, s); err != nil {
			return nil, err
		}
	}
	hash, err := r.hash(n.hash, s)
	if err != nil {
		return nil, err
	}
	if len(hash.keys) > 0 {
		o, _ := this.(*Object)
		this = o.Merged(hash)
	}
	return &scope{this: this, up: s.up, data: s.data, loop: s.loop, parent: s}, nil
}

// find looks a partial up: one the template holds, then one that was given.
func (r *renderer) find(name string, s *scope) (*partialBody, error) {
	for at := s; at != nil; at = at.parent {
		if b := at.inline[name]; b != nil {
			return b, nil
		}
	}
	p := r.partials[name]
	if p == nil {
		src, err := r.lookup(name)
		if err != nil || src == nil {
			return nil, err
		}
		nodes, err := parseTemplate(src)
		if err != nil {
			return nil, err
		}
		p = &parsed{src, nodes}
		r.partials[name] = p
	}
	return &partialBody{src: p.src, nodes: p.nodes}, nil
}
