package prompt

// A template is a list of nodes.
type node interface{}

type textNode struct{ text string }

// outputNode shows a value or calls a helper: {{x}}.
type outputNode struct{ call call }

// blockNode is {{#x}}…{{else}}…{{/x}}.
type blockNode struct {
	call     call
	names    []string // as |value key|
	body     []node
	inverse  []node
	inverted bool // {{^x}}: body is what is shown where there is nothing
}

// partialNode is {{> x}}, or {{#> x}}…{{/x}} with a body to show where x is not known or asks for it.
type partialNode struct {
	at     int
	name   expr
	this   expr // what the partial sees as its input, nil: what the caller sees
	hash   []pair
	indent string
	body   []node
	layout bool
}

// inlineNode is {{#*inline "x"}}…{{/inline}}: a partial for the rest of the block.
type inlineNode struct {
	name string
	body []node
}

// call is a name or value with arguments.
type call struct {
	at     int
	head   expr
	params []expr
	hash   []pair
}

type pair struct {
	key   string
	value expr
}

// expr is a path, a literal or a call in parentheses.
type expr interface{}

type literal struct{ value any }

// path is a way through the input: a.b, ../a, this, @index.
type path struct {
	at       int
	data     bool // begins with @
	up       int  // number of ../
	explicit bool // begins with this or ./, so that it is no helper
	parts    []string
	text     string // as written
}

// simple is the name of a path of one part that may be a helper's, "" of another.
func (p *path) simple() string {
	if p.data || p.up > 0 || p.explicit || len(p.parts) != 1 {
		return ""
	}
	return p.parts[0]
}
