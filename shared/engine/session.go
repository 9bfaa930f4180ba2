package engine

import (
	"context"
	"errors"
	"fmt"

	"graft/shared/adapter"
	"graft/shared/dataset"
	"graft/shared/generate"
	"graft/shared/tensor"
)

// Session is one sequence being read and continued: its keys and values stay on the device.
type Session struct {
	reader *reader
	length int // tokens fed so far

	// What an adapter has before the tokens: keys, which every pass writes, or virtual tokens, which are read once.
	virtual adapter.Virtual
	read    bool
}

// prefillRows is the most prompt tokens of one pass: enough to keep matrix products busy, few enough that the pass's
// temporaries stay small.
const prefillRows = 512

// Session readies the base, and the adapter unless nil, to read up to context tokens. Keys and values are kept as cache.
func (b *Base) Session(a *Adapter, context int, cache tensor.DType) (*Session, error) {
	most := b.Model.Config().MaxPositionEmbeddings
	var v adapter.Virtual
	if a != nil {
		v = adapter.VirtualOf(a.Adapter)
		most -= v.Rows + v.Keys
	}
	if context < 1 || context > most {
		return nil, fmt.Errorf("context of %d tokens, expected 1 to the model's %d", context, most)
	}
	r := newReader(b, v.Rows+v.Keys+context, cache)
	if err := r.adopt(a); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return &Session{reader: r, virtual: v}, nil
}

// before is the number of positions before the first token's.
func (s *Session) before() int { return s.virtual.Rows + s.virtual.Keys }

// Len is the number of tokens fed so far, Context how many there is room for.
func (s *Session) Len() int     { return s.length }
func (s *Session) Context() int { return s.reader.rows - s.before() }

// Rewind forgets all but the first n tokens.
func (s *Session) Rewind(n int) { s.length = min(s.length, max(n, 0)) }

// Feed reads ids, at least one, and returns the logits [vocab_size] of the token after the last. They are valid
// until the next call.
func (s *Session) Feed(ctx context.Context, ids []int32) ([]float32, error) {
	if len(ids) == 0 {
		return nil, fmt.Errorf("no tokens to read")
	}
	if s.length+len(ids) > s.Context() {
		return nil, fmt.Errorf("%d tokens after %d, and there is room for %d", len(ids), s.length, s.Context())
	}
	if err := s.reader.base.checkTokens(ids); err != nil {
		return nil, err
	}
	if !s.read && s.virtual.Rows > 0 {
		prompt := dataset.Sequence{}
		prompt.Prompt(s.virtual.Rows)
		if _, err := s.pass(ctx, prompt.Tokens, 0); err != nil {
			return nil, err
		}
		s.read = true
	}
	logits, err := s.pass(ctx, ids, s.before()+s.length)
	if err == nil {
		s.length += len(ids)
	}
	return logits, err
}

// pass reads tokens from a position on and returns the logits after the last.
func (s *Session) pass(ctx context.Context, ids []int32, from int) ([]float32, error) {
	var logits [][]float32
	for len(ids) > 0 {
		n := min(len(ids), prefillRows)
		rows := make([]generate.Row, n)
		for i, id := range ids[:n] {
			at := int32(from + i)
			rows[i] = generate.Row{Token: id, Position: at, Slot: at, Hi: at + 1}
		}
		var err error
		if logits, err = s.reader.Pass(ctx, rows, []int{n - 1}); err != nil {
			return nil, err
		}
		from, ids = from+n, ids[n:]
	}
	return logits[0], nil
}

// checkTokens reports a token the model does not know.
func (b *Base) checkTokens(ids []int32) error {
	vocab := int32(b.Model.Config().VocabSize)
	for i, id := range ids {
		if id < 0 || id >= vocab {
			return fmt.Errorf("token %d is %d, expected 0 to %d", i, id, vocab-1)
		}
	}
	return nil
}

// Close frees the session; the base stays.
func (s *Session) Close() error { return s.reader.Close() }
