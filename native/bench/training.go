package bench

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
)

// untimedSteps are the first steps of a training, which are left out of its speed on both sides: memory is touched for
// the first time, programs are compiled.
const untimedSteps = 2

// sameFirstLoss is how far apart the losses of the first step may be. Rows, base and adapter are the same, and dropout
// has no effect yet, since B of a new adapter is 0. Another order of summing and activations rounded to 16 bits stay
// far below; another row, pooling or base does not.
const sameFirstLoss = 0.01

// targets are the modules that LoRA is put on: those of the common recipe, and all.
var targets = []struct {
	name, modules string
	r             int
}{
	{"qv", "q_proj,v_proj", 8},
	{"all", "all-linear", 16},
}

// training is the suite "train". graft packs rows back to back; PEFT pads them to max_length, as the common recipe
// does, or to the longest of the batch, or is made to pack them too.
func training(ctx context.Context, s *Settings) ([]*Contest, error) {
	python, err := s.Peers.Python(ctx, TrainRequirements)
	if err != nil {
		return nil, err
	}
	gguf, err := s.Peers.GGUF(ctx, python)
	if err != nil {
		return nil, err
	}
	model, err := s.Peers.HuggingFace(ctx, python, gguf)
	if err != nil {
		return nil, err
	}
	rows := filepath.Join(s.Work, "rows.csv")
	if err := sampleRows(s.Data, rows, (s.Steps+untimedSteps)*s.Batch); err != nil {
		return nil, err
	}
	script := filepath.Join(s.Peers.Scripts, "peft_train.py")
	var contests []*Contest
	for _, t := range targets {
		adapter := filepath.Join(s.Work, "adapter-"+t.name)
		prepare := func(ctx context.Context) error {
			return s.Peers.Adapter(ctx, python, adapter, flags("model", model, "train-file", rows, "target-modules", t.modules, "r", t.r,
				"lora-alpha", 32, "lora-dropout", 0.05, "max-length", s.MaxLength, "threads", s.Threads)...)
		}
		work := flags("model", model, "train-file", rows, "adapter", adapter, "max-length", s.MaxLength, "per-device-train-batch-size", s.Batch,
			"max-steps", s.Steps+untimedSteps, "skip-timed-steps", untimedSteps, "learning-rate", 2e-4, "threads", s.Threads)
		for _, q := range []struct {
			prefix, base string
			flags        []string
		}{{"lora-", "f32", nil}, {"qlora-", "NF4", []string{"--load-in-4bit"}}} {
			c := &Contest{Name: q.prefix + t.name, Title: fmt.Sprintf("SmolLM2-135M %s, LoRA r=%d %s", q.base, t.r, t.modules), Prepare: prepare,
				Metrics: []Metric{{Name: "training", Unit: "tokens/s", Key: "tokens_per_second"}, PeakMemory(),
					{Name: "memory before the model", Unit: "MiB", Key: "memory_bytes_before_model", Scale: 1 << 20}},
				Checks: []Check{Equal("steps"), Equal("tokens"), Equal("trainable_parameters"), Equal("threads"), Near("first_loss", sameFirstLoss)}}
			add := func(name string, env []string, command ...string) {
				c.Contestants = append(c.Contestants, Contestant{Name: name, Env: env, Command: slices.Concat(command, q.flags, work)})
			}
			add("graft", nil, s.Measure, "train")
			if q.flags != nil {
				add("graft, 16-bit activations", nil, s.Measure, "train", "--activations", "16")
			}
			for _, padding := range []string{"max_length", "longest", "packed"} {
				add("PEFT, "+padding, s.env(), python, script, "--no-shuffle", "--padding", padding)
			}
			contests = append(contests, c)
		}
	}
	return contests, nil
}
