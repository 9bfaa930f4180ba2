package bench

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
)

// inference is the suite "cpu". llama.cpp runs with and without its flash attention, since which is faster depends on
// the machine and the depth.
func inference(ctx context.Context, s *Settings) ([]*Contest, error) {
	python, err := s.Peers.Python(ctx, LlamaRequirements)
	if err != nil {
		return nil, err
	}
	gguf, err := s.Peers.GGUF(ctx, python)
	if err != nil {
		return nil, err
	}
	contest := func(name, title string, metrics []Metric, work ...any) *Contest {
		work = append(work, "model", gguf, "threads", s.Threads, "repeat", s.Repeat, "cache-type", "f16")
		c := &Contest{Name: name, Title: title, Metrics: metrics,
			Checks: []Check{Equal("prefill_tokens"), Equal("decode_tokens"), Equal("depth"), Equal("threads"), Equal("cache_type"),
				Equal("vocabulary_size"), Ranked("top_tokens")}}
		c.Contestants = []Contestant{{Name: "graft", Command: slices.Concat([]string{s.Measure, "speed", "--activations", "8"}, flags(work...))}}
		script := filepath.Join(s.Peers.Scripts, "llama_cpp_run.py")
		for _, attention := range []string{"off", "on"} {
			c.Contestants = append(c.Contestants, Contestant{Name: "llama.cpp, flash attention " + attention, Env: s.env(),
				Command: slices.Concat([]string{python, script, "speed", "--flash-attention", attention}, flags(work...))})
		}
		return c
	}
	decode := func(name string) Metric {
		return Metric{Name: name, Unit: "tokens/s", Key: "decode_tokens_per_second.median"}
	}
	title := "SmolLM2-135M " + formatOf(gguf)
	return []*Contest{
		contest("speed", title, []Metric{
			{Name: "prefill of 512", Unit: "tokens/s", Key: "prefill_tokens_per_second.median"},
			decode("decode of 64"),
			PeakMemory(),
			{Name: "from opening to first token", Unit: "s", Key: "load_seconds"},
		}, "prefill", 512, "decode", 64, "depth", 0),
		contest("depth", title, []Metric{decode("decode of 64 after 512")}, "prefill", 0, "decode", 64, "depth", 512),
	}, nil
}

// formatOf is the format a GGUF file's name tells.
func formatOf(path string) string {
	parts := strings.Split(strings.TrimSuffix(filepath.Base(path), ".gguf"), ".")
	return parts[len(parts)-1]
}
