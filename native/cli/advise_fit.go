package cli

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"graft/native/advise"
	"graft/native/recipe"
	"graft/native/term"
	"graft/shared/engine"
	"graft/shared/train"
)

// estimate is the time of a run, from steps that were taken.
type estimate struct {
	Steps           int     `json:"steps"` // of the whole run
	SecondsPerStep  float64 `json:"seconds_per_step"`
	TokensPerSecond float64 `json:"tokens_per_second"`
	Seconds         float64 `json:"seconds"`        // of the whole run, with its evaluations
	Measured        int     `json:"measured_steps"` // without the first, which compiles
	Device          string  `json:"device"`
}

// bytesPerParameter is what training every weight takes in float32: value, gradient and AdamW's two moments.
const bytesPerParameter = 16

// fit goes through the advice and its fallbacks until the plan fits in the memory, and measures the time.
func (d *advising) fit(ctx context.Context) error {
	fallbacks := d.advice.Fallbacks()
	for {
		plan, err := d.plan(ctx)
		if err != nil {
			return err
		}
		d.result.Plan, d.result.Total = plan, plan.Total()
		if d.result.Fits = d.memory == 0 || int64(plan.Total()) <= d.memory; d.result.Fits || len(fallbacks) == 0 {
			break
		}
		d.advice = d.advice.With(fallbacks[0].Settings...)
		d.advice.Reasons = append(d.advice.Reasons, fallbacks[0].Reason)
		fallbacks = fallbacks[1:]
		if err := d.apply(); err != nil {
			return err
		}
	}
	if !d.result.Fits || !d.measure {
		return nil
	}
	return d.time(ctx)
}

// with does something with the base as the recipe wants it: the one that is open, or its copy in 4 bits.
func (d *advising) with(load4 bool, do func() error) (err error) {
	if !load4 {
		return do()
	}
	base, device, err := d.openBase(d.model, "", d.recipe.Threads, engine.Options{Name: d.model, LoadIn4Bit: true, DoubleQuant: d.recipe.DoubleQuant})
	if err != nil {
		return err
	}
	plain := d.base
	d.base = base
	defer func() { d.base = plain; err = errors.Join(err, base.Close(), device.Close()) }()
	return do()
}

// ready prepares a training of the recipe that keeps no checkpoints.
func (d *advising) ready(r recipe.Recipe) (*engine.Job, error) {
	t := d.training
	t.recipe, t.store = r, nil
	if r.TrainFile == "" {
		t.recipe.TrainFile = d.tables.train.Name // imagined
	}
	if err := t.recipe.Check(); err != nil {
		return nil, err
	}
	return t.prepare()
}

// plan is the memory of the recipe's training program.
func (d *advising) plan(context.Context) (*train.Plan, error) {
	if n := d.facts.Parameters * bytesPerParameter; d.recipe.Method == recipe.Full && d.memory > 0 && int64(n) > d.memory {
		// The weights alone do not fit; to record the program would read them.
		p := 4 * d.facts.Parameters
		return &train.Plan{Parameters: p, Gradients: p, Optimizer: 2 * p, Trainable: d.facts.Parameters, All: d.facts.Parameters}, nil
	}
	var plan train.Plan
	err := d.with(d.recipe.LoadIn4Bit, func() error {
		job, err := d.ready(d.recipe)
		if err != nil {
			return err
		}
		plan, err = job.Options.Plan()
		d.steps = job.Steps()
		return errors.Join(err, job.Close())
	})
	if d.rows > 0 && d.recipe.TrainFile == "" { // the imagined rows are fewer
		per := d.recipe.PerDeviceTrainBatchSize * d.recipe.GradientAccumulationSteps
		d.steps = int(math.Ceil(d.recipe.NumTrainEpochs * math.Ceil(float64(d.rows)/float64(per))))
	}
	return &plan, err
}

// measuredSteps is how many steps the time is measured by, after one that is not counted: it reads the weights and compiles.
const measuredSteps = 4

// time measures the recipe's steps and brings the number of epochs into the budget.
func (d *advising) time(ctx context.Context) error {
	bar := d.err.Bar(d.lang.of(text{"measure", "实测"}), d.lang.of(text{"step", "步"}), measuredSteps+1)
	defer bar.End()
	e := estimate{Steps: d.steps}
	err := d.with(d.recipe.LoadIn4Bit, func() error {
		r := d.recipe
		r.MaxSteps, r.EvalStrategy, r.SaveStrategy, r.LoadBestModelAtEnd, r.EarlyStoppingPatience = measuredSteps+1, "no", "no", false, 0
		job, err := d.ready(r)
		if err != nil {
			return err
		}
		e.Device = d.base.Device().Name()
		seconds, tokens := 0.0, 0
		for event, err := range job.Run(ctx) {
			if err != nil {
				return errors.Join(err, job.Close())
			}
			bar.Set(int64(event.Step), int64(tokens))
			if event.Kind == "step" && event.Step > 1 {
				seconds, tokens, e.Measured = seconds+event.Seconds, tokens+event.Tokens, e.Measured+1
			}
		}
		e.SecondsPerStep, e.TokensPerSecond = seconds/float64(max(e.Measured, 1)), float64(tokens)/seconds
		return job.Close()
	})
	if err != nil {
		return err
	}
	d.result.Estimate = &e
	epochs := d.recipe.NumTrainEpochs
	e.Seconds = d.runSeconds(e, epochs)
	if d.budget > 0 && e.Seconds > d.budget.Seconds() {
		for epochs > 1 && d.runSeconds(e, epochs) > d.budget.Seconds() {
			epochs--
		}
		was := d.recipe.NumTrainEpochs
		d.advice = d.advice.With(advise.Setting{Key: "num_train_epochs", Value: fmt.Sprint(epochs)})
		d.recipe.NumTrainEpochs = epochs
		d.advice.Reasons = append(d.advice.Reasons, advise.Reason{Text: advise.Text{
			En: fmt.Sprintf("%g epochs instead of %g: more do not fit in %v.", epochs, was, d.budget), Zh: fmt.Sprintf("由 %[2]g 轮减为 %[1]g 轮:更多轮次超出 %[3]v。", epochs, was, d.budget)}, Sources: []advise.Source{advise.Measured}})
		e.Steps = int(float64(d.steps) * epochs / was)
		e.Seconds = d.runSeconds(e, epochs)
		if e.Seconds > d.budget.Seconds() {
			d.advice.Doubts = append(d.advice.Doubts, advise.Reason{Text: advise.Text{
				En: fmt.Sprintf("One epoch takes %v, longer than %v: train on fewer rows (max_steps), or a smaller base.", short(e.Seconds), d.budget),
				Zh: fmt.Sprintf("一轮需 %v,超过 %v:请减少训练行数(max_steps)或换更小的基座。", short(e.Seconds), d.budget)}, Sources: []advise.Source{advise.Measured}})
		}
	}
	d.result.Estimate = &e
	return nil
}

// forwardShare is an evaluation's part of the time of a training pass over as many tokens: forward without backward.
const forwardShare = 1. / 3

// runSeconds is the time of so many epochs with an evaluation after each.
func (d *advising) runSeconds(e estimate, epochs float64) float64 {
	perEpoch := float64(d.steps) / d.recipe.NumTrainEpochs * e.SecondsPerStep
	if d.tables.valid != nil {
		perEpoch *= 1 + forwardShare*float64(len(d.tables.valid.Rows))/float64(max(len(d.tables.train.Rows), 1))
	}
	return perEpoch * epochs
}

func short(seconds float64) string {
	return term.Duration(time.Duration(seconds * float64(time.Second)))
}
