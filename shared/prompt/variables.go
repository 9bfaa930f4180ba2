package prompt

import "slices"

// Variable is a name of the input that a template uses.
type Variable struct {
	Name  string
	Shown bool // somewhere it is written into the text, rather than only asked about
	at    int
}

// Variables are the names of the input that the template uses, in the order they first come; partials are not looked into.
func (p *Prompt) Variables() []Variable {
	c := &collector{}
	c.nodes(p.nodes, 0, nil)
	return c.found
}

type collector struct{ found []Variable }

// nodes looks at nodes that lie depth values of blocks deep. names are those blocks gave.
func (c *collector) nodes(nodes []node, depth int, names []string) {
	for _, n := range nodes {
		switch n := n.(type) {
		case *outputNode:
			c.call(&n.call, depth, names, true)
		case *blockNode:
			c.call(&n.call, depth, names, false)
			inner := depth
			if c.scopes(&n.call) {
				inner++
			}
			c.nodes(n.body, inner, append(names[:len(names):len(names)], n.names...))
			c.nodes(n.inverse, depth, names)
		case *partialNode:
			c.expr(n.name, depth, names, false)
			c.expr(n.this, depth, names, true)
			for _, h := range n.hash {
				c.expr(h.value, depth, names, true)
			}
			c.nodes(n.body, depth, names)
		case *inlineNode:
			c.nodes(n.body, depth, names)
		}
	}
}

// scopes reports whether a block's body sees another value than what is around it.
func (c *collector) scopes(b *call) bool {
	p, ok := b.head.(*path)
	if !ok {
		return false
	}
	return !slices.ContainsFunc(conditions, func(k conditionHelper) bool { return k.name == p.simple() })
}

func (c *collector) call(b *call, depth int, names []string, shown bool) {
	head, ok := b.head.(*path)
	helper := ok && (len(b.params)+len(b.hash) > 0 || head.simple() == "history")
	if !helper {
		c.expr(b.head, depth, names, shown)
	}
	for _, e := range b.params {
		c.expr(e, depth, names, shown)
	}
	for _, h := range b.hash {
		c.expr(h.value, depth, names, shown)
	}
}

func (c *collector) expr(e expr, depth int, names []string, shown bool) {
	switch e := e.(type) {
	case *call:
		c.call(e, depth, names, shown)
	case *path:
		parts := e.parts
		switch {
		case e.data && len(parts) > 1 && parts[0] == "root":
			parts = parts[1:]
		case e.data || e.up != depth || len(parts) == 0:
			return
		case e.up == 0 && slices.Contains(names, parts[0]):
			return
		}
		i := slices.IndexFunc(c.found, func(v Variable) bool { return v.Name == parts[0] })
		if i < 0 {
			c.found = append(c.found, Variable{Name: parts[0], at: e.at})
			i = len(c.found) - 1
		}
		c.found[i].Shown = c.found[i].Shown || shown
	}
}
