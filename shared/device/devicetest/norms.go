package devicetest

import (
	"fmt"
	"math"
	"math/rand/v2"

	"graft/shared/graph"
	"graft/shared/op"
	"graft/shared/tensor"
)

// zeroRow is normal but for the first row, which is zero.
func zeroRow(r *rand.Rand, t *tensor.Tensor) {
	normal(r, t)
	clear(t.Floats()[:t.Shape.Cols()])
}

// offCentre has a mean far from zero, which a variance from the sum of squares does not survive.
func offCentre(r *rand.Rand, t *tensor.Tensor) {
	normal(r, t)
	for i := range t.Floats() {
		t.Floats()[i] += 10
	}
}

// groups are rows, groups a row and values a group.
var groups = [][3]int{{1, 1, 1}, {1, 1, 7}, {3, 1, 16}, {2, 3, 5}, {5, 1, 33}, {4, 9, 64}, {130, 1, 96}, {1, 1, 576}, {67, 2, 128}, {2, 1, 4099}}

func rmsNormCases() (cases []testCase) {
	for _, s := range groups {
		t, g, d := s[0], s[1], s[2]
		for _, w := range plain {
			for _, offset := range []float32{0, 1} {
				f := of2(func(x, w graph.Value) graph.Value { return op.RMSNorm(x, w, 1e-5, offset) })
				name := fmt.Sprintf("%v w=%v offset=%g", s, w, offset)
				cases = append(cases, testCase{name, []arg{input(t, g*d), weight(w, d)}, f, within(sums)})
			}
		}
		f := of2(func(x, w graph.Value) graph.Value { return op.RMSNorm(x, w, 1e-6, 0) })
		cases = append(cases,
			testCase{fmt.Sprintf("%v zero row", s), []arg{input(t, g*d).with(zeroRow), weight(tensor.F32, d)}, f, within(sums)},
			testCase{fmt.Sprintf("%v small", s), []arg{input(t, g*d).with(spread(1e-4)), weight(tensor.F32, d)}, f, within(sums)},
			testCase{fmt.Sprintf("%v large", s), []arg{input(t, g*d).with(spread(1e5)), weight(tensor.F32, d)}, f, within(sums)})
	}
	return cases
}

func rmsNormGradCases() (cases []testCase) {
	for _, s := range groups {
		t, g, d := s[0], s[1], s[2]
		bounds := []bound{{relative: sums, floor: 1}, {relative: sums, floor: math.Sqrt(float64(t * g))}}
		for _, w := range plain {
			for _, offset := range []float32{0, 1} {
				f := func(v []graph.Value) []graph.Value {
					dx, dw := op.RMSNormGrad(v[0], v[1], v[2], 1e-5, offset)
					return []graph.Value{dx, dw}
				}
				args := []arg{input(t, g*d), weight(w, d), input(t, g*d)}
				cases = append(cases, testCase{fmt.Sprintf("%v w=%v offset=%g", s, w, offset), args, f, bounds})
				args = []arg{input(t, g*d).with(zeroRow), weight(w, d), input(t, g*d)}
				cases = append(cases, testCase{fmt.Sprintf("%v w=%v offset=%g zero row", s, w, offset), args, f, bounds})
			}
		}
	}
	return cases
}

func layerNormCases() []testCase {
	f := one(func(v []graph.Value) graph.Value { return op.LayerNorm(v[0], v[1], v[2], 1e-5) })
	return forEach(func(t, d int) []testCase {
		return []testCase{
			{"", []arg{input(t, d), input(d), input(d)}, f, withFloor(sums, 1)},
			{"zero row", []arg{input(t, d).with(zeroRow), input(d), input(d)}, f, withFloor(sums, 1)},
			{"off centre", []arg{input(t, d).with(offCentre), input(d), input(d)}, f, withFloor(sums, 1)},
		}
	})
}

func layerNormGradCases() []testCase {
	f := func(v []graph.Value) []graph.Value {
		dx, dw, db := op.LayerNormGrad(v[0], v[1], v[2], 1e-5)
		return []graph.Value{dx, dw, db}
	}
	return forEach(func(t, d int) []testCase {
		bounds := []bound{{relative: sums, floor: 1}, {relative: sums, floor: math.Sqrt(float64(t))}}
		return []testCase{
			{"", []arg{input(t, d), input(d), input(t, d)}, f, bounds},
			{"zero row", []arg{input(t, d).with(zeroRow), input(d), input(t, d)}, f, bounds},
			{"off centre", []arg{input(t, d).with(offCentre), input(d), input(t, d)}, f, bounds},
		}
	})
}
