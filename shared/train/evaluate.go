package train

import (
	"context"
	"fmt"
	"math"

	"graft/shared/adapter"
	"graft/shared/dataset"
	"graft/shared/device"
)

// Evaluate runs the validation data through the parameters as they are and returns its metrics under transformers'
// names: eval_loss, for CAUSAL_LM eval_perplexity, and those of Options.Metrics with "eval_" before their names.
func (t *Trainer) Evaluate(ctx context.Context) (map[string]float64, error) {
	e := evaluation{}
	schedule := dataset.Schedule{Rows: len(t.o.Eval), BatchRows: t.o.Arguments.PerDeviceEvalBatchSize, Accumulate: 1, InOrder: true}
	for _, batches := range schedule.Epoch(0, 0) {
		if err := t.evaluate(ctx, batches[0], &e); err != nil {
			return nil, err
		}
	}
	m := map[string]float64{"eval_loss": e.loss / max(e.weight, math.SmallestNonzeroFloat64)}
	if t.o.Task == adapter.CausalLM {
		m["eval_perplexity"] = math.Exp(m["eval_loss"])
	}
	if t.o.Metrics != nil && len(e.logits) > 0 {
		for name, v := range t.o.Metrics(e.labels, e.logits) {
			m["eval_"+name] = v
		}
	}
	return m, nil
}

// evaluation adds up over batches.
type evaluation struct {
	loss, weight float64
	labels       []int32
	logits       [][]float32
}

func (t *Trainer) evaluate(ctx context.Context, rowsOf []int, e *evaluation) error {
	k := tasks[t.o.Task]
	seqs := make([]dataset.Sequence, len(rowsOf))
	for i, r := range rowsOf {
		seqs[i] = t.o.Eval[r]
	}
	b := t.o.pack(seqs)
	items := t.o.Arguments.PerDeviceEvalBatchSize
	if t.o.Task == adapter.CausalLM {
		items = dataset.Bucket(max(k.items(&b), 1))
	}
	s := size{len(b.Tokens), items}
	run := t.evals[s]
	if run == nil {
		g, _ := t.o.recordPass(s, false)
		var err error
		if run, err = t.o.Memory.Load(g); err != nil {
			return err
		}
		t.evals[s] = run
	}
	in, weights := k.feed(&b, items)
	if k.logits != nil {
		delete(in, "targets")
	}
	if err := run.Do(ctx, rows(b, in)); err != nil {
		return err
	}
	if k.logits == nil {
		return e.addLosses(run, weights)
	}
	return e.addLogits(run, b, len(t.o.Labels))
}

func (e *evaluation) addLosses(run *device.Run, weights []float32) error {
	out, err := run.Output("losses")
	if err != nil {
		return err
	}
	for i, l := range out.Floats() {
		if weights[i] != 0 {
			e.loss += float64(l) * float64(weights[i])
			e.weight += float64(weights[i])
		}
	}
	return nil
}

func (e *evaluation) addLogits(run *device.Run, b dataset.Batch, labels int) error {
	out, err := run.Output("logits")
	if err != nil {
		return err
	}
	for i := range b.Sequences {
		row, label := out.Floats()[i*labels:][:labels:labels], b.Labels[i]
		if label < 0 {
			continue
		}
		if int(label) >= labels {
			return fmt.Errorf("train: label id %d, expected below %d", label, labels)
		}
		e.loss += logSumExp(row) - float64(row[label])
		e.weight++
		e.labels, e.logits = append(e.labels, label), append(e.logits, row)
	}
	return nil
}

func logSumExp(x []float32) float64 {
	m, s := math.Inf(-1), 0.0
	for _, v := range x {
		m = max(m, float64(v))
	}
	for _, v := range x {
		s += math.Exp(float64(v) - m)
	}
	return m + math.Log(s)
}
