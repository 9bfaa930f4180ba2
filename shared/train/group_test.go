package train_test

import (
	"math"
	"strings"
	"testing"

	"graft/shared/tensor"
	"graft/shared/train"
	"graft/shared/train/traintest"
)

// TestGroupsScaleTheRate: Adam's first step moves a value by the learning rate whatever its gradient, so the moves of
// two runs differ by the ratio of their groups' rates.
func TestGroupsScaleTheRate(t *testing.T) {
	const ratio, rate, rounding = 16, 1e-4, 1e-3
	b := tensor.Of(tensor.F32, 64, 4)
	const name = "base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight"
	moved := func(group func(string, tensor.Shape) train.Group) []float32 {
		o := toy(t, traintest.NewStore())
		o.Arguments.MaxSteps, o.Arguments.LearningRate, o.Arguments.LRSchedulerType = 1, rate, "constant"
		o.Group = group
		run(t, o, false, -1)
		v, err := o.Memory.Read(name, b)
		if err != nil {
			t.Fatal(err)
		}
		return v.Floats()
	}
	plain := moved(nil)
	plus := moved(func(name string, shape tensor.Shape) train.Group {
		g := train.DefaultGroup(name, shape)
		if strings.Contains(name, "lora_B") {
			g.Rate = ratio
		}
		return g
	})
	still := moved(func(string, tensor.Shape) train.Group { return train.Group{} })
	n := 0
	for i := range plain { // the matrix starts as zeros
		if still[i] != 0 {
			t.Fatalf("value %d moved to %g at rate 0", i, still[i])
		}
		if math.Abs(float64(plain[i])) < rate/2 {
			continue // a gradient near epsilon
		}
		n++
		if got := float64(plus[i] / plain[i]); math.Abs(got-ratio) > ratio*rounding {
			t.Errorf("value %d moved %g times as far, expected %d", i, got, ratio)
		}
	}
	if n < len(plain)/2 {
		t.Errorf("only %d of %d values moved", n, len(plain))
	}
}
