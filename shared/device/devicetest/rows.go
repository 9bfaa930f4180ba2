package devicetest

import (
	"fmt"
	"math"
	"math/rand/v2"

	"graft/shared/graph"
	"graft/shared/op"
	"graft/shared/tensor"
)

func gatherCases() (cases []testCase) {
	for _, d := range reals {
		b := rounded // scale · code + minimum may be one rounding or two
		if !d.IsBlock() {
			b = exact
		}
		for _, s := range [][3]int{{1, 1, 1}, {3, 5, 2}, {17, 40, 1}, {130, 33, 3}, {1, 1000, 1}} {
			args := []arg{weight(d, s[1], s[2]*d.BlockValues()), indexes(s[0], below(s[1]))}
			cases = append(cases, testCase{fmt.Sprintf("%v %v", d, s), args, of2(op.Gather), within(b)})
		}
	}
	args := []arg{weight(tensor.F32, 7, 33), indexes(4, func(*rand.Rand, int) int { return -1 })}
	return append(cases, testCase{"none", args, of2(op.Gather), within(exact)})
}

func scatterAddCases() []testCase {
	return forEach(func(t, d int) (cases []testCase) {
		for _, rows := range []int{1, 5, 70} {
			f := of2(func(x, index graph.Value) graph.Value { return op.ScatterAdd(x, index, rows) })
			args := []arg{input(t, d), indexes(t, below(rows))}
			floor := math.Sqrt(float64(t) / float64(rows))
			cases = append(cases, testCase{fmt.Sprintf("to %d", rows), args, f, withFloor(sums, max(1, floor))})
		}
		return cases
	})
}

// distinct picks from [0,n) without repetition; those past n, and one in eight, are none.
func distinct(t, n int) arg {
	a := indexes(t, nil)
	a.fill = func(r *rand.Rand, x *tensor.Tensor) {
		order := r.Perm(n)
		for i := range x.Ints() {
			x.Ints()[i] = -1
			if i < n && r.IntN(8) > 0 {
				x.Ints()[i] = int32(order[i])
			}
		}
	}
	return a
}

func writeCases() (cases []testCase) {
	f := one(func(v []graph.Value) graph.Value { return op.Write(v[0], v[1], v[2]) })
	for _, d := range append([]tensor.DType{tensor.Q8_0}, plain...) {
		b := within(exact)
		if d.IsBlock() {
			b = []bound{{relative: int8Stored, magnitude: steps}}
		}
		for _, s := range [][3]int{{1, 1, 1}, {1, 50, 3}, {3, 3, 2}, {5, 17, 1}, {40, 33, 5}, {130, 200, 2}} {
			width := s[2] * max(d.BlockValues(), 3)
			args := []arg{state(d, s[1], width), input(s[0], width), distinct(s[0], s[1])}
			cases = append(cases, testCase{fmt.Sprintf("%v %v", d, s), args, f, b})
		}
		args := []arg{state(d, 9, 64), input(5, 64).with(zeroRow), distinct(5, 9)}
		cases = append(cases, testCase{d.String() + " zero row", args, f, b})
	}
	return cases
}

// steps is the step of the code in each block of a q8_0 cache after rows are written to it.
func steps(args []*tensor.Tensor) []float64 {
	d := args[0].Shape[1]
	v := floats(args[0])
	for t, i := range args[2].Ints() {
		if i >= 0 {
			copy(v[int(i)*d:], args[1].Floats()[t*d:(t+1)*d])
		}
	}
	m := make([]float64, len(v))
	for b := 0; b < len(v); b += 32 {
		most := 0.0
		for _, x := range v[b : b+32] {
			most = max(most, math.Abs(float64(x)))
		}
		for i := range 32 {
			m[b+i] = most / 127
		}
	}
	return m
}

// columnsCases take the first columns, the last, some in between, and all.
func columnsCases() []testCase {
	return forEach(func(t, d int) (cases []testCase) {
		for i, c := range [][2]int{{0, d}, {0, (d + 1) / 2}, {d / 2, d - d/2}, {d / 3, max(d/3, 1)}} {
			f := of1(func(x graph.Value) graph.Value { return op.Columns(x, c[0], c[1]) })
			cases = append(cases, testCase{fmt.Sprintf("%d: %d from %d", i, c[1], c[0]), []arg{input(t, d)}, f, within(exact)})
		}
		return cases
	})
}

func columnsGradCases() []testCase {
	return forEach(func(t, d int) (cases []testCase) {
		for _, c := range [][2]int{{0, 0}, {0, 5}, {7, 0}, {33, 20}} {
			f := of1(func(x graph.Value) graph.Value { return op.ColumnsGrad(x, c[0], c[0]+d+c[1]) })
			cases = append(cases, testCase{fmt.Sprintf("between %d and %d", c[0], c[1]), []arg{input(t, d)}, f, within(exact)})
		}
		return cases
	})
}
