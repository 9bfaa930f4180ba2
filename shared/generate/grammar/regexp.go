package grammar

import (
	"fmt"
	"regexp/syntax"

	"graft/shared/prompt"
)

// Regexp is the form of texts that a regular expression matches from their beginning to their end. The syntax is that of package
// regexp; assertions within the expression are refused.
func Regexp(expression string) (*Grammar, error) {
	b := newBuilder()
	b.rule()
	p, _, _, err := b.regexp(expression, b.runes)
	if err != nil {
		return nil, err
	}
	return b.grammar(p)
}

// Choice is the form of one of several texts.
func Choice(texts []string) (*Grammar, error) {
	if len(texts) == 0 {
		return nil, fmt.Errorf("choice: there is nothing to choose from")
	}
	b := newBuilder()
	b.rule()
	parts := make([]part, len(texts))
	for i, t := range texts {
		if t == "" {
			return nil, fmt.Errorf("choice: text %d is empty", i+1)
		}
		parts[i] = b.text(t)
	}
	return b.grammar(b.either(parts...))
}

// regexp is an expression's part, without the anchors at its beginning and end, which it tells of. say is how a range of
// characters is written.
func (b *builder) regexp(expression string, say func(low, high rune) part) (p part, begins, ends bool, err error) {
	re, err := syntax.Parse(prompt.GoPattern(expression), syntax.Perl)
	if err != nil {
		return nil, false, false, fmt.Errorf("regular expression %q: %w", expression, err)
	}
	re = re.Simplify()
	subs := []*syntax.Regexp{re}
	if re.Op == syntax.OpConcat {
		subs = re.Sub
	}
	if len(subs) > 0 && subs[0].Op == syntax.OpBeginText {
		begins, subs = true, subs[1:]
	}
	if n := len(subs); n > 0 && subs[n-1].Op == syntax.OpEndText {
		ends, subs = true, subs[:n-1]
	}
	parts := make([]part, len(subs))
	for i, s := range subs {
		parts[i] = b.expression(s, say)
	}
	if b.err != nil {
		return nil, false, false, fmt.Errorf("regular expression %q: %w", expression, b.err)
	}
	return b.sequence(parts...), begins, ends, nil
}

func (b *builder) expression(re *syntax.Regexp, say func(low, high rune) part) part {
	subs := func() []part {
		parts := make([]part, len(re.Sub))
		for i, s := range re.Sub {
			parts[i] = b.expression(s, say)
		}
		return parts
	}
	switch re.Op {
	case syntax.OpEmptyMatch:
		return b.sequence()
	case syntax.OpLiteral:
		parts := make([]part, len(re.Rune))
		for i, r := range re.Rune {
			parts[i] = b.literal(r, re.Flags&syntax.FoldCase != 0, say)
		}
		return b.sequence(parts...)
	case syntax.OpCharClass:
		var parts []part
		for i := 0; i+1 < len(re.Rune); i += 2 {
			parts = append(parts, say(re.Rune[i], re.Rune[i+1]))
		}
		return b.either(parts...)
	case syntax.OpAnyChar:
		return say(0, 0x10FFFF)
	case syntax.OpAnyCharNotNL:
		return b.either(say(0, '\n'-1), say('\n'+1, 0x10FFFF))
	case syntax.OpCapture:
		return subs()[0]
	case syntax.OpStar:
		return b.many(subs()[0])
	case syntax.OpPlus:
		p := subs()[0]
		return b.sequence(p, b.many(p))
	case syntax.OpQuest:
		return b.maybe(subs()[0])
	case syntax.OpConcat:
		return b.sequence(subs()...)
	case syntax.OpAlternate:
		return b.either(subs()...)
	case syntax.OpNoMatch:
		return b.either()
	}
	b.fail("%s is not supported", re)
	return b.sequence()
}

func (b *builder) literal(r rune, fold bool, say func(low, high rune) part) part {
	if !fold {
		return say(r, r)
	}
	parts := []part{say(r, r)}
	for _, f := range folds(r) {
		parts = append(parts, say(f, f))
	}
	return b.either(parts...)
}
