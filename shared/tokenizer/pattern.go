package tokenizer

import (
	"strings"
	"unicode/utf8"
)

// A matcher finds where a pattern matches.
type matcher interface {
	// each calls f with every match in s, in order, without overlaps.
	each(s string, f func(start, end int))
}

// scanners are the split patterns written by hand, by their text in
// tokenizer.json. Any other pattern runs in a regular expression engine, with
// the same result about thirty times slower.
var scanners = map[string]scanner{
	gpt2Pattern:   scanGPT2,
	llama3Pattern: scanLlama3,
	qwen2Pattern:  scanQwen2,
}

const (
	gpt2Pattern = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`

	llama3Pattern = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`

	qwen2Pattern = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
)

// Patterns of Mistral's tekken and of GPT-4o, which Phi-4-mini has: words end where an upper-case letter follows a
// lower-case one.
const (
	casedWord = `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+`
	upperWord = `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*`
	wordEnd   = `(?i:'s|'t|'re|'ve|'m|'ll|'d)?`
	others    = `| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`

	tekkenPattern = casedWord + `|` + upperWord + `|\p{N}` + others
	gpt4oPattern  = casedWord + wordEnd + `|` + upperWord + wordEnd + `|\p{N}{1,3}` + others
)

// newPattern returns the matcher for a regular expression in Oniguruma's syntax.
func newPattern(text string) (matcher, error) {
	if scan, ok := scanners[text]; ok {
		return scan, nil
	}
	return newRegex(text)
}

func (scan scanner) each(s string, f func(start, end int)) {
	for i := 0; i < len(s); {
		end := scan(s, i)
		f(i, end)
		i = end
	}
}

// literal matches a fixed string; the empty one never matches.
type literal string

func (l literal) each(s string, f func(start, end int)) {
	if l == "" {
		return
	}
	for at := 0; ; {
		i := strings.Index(s[at:], string(l))
		if i < 0 {
			return
		}
		f(at+i, at+i+len(l))
		at += i + len(l)
	}
}

// runeMatcher matches every single character it is true for.
type runeMatcher func(r rune) bool

func (is runeMatcher) each(s string, f func(start, end int)) {
	for i, r := range s {
		if is(r) {
			f(i, i+utf8.RuneLen(r))
		}
	}
}

// parsePattern reads {"Regex": "…"} or {"String": "…"}.
func parsePattern(n node) (matcher, error) {
	var c struct{ Regex, String *string }
	if err := n.decode(&c); err != nil {
		return nil, err
	}
	switch {
	case c.Regex != nil:
		m, err := newPattern(*c.Regex)
		if err != nil {
			return nil, n.errorf("%w", err)
		}
		return m, nil
	case c.String != nil:
		return literal(*c.String), nil
	}
	return nil, n.errorf(`expected {"Regex": …} or {"String": …}, got %s`, n.raw)
}
