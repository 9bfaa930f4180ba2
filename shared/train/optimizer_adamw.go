package train

import "graft/shared/op"

func adamWState(p param) []leaf {
	return []leaf{p.leaf("adamw.exp_avg"), p.leaf("adamw.exp_avg_sq")}
}

// adamNumbers are the bias corrections 1-β₁ᵗ and 1-β₂ᵗ, of β as the device has them, in float32.
func adamNumbers(a Arguments, step int) (float64, float64) {
	h := op.AdamWConfig{Beta1: float32(a.AdamBeta1), Beta2: float32(a.AdamBeta2)}.Hyper(step, 0, 0)
	return float64(h[1]), float64(h[2])
}

func (u update) adamW() op.AdamWConfig {
	return op.AdamWConfig{Beta1: float32(u.a.AdamBeta1), Beta2: float32(u.a.AdamBeta2), Eps: float32(u.a.AdamEpsilon), WeightDecay: u.decay}
}

func recordAdamW(u update) {
	v := u.leaves(adamWState(u.p))
	p, m, s := op.AdamW(v[0], v[1], v[2], u.sum, u.hyper, u.adamW())
	u.g.Keep(p, m, s)
}
