package train

import "graft/shared/op"

func lionState(p param) []leaf { return []leaf{p.leaf("lion.exp_avg")} }

// recordLion takes adam_beta1 and adam_beta2, as transformers' Trainer does; Lion's authors train with 0.9 and 0.99, and
// a learning rate of a third to a tenth of AdamW's.
func recordLion(u update) {
	v := u.leaves(lionState(u.p))
	p, m := op.Lion(v[0], v[1], u.sum, u.hyper, op.LionConfig{Beta1: float32(u.a.AdamBeta1), Beta2: float32(u.a.AdamBeta2), WeightDecay: u.decay})
	u.g.Keep(p, m)
}
