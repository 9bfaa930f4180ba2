package prompt

import "strings"

// maxBlocks is how deep blocks may lie in each other.
const maxBlocks = 100

// parser turns pieces into nodes.
type parser struct {
	src    *source
	pieces []piece
	deep   int
}

// parseTemplate reads a Handlebars template.
func parseTemplate(src *source) ([]node, error) {
	pieces, err := split(src)
	if err != nil {
		return nil, err
	}
	p := &parser{src: src, pieces: pieces}
	nodes, end, err := p.nodes()
	if err != nil {
		return nil, err
	}
	if end != nil {
		return nil, src.errorf(end.at, "{{%s}} outside of a block", strings.TrimSpace(map[pieceKind]string{closePiece: "/", inversePiece: "^"}[end.kind]+end.text))
	}
	return nodes, nil
}

// nodes reads up to a tag that ends or divides a block, which it returns, or the end.
func (p *parser) nodes() (nodes []node, end *piece, err error) {
	for len(p.pieces) > 0 {
		t := p.pieces[0]
		p.pieces = p.pieces[1:]
		var n node
		switch t.kind {
		case textPiece:
			n = &textNode{t.text}
		case commentPiece:
			continue
		case closePiece, elsePiece:
			return nodes, &t, nil
		case inversePiece:
			if strings.TrimSpace(t.text) == "" {
				return nodes, &t, nil
			}
			n, err = p.block(t)
		case openPiece:
			n, err = p.block(t)
		case partialPiece, layoutPiece:
			n, err = p.partial(t)
		case inlinePiece:
			n, err = p.inline(t)
		case outputPiece:
			n, err = p.output(t)
		}
		if err != nil {
			return nil, nil, err
		}
		if t, ok := n.(*textNode); !ok || t.text != "" {
			nodes = append(nodes, n)
		}
	}
	return nodes, nil, nil
}

func (p *parser) output(t piece) (node, error) {
	l := p.src.lexer(t)
	c, err := l.call()
	if err != nil {
		return nil, err
	}
	if !l.done() {
		return nil, p.src.errorf(l.at, "%q is left over", l.rest())
	}
	return &outputNode{c}, nil
}

// block reads what follows {{#x}}, {{^x}} or {{else x}} up to its end.
func (p *parser) block(open piece) (node, error) {
	if p.deep++; p.deep > maxBlocks {
		return nil, p.src.errorf(open.at, "blocks lie more than %d deep", maxBlocks)
	}
	defer func() { p.deep-- }()
	b := &blockNode{inverted: open.kind == inversePiece}
	l := p.src.lexer(open)
	var err error
	if b.call, err = l.call(); err != nil {
		return nil, err
	}
	if b.names, err = l.blockNames(); err != nil {
		return nil, err
	}
	if !l.done() {
		return nil, p.src.errorf(l.at, "%q is left over", l.rest())
	}
	name := headText(b.call)
	body, end, err := p.nodes()
	if err != nil {
		return nil, err
	}
	b.body = body
	if end != nil && (end.kind == elsePiece || end.kind == inversePiece) {
		if b.inverse, end, err = p.otherwise(*end, name); err != nil {
			return nil, err
		}
	}
	return b, p.close(open, end, name)
}

// otherwise reads what follows an else. A chain "else if" is a block in the else that has no end of its own.
func (p *parser) otherwise(t piece, name string) (nodes []node, end *piece, err error) {
	rest := ""
	if t.kind == elsePiece {
		rest = strings.TrimPrefix(strings.TrimLeft(t.text, " \t\r\n"), "else")
	}
	if strings.TrimSpace(rest) == "" {
		return p.tail(t, name)
	}
	chain := t
	chain.kind = openPiece
	chain.inner += len(t.text) - len(rest)
	chain.text = rest
	b := &blockNode{}
	l := p.src.lexer(chain)
	if b.call, err = l.call(); err != nil {
		return nil, nil, err
	}
	if b.names, err = l.blockNames(); err != nil {
		return nil, nil, err
	}
	if b.body, end, err = p.nodes(); err != nil {
		return nil, nil, err
	}
	if end != nil && (end.kind == elsePiece || end.kind == inversePiece) {
		if p.deep++; p.deep > maxBlocks {
			return nil, nil, p.src.errorf(t.at, "else is chained more than %d times", maxBlocks)
		}
		defer func() { p.deep-- }()
		if b.inverse, end, err = p.otherwise(*end, name); err != nil {
			return nil, nil, err
		}
	}
	return []node{b}, end, nil
}

// tail reads what follows the last else.
func (p *parser) tail(t piece, name string) ([]node, *piece, error) {
	nodes, end, err := p.nodes()
	if err == nil && end != nil && end.kind != closePiece {
		err = p.src.errorf(end.at, "another else in {{#%s}}, after the last at %s", name, p.src.errorf(t.at, "").place())
	}
	return nodes, end, err
}

// close checks the tag that ends a block.
func (p *parser) close(open piece, end *piece, name string) error {
	if end == nil {
		return p.src.errorf(open.at, "the block %s is not closed, expected {{/%s}}", name, name)
	}
	if got := strings.TrimSpace(end.text); got != name {
		return p.src.errorf(end.at, "expected {{/%s}}, which closes the block of %s, got {{/%s}}", name, p.src.errorf(open.at, "").place(), got)
	}
	return nil
}

func headText(c call) string {
	switch h := c.head.(type) {
	case *path:
		return h.text
	case literal:
		return display(h.value)
	}
	return ""
}

func (p *parser) partial(t piece) (node, error) {
	l := p.src.lexer(t)
	l.space()
	n := &partialNode{at: t.at, indent: t.indent, layout: t.kind == layoutPiece}
	var err error
	name := partialName(l.rest())
	if name != "" {
		n.name = literal{name}
		l.at += len(name)
	} else if n.name, err = l.expr(); err != nil {
		return nil, err
	}
	var c call
	if err := l.arguments(&c); err != nil {
		return nil, err
	}
	if !l.done() {
		return nil, p.src.errorf(l.at, "%q is left over", l.rest())
	}
	if len(c.params) > 1 {
		return nil, p.src.errorf(t.at, "a partial has one input, got %d", len(c.params))
	}
	if len(c.params) == 1 {
		n.this = c.params[0]
	}
	n.hash = c.hash
	if n.layout {
		if p.deep++; p.deep > maxBlocks {
			return nil, p.src.errorf(t.at, "blocks lie more than %d deep", maxBlocks)
		}
		defer func() { p.deep-- }()
		body, end, err := p.nodes()
		if err != nil {
			return nil, err
		}
		n.body = body
		return n, p.close(t, end, name)
	}
	return n, nil
}

// partialName is the name at the beginning of s, which may be a path such as dir/name-1 or @partial-block.
func partialName(s string) string {
	n := strings.IndexAny(s, " \t\r\n(\"'=|")
	if n < 0 {
		return s
	}
	if s[n] == '=' || n == 0 {
		return ""
	}
	return s[:n]
}

func (p *parser) inline(t piece) (node, error) {
	l := p.src.lexer(t)
	e, err := l.expr()
	if err != nil {
		return nil, err
	}
	name, ok := e.(literal)
	if !ok || !l.done() {
		return nil, p.src.errorf(t.at, "expected the partial's name in quotes after #*inline")
	}
	if p.deep++; p.deep > maxBlocks {
		return nil, p.src.errorf(t.at, "blocks lie more than %d deep", maxBlocks)
	}
	defer func() { p.deep-- }()
	body, end, err := p.nodes()
	if err != nil {
		return nil, err
	}
	return &inlineNode{display(name.value), body}, p.close(t, end, "inline")
}
