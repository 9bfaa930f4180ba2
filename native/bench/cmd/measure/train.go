package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"

	"graft/native/cpu"
	"graft/native/mmap"
	"graft/shared/adapter"
	"graft/shared/dataset"
	"graft/shared/device"
	"graft/shared/engine"
	"graft/shared/train"
)

type trainFlags struct {
	model, trainFile, adapter             string
	isa                                   string
	threads, activations, maxLength, skip int
	load4                                 bool
	arguments                             train.Arguments
}

type trainResult struct {
	Peer                string             `json:"peer"`
	System              string             `json:"system"` // the device
	Threads             int                `json:"threads"`
	LoadIn4Bit          bool               `json:"load_in_4bit"`
	Activations         int                `json:"activations"`
	TrainableParameters int                `json:"trainable_parameters"`
	Steps               int                `json:"steps"`
	Tokens              int                `json:"tokens"` // the texts' own, never padding
	TokensPerSecond     float64            `json:"tokens_per_second"`
	StepSeconds         map[string]float64 `json:"step_seconds"`
	TrainSeconds        float64            `json:"train_seconds"`
	PeakMemory          int64              `json:"peak_memory_bytes"`
	MemoryBefore        int64              `json:"memory_bytes_before_model"`
	MemoryLoaded        int64              `json:"memory_bytes_after_load"`
	PlannedMemory       int                `json:"planned_memory_bytes"`
	DeviceMemory        int                `json:"device_memory_bytes,omitempty"` // the most the device has held, mapped files apart
	FirstLoss           float64            `json:"first_loss"`
	LastLoss            float64            `json:"last_loss"`
}

func training(ctx context.Context, args []string) (any, error) {
	o := trainFlags{arguments: train.Defaults()}
	a := &o.arguments
	a.EvalStrategy, a.SaveStrategy, a.WeightDecay = "no", "no", 0.01
	f := flag.NewFlagSet("train", flag.ContinueOnError)
	f.StringVar(&o.model, "model", "", "Hugging Face directory or GGUF file of the base")
	f.StringVar(&o.trainFile, "train-file", "", "CSV with the columns text and label, read in its order")
	f.StringVar(&o.adapter, "adapter", "", "adapter to start from")
	f.StringVar(&o.isa, "isa", "", "best instruction set to use; \"\": what the machine has")
	f.IntVar(&o.threads, "threads", 0, "of the CPU, 0: one a core")
	f.IntVar(&o.activations, "activations", 0, "precision of activations in products with quantised weights: 0, 16 or 8")
	f.IntVar(&o.maxLength, "max-length", 128, "tokens a row is cut to")
	f.BoolVar(&o.load4, "load-in-4bit", false, "QLoRA: the base in NF4 with double quantisation")
	f.IntVar(&o.skip, "skip-timed-steps", 2, "first steps left out of the speed")
	f.IntVar(&a.PerDeviceTrainBatchSize, "per-device-train-batch-size", 4, "rows of a batch")
	f.IntVar(&a.GradientAccumulationSteps, "gradient-accumulation-steps", 1, "batches of a step")
	f.IntVar(&a.MaxSteps, "max-steps", 10, "optimiser steps")
	f.Float64Var(&a.LearningRate, "learning-rate", 2e-4, "")
	f.StringVar(&a.GradientCheckpointing, "gradient-checkpointing", "", "none, cheap or full")
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	a.Activations = o.activations
	return o.measure(ctx)
}

func (o *trainFlags) measure(ctx context.Context) (r *trainResult, err error) {
	table, err := readTable(o.trainFile)
	if err != nil {
		return nil, err
	}
	labels, err := dataset.LabelsOf(table)
	if err != nil {
		return nil, err
	}
	d, err := cpu.Open(cpu.Options{Threads: o.threads, ISA: o.isa})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	r = &trainResult{Peer: "graft", System: d.Name(), Threads: o.threads, LoadIn4Bit: o.load4, Activations: o.activations, MemoryBefore: residentPeak()}
	base, err := engine.Open(modelFS(o.model), d, engine.Options{Name: o.model, LoadIn4Bit: o.load4, DoubleQuant: o.load4, Activations: o.activations})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, base.Close()) }()
	start, err := base.OpenAdapter(mmap.FS(o.adapter), true)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.adapter, err)
	}
	// What Method says gives way to what the adapter is.
	t := engine.Training{Base: base, Method: adapter.LoRA{R: 8}, Task: adapter.SeqCls, Labels: labels, Train: table, MaxLength: o.maxLength, Arguments: o.arguments, Start: start}
	job, err := t.Prepare()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, job.Close()) }()
	// The trainer that Prepare made shuffles rows; this one takes them in the file's order, as the peers do.
	options := job.Options
	options.InOrder = true
	trainer, err := train.New(options)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, trainer.Close()) }()
	plan, err := options.Plan()
	if err != nil {
		return nil, err
	}
	r.TrainableParameters, r.PlannedMemory, r.MemoryLoaded = plan.Trainable, plan.Total(), residentPeak()
	if err := r.fit(ctx, trainer, o.skip); err != nil {
		return nil, err
	}
	if m, ok := d.(device.Metered); ok {
		r.DeviceMemory = m.Usage().Peak
	}
	return r, nil
}

// fit takes the steps. Those before skip count for the losses, not for the speed.
func (r *trainResult) fit(ctx context.Context, t *train.Trainer, skip int) error {
	var seconds []float64
	timed, tokens := 0.0, 0
	for e, err := range t.Run(ctx) {
		if err != nil {
			return err
		}
		if e.Kind != "step" {
			continue
		}
		if r.Steps == 0 {
			r.FirstLoss = e.Loss
		}
		r.Steps, r.Tokens, r.LastLoss, r.TrainSeconds = r.Steps+1, r.Tokens+e.Tokens, e.Loss, r.TrainSeconds+e.Seconds
		if r.Steps > skip {
			seconds, timed, tokens = append(seconds, e.Seconds), timed+e.Seconds, tokens+e.Tokens
		}
	}
	if timed == 0 {
		return fmt.Errorf("%d steps, of which the first %d are not timed", r.Steps, skip)
	}
	r.TokensPerSecond, r.PeakMemory = float64(tokens)/timed, residentPeak()
	slices.Sort(seconds)
	n := len(seconds)
	r.StepSeconds = map[string]float64{"mean": timed / float64(n), "median": (seconds[(n-1)/2] + seconds[n/2]) / 2}
	return nil
}

func readTable(path string) (*dataset.Table, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return dataset.Read(f, path, dataset.Columns{Form: dataset.Labelled})
}
