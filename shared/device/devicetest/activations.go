package devicetest

import (
	"math/rand/v2"

	"graft/shared/graph"
	"graft/shared/op"
	"graft/shared/tensor"
)

// wide reaches the tails of activation functions, and what overflows an exponential.
func wide(r *rand.Rand, t *tensor.Tensor) {
	spread(3)(r, t)
	copy(t.Floats(), []float32{-1000, 1000, -100, 100, -88, 88, 0, float32(negativeZero), -20, 20, -10, 10, 1e-20, -1e-20, 1e-40})
}

func forActs(make func(a op.Act) []testCase) (cases []testCase) {
	for a := range op.Acts {
		for _, c := range make(a) {
			c.name = a.String() + " " + c.name
			cases = append(cases, c)
		}
	}
	return cases
}

func activationCases() []testCase {
	return forActs(func(a op.Act) []testCase {
		f := of1(func(x graph.Value) graph.Value { return op.Activation(x, a) })
		return append(forEach(func(t, d int) []testCase {
			return []testCase{{"", []arg{input(t, d).with(spread(3))}, f, withFloor(functions, 1)}}
		}), testCase{"tails", []arg{input(40, 1).with(wide)}, f, withFloor(functions, 1)})
	})
}

func activationGradCases() []testCase {
	return forActs(func(a op.Act) []testCase {
		f := of2(func(x, dy graph.Value) graph.Value { return op.ActivationGrad(x, dy, a) })
		return append(forEach(func(t, d int) []testCase {
			return []testCase{{"", []arg{input(t, d).with(spread(3)), input(t, d)}, f, withFloor(functions, 1)}}
		}), testCase{"tails", []arg{input(40, 1).with(wide), input(40, 1)}, f, withFloor(functions, 1)})
	})
}

func gluCases() []testCase {
	return forActs(func(a op.Act) []testCase {
		f := of2(func(gate, up graph.Value) graph.Value { return op.GLU(gate, up, a) })
		return append(forEach(func(t, d int) []testCase {
			return []testCase{{"", []arg{input(t, d).with(spread(3)), input(t, d)}, f, withFloor(functions, 1)}}
		}), testCase{"tails", []arg{input(40, 1).with(wide), input(40, 1)}, f, withFloor(functions, 1)})
	})
}

func gluGradCases() []testCase {
	return forActs(func(a op.Act) []testCase {
		f := func(v []graph.Value) []graph.Value {
			dgate, dup := op.GLUGrad(v[0], v[1], v[2], a)
			return []graph.Value{dgate, dup}
		}
		return append(forEach(func(t, d int) []testCase {
			return []testCase{{"", []arg{input(t, d).with(spread(3)), input(t, d), input(t, d)}, f, withFloor(functions, 1)}}
		}), testCase{"tails", []arg{input(40, 1).with(wide), input(40, 1), input(40, 1)}, f, withFloor(functions, 1)})
	})
}

func softmaxCases() []testCase {
	masked := func(r *rand.Rand, t *tensor.Tensor) {
		normal(r, t)
		for i := range t.Floats() {
			if i%t.Shape.Cols() > 0 && r.IntN(2) == 0 { // the first of a row stays
				t.Floats()[i] = -inf
			}
		}
	}
	return forEach(func(t, n int) []testCase {
		return []testCase{
			{"", []arg{input(t, n)}, of1(op.Softmax), within(functions)},
			{"large", []arg{input(t, n).with(spread(1e4))}, of1(op.Softmax), within(functions)},
			{"masked", []arg{input(t, n).with(masked)}, of1(op.Softmax), within(functions)},
		}
	})
}

func softmaxGradCases() []testCase {
	probabilities := func(r *rand.Rand, t *tensor.Tensor) {
		x := tensor.Make(t.Spec)
		spread(2)(r, x)
		copy(t.Data, evaluate(func(v []graph.Value) graph.Value { return op.Softmax(v[0]) }, x).Data)
	}
	return forEach(func(t, n int) []testCase {
		return []testCase{{"", []arg{input(t, n).with(probabilities), input(t, n)}, of2(op.SoftmaxGrad), withFloor(sums, 1/float64(n))}}
	})
}
