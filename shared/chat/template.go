package chat

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// A Template is a chat template, ready to be rendered. It never changes; many
// goroutines may render it at once.
type Template struct {
	src    string // normalized
	body   block
	root   *scope
	learns bool
}

// Parse reads a template. The error is an [*Error] that tells the place.
func Parse(src string) (*Template, error) { return parse(src, false) }

// parse reads a template; noLearn leaves out the tag generation, which jinja2
// knows only through an extension of Hugging Face's.
func parse(src string, noLearn bool) (*Template, error) {
	if len(src) > maxSource {
		return nil, &Error{1, 1, false, fmt.Errorf("template of %d bytes, at most %d are allowed", len(src), maxSource)}
	}
	if !utf8.ValidString(src) {
		return nil, &Error{1, 1, false, errors.New("template is not UTF-8")}
	}
	src = normalize(src)
	tokens, err := lex(src)
	if err != nil {
		return nil, err
	}
	p := &parser{src: src, tokens: tokens, noLearn: noLearn}
	body, err := p.body()
	if err != nil {
		return nil, err
	}
	root, err := resolve(src, body)
	if err != nil {
		return nil, err
	}
	return &Template{src: src, body: body, root: root, learns: p.learns}, nil
}

// Learns tells whether the template marks by {% generation %} blocks what a
// model is to learn.
func (t *Template) Learns() bool { return t.learns }

// Reads tells whether the template reads a variable that it may get from its
// input, such as "tools" or "enable_thinking".
func (t *Template) Reads(name string) bool {
	found := false
	var inScope func(s *scope)
	inScope = func(s *scope) {
		for _, l := range s.enter {
			found = found || l.kind == loadInput && l.name == name
		}
	}
	inScope(t.root)
	t.body.scopes(inScope)
	return found
}

// scopes calls f for all scopes that statements open.
func (b block) scopes(f func(*scope)) {
	for _, x := range b {
		switch x := x.(type) {
		case block:
			x.scopes(f)
		case *setBlockStmt:
			f(x.scope)
			x.body.scopes(f)
		case *ifStmt:
			for _, body := range x.bodies {
				body.scopes(f)
			}
			x.no.scopes(f)
		case *forStmt:
			f(x.scope)
			if x.testScope != nil {
				f(x.testScope)
			}
			f(x.noScope)
			x.body.scopes(f)
			x.no.scopes(f)
		case *macroStmt:
			f(x.scope)
			x.body.scopes(f)
		case *callStmt:
			f(x.caller.scope)
			x.caller.body.scopes(f)
		case *generationStmt:
			f(x.body.scope)
			x.body.body.scopes(f)
		case *filterStmt:
			f(x.scope)
			x.body.scopes(f)
		case *withStmt:
			f(x.scope)
			x.body.scopes(f)
		case *scopeStmt:
			f(x.scope)
			x.body.scopes(f)
		}
	}
}
