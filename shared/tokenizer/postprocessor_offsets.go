package tokenizer

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// trimOffsets takes the spaces at the ends of a token out of its range.
type trimOffsets struct{ trim, prefixSpace bool }

func parseTrimOffsets(n node) (postProcessor, error) {
	c := struct {
		PrefixSpace bool `json:"add_prefix_space"`
		Trim        bool `json:"trim_offsets"`
	}{true, true}
	err := n.decode(&c)
	return trimOffsets{c.Trim, c.PrefixSpace}, err
}

// parseRobertaProcessing reads RobertaProcessing: ByteLevel, then BertProcessing.
func parseRobertaProcessing(n node) (postProcessor, error) {
	trim, err := parseTrimOffsets(n)
	if err != nil {
		return nil, err
	}
	around, err := parseBertProcessing(n)
	return postProcessorSequence{trim, around}, err
}

func (x trimOffsets) process(e *Encoding, t *Tokenizer, text string, _ bool) {
	if !x.trim {
		return
	}
	for i, id := range e.IDs {
		at := &e.Offsets[i]
		token := t.words[id]
		if t.byID[id] != nil && at[1] <= len(text) {
			token = text[at[0]:at[1]] // may have swallowed spaces around it
		}
		lead, trail := spacesAround(token)
		if x.prefixSpace && lead == 1 && (i == 0 || at[0] == 0) {
			lead = 0 // the space that was put before the text
		}
		for ; lead > 0 && at[0] < at[1]; lead-- {
			_, n := utf8.DecodeRuneInString(text[at[0]:at[1]])
			at[0] += n
		}
		for ; trail > 0 && at[1] > at[0]; trail-- {
			_, n := utf8.DecodeLastRuneInString(text[at[0]:at[1]])
			at[1] -= n
		}
	}
}

func (trimOffsets) adds() []int32 { return nil }

// spacesAround returns how many spaces a token has at its ends. Ġ is the space
// of byte-level vocabularies.
func spacesAround(token string) (lead, trail int) {
	isSpace := func(r rune) bool { return r == byteChars[' '] || unicode.IsSpace(r) }
	n := utf8.RuneCountInString(token)
	lead = n - utf8.RuneCountInString(strings.TrimLeftFunc(token, isSpace))
	trail = n - utf8.RuneCountInString(strings.TrimRightFunc(token, isSpace))
	return lead, trail
}
