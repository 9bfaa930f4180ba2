package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"slices"
	"time"

	"graft/native/cpu"
	"graft/shared/engine"
	"graft/shared/tensor"
)

// speedFlags are the work: one batch of prefill tokens into an empty cache; decode single tokens after depth others.
type speedFlags struct {
	model                          string
	threads, activations, context  int
	isa, cacheType                 string
	prefill, decode, depth, repeat int
}

// figures are of the repetitions that count, in tokens a second.
type figures struct {
	Median float64   `json:"median"`
	Best   float64   `json:"best"`
	Runs   []float64 `json:"runs"`
}

type speedResult struct {
	Peer        string   `json:"peer"`
	System      string   `json:"system"` // the device
	Model       string   `json:"model"`
	Threads     int      `json:"threads"`
	CacheType   string   `json:"cache_type"`
	Activations int      `json:"activations"`
	Prefill     int      `json:"prefill_tokens"`
	Decode      int      `json:"decode_tokens"`
	Depth       int      `json:"depth"`
	PrefillRate *figures `json:"prefill_tokens_per_second"`
	DecodeRate  *figures `json:"decode_tokens_per_second"`
	LoadSeconds float64  `json:"load_seconds"` // from opening the file to the logits of a first token
	Vocabulary  int      `json:"vocabulary_size"`
	TopTokens   []int    `json:"top_tokens"` // the most likely after the last token fed, best first
}

// cacheTypes are the types keys and values can be kept in.
var cacheTypes = map[string]tensor.DType{"f16": tensor.F16, "f32": tensor.F32}

func speed(ctx context.Context, args []string) (any, error) {
	var o speedFlags
	f := flag.NewFlagSet("speed", flag.ContinueOnError)
	f.StringVar(&o.model, "model", "", "GGUF file or Hugging Face directory")
	f.IntVar(&o.threads, "threads", 0, "of the CPU, 0: one a core")
	f.StringVar(&o.isa, "isa", "", "best instruction set to use; \"\": what the machine has")
	f.IntVar(&o.activations, "activations", 8, "precision of activations in products with quantised weights: 0 or 8")
	f.IntVar(&o.context, "context", 1024, "tokens of the cache")
	f.StringVar(&o.cacheType, "cache-type", "f16", "of keys and values: f16 or f32")
	f.IntVar(&o.prefill, "prefill", 512, "tokens")
	f.IntVar(&o.decode, "decode", 64, "tokens")
	f.IntVar(&o.depth, "depth", 0, "tokens in the cache before the decode")
	f.IntVar(&o.repeat, "repeat", 3, "times; one more for warming up is thrown away")
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	cache, ok := cacheTypes[o.cacheType]
	if !ok {
		return nil, fmt.Errorf("--cache-type is %q, expected f16 or f32", o.cacheType)
	}
	d, err := cpu.Open(cpu.Options{Threads: o.threads, ISA: o.isa})
	if err != nil {
		return nil, err
	}
	defer d.Close()
	begin := time.Now()
	base, err := engine.Open(modelFS(o.model), d, engine.Options{Name: o.model, Activations: o.activations})
	if err != nil {
		return nil, err
	}
	defer base.Close()
	s, err := base.Session(nil, o.context, cache)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	r := &runner{ctx: ctx, session: s, vocabulary: base.Model.Config().VocabSize}
	if r.feed(r.tokens(1, 1)); r.err != nil {
		return nil, r.err
	}
	loaded := time.Since(begin)
	prefill, decode := r.measure(o)
	return speedResult{Peer: "graft", System: d.Name(), Model: o.model, Threads: o.threads, CacheType: o.cacheType, Activations: o.activations,
		Prefill: o.prefill, Decode: o.decode, Depth: o.depth, PrefillRate: prefill, DecodeRate: decode, LoadSeconds: loaded.Seconds(),
		Vocabulary: r.vocabulary, TopTokens: r.top()}, r.err
}

// runner feeds a session and keeps the first error.
type runner struct {
	ctx        context.Context
	session    *engine.Session
	vocabulary int
	logits     []float32 // after the last token fed
	err        error
}

// tokens are those that llama_cpp_run.py makes of the same seed.
func (r *runner) tokens(n, seed int) []int32 {
	ids := make([]int32, n)
	for i := range ids {
		ids[i] = int32((seed + 7919*i) % r.vocabulary)
	}
	return ids
}

// feed returns the seconds that reading ids took.
func (r *runner) feed(ids []int32) float64 {
	if r.err != nil || len(ids) == 0 {
		return 0
	}
	begin := time.Now()
	r.logits, r.err = r.session.Feed(r.ctx, ids)
	return time.Since(begin).Seconds()
}

// measure repeats the work and leaves the first time out.
func (r *runner) measure(o speedFlags) (prefill, decode *figures) {
	var fed, single []float64
	for range o.repeat + 1 {
		if o.prefill > 0 {
			r.session.Rewind(0)
			fed = append(fed, float64(o.prefill)/r.feed(r.tokens(o.prefill, 1)))
		}
		if o.decode > 0 {
			r.session.Rewind(0)
			r.feed(r.tokens(o.depth, 2))
			seconds := 0.0
			for _, id := range r.tokens(o.decode, 3) {
				seconds += r.feed([]int32{id})
			}
			single = append(single, float64(o.decode)/seconds)
		}
	}
	return newFigures(fed), newFigures(single)
}

func newFigures(all []float64) *figures {
	if len(all) < 2 {
		return nil
	}
	runs := all[1:]
	sorted := slices.Sorted(slices.Values(runs))
	n := len(sorted)
	return &figures{(sorted[(n-1)/2] + sorted[n/2]) / 2, sorted[n-1], runs}
}

// topTokens is how many of the most likely tokens are told: llama.cpp rounds elsewhere, so that the best may change places.
const topTokens = 10

func (r *runner) top() []int {
	ids := make([]int, len(r.logits))
	for i := range ids {
		ids[i] = i
	}
	slices.SortFunc(ids, func(a, b int) int { return cmp.Compare(r.logits[b], r.logits[a]) })
	return ids[:min(topTokens, len(ids))]
}
