package trial

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"graft/shared/eval"
	"graft/shared/prompt"
)

// Optimization looks for a better prompt. The cases are divided into three parts by the seed: examples are taken from the first,
// candidates are chosen by the second, and only the third, which no choice has seen, says how good the chosen one is.
type Optimization struct {
	Contender  Contender // the prompt to begin with, and what answers
	Cases      []Case    // with metadata.reference, for examples
	Techniques []string  // of Techniques; nil: all, the nearest examples only with an Embedder
	Shots      int       // examples shown; 0: 4
	Sets       int       // random sets of examples that are tried; 0: 6
	Votes      int       // 0: 5
	Seed       uint64
	Similar    Embedder
	Progress   func(done, total int) // of the answers, about
}

// Techniques are what is tried, in this order, each on the best so far.
var Techniques = []string{"instructions", "labelled", "random", "nearest", "reasoning", "votes"}

// Tried is a candidate and how it did on the cases that choose.
type Tried struct {
	Technique string  `json:"technique"`
	Name      string  `json:"name"`
	Score     Value   `json:"score"`
	PassRate  Value   `json:"pass_rate"`
	Tokens    float64 `json:"prompt_tokens"` // on average
	Chosen    bool    `json:"chosen"`        // it was the best when it was tried
}

// Improvement is what came of it.
type Improvement struct {
	Source   string       `json:"source"` // of the chosen prompt
	Name     string       `json:"name"`   // of the chosen candidate; "prompt" is that to begin with
	Tried    []Tried      `json:"tried"`
	Examples int          `json:"example_cases"`
	Chose    int          `json:"choosing_cases"`
	Test     int          `json:"test_cases"`
	Before   Value        `json:"before"` // scores on the test cases
	After    Value        `json:"after"`
	Change   *eval.Change `json:"change,omitempty"` // nil: nothing better was found
}

// leastCases is what a division into three needs.
const leastCases = 12

// search is an optimisation under way.
type search struct {
	*Optimization
	examples, choosing, test []Case
	out                      *Improvement
	best                     variant
	score                    float64
	done, total              int
}

// Optimize looks. It asks the same in the same order for the same seed, so that with a Remembered runner a search that was ended
// goes on where it was.
func (o *Optimization) Optimize(ctx context.Context) (*Improvement, error) {
	for _, t := range o.Techniques {
		if !slices.Contains(Techniques, t) {
			return nil, fmt.Errorf("technique %q is not known, expected some of %q", t, Techniques)
		}
	}
	if len(o.Cases) < leastCases {
		return nil, fmt.Errorf("%d cases, expected %d at least, to be divided into three parts", len(o.Cases), leastCases)
	}
	s := &search{Optimization: o, out: &Improvement{Name: "prompt"}, best: variantOf(o.Contender.Prompt)}
	s.divide()
	s.out.Examples, s.out.Chose, s.out.Test = len(s.examples), len(s.choosing), len(s.test)
	s.total = len(s.choosing)*s.candidates() + 2*len(s.test)
	if err := s.try(ctx, "", "prompt", s.best); err != nil {
		return nil, err
	}
	for _, step := range []struct {
		name string
		run  func(ctx context.Context) error
	}{{"instructions", s.instructions}, {"labelled", s.labelled}, {"random", s.random}, {"nearest", s.nearest}, {"reasoning", s.reasoning}, {"votes", s.votes}} {
		if s.wants(step.name) {
			if err := step.run(ctx); err != nil {
				return nil, fmt.Errorf("%s: %w", step.name, err)
			}
		}
	}
	return s.out, s.judge(ctx)
}

func (s *search) wants(technique string) bool {
	if s.Techniques == nil {
		return technique != "nearest" || s.Similar != nil
	}
	return slices.Contains(s.Techniques, technique)
}

// candidates is about how many there will be.
func (s *search) candidates() int {
	n := 1
	for name, c := range map[string]int{"instructions": len(instructions), "labelled": 1, "random": s.sets(), "nearest": 1, "reasoning": 1, "votes": s.samples()} {
		if s.wants(name) {
			n += c
		}
	}
	return n
}

func (s *search) sets() int    { return orElse(s.Sets, 6) }
func (s *search) shots() int   { return orElse(s.Shots, 4) }
func (s *search) samples() int { return orElse(s.Votes, 5) }

func orElse(n, usual int) int {
	if n == 0 {
		return usual
	}
	return n
}

// divide makes the three parts: two fifths, and the rest in halves. Cases of the same input stay together.
func (s *search) divide() {
	groups, order := map[string][]Case{}, []string{}
	for _, c := range s.Cases {
		k := c.Key()
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], c)
	}
	rand.New(rand.NewPCG(s.Seed, 0x73706c69)).Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] }) // "spli"
	a, b := len(order)*2/5, len(order)*7/10
	for i, k := range order {
		to := &s.test
		switch {
		case i < a:
			to = &s.examples
		case i < b:
			to = &s.choosing
		}
		*to = append(*to, groups[k]...)
	}
}

// ask runs a candidate over cases and gives a score for each.
func (s *search) ask(ctx context.Context, v variant, cases []Case) (*Run, []float64, []float64, error) {
	source, err := v.source()
	if err != nil {
		return nil, nil, nil, err
	}
	c := s.Contender
	if c.Prompt, err = prompt.Parse(source, prompt.Options{}); err != nil {
		return nil, nil, nil, err
	}
	c.Similar = s.Similar
	plan := Plan{Contenders: []Contender{c}, Cases: cases, Seed: s.Seed, Similar: s.Similar, Progress: func(int, int) {
		if s.done++; s.Progress != nil {
			s.Progress(min(s.done, s.total), s.total)
		}
	}}
	run, err := plan.Run(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	var scores, passes []float64
	for _, r := range run.Rows {
		if r.Error != "" {
			return nil, nil, nil, fmt.Errorf("no answer: %s", r.Error)
		}
		pass := 0.0
		if r.Pass {
			pass = 1
		}
		scores, passes = append(scores, r.Score), append(passes, pass)
	}
	return run, scores, passes, nil
}

// try asks the cases that choose, and takes the candidate if it is better than the best so far.
func (s *search) try(ctx context.Context, technique, name string, v variant) error {
	run, scores, passes, err := s.ask(ctx, v, s.choosing)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	t := Tried{Technique: technique, Name: name, Score: valueOf(scores), PassRate: valueOf(passes)}
	for _, r := range run.Rows {
		t.Tokens += float64(r.PromptTokens) / float64(len(run.Rows))
	}
	if t.Chosen = technique == "" || t.Score.Value > s.score; t.Chosen {
		s.best, s.score, s.out.Name = v, t.Score.Value, name
	}
	s.out.Tried = append(s.out.Tried, t)
	return nil
}

func (s *search) instructions(ctx context.Context) error {
	from := s.best
	for i, in := range instructions {
		if err := s.try(ctx, "instructions", in.name, from.withInstruction(i)); err != nil {
			return err
		}
	}
	return nil
}

// pool are the examples that could be shown.
func (s *search) pool() []any {
	var out []any
	for _, c := range s.examples {
		if ref := c.Reference(); ref != "" {
			o := prompt.NewObject()
			o.Set("input", inputText(c.Vars))
			o.Set("output", ref)
			out = append(out, o)
		}
	}
	return out
}

func (s *search) labelled(ctx context.Context) error {
	pool := s.pool()
	if len(pool) == 0 {
		return fmt.Errorf("no case has metadata.reference")
	}
	n := min(s.shots(), len(pool))
	return s.try(ctx, "labelled", fmt.Sprintf("first %d examples", n), s.best.withExamples(pool[:n], 0))
}

func (s *search) random(ctx context.Context) error {
	pool := s.pool()
	if len(pool) == 0 {
		return fmt.Errorf("no case has metadata.reference")
	}
	from, random := s.best, rand.New(rand.NewPCG(s.Seed, 0x73657473)) // "sets"
	for i := range s.sets() {
		n := min(1+random.IntN(s.shots()), len(pool))
		shown := make([]any, n)
		for j, k := range random.Perm(len(pool))[:n] {
			shown[j] = pool[k]
		}
		if err := s.try(ctx, "random", fmt.Sprintf("set %d of %d examples", i+1, n), from.withExamples(shown, 0)); err != nil {
			return err
		}
	}
	return nil
}

func (s *search) nearest(ctx context.Context) error {
	pool := s.pool()
	if len(pool) == 0 {
		return fmt.Errorf("no case has metadata.reference")
	}
	n := min(s.shots(), len(pool))
	return s.try(ctx, "nearest", fmt.Sprintf("nearest %d of %d examples", n, len(pool)), s.best.withExamples(pool, n))
}

func (s *search) reasoning(ctx context.Context) error {
	return s.try(ctx, "reasoning", "reasons first", s.best.withReasoning())
}

// voteTemperature is that of self-consistency's paper.
const voteTemperature = 0.7

func (s *search) votes(ctx context.Context) error {
	return s.try(ctx, "votes", fmt.Sprintf("vote of %d", s.samples()), s.best.withVote(s.samples(), voteTemperature))
}

// judge compares the chosen prompt with the first one on the cases that have chosen nothing.
func (s *search) judge(ctx context.Context) error {
	_, before, _, err := s.ask(ctx, variantOf(s.Contender.Prompt), s.test)
	if err != nil {
		return err
	}
	s.out.Before, s.out.After = valueOf(before), valueOf(before)
	if s.out.Name != "prompt" {
		_, after, _, err := s.ask(ctx, s.best, s.test)
		if err != nil {
			return err
		}
		change, err := eval.PairedChange(before, after, eval.Bootstrap{})
		if err != nil {
			return err
		}
		s.out.After, s.out.Change = valueOf(after), &change
	}
	s.out.Source, err = s.best.source()
	return err
}
