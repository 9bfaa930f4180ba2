package train

import (
	"fmt"
	"math"
	"slices"
)

// Arguments are what a run can set, under the names of transformers' TrainingArguments.
type Arguments struct {
	LearningRate              float64 `yaml:"learning_rate" json:"learning_rate"`
	PerDeviceTrainBatchSize   int     `yaml:"per_device_train_batch_size" json:"per_device_train_batch_size"`
	PerDeviceEvalBatchSize    int     `yaml:"per_device_eval_batch_size" json:"per_device_eval_batch_size"`
	GradientAccumulationSteps int     `yaml:"gradient_accumulation_steps" json:"gradient_accumulation_steps"`
	NumTrainEpochs            float64 `yaml:"num_train_epochs" json:"num_train_epochs"`
	MaxSteps                  int     `yaml:"max_steps" json:"max_steps"` // optimiser steps; above 0 it overrides num_train_epochs
	WeightDecay               float64 `yaml:"weight_decay" json:"weight_decay"`
	AdamBeta1                 float64 `yaml:"adam_beta1" json:"adam_beta1"`
	AdamBeta2                 float64 `yaml:"adam_beta2" json:"adam_beta2"`
	AdamEpsilon               float64 `yaml:"adam_epsilon" json:"adam_epsilon"`
	MaxGradNorm               float64 `yaml:"max_grad_norm" json:"max_grad_norm"` // 0: gradients are not clipped
	Optim                     string  `yaml:"optim" json:"optim"`
	LRSchedulerType           string  `yaml:"lr_scheduler_type" json:"lr_scheduler_type"`
	NumCycles                 float64 `yaml:"num_cycles" json:"num_cycles"` // of cosine: waves, 0 for 0.5; of cosine_with_restarts: restarts, 0 for 1
	Power                     float64 `yaml:"power" json:"power"`           // of polynomial; 0 for 1
	LREnd                     float64 `yaml:"lr_end" json:"lr_end"`         // of polynomial: the last learning rate; 0 for 1e-7
	WarmupRatio               float64 `yaml:"warmup_ratio" json:"warmup_ratio"`
	WarmupSteps               int     `yaml:"warmup_steps" json:"warmup_steps"` // above 0 it overrides warmup_ratio
	FocalGamma                float64 `yaml:"focal_gamma" json:"focal_gamma"`   // of SEQ_CLS: losses are multiplied by (1-p)^gamma
	// ClassWeights multiply the losses of SEQ_CLS: a number a class in the order of ids, or "balanced" alone, which is
	// rows/(classes·rows of the class). Empty: all 1.
	ClassWeights           []string `yaml:"class_weights" json:"class_weights,omitempty"`
	NEFTuneNoiseAlpha      float64  `yaml:"neftune_noise_alpha" json:"neftune_noise_alpha"` // noise on embeddings while training; 0: none
	LabelSmoothingFactor   float64  `yaml:"label_smoothing_factor" json:"label_smoothing_factor"`
	Seed                   uint64   `yaml:"seed" json:"seed"`
	LoggingSteps           int      `yaml:"logging_steps" json:"logging_steps"`
	EvalStrategy           string   `yaml:"eval_strategy" json:"eval_strategy"` // no, epoch, steps
	EvalSteps              int      `yaml:"eval_steps" json:"eval_steps"`
	SaveStrategy           string   `yaml:"save_strategy" json:"save_strategy"` // no, epoch, steps
	SaveSteps              int      `yaml:"save_steps" json:"save_steps"`
	SaveTotalLimit         int      `yaml:"save_total_limit" json:"save_total_limit"` // checkpoints kept beside the best; 0: all
	LoadBestModelAtEnd     bool     `yaml:"load_best_model_at_end" json:"load_best_model_at_end"`
	MetricForBestModel     string   `yaml:"metric_for_best_model" json:"metric_for_best_model"`
	GreaterIsBetter        *bool    `yaml:"greater_is_better" json:"greater_is_better,omitempty"` // nil: unless the metric ends in "loss"
	EarlyStoppingPatience  int      `yaml:"early_stopping_patience" json:"early_stopping_patience"`
	EarlyStoppingThreshold float64  `yaml:"early_stopping_threshold" json:"early_stopping_threshold"`
	// GradientCheckpointing computes values again in the backward pass to save memory: "" or "none" keeps all,
	// "cheap" computes norms and activations again, "full" whole layers.
	GradientCheckpointing string `yaml:"gradient_checkpointing" json:"gradient_checkpointing"`
	// Activations is the precision of activations in products with quantised base weights: 0 for float32, 16 or 8
	// for block-scaled integers, which are faster.
	Activations int `yaml:"activations" json:"activations"`
}

// Defaults are those of transformers, except that an epoch ends with an evaluation and a checkpoint.
func Defaults() Arguments {
	return Arguments{
		LearningRate: 5e-5, PerDeviceTrainBatchSize: 8, PerDeviceEvalBatchSize: 8, GradientAccumulationSteps: 1,
		NumTrainEpochs: 3, AdamBeta1: 0.9, AdamBeta2: 0.999, AdamEpsilon: 1e-8, MaxGradNorm: 1,
		Optim: "adamw_torch", LRSchedulerType: "linear", Seed: 42, LoggingSteps: 10, EvalStrategy: "epoch", SaveStrategy: "epoch", EvalSteps: 500, SaveSteps: 500,
	}
}

// Check reports the first argument that can't be meant.
func (a Arguments) Check() error {
	if a.LearningRate <= 0 || math.IsInf(a.LearningRate, 0) || math.IsNaN(a.LearningRate) {
		return fmt.Errorf("learning_rate is %g, expected more than 0", a.LearningRate)
	}
	for _, f := range []struct {
		name     string
		got, min int
	}{
		{"per_device_train_batch_size", a.PerDeviceTrainBatchSize, 1},
		{"per_device_eval_batch_size", a.PerDeviceEvalBatchSize, 1},
		{"gradient_accumulation_steps", a.GradientAccumulationSteps, 1},
		{"max_steps", a.MaxSteps, -1},
		{"warmup_steps", a.WarmupSteps, 0},
		{"logging_steps", a.LoggingSteps, 1},
		{"eval_steps", a.EvalSteps, 1},
		{"save_steps", a.SaveSteps, 1},
		{"save_total_limit", a.SaveTotalLimit, 0},
		{"early_stopping_patience", a.EarlyStoppingPatience, 0},
	} {
		if f.got < f.min {
			return fmt.Errorf("%s is %d, expected %d or more", f.name, f.got, f.min)
		}
	}
	for _, f := range []struct {
		name          string
		got, min, max float64
	}{
		{"weight_decay", a.WeightDecay, 0, 1e3},
		{"adam_beta1", a.AdamBeta1, 0, math.Nextafter(1, 0)},
		{"adam_beta2", a.AdamBeta2, 0, math.Nextafter(1, 0)},
		{"adam_epsilon", a.AdamEpsilon, 0, 1},
		{"max_grad_norm", a.MaxGradNorm, 0, math.MaxFloat32},
		{"warmup_ratio", a.WarmupRatio, 0, 1},
		{"label_smoothing_factor", a.LabelSmoothingFactor, 0, math.Nextafter(1, 0)},
		{"num_train_epochs", a.NumTrainEpochs, 0, 1e6},
		{"focal_gamma", a.FocalGamma, 0, 100},
		{"neftune_noise_alpha", a.NEFTuneNoiseAlpha, 0, 1e6},
		{"lr_end", a.LREnd, 0, a.LearningRate},
		{"num_cycles", a.NumCycles, 0, 1e6},
		{"power", a.Power, 0, 100},
	} {
		if !(f.got >= f.min && f.got <= f.max) {
			return fmt.Errorf("%s is %g, expected %g to %g", f.name, f.got, f.min, f.max)
		}
	}
	for _, f := range []struct {
		name, got string
		want      []string
	}{
		{"optim", a.Optim, optimizerNames()},
		{"lr_scheduler_type", a.LRSchedulerType, schedulerNames()},
		{"eval_strategy", a.EvalStrategy, []string{"no", "epoch", "steps"}},
		{"save_strategy", a.SaveStrategy, []string{"no", "epoch", "steps"}},
		{"gradient_checkpointing", a.GradientCheckpointing, []string{"", "none", "cheap", "full"}},
	} {
		if !slices.Contains(f.want, f.got) {
			return fmt.Errorf("%s is %q, expected one of %q", f.name, f.got, f.want)
		}
	}
	if a.FocalGamma > 0 && a.LabelSmoothingFactor > 0 {
		return fmt.Errorf("focal_gamma is %g and label_smoothing_factor %g: a smoothed loss is no probability's, choose one", a.FocalGamma, a.LabelSmoothingFactor)
	}
	if _, err := a.classWeights(); err != nil {
		return err
	}
	if a.Activations != 0 && a.Activations != 8 && a.Activations != 16 {
		return fmt.Errorf("activations is %d, expected 0, 16 or 8", a.Activations)
	}
	if a.MaxSteps <= 0 && a.NumTrainEpochs <= 0 {
		return fmt.Errorf("num_train_epochs is %g and max_steps %d, expected one above 0", a.NumTrainEpochs, a.MaxSteps)
	}
	if (a.LoadBestModelAtEnd || a.EarlyStoppingPatience > 0) && a.EvalStrategy == "no" {
		return fmt.Errorf("load_best_model_at_end and early_stopping_patience want evaluations, and eval_strategy is \"no\"")
	}
	if a.LoadBestModelAtEnd && (a.SaveStrategy != a.EvalStrategy || a.SaveStrategy == "steps" && a.SaveSteps%a.EvalSteps != 0) {
		return fmt.Errorf("load_best_model_at_end wants a checkpoint with every evaluation it may pick: save_strategy %q (every %d) and eval_strategy %q (every %d) differ",
			a.SaveStrategy, a.SaveSteps, a.EvalStrategy, a.EvalSteps)
	}
	return nil
}
