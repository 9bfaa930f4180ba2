package devicetest

import (
	"fmt"
	"math/rand/v2"

	"graft/shared/graph"
	"graft/shared/op"
)

func dropoutCases() []testCase {
	return forEach(func(t, d int) (cases []testCase) {
		for _, p := range []float32{0, 0.05, 0.5, 0.9} {
			for _, stream := range []int{0, 7, 1 << 20} {
				f := of2(func(x, seed graph.Value) graph.Value { return op.Dropout(x, seed, p, stream) })
				seed := indexes(2, func(r *rand.Rand, _ int) int { return int(int32(r.Uint32())) })
				cases = append(cases, testCase{fmt.Sprintf("p=%g stream=%d", p, stream), []arg{input(t, d), seed}, f, within(rounded)})
			}
		}
		return cases
	})
}
