package train

import (
	"cmp"
	"math"
)

// schedulers has a row for each lr_scheduler_type. A schedule is the share of learning_rate that step (from 0) of
// total uses, after warm steps of linear growth; as transformers.optimization defines them.
var schedulers = []struct {
	name string
	rate func(a Arguments, step, warm, total int) float64
}{
	{"linear", func(_ Arguments, step, warm, total int) float64 {
		return max(0, float64(total-step)/float64(max(1, total-warm)))
	}},
	{"cosine", func(a Arguments, step, warm, total int) float64 {
		return max(0, 0.5*(1+math.Cos(2*math.Pi*cmp.Or(a.NumCycles, 0.5)*progress(step, warm, total))))
	}},
	{"cosine_with_restarts", func(a Arguments, step, warm, total int) float64 {
		p := progress(step, warm, total)
		if p >= 1 {
			return 0
		}
		return max(0, 0.5*(1+math.Cos(math.Pi*math.Mod(cmp.Or(a.NumCycles, 1)*p, 1))))
	}},
	{"polynomial", func(a Arguments, step, warm, total int) float64 {
		end := cmp.Or(a.LREnd, 1e-7) / a.LearningRate
		if step > total {
			return end
		}
		return (1-end)*math.Pow(1-float64(step-warm)/float64(total-warm), cmp.Or(a.Power, 1)) + end
	}},
	{"inverse_sqrt", func(_ Arguments, step, warm, _ int) float64 {
		scale := cmp.Or(warm, 10_000) // transformers' timescale
		return 1 / math.Sqrt(float64(step-warm+scale)/float64(scale))
	}},
	{"constant", func(Arguments, int, int, int) float64 { return 1 }},
	{"constant_with_warmup", func(Arguments, int, int, int) float64 { return 1 }},
}

// progress is the share of the steps after the warm-up that are done.
func progress(step, warm, total int) float64 {
	return float64(step-warm) / float64(max(1, total-warm))
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
			return a.LearningRate * s.rate(a, step, warm, total)
		}
	}
	return a.LearningRate
}
