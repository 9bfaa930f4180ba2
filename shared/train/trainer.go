// Package train fits parameters to data.
//
// A Trainer runs optimiser steps on a device. Each step is some passes (forward, loss, backward, gradients summed)
// and one update; both are recorded programs, compiled once for each size of batch. Batches are packed: sequences lie
// back to back, so nothing is spent on padding.
//
// A run is a pure function of its options: the order of examples, dropout masks and first values are drawn from the
// seed by step and by name, and a checkpoint holds the rest. So a run that is killed at any moment and resumed from its
// last checkpoint ends with the same bits as one that was not.
package train

import (
	"context"
	"fmt"
	"hash/fnv"
	"maps"
	"math"
	"math/rand/v2"
	"strings"

	"graft/shared/adapter"
	"graft/shared/dataset"
	"graft/shared/device"
	"graft/shared/graph"
	"graft/shared/model"
	"graft/shared/nn"
	"graft/shared/tensor"
	"graft/shared/weights"
)

// Options are what a run is made of.
type Options struct {
	Memory  *device.Memory // its Fetch gives the frozen base weights
	Model   model.Model
	Adapter adapter.Adapter // nil trains the whole model
	Task    adapter.TaskType
	Labels  []string // of SEQ_CLS, in order of ids
	// DType is the storage type of frozen weights (nn.Scope.DType).
	DType func(name string, shape tensor.Shape) tensor.DType
	// Base gives a base weight as float32 to start a trained copy from; nil, or nothing for a name, starts it from
	// random values.
	Base adapter.BaseWeights
	// Start holds first values of parameters by their names, such as an adapter to train further; nil for none.
	Start     weights.Source
	Train     []dataset.Sequence
	Eval      []dataset.Sequence
	InOrder   bool // train on rows in the order they have, not in a random one
	Arguments Arguments
	// Group says how a parameter differs from the rest in learning rate and weight decay; nil is DefaultGroup.
	Group func(name string, shape tensor.Shape) Group
	// Metrics sums an evaluation of SEQ_CLS up, from class ids and logits of the items in order.
	Metrics func(labels []int32, logits [][]float32) map[string]float64
	// Store keeps checkpoints; nil keeps none.
	Store Store
	// Files are written into every checkpoint beside the trained weights: adapter_config.json, graft.json.
	Files func(metrics map[string]float64) (map[string][]byte, error)
}

// Trainer is a run under way.
type Trainer struct {
	o        Options
	schedule dataset.Schedule
	total    int // optimiser steps
	params   []param
	passes   map[size]*device.Run
	evals    map[size]*device.Run
	update   *device.Run
	state    State
}

// New prepares a run: parameters get their first values. To go on from a checkpoint, call Resume.
func New(o Options) (*Trainer, error) {
	a := o.Arguments
	if err := a.Check(); err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	if _, ok := tasks[o.Task]; !ok {
		return nil, fmt.Errorf("train: task_type %q is not known, expected SEQ_CLS or CAUSAL_LM", o.Task)
	}
	if o.Task == adapter.SeqCls && len(o.Labels) < 2 {
		return nil, fmt.Errorf("train: %d labels, expected at least 2", len(o.Labels))
	}
	if share := o.Model.Config().AttentionShare(); share > 0 && model.IsDecoder(o.Model) {
		return nil, fmt.Errorf("train: config.json: attention_dropout is %g, expected 0: dropping attention weights is not supported", share)
	}
	if err := o.weigh(); err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	t := &Trainer{o: o, passes: map[size]*device.Run{}, evals: map[size]*device.Run{}}
	t.schedule = dataset.Schedule{Rows: len(o.Train), BatchRows: a.PerDeviceTrainBatchSize, Accumulate: a.GradientAccumulationSteps, Seed: a.Seed, InOrder: o.InOrder}
	if err := t.schedule.Check(); err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	t.total = a.MaxSteps
	if t.total <= 0 {
		t.total = int(math.Ceil(a.NumTrainEpochs * float64(t.schedule.Steps())))
	}
	if (a.EvalStrategy != "no") && len(o.Eval) == 0 {
		return nil, fmt.Errorf("train: eval_strategy is %q and there is no validation data", a.EvalStrategy)
	}
	g, params := o.recordPass(size{1, 1}, true)
	if err := g.Err(); err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	if len(params) == 0 {
		return nil, fmt.Errorf("train: nothing is trained")
	}
	t.params = params
	for _, p := range params {
		if err := t.start(p); err != nil {
			return nil, fmt.Errorf("train: %s: %w", p.name, err)
		}
	}
	if d, ok := o.Adapter.(adapter.Deriver); ok {
		if err := adapter.Derive(d, g, o.Base, nil, o.Memory.Write); err != nil {
			return nil, fmt.Errorf("train: %w", err)
		}
	}
	return t, nil
}

// pack lays sequences out for the adapter: room for its keys before theirs.
func (o *Options) pack(seqs []dataset.Sequence) dataset.Batch {
	b := dataset.Pack(seqs, dataset.Bucket)
	b.Shift(adapter.VirtualOf(o.Adapter).Keys)
	return b
}

// hooks are the adapter's, or those that train every weight.
func (o *Options) hooks() nn.Hooks {
	if o.Adapter != nil {
		return o.Adapter.Hooks(graph.Param)
	}
	return nn.Hooks{Weight: func(name string) (string, graph.Kind, bool) { return name, graph.Param, true }}
}

// initializerRange is the deviation of random weights, as in transformers' configurations.
const initializerRange = 0.02

// start gives a parameter its first value and zeroes what the optimiser keeps for it.
func (t *Trainer) start(p param) error {
	h := fnv.New64a()
	h.Write([]byte(p.name))
	r := rand.New(rand.NewPCG(t.o.Arguments.Seed, h.Sum64()))
	if t.o.Start != nil {
		if _, ok := t.o.Start.Spec(p.name); ok {
			v, err := weights.Floats(t.o.Start, p.name)
			if err == nil && !v.Shape.Equal(p.Shape) {
				err = fmt.Errorf("shape %v to start from, expected %v", v.Shape, p.Shape)
			}
			if err != nil {
				return err
			}
			return t.set(p, v.Floats())
		}
	}
	base := p.name
	if t.o.Adapter != nil {
		v, ok, err := t.o.Adapter.Init(p.name, p.Shape, adapter.Start{Rand: r, Base: t.o.Base})
		if err != nil || ok {
			if err == nil {
				err = t.set(p, v)
			}
			return err
		}
		base = t.o.Adapter.BaseName(p.name)
	}
	if t.o.Base != nil {
		v, ok, err := t.o.Base(base, p.Shape)
		if err != nil || ok {
			if err == nil {
				err = t.set(p, v)
			}
			return err
		}
	}
	v := make([]float32, p.Shape.Len())
	for i := range v {
		switch {
		case strings.HasSuffix(base, ".bias"):
		case len(p.Shape) == 1:
			v[i] = 1
		default:
			v[i] = float32(r.NormFloat64() * initializerRange)
		}
	}
	return t.set(p, v)
}

func (t *Trainer) set(p param, v []float32) error {
	m := t.o.Memory
	if err := m.Write(p.name, tensor.FromFloats(v, p.Shape...)); err != nil {
		return err
	}
	for _, l := range append(t.o.Arguments.optimizer().state(p), leaf{p.gradient(), p.Spec}) {
		if err := m.Write(l.name, tensor.Make(l.Spec)); err != nil {
			return err
		}
	}
	return nil
}

// Steps is the number of optimiser steps of the run.
func (t *Trainer) Steps() int { return t.total }

// pass runs one batch and returns its part of the step's loss. total is the weight of the step's items.
func (t *Trainer) pass(ctx context.Context, b dataset.Batch, items int, total float64, first bool, number int) (float64, error) {
	s := size{len(b.Tokens), items}
	run := t.passes[s]
	if run == nil {
		g, _ := t.o.recordPass(s, true)
		var err error
		if run, err = t.o.Memory.Load(g); err != nil {
			return 0, err
		}
		t.passes[s] = run
	}
	in, weights := tasks[t.o.Task].feed(&b, items)
	share := make([]float32, len(weights))
	for i, w := range weights {
		share[i] = float32(float64(w) / total)
	}
	keep := float32(1)
	if first {
		keep = 0
	}
	in["weights"] = tensor.FromFloats(share, items)
	if t.o.Arguments.NEFTuneNoiseAlpha > 0 {
		in["noise"] = t.noiseSize(&b)
	}
	in["keep"] = tensor.FromFloats([]float32{keep}, 1)
	in["seed"] = tensor.FromInts([]int32{int32(uint32(t.o.Arguments.Seed)), int32(number)}, 2)
	if err := run.Do(ctx, rows(b, in)); err != nil {
		return 0, err
	}
	loss, err := run.Output("loss")
	if err != nil {
		return 0, err
	}
	return float64(loss.Floats()[0]), nil
}

// rows adds the model's inputs of a batch.
func rows(b dataset.Batch, in map[string]*tensor.Tensor) map[string]*tensor.Tensor {
	maps.Copy(in, b.Inputs())
	return in
}

// step runs the batches of one optimiser step, and the update.
func (t *Trainer) step(ctx context.Context, epochRows [][]int) (loss, norm float64, tokens int, err error) {
	k := tasks[t.o.Task]
	batches, items, total := make([]dataset.Batch, len(epochRows)), make([]int, len(epochRows)), 0.0
	for i, rows := range epochRows {
		seqs := make([]dataset.Sequence, len(rows))
		for j, r := range rows {
			seqs[j] = t.o.Train[r]
		}
		b := t.o.pack(seqs)
		items[i] = k.items(&b)
		switch t.o.Task {
		case adapter.SeqCls:
			items[i] = t.o.Arguments.PerDeviceTrainBatchSize
			total += b.LabelWeight()
		default:
			items[i] = dataset.Bucket(max(items[i], 1))
			total += b.TokenWeight()
		}
		tokens += b.Used
		batches[i] = b
	}
	if total == 0 { // no token of the step is learnable: nothing to do
		return 0, 0, tokens, nil
	}
	for i, b := range batches {
		l, err := t.pass(ctx, b, items[i], total, i == 0, t.state.GlobalStep*t.o.Arguments.GradientAccumulationSteps+i)
		if err != nil {
			return 0, 0, 0, err
		}
		loss += l
	}
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return loss, 0, tokens, fmt.Errorf("%w: the loss of step %d is %g; the weights of the last checkpoint are kept; try a lower learning_rate than %g",
			ErrDiverged, t.state.GlobalStep+1, loss, t.o.Arguments.Rate(t.state.GlobalStep, t.total))
	}
	norm, err = t.apply(ctx)
	return loss, norm, tokens, err
}

// apply runs the optimiser over the summed gradients and returns their norm.
func (t *Trainer) apply(ctx context.Context) (float64, error) {
	if t.update == nil {
		var err error
		if t.update, err = t.o.Memory.Load(t.o.recordUpdate(t.params)); err != nil {
			return 0, err
		}
	}
	hyper := t.o.Arguments.hyper(t.state.GlobalStep+1, t.o.Arguments.Rate(t.state.GlobalStep, t.total))
	if err := t.update.Do(ctx, map[string]*tensor.Tensor{"hyper": tensor.FromFloats(hyper, 4)}); err != nil {
		return 0, err
	}
	norm, err := t.update.Output("grad_norm")
	if err != nil {
		return 0, err
	}
	return float64(norm.Floats()[0]), nil
}

// Close frees the run's programs; parameters stay in the memory.
func (t *Trainer) Close() error {
	var first error
	for _, runs := range []map[size]*device.Run{t.passes, t.evals} {
		for _, r := range runs {
			if err := r.Close(); err != nil && first == nil {
				first = err
			}
		}
	}
	if t.update != nil {
		if err := t.update.Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}
