package cli

import (
	"context"
	"fmt"

	"graft/native/term"
	"graft/shared/adapter"
	"graft/shared/dataset"
	"graft/shared/engine"
	"graft/shared/train"
)

// textResult is how well a model predicts text.
type textResult struct {
	Loss            float64 `json:"loss"` // mean over the learnable tokens, in nats
	Perplexity      float64 `json:"perplexity"`
	N               int     `json:"n"` // texts
	PeakMemoryBytes int64   `json:"peak_memory_bytes"`
}

// perplexity measures a base, with an adapter unless nil, on texts. It is the evaluation of a training that takes no
// step; without an adapter it is of a new one, which changes nothing until it is trained.
func perplexity(ctx context.Context, b *engine.Base, ad *engine.Adapter, table *dataset.Table, maxLength, batch int) (textResult, error) {
	args := train.Defaults()
	args.PerDeviceEvalBatchSize, args.Activations = batch, b.Activations()
	e := engine.Training{Base: b, Method: adapter.LoRA{TargetModules: adapter.Names{Pattern: adapter.AllLinear}}, Task: adapter.CausalLM,
		Train: table, Eval: table, MaxLength: maxLength, Arguments: args, Start: ad}
	job, err := e.Prepare()
	if err != nil {
		return textResult{}, err
	}
	defer job.Close()
	m, err := job.Evaluate(ctx)
	if err != nil {
		return textResult{}, err
	}
	return textResult{m["eval_loss"], m["eval_perplexity"], len(table.Rows), peakMemory()}, nil
}

func (a *app) printPerplexity(r textResult) error {
	of := a.lang.of
	return a.out.Table([]term.Column{{Name: of(msgMetric)}, {Name: of(msgValue), Right: true}}, [][]string{
		{"loss", fmt.Sprintf("%.4f", r.Loss)},
		{"perplexity", fmt.Sprintf("%.3f", r.Perplexity)},
		{"n", term.Count(int64(r.N))},
		{of(text{"peak memory", "内存峰值"}), term.Bytes(r.PeakMemoryBytes)},
	})
}
