package train

import (
	"fmt"

	"graft/shared/dataset"
	"graft/shared/device"
	"graft/shared/graph"
)

// Plan is the memory of a run, in bytes, known before any of it is allocated.
type Plan struct {
	Base       int `json:"base"`       // frozen weights
	Parameters int `json:"parameters"` // trained weights
	Gradients  int `json:"gradients"`
	Optimizer  int `json:"optimizer"`
	Arena      int `json:"activations"` // temporaries of the largest batch, or of the optimiser's step
	Scratch    int `json:"scratch"`     // kernels' own
	Trainable  int `json:"trainable_parameters"`
	All        int `json:"all_parameters"`
	Rows       int `json:"rows"` // token rows of the largest batch
}

// Total is the sum of all parts.
func (p Plan) Total() int {
	return p.Base + p.Parameters + p.Gradients + p.Optimizer + p.Arena + p.Scratch
}

// Trainable is PEFT's print_trainable_parameters line.
func (p Plan) TrainableLine() string {
	return fmt.Sprintf("trainable params: %s || all params: %s || trainable%%: %.4f", thousands(p.Trainable), thousands(p.All), 100*float64(p.Trainable)/float64(max(p.All, 1)))
}

func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Plan compiles the largest batch of the training data and adds its memory up. Nothing is allocated.
func (o *Options) Plan() (Plan, error) {
	s := o.largest()
	g, params := o.recordPass(s, true)
	if err := g.Err(); err != nil {
		return Plan{}, fmt.Errorf("train: %w", err)
	}
	dev := o.Memory.Device()
	prog, err := g.Compile(dev.Supports, graph.Options{})
	if err != nil {
		return Plan{}, fmt.Errorf("train: %w", err)
	}
	step, err := o.recordUpdate(params).Compile(dev.Supports, graph.Options{})
	if err != nil {
		return Plan{}, fmt.Errorf("train: %w", err)
	}
	plan := Plan{Arena: max(prog.Arena, step.Arena), Rows: s.rows}
	for _, slot := range prog.Slots {
		switch {
		case slot.Kind == graph.Weight && slot.Const == nil:
			plan.Base += slot.Size()
			plan.All += slot.Shape.Len()
		case slot.Kind == graph.Param:
			plan.Parameters += slot.Size()
			plan.All += slot.Shape.Len()
		}
	}
	for _, p := range params {
		plan.Trainable += p.Shape.Len()
		plan.Gradients += p.Size()
		for _, l := range o.Arguments.optimizer().state(p) {
			plan.Optimizer += l.Size()
		}
	}
	if d, ok := dev.(device.Sizer); ok {
		if plan.Scratch, err = d.ScratchSize(prog); err != nil {
			return Plan{}, fmt.Errorf("train: %w", err)
		}
	}
	return plan, nil
}

// largest is the size of the largest batch that can occur: the longest sequences together.
func (o *Options) largest() size {
	longest := make([]int, 0, o.Arguments.PerDeviceTrainBatchSize)
	for _, s := range o.Train {
		longest = insertLongest(longest, len(s.Tokens), o.Arguments.PerDeviceTrainBatchSize)
	}
	n := 0
	for _, l := range longest {
		n += l
	}
	rows := dataset.Bucket(max(n, 1))
	if tasks[o.Task].logits != nil {
		return size{rows, o.Arguments.PerDeviceTrainBatchSize}
	}
	return size{rows, rows}
}

// insertLongest keeps the most longest lengths, in descending order.
func insertLongest(longest []int, n, most int) []int {
	at := len(longest)
	for at > 0 && longest[at-1] < n {
		at--
	}
	if len(longest) < most {
		longest = append(longest, 0)
	} else if at == most {
		return longest
	}
	copy(longest[at+1:], longest[at:])
	longest[at] = n
	return longest
}
