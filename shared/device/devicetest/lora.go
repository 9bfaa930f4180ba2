package devicetest

import (
	"fmt"
	"math"
	"math/rand/v2"

	"graft/shared/graph"
	"graft/shared/op"
	"graft/shared/tensor"
)

func loraCases() (cases []testCase) {
	f := one(func(v []graph.Value) graph.Value { return op.LoRA(v[0], v[1], v[2], v[3], v[4], v[5]) })
	none := func(*rand.Rand, int) int { return -1 }
	for _, s := range []struct{ t, in, out, rank, n int }{
		{1, 1, 1, 1, 1}, {1, 64, 64, 8, 3}, {5, 7, 9, 3, 2}, {3, 33, 17, 16, 1}, {40, 96, 130, 8, 4}, {9, 192, 64, 64, 2},
	} {
		for i, d := range plain {
			b := plain[(i+s.t)%len(plain)]
			args := []arg{input(s.t, s.out), input(s.t, s.in), weight(d, s.n, s.rank, s.in), weight(b, s.n, s.out, s.rank), input(s.n), indexes(s.t, below(s.n))}
			name := fmt.Sprintf("%+v a=%v b=%v", s, d, b)
			bounds := withFloor(sums, math.Sqrt(float64(s.in*s.rank)))
			cases = append(cases, testCase{name, args, f, bounds})
			if d == tensor.F32 {
				without := append(append([]arg{}, args[:5]...), indexes(s.t, none))
				cases = append(cases, testCase{name + " none", without, f, within(exact)})
			}
		}
	}
	return cases
}
