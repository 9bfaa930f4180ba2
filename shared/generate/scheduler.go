package generate

import (
	"context"
	"fmt"
	"slices"
)

// Row is one token of a pass and where it belongs.
type Row struct {
	Token    int32
	Position int32 // in its sequence
	Slot     int32 // cache row its key and value are kept in
	Lo, Hi   int32 // cache rows it attends, up to and with its own
	Variant  int   // the request's
}

// Passes runs a model over rows of many sequences, whose keys and values it keeps in one cache.
type Passes interface {
	// Pass reads rows, of which those of one sequence come in order, and returns the logits after the rows with the indices last,
	// valid until the next call.
	Pass(ctx context.Context, rows []Row, last []int) (logits [][]float32, err error)
	// Copy copies n cache rows; the two stretches do not overlap.
	Copy(ctx context.Context, from, to, n int) error
}

// Limits are what a Scheduler keeps to.
type Limits struct {
	CacheRows int // room for so many tokens of all sequences together
	Sequences int // at once
	PassRows  int // most tokens of one pass; at least Sequences
}

// Scheduler generates many texts at once by continuous batching (Yu et al. 2022, Orca): each pass takes one token of every text
// that is being said and fills up with prompts, cut in pieces (Agrawal et al. 2024, Sarathi), so that no text waits for another's
// prompt. What a prompt shares with an earlier sequence of the same variant is not read again. It is driven by Step and not for
// use by several goroutines at once.
type Scheduler struct {
	passes  Passes
	limits  Limits
	rooms   rooms
	now     uint64 // passes so far
	waiting []*Sequence
	live    []*Sequence
}

// Sequence is one text of a Scheduler.
type Sequence struct {
	Request Request
	Variant int // of the model: sequences of different ones share no keys and values

	text   *Text
	room   *room
	unread []int32 // tokens not yet fed
	reused int
}

// Reused is how many tokens of the prompt were not read again.
func (s *Sequence) Reused() int { return s.reused }

// Event is a step of one sequence; it has ended after an error or a Finish.
type Event struct {
	Sequence *Sequence
	Token    Token
	Err      error
}

// NewScheduler returns a scheduler without sequences.
func NewScheduler(p Passes, l Limits) (*Scheduler, error) {
	if l.Sequences < 1 || l.PassRows < l.Sequences || l.CacheRows < 2 {
		return nil, fmt.Errorf("limits of %d sequences, %d rows a pass and %d of the cache, expected at least one sequence, a row of a pass for each, and a cache of 2",
			l.Sequences, l.PassRows, l.CacheRows)
	}
	return &Scheduler{passes: p, limits: l, rooms: rooms{rows: l.CacheRows}}, nil
}

// Add queues a text; sequences begin in the order they were added.
func (s *Scheduler) Add(r Request, variant int, d Decoder) (*Sequence, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	if n := len(r.Prompt) + r.MaxNewTokens; n > s.limits.CacheRows {
		return nil, fmt.Errorf("prompt and max_new_tokens are %d tokens, and the cache has room for %d", n, s.limits.CacheRows)
	}
	q := &Sequence{Request: r, Variant: variant, text: NewText(r, d)}
	s.waiting = append(s.waiting, q)
	return q, nil
}

// Busy reports whether there is something to do.
func (s *Scheduler) Busy() bool { return len(s.live)+len(s.waiting) > 0 }

// Remove forgets a sequence that is not to go on.
func (s *Scheduler) Remove(q *Sequence) {
	if i := slices.Index(s.waiting, q); i >= 0 {
		s.waiting = slices.Delete(s.waiting, i, i+1)
	}
	s.end(q)
}

func (s *Scheduler) end(q *Sequence) {
	if i := slices.Index(s.live, q); i >= 0 {
		s.live = slices.Delete(s.live, i, i+1)
		s.rooms.leave(q.room, s.now)
	}
}

// worthCopying is the shortest beginning that is copied from another sequence's rows rather than read again.
const worthCopying = 16

// admit gives the first waiting sequence room, and reports whether there was some.
func (s *Scheduler) admit(ctx context.Context) (bool, error) {
	if len(s.waiting) == 0 || len(s.live) == s.limits.Sequences {
		return false, nil
	}
	q := s.waiting[0]
	prompt := q.Request.Prompt
	size := len(prompt) + q.Request.MaxNewTokens
	// The last token is read in any case: its logits are needed.
	r, shared := s.rooms.find(prompt[:len(prompt)-1], q.Variant)
	// A room is continued where it is unless more of it would be lost than is gained.
	if r != nil && !r.busy && 2*shared >= len(r.ids) && s.rooms.grow(r, size) {
		r.ids = r.ids[:shared]
	} else {
		from := r
		if shared < worthCopying {
			from, shared = nil, 0
		}
		if r = s.rooms.take(size, from); r == nil && from != nil && !from.busy {
			r, from, shared = s.rooms.take(size, nil), nil, 0
		}
		if r == nil {
			return false, nil
		}
		if from != nil {
			if err := s.passes.Copy(ctx, from.at, r.at, shared); err != nil {
				s.rooms.drop(r)
				return false, err
			}
			r.ids = slices.Clone(prompt[:shared])
		}
	}
	r.busy, r.variant = true, q.Variant
	q.room, q.unread, q.reused = r, prompt[shared:], shared
	s.waiting, s.live = s.waiting[1:], append(s.live, q)
	return true, nil
}

// Step makes one pass and returns what came of it. An error is of the pass: it has ended every sequence that was in it, and they
// are among the events.
func (s *Scheduler) Step(ctx context.Context) ([]Event, error) {
	for {
		more, err := s.admit(ctx)
		if err != nil {
			return s.fail(err), err
		}
		if !more {
			break
		}
	}
	rows, last, of := s.batch()
	if len(rows) == 0 {
		return nil, nil
	}
	s.now++
	logits, err := s.passes.Pass(ctx, rows, last)
	if err != nil {
		return s.fail(err), err
	}
	events := make([]Event, len(of))
	for i, q := range of {
		e := Event{Sequence: q}
		if e.Token, e.Err = q.text.Next(logits[i]); e.Err != nil || e.Token.Finish != Running {
			s.end(q)
		} else {
			q.unread = []int32{e.Token.ID}
		}
		events[i] = e
	}
	return events, nil
}

// batch chooses the rows of a pass and counts them as read: a token of each text that is being said, then prompts in the order
// they came. of are the sequences whose last unread token is the row last.
func (s *Scheduler) batch() (rows []Row, last []int, of []*Sequence) {
	said := func(q *Sequence) int { return min(q.text.said, 1) }
	order := slices.Clone(s.live)
	slices.SortStableFunc(order, func(a, b *Sequence) int { return said(b) - said(a) })
	for _, q := range order {
		n := min(len(q.unread), s.limits.PassRows-len(rows))
		if n == 0 {
			break
		}
		r := q.room
		for _, id := range q.unread[:n] {
			at := len(r.ids)
			rows = append(rows, Row{Token: id, Position: int32(at), Slot: int32(r.at + at), Lo: int32(r.at), Hi: int32(r.at + at + 1), Variant: q.Variant})
			r.ids = append(r.ids, id)
		}
		if q.unread = q.unread[n:]; len(q.unread) == 0 {
			last, of = append(last, len(rows)-1), append(of, q)
		}
	}
	return rows, last, of
}

// fail ends every live sequence; what the cache holds of them is not known.
func (s *Scheduler) fail(err error) []Event {
	var events []Event
	for len(s.live) > 0 {
		q := s.live[0]
		q.room.ids = nil
		s.end(q)
		events = append(events, Event{Sequence: q, Err: err})
	}
	return events
}
