package train

import "math"

// schedulers has a row for each lr_scheduler_type. A schedule is the share of learning_rate that step (from 0) of
// total uses, after warm steps of linear growth; as transformers.optimization defines them.
var schedulers = []struct {
	name string
	rate func(step, warm, total int) float64
}{
	{"linear", func(step, warm, total int) float64 {
		return max(0, float64(total-step)/float64(max(1, total-warm)))
	}},
	{"cosine", func(step, warm, total int) float64 {
		progress := float64(step-warm) / float64(max(1, total-warm))
		return max(0, 0.5*(1+math.Cos(math.Pi*progress)))
	}},
	{"constant", func(int, int, int) float64 { return 1 }},
	{"constant_with_warmup", func(int, int, int) float64 { return 1 }},
}

func schedulerNames() []string {
	names := make([]string, len(schedulers))
	for i, s := range schedulers {
		names[i] = s.name
	}
	return names
}

// warmup is the number of steps of linear growth.
func (a Arguments) warmup(total int) int {
	switch {
	case a.LRSchedulerType == "constant":
		return 0
	case a.WarmupSteps > 0:
		return a.WarmupSteps
	}
	return int(math.Ceil(a.WarmupRatio * float64(total)))
}

// Rate is the learning rate of optimiser step step, counted from 0, of total.
func (a Arguments) Rate(step, total int) float64 {
	warm := a.warmup(total)
	if step < warm {
		return a.LearningRate * float64(step) / float64(max(1, warm))
	}
	for _, s := range schedulers {
		if s.name == a.LRSchedulerType {
			return a.LearningRate * s.rate(step, warm, total)
		}
	}
	return a.LearningRate
}
