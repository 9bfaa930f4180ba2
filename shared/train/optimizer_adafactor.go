package train

import (
	"math"

	"graft/shared/op"
)

// adafactorState is the means of the rows and columns of a matrix, and every value's for other shapes.
func adafactorState(p param) []leaf {
	if len(p.Shape) != 2 {
		return []leaf{p.leaf("adafactor.exp_avg_sq")}
	}
	return []leaf{p.leaf("adafactor.exp_avg_sq_row", p.Shape[0]), p.leaf("adafactor.exp_avg_sq_col", p.Shape[1])}
}

// adafactorNumbers are β₂ of the step, 1-t^-0.8, and nothing.
func adafactorNumbers(_ Arguments, step int) (float64, float64) {
	return 1 - math.Pow(float64(step), -0.8), 0
}

func recordAdafactor(u update) {
	v := u.leaves(adafactorState(u.p))
	if len(u.p.Shape) != 2 {
		p, s := op.AdafactorVector(v[0], v[1], u.sum, u.hyper, u.decay)
		u.g.Keep(p, s)
		return
	}
	p, rows, cols := op.Adafactor(v[0], v[1], v[2], u.sum, u.hyper, u.decay)
	u.g.Keep(p, rows, cols)
}
