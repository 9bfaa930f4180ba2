package train

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math"
	"strings"
	"time"
)

// ErrDiverged is the error of a training whose loss or gradient is no number any more.
var ErrDiverged = errors.New("train: diverged")

// Event is one thing that happened in a run.
type Event struct {
	Kind         string             `json:"event"` // step, evaluate, checkpoint
	Step         int                `json:"step"`
	Steps        int                `json:"steps"`
	Epoch        float64            `json:"epoch"`
	Loss         float64            `json:"loss,omitempty"`
	LearningRate float64            `json:"learning_rate,omitempty"`
	GradNorm     float64            `json:"grad_norm,omitempty"`
	Tokens       int                `json:"tokens,omitempty"`  // of the step
	Seconds      float64            `json:"seconds,omitempty"` // the step, evaluation or checkpoint took
	Metrics      map[string]float64 `json:"metrics,omitempty"` // of an evaluation
	Best         bool               `json:"best,omitempty"`    // the evaluation is the best so far
	Checkpoint   string             `json:"checkpoint,omitempty"`
}

// Run takes the steps that are left, evaluating and saving as the arguments say, and yields what happens. To stop is
// to leave the loop or to cancel the context: what was saved stays, and Resume goes on from there. With
// load_best_model_at_end the parameters are at the end those of the best checkpoint.
func (t *Trainer) Run(ctx context.Context) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		stopped := false
		emit := func(e Event, err error) bool {
			e.Step, e.Steps, e.Epoch = t.state.GlobalStep, t.total, t.epoch()
			stopped = stopped || !yield(e, err) || err != nil
			return !stopped
		}
		for t.state.GlobalStep < t.total && !t.state.EarlyStopped {
			per := t.schedule.Steps()
			for _, batches := range t.schedule.Epoch(t.state.GlobalStep/per, t.state.GlobalStep%per) {
				if !t.one(ctx, batches, emit) || t.state.GlobalStep >= t.total || t.state.EarlyStopped {
					break
				}
			}
			if stopped {
				return
			}
		}
		if t.o.Arguments.LoadBestModelAtEnd && t.o.Store != nil && t.state.BestCheckpoint != "" {
			if err := t.load(t.state.BestCheckpoint, false); err != nil {
				emit(Event{}, err)
			}
		}
	}
}

// one takes one optimiser step and what follows it.
func (t *Trainer) one(ctx context.Context, batches [][]int, emit func(Event, error) bool) bool {
	start, rate := time.Now(), t.o.Arguments.Rate(t.state.GlobalStep, t.total)
	loss, norm, tokens, err := t.step(ctx, batches)
	if err != nil {
		return emit(Event{}, err)
	}
	t.state.GlobalStep++
	e := Event{Kind: "step", Loss: loss, LearningRate: rate, GradNorm: norm, Tokens: tokens, Seconds: time.Since(start).Seconds()}
	if math.IsNaN(norm) || math.IsInf(norm, 0) {
		return emit(e, fmt.Errorf("%w: the gradient of step %d is %g; the weights of the last checkpoint are kept; try a lower learning_rate than %g", ErrDiverged, t.state.GlobalStep, norm, rate))
	}
	t.state.log(e, t.epoch())
	if !emit(e, nil) {
		return false
	}
	if t.due(t.o.Arguments.EvalStrategy, t.o.Arguments.EvalSteps) {
		start := time.Now()
		m, err := t.Evaluate(ctx)
		if err != nil {
			return emit(Event{}, err)
		}
		e := Event{Kind: "evaluate", Metrics: m, Best: t.judge(m), Seconds: time.Since(start).Seconds()}
		t.state.log(e, t.epoch())
		if !emit(e, nil) {
			return false
		}
	}
	if t.o.Store != nil && (t.due(t.o.Arguments.SaveStrategy, t.o.Arguments.SaveSteps)) {
		start := time.Now()
		name, err := t.save(ctx)
		if err != nil {
			return emit(Event{}, err)
		}
		return emit(Event{Kind: "checkpoint", Checkpoint: name, Seconds: time.Since(start).Seconds()}, nil)
	}
	return true
}

func (t *Trainer) epoch() float64 { return float64(t.state.GlobalStep) / float64(t.schedule.Steps()) }

// due reports whether something falls after the step just taken. The run's last step counts as an epoch's end.
func (t *Trainer) due(strategy string, every int) bool {
	switch last := t.state.GlobalStep == t.total; strategy {
	case "epoch":
		return t.state.GlobalStep%t.schedule.Steps() == 0 || last
	case "steps":
		return t.state.GlobalStep%every == 0 || last
	}
	return false
}

// judge compares an evaluation with the best one and counts toward early stopping.
func (t *Trainer) judge(m map[string]float64) bool {
	a := t.o.Arguments
	name := a.MetricForBestModel
	if name == "" {
		name = "eval_loss"
	}
	got, ok := m[name]
	if !ok {
		if got, ok = m["eval_"+name]; !ok {
			return false
		}
	}
	greater := !strings.HasSuffix(name, "loss")
	if a.GreaterIsBetter != nil {
		greater = *a.GreaterIsBetter
	}
	gain := got - t.state.BestMetric
	if !greater {
		gain = -gain
	}
	first := t.state.BestStep == 0
	if first || gain > a.EarlyStoppingThreshold {
		t.state.Patience = 0
	} else if t.state.Patience++; a.EarlyStoppingPatience > 0 && t.state.Patience >= a.EarlyStoppingPatience {
		t.state.EarlyStopped = true
	}
	t.state.LastMetrics = maps.Clone(m)
	if first || gain > 0 {
		t.state.BestMetric, t.state.BestStep, t.state.BestMetrics = got, t.state.GlobalStep, maps.Clone(m)
		return true
	}
	return false
}
