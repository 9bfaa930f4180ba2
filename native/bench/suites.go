package bench

import (
	"context"
	"fmt"
)

// Settings are what suites can be told.
type Settings struct {
	Measure string // graft's side: the program cmd/measure
	Peers   *Peers
	Work    string // folder for a suite's files
	Threads int

	Repeat int // times within one process of inference, beside one to warm up

	Data      string // of training: CSV with the columns text and label
	Steps     int    // optimiser steps that are timed
	Batch     int    // per_device_train_batch_size
	MaxLength int    // tokens
}

// Suite is a group of contests.
type Suite struct {
	Name, Doc string
	Contests  func(ctx context.Context, s *Settings) ([]*Contest, error)
}

// Suites is the table of what can be measured.
var Suites = []Suite{
	{"cpu", "answering: prefill and decode of a GGUF model, beside llama.cpp", inference},
	{"train", "training: LoRA and QLoRA for classification, beside PyTorch and PEFT", training},
}

// env is of peers: as many threads as asked for, no network.
func (s *Settings) env() []string {
	return []string{fmt.Sprintf("OMP_NUM_THREADS=%d", s.Threads), "TOKENIZERS_PARALLELISM=false", "HF_HUB_OFFLINE=1"}
}

// flags makes "--name value" of pairs.
func flags(pairs ...any) (out []string) {
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, fmt.Sprintf("--%v", pairs[i]), fmt.Sprint(pairs[i+1]))
	}
	return out
}
