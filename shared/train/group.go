package train

import "graft/shared/tensor"

// Group is how a parameter's update differs from what the arguments say: PyTorch's parameter groups. The zero value
// trains nothing; start from DefaultGroup.
type Group struct {
	Rate  float64 // times learning_rate, such as LoRA+'s ratio for the second matrix
	Decay float64 // times weight_decay: 0 for none
}

// DefaultGroup is transformers': matrices decay, biases and norms do not.
func DefaultGroup(_ string, shape tensor.Shape) Group {
	if len(shape) > 1 {
		return Group{1, 1}
	}
	return Group{1, 0}
}

func (o *Options) group(p param) Group {
	if o.Group != nil {
		return o.Group(p.name, p.Shape)
	}
	return DefaultGroup(p.name, p.Shape)
}
