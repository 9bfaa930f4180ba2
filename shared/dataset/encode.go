package dataset

import (
	"fmt"
	"slices"
)

// Sequence is the tokens of one example. The zero value of each other field is the usual case, except Label.
type Sequence struct {
	Tokens   []int32
	Label    int32   // class, or -1: then the tokens are learnt
	Learn    []bool  // per token, whether the model learns to say it; nil: all of them. Not looked at when Label >= 0.
	Weight   float32 // of the example's losses; 0 means 1
	PoolBack int     // how many trailing tokens the pooled row lies before the last (see PoolBefore)
	Tail     int     // how many trailing tokens stay when the sequence is cut: [SEP]
}

// Text is a sequence whose tokens are learnt where learn says so; nil means all.
func Text(tokens []int32, learn []bool) Sequence {
	return Sequence{Tokens: tokens, Label: -1, Learn: learn}
}

// Class is a sequence with a label.
func Class(tokens []int32, label int32) Sequence { return Sequence{Tokens: tokens, Label: label} }

// PoolBefore makes the pooled row that of the last token which is not pad, as transformers' sequence classification does:
// it matters only where the pad token is also the end of the text (pad = eos). Without such a token the row stays the last.
func (s *Sequence) PoolBefore(pad int32) {
	for i := len(s.Tokens) - 1; i >= 0; i-- {
		if s.Tokens[i] != pad {
			s.PoolBack = len(s.Tokens) - 1 - i
			return
		}
	}
	s.PoolBack = 0
}

// Prompt puts n virtual tokens before the others: -1, -2, …, which stand for the rows 0, 1, … of an adapter's prompt. They are
// never learnt, but the first token after them may be, as PEFT has it.
func (s *Sequence) Prompt(n int) {
	if n == 0 {
		return
	}
	tokens := make([]int32, n, n+len(s.Tokens))
	for i := range tokens {
		tokens[i] = int32(-1 - i)
	}
	s.Tokens = append(tokens, s.Tokens...)
	if s.Learn != nil {
		s.Learn = append(make([]bool, n, n+len(s.Learn)), s.Learn...)
	}
}

// learns is the number of tokens that are targets: the first never is, nothing stands before it.
func (s *Sequence) learns() int {
	if s.Label >= 0 {
		return 0
	}
	n := 0
	for i := 1; i < len(s.Tokens); i++ {
		if s.Learn == nil || s.Learn[i] {
			n++
		}
	}
	return n
}

// Truncate cuts the sequence to n tokens, 0 for no limit, and reports how many it cut. They are the last ones before the
// tail, as transformers cuts a text before [SEP] is put behind it.
func (s *Sequence) Truncate(n int) int {
	cut := len(s.Tokens) - n
	if n <= 0 || cut <= 0 {
		return 0
	}
	tail := min(s.Tail, n)
	s.Tokens = shortened(s.Tokens, n, tail)
	if s.Learn != nil {
		s.Learn = shortened(s.Learn, n, tail)
	}
	if s.PoolBack >= tail {
		s.PoolBack = max(s.PoolBack-cut, tail)
	}
	if s.PoolBack >= n {
		s.PoolBack = 0
	}
	return cut
}

// shortened is the first values of v and its last tail ones, n in all. v stays as it is.
func shortened[T any](v []T, n, tail int) []T {
	if tail == 0 {
		return v[:n]
	}
	return slices.Concat(v[:n-tail], v[len(v)-tail:])
}

// Encoded is a table as tokens.
type Encoded struct {
	Sequences []Sequence
	Rows      []int // of the table, a sequence each
	Tokens    int   // in all sequences
	Longest   int   // tokens
	Truncated int   // rows that were longer than the limit
	Cut       int   // tokens that were cut from them
	Dropped   int   // rows left out because truncation left nothing to learn
}

// Encode makes the sequences of a table. tokens is the tokenizer and template: it is called with each row and its number.
// A sequence longer than maxLength tokens keeps its first maxLength (0: no limit). Rows of which nothing is left to learn are
// dropped and counted; a row without tokens or, whole, without anything to learn is an error with its line.
func Encode(t *Table, maxLength int, tokens func(i int, r Row) (Sequence, error)) (*Encoded, error) {
	e := &Encoded{Sequences: make([]Sequence, 0, len(t.Rows)), Rows: make([]int, 0, len(t.Rows))}
	var faults Errors
	for i, r := range t.Rows {
		s, err := tokens(i, r)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", t.Name, r.Line, err)
		}
		fault := func(format string, a ...any) {
			faults.add(&Error{File: t.Name, Line: r.Line, Message: fmt.Sprintf(format, a...)})
		}
		switch {
		case len(s.Tokens) == 0:
			fault("text has no tokens")
			continue
		case s.Learn != nil && len(s.Learn) != len(s.Tokens):
			return nil, fmt.Errorf("%s:%d: %d tokens with %d learn marks", t.Name, r.Line, len(s.Tokens), len(s.Learn))
		case s.Label < 0 && s.learns() == 0:
			fault("nothing to learn in %d tokens", len(s.Tokens))
			continue
		}
		if cut := s.Truncate(maxLength); cut > 0 {
			e.Truncated++
			e.Cut += cut
			if s.Label < 0 && s.learns() == 0 {
				e.Dropped++
				continue
			}
		}
		e.Sequences = append(e.Sequences, s)
		e.Rows = append(e.Rows, i)
		e.Tokens += len(s.Tokens)
		e.Longest = max(e.Longest, len(s.Tokens))
	}
	if err := faults.err(); err != nil {
		return nil, err
	}
	if len(e.Sequences) == 0 {
		return nil, only(&Error{File: t.Name, Message: fmt.Sprintf("no row has anything to learn within max_length %d", maxLength)})
	}
	return e, nil
}
