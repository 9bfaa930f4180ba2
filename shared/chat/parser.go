package chat

import (
	"fmt"
	"slices"
	"strings"
)

// A parser makes the tree of a template from its tokens. Statements are here,
// expressions in parser_expr.go.
type parser struct {
	src     string
	tokens  []token // the last is tokEOF
	i       int
	depth   int
	opened  []string   // tags we are in
	ends    [][]string // what we are looking for
	learns  bool       // there are generation blocks
	noLearn bool       // generation is no tag
}

func (p *parser) cur() token { return p.tokens[p.i] }

// next moves on and returns the token that was current.
func (p *parser) next() token {
	t := p.tokens[p.i]
	if t.kind != tokEOF {
		p.i++
	}
	return t
}

func (p *parser) peek() token { return p.tokens[min(p.i+1, len(p.tokens)-1)] }

func (p *parser) skip(kind tokenKind, text string) bool {
	if p.cur().is(kind, text) {
		p.next()
		return true
	}
	return false
}

func (p *parser) fail(pos place, format string, args ...any) error {
	return at(p.src, pos, fmt.Errorf(format, args...))
}

// expect reads a token of the kind; text "" stands for any.
func (p *parser) expect(kind tokenKind, text string) (token, error) {
	t := p.cur()
	if t.kind == kind && (text == "" || t.text == text) {
		return p.next(), nil
	}
	want := token{kind, text, 0}.String()
	if kind == tokName && text == "" {
		want = "'name'"
	}
	if t.kind == tokEOF {
		return t, p.fail(t.pos, "unexpected end of template, expected %s.", want)
	}
	return t, p.fail(t.pos, "expected token %s, got %s", want, t)
}

// enter counts how deep we are.
func (p *parser) enter() error {
	p.depth++
	if p.depth > maxNesting {
		return p.fail(p.cur().pos, "more than %d blocks or expressions inside one another", maxNesting)
	}
	return nil
}

// body reads statements up to a tag whose name is in ends, which is left.
func (p *parser) body(ends ...string) (block, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	if ends != nil {
		p.ends = append(p.ends, ends)
		defer func() { p.ends = p.ends[:len(p.ends)-1] }()
	}
	var all block
	for {
		t := p.next()
		switch t.kind {
		case tokEOF:
			if ends != nil {
				return nil, p.unknown(t, "Unexpected end of template.")
			}
			return all, nil
		case tokData:
			all = append(all, &dataStmt{literal(t.text)})
		case tokPrintBegin:
			e, err := p.tuple(tupleRules{cond: true})
			if err != nil {
				return nil, err
			}
			if _, err := p.expect(tokPrintEnd, ""); err != nil {
				return nil, err
			}
			all = append(all, &printStmt{e})
		case tokBlockBegin:
			if name := p.cur(); name.kind == tokName && slices.Contains(ends, name.text) {
				return all, nil
			}
			s, err := p.statement()
			if err != nil {
				return nil, err
			}
			all = append(all, s)
			if _, err := p.expect(tokBlockEnd, ""); err != nil {
				return nil, err
			}
		default:
			return nil, p.fail(t.pos, "unexpected %s", t)
		}
	}
}

// inside reads the end of a tag and statements up to a tag named in ends. That
// name is read, too, and returned.
func (p *parser) inside(ends ...string) (block, string, error) {
	p.skip(tokOperator, ":")
	if _, err := p.expect(tokBlockEnd, ""); err != nil {
		return nil, "", err
	}
	b, err := p.body(ends...)
	if err != nil {
		return nil, "", err
	}
	return b, p.next().text, nil
}

// unknown is an error about a tag, or the end of the template, where others were
// expected.
func (p *parser) unknown(t token, message string) error {
	list := func(names []string) string { return "'" + strings.Join(names, "' or '") + "'" }
	if n := len(p.ends); n > 0 {
		if t.kind == tokName && slices.ContainsFunc(p.ends, func(e []string) bool { return slices.Contains(e, t.text) }) {
			message += " You probably made a nesting mistake. Jinja is expecting this tag, but currently looking for " +
				list(p.ends[n-1]) + "."
		} else {
			message += " Jinja was looking for the following tags: " + list(p.ends[n-1]) + "."
		}
	}
	if n := len(p.opened); n > 0 {
		message += " The innermost block that needs to be closed is '" + p.opened[n-1] + "'."
	}
	return p.fail(t.pos, "%s", message)
}

// statement reads what stands between {% and %}, and the block that it opens.
func (p *parser) statement() (stmt, error) {
	t := p.cur()
	if t.kind != tokName {
		return nil, p.fail(t.pos, "tag name expected")
	}
	parse := p.statementOf(t.text)
	if parse == nil {
		return nil, p.unknown(t, "Encountered unknown tag "+t.String()+".")
	}
	p.opened = append(p.opened, t.text)
	p.next()
	s, err := parse()
	p.opened = p.opened[:len(p.opened)-1]
	return s, err
}

// statementOf is the table of tags: what reads the one named, nil if there is
// none.
func (p *parser) statementOf(tag string) func() (stmt, error) {
	switch tag {
	case "for":
		return p.forLoop
	case "if":
		return p.ifElse
	case "set":
		return p.set
	case "macro":
		return p.macro
	case "call":
		return p.callBlock
	case "filter":
		return p.filterBlock
	case "with":
		return p.with
	case "break":
		return p.breakLoop
	case "continue":
		return p.continueLoop
	case "print":
		return p.print
	case "block":
		return p.namedBlock
	case "autoescape":
		return p.autoescape
	case "include", "import", "from", "extends":
		return p.refuse
	case "generation":
		if !p.noLearn {
			return p.generation
		}
	}
	return nil
}

// prev is the place of the tag's name, once it is read.
func (p *parser) prev() pos { return pos(p.tokens[p.i-1].pos) }
