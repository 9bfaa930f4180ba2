package generate

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

const words = 12 // in the fake model's vocabulary

// scores are the fake model's logits after a whole sequence: any other row of a cache would change them.
func scores(variant int, ids []int32) []float32 {
	h := uint64(variant) + 1
	for _, id := range ids {
		h = (h ^ uint64(id)) * 0x9e3779b97f4a7c15
		h ^= h >> 29
	}
	r := rand.New(rand.NewPCG(h, 0))
	out := make([]float32, words)
	for i := range out {
		out[i] = r.Float32()
	}
	return out
}

// cached is the fake model with a cache.
type cached struct {
	t        *testing.T
	rows     []Row // what was written to each row of the cache
	read     int   // tokens
	passes   int
	most     int // rows of a pass
	failures map[int]error
}

func (c *cached) Pass(_ context.Context, rows []Row, last []int) ([][]float32, error) {
	c.passes++
	if err := c.failures[c.passes]; err != nil {
		return nil, err
	}
	if len(rows) > c.most {
		c.t.Errorf("a pass of %d rows, expected at most %d", len(rows), c.most)
	}
	c.read += len(rows)
	var out [][]float32
	for i, r := range rows {
		c.rows[r.Slot] = r
		if r.Hi != r.Slot+1 || r.Position != r.Slot-r.Lo {
			c.t.Errorf("row %+v", r)
		}
		if slices.Contains(last, i) {
			out = append(out, scores(r.Variant, c.sequence(r)))
		}
	}
	return out, nil
}

// sequence is what a row attends.
func (c *cached) sequence(r Row) (ids []int32) {
	for i := r.Lo; i < r.Hi; i++ {
		if c.rows[i].Variant != r.Variant || c.rows[i].Position != i-r.Lo {
			c.t.Fatalf("row %+v attends %+v at %d", r, c.rows[i], i)
		}
		ids = append(ids, c.rows[i].Token)
	}
	return ids
}

func (c *cached) Copy(_ context.Context, from, to, n int) error {
	if from < to+n && to < from+n {
		c.t.Errorf("copy of %d rows from %d to %d overlaps", n, from, to)
	}
	copy(c.rows[to:to+n], c.rows[from:from+n])
	return nil
}

func letters() *pieces { return &pieces{text: strings.Split("abcdefghijkl", "")} }

// alone is what a text is without others beside it.
func alone(t *testing.T, r Request, variant int) Output {
	var ids []int32
	out, err := Collect(Generate(t.Context(), func(_ context.Context, in []int32) ([]float32, error) {
		ids = append(ids, in...)
		return scores(variant, ids), nil
	}, letters(), r))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestSchedulerEqualsGenerate throws random texts at schedulers of random limits: each must come out as if it were alone.
func TestSchedulerEqualsGenerate(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		l := Limits{CacheRows: 40 + random.IntN(200), Sequences: 1 + random.IntN(6)}
		l.PassRows = l.Sequences + random.IntN(30)
		c := &cached{t: t, rows: make([]Row, l.CacheRows), most: l.PassRows}
		s, err := NewScheduler(c, l)
		if err != nil {
			t.Fatal(err)
		}
		got := map[*Sequence]*Output{}
		var stem []int32 // many prompts begin alike
		for range 30 {
			stem = append(stem, random.Int32N(words))
		}
		prompts := 0
		for added := 0; added < 25 || s.Busy(); {
			if added < 25 && (random.IntN(3) == 0 || !s.Busy()) {
				r := Request{MaxNewTokens: 1 + random.IntN(9), EOS: []int32{3}, Sampling: Sampling{Temperature: float64(random.IntN(2)), Seed: random.Uint64()}}
				r.Prompt = append(slices.Clone(stem[:random.IntN(len(stem))]), random.Int32N(words))
				prompts += len(r.Prompt)
				q, err := s.Add(r, random.IntN(2), letters())
				if err != nil {
					t.Fatal(err)
				}
				got[q] = &Output{}
				added++
				continue
			}
			if random.IntN(20) == 0 && len(s.live) > 0 {
				q := s.live[random.IntN(len(s.live))]
				s.Remove(q)
				delete(got, q)
				continue
			}
			events, err := s.Step(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range events {
				o := got[e.Sequence]
				o.Text, o.IDs, o.Finish = o.Text+e.Token.Text, append(o.IDs, e.Token.ID), e.Token.Finish
			}
		}
		reused := 0
		for q, o := range got {
			reused += q.Reused()
			if want := alone(t, q.Request, q.Variant); o.Text != want.Text || o.Finish != want.Finish || !slices.Equal(o.IDs, want.IDs) {
				t.Fatalf("seed %d: got %+v, expected %+v", seed, *o, want)
			}
		}
		if l.CacheRows > 200 && reused == 0 {
			t.Errorf("seed %d: of %d prompt tokens none was reused", seed, prompts)
		}
	}
}

func TestSchedulerSharesPasses(t *testing.T) {
	c := &cached{t: t, rows: make([]Row, 1000), most: 64}
	s, err := NewScheduler(c, Limits{CacheRows: 1000, Sequences: 8, PassRows: 64})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 8 {
		prompt := make([]int32, 64)
		prompt[0] = int32(i)
		if _, err := s.Add(Request{Prompt: prompt, MaxNewTokens: 10}, 0, letters()); err != nil {
			t.Fatal(err)
		}
	}
	for s.Busy() {
		if _, err := s.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	// 512 prompt tokens and 9 fed back of each: one by one they would be 8 + 72 passes.
	if c.passes > 20 || c.read != 8*(64+9) {
		t.Errorf("%d tokens in %d passes, expected %d in at most 20", c.read, c.passes, 8*(64+9))
	}
}

func TestSchedulerReuses(t *testing.T) {
	c := &cached{t: t, rows: make([]Row, 200), most: 64}
	s, err := NewScheduler(c, Limits{CacheRows: 200, Sequences: 4, PassRows: 64})
	if err != nil {
		t.Fatal(err)
	}
	say := func(ids []int32) *Sequence {
		q, err := s.Add(Request{Prompt: ids, MaxNewTokens: 2}, 0, letters())
		if err != nil {
			t.Fatal(err)
		}
		return q
	}
	run := func() {
		for s.Busy() {
			if _, err := s.Step(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	stem := make([]int32, 40)
	first := say(append(slices.Clone(stem), 1))
	run()
	second, third := say(append(slices.Clone(stem), 2)), say(append(slices.Clone(stem), 3))
	run()
	if first.Reused() != 0 || second.Reused() != 40 || third.Reused() != 40 {
		t.Errorf("reused %d, %d, %d tokens, expected 0, 40, 40", first.Reused(), second.Reused(), third.Reused())
	}
}

func TestSchedulerErrors(t *testing.T) {
	broken := errors.New("broken")
	c := &cached{t: t, rows: make([]Row, 50), most: 8, failures: map[int]error{2: broken}}
	if _, err := NewScheduler(c, Limits{CacheRows: 50, Sequences: 9, PassRows: 8}); err == nil {
		t.Error("more sequences than rows of a pass were accepted")
	}
	s, err := NewScheduler(c, Limits{CacheRows: 50, Sequences: 2, PassRows: 8})
	if err != nil {
		t.Fatal(err)
	}
	for want, r := range map[string]Request{
		"prompt has no tokens": {MaxNewTokens: 1},
		"prompt and max_new_tokens are 51 tokens, and the cache has room for 50": {Prompt: []int32{1}, MaxNewTokens: 50},
	} {
		if _, err := s.Add(r, 0, letters()); err == nil || err.Error() != want {
			t.Errorf("error %v, expected %q", err, want)
		}
	}
	for range 3 {
		if _, err := s.Add(Request{Prompt: []int32{1, 2}, MaxNewTokens: 3}, 0, letters()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	events, err := s.Step(t.Context())
	if !errors.Is(err, broken) || len(events) != 2 || events[0].Err != broken || len(s.live) != 0 || len(s.waiting) != 1 {
		t.Errorf("error %v, events %v", err, events)
	}
	for s.Busy() { // the third goes on, and nothing of the failed pass is used
		if _, err := s.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func ExampleScheduler() {
	c := &cached{rows: make([]Row, 64), most: 8}
	s, _ := NewScheduler(c, Limits{CacheRows: 64, Sequences: 4, PassRows: 8})
	s.Add(Request{Prompt: []int32{1, 2}, MaxNewTokens: 3}, 0, letters())
	s.Add(Request{Prompt: []int32{5}, MaxNewTokens: 2}, 0, letters())
	for s.Busy() {
		events, _ := s.Step(context.Background())
		for _, e := range events {
			fmt.Println(e.Sequence.Request.Prompt, e.Token.Finish != Running)
		}
	}
	// Output:
	// [1 2] false
	// [5] false
	// [1 2] false
	// [5] true
	// [1 2] true
}
