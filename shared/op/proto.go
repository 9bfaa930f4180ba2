package op

import (
	"graft/shared/graph"
	"graft/shared/tensor"
)

type add struct{}

func (add) Name() string                                  { return "add" }
func (add) Infer(in []tensor.Spec) ([]tensor.Spec, error) { return nil, nil }
func (add) Attrs() []graph.Attr                           { return []graph.Attr{} }

type mul struct{}

func (mul) Name() string                                  { return "mul" }
func (mul) Infer(in []tensor.Spec) ([]tensor.Spec, error) { return nil, nil }
func (mul) Attrs() []graph.Attr                           { return []graph.Attr{} }

type scale struct{}

func (scale) Name() string                                  { return "scale" }
func (scale) Infer(in []tensor.Spec) ([]tensor.Spec, error) { return nil, nil }
func (scale) Attrs() []graph.Attr                           { return []graph.Attr{graph.Float("by", 0)} }

type scaleRows struct{}

func (scaleRows) Name() string                                  { return "scale_rows" }
func (scaleRows) Infer(in []tensor.Spec) ([]tensor.Spec, error) { return nil, nil }
func (scaleRows) Attrs() []graph.Attr                           { return []graph.Attr{} }

type rowDot struct{}

func (rowDot) Name() string                                  { return "row_dot" }
func (rowDot) Infer(in []tensor.Spec) ([]tensor.Spec, error) { return nil, nil }
func (rowDot) Attrs() []graph.Attr                           { return []graph.Attr{} }

type sum struct{}

func (sum) Name() string                                  { return "sum" }
func (sum) Infer(in []tensor.Spec) ([]tensor.Spec, error) { return nil, nil }
func (sum) Attrs() []graph.Attr                           { return []graph.Attr{} }

type sumRows struct{}

func (sumRows) Name() string                                  { return "sum_rows" }
func (sumRows) Infer(in []tensor.Spec) ([]tensor.Spec, error) { return nil, nil }
func (sumRows) Attrs() []graph.Attr                           { return []graph.Attr{} }

type broadcast struct{}

func (broadcast) Name() string                                  { return "broadcast" }
func (broadcast) Infer(in []tensor.Spec) ([]tensor.Spec, error) { return nil, nil }
func (broadcast) Attrs() []graph.Attr {
	return []graph.Attr{graph.Int("d0", 0), graph.Int("d1", 0), graph.Int("d2", 0), graph.Int("d3", 0)}
}

type matMul struct{}

func (matMul) Name() string                                  { return "matmul" }
func (matMul) Infer(in []tensor.Spec) ([]tensor.Spec, error) { return nil, nil }
func (matMul) Attrs() []graph.Attr {
	return []graph.Attr{graph.Int("ta", 0), graph.Int("tb", 0), graph.Float("alpha", 0), graph.Int("activations", 0)}
}

type lora struct{}

func (lora) Name() string                                  { return "lora" }
func (lora) Infer(in []tensor.Spec) ([]tensor.Spec, error) { return nil, nil }
func (lora) Attrs() []graph.Attr                           { return []graph.Attr{} }

type rmsNorm struct{}

func (rmsNorm) Name() string                                  { return "rmsnorm" }
func (rmsNorm) Infer(in []tensor.Spec) ([]tensor.Spec, error) { return nil, nil }
func (rmsNorm) Attrs() []graph.Attr {
	return []graph.Attr{graph.Float("eps", 0), graph.Float("offset", 0)}
}

type rmsNormGrad struct{}

func (rmsNormGrad) Name() string                                  { return "rmsnorm_grad" }
func (rmsNormGrad) Infer(in []tensor.Spec) ([]tensor.Spec, error) { return nil, nil }
func (rmsNormGrad) Attrs() []graph.Attr {
	return []graph.Attr{graph.Float("eps", 0), graph.Float("offset", 0)}
}

type layerNorm struct{}

func (layerNorm) Name() string                                  { return "layernorm" }
func (layerNorm) Infer(in []tensor.Spec) ([]tensor.Spec, error) { return nil, nil }
func (layerNorm) Attrs() []graph.Attr                           { return []graph.Attr{graph.Float("eps", 0)} }

type layerNormGrad struct{}

func (layerNormGrad) Name() string                                  { return "layernorm_grad" }
func (layerNormGrad) Infer(in []tensor.Spec) ([]tensor.Spec, error) { return nil, nil }
func (layerNormGrad) Attrs() []graph.Attr                           { return []graph.Attr{graph.Float("eps", 0)} }

type rope struct{}

func (rope) Name() string                                  { return "rope" }
func (rope) Infer(in []tensor.Spec) ([]tensor.Spec, error) { return nil, nil }
func (rope) Attrs() []graph.Attr {
	return []graph.Attr{graph.Int("head_dim", 0), graph.Int("inverse", 0), graph.Int("interleaved", 0), graph.Float("scale", 0)}
}

type attention struct{}

func (attention) Name() string                                  { return "attention" }
func (attention) Infer(in []tensor.Spec) ([]tensor.Spec, error) { return nil, nil }
func (attention) Attrs() []graph.Attr {
	return []graph.Attr{graph.Int("heads", 0), graph.Int("kv_heads", 0), graph.Float("scale", 0), graph.Float("softcap", 0), graph.Int("prefix", 0)}
}

type attentionGrad struct{}

func (attentionGrad) Name() string                                  { return "attention_grad" }
func (attentionGrad) Infer(in []tensor.Spec) ([]tensor.Spec, error) { return nil, nil }
func (attentionGrad) Attrs() []graph.Attr {
	return []graph.Attr{graph.Int("heads", 0), graph.Int("kv_heads", 0), graph.Float("scale", 0), graph.Float("softcap", 0), graph.Int("prefix", 0)}
}

type glu struct{}

func (glu) Name() string                                  { return "glu" }
func (glu) Infer(in []tensor.Spec) ([]tensor.Spec, error) { return nil, nil }
func (glu) Attrs() []graph.Attr                           { return []graph.Attr{graph.Int("act", 0)} }

type gluGrad struct{}

func (gluGrad) Name() string                                  { return "glu_grad" }
func (gluGrad) Infer(in []tensor.Spec) ([]tensor.Spec, error) { return nil, nil }
func (gluGrad) Attrs() []graph.Attr                           { return []graph.Attr{graph.Int("act", 0)} }

type activation struct{}

func (activation) Name() string                                  { return "activation" }
func (activation) Infer(in []tensor.Spec) ([]tensor.Spec, error) { return nil, nil }
func (activation) Attrs() []graph.Attr                           { return []graph.Attr{graph.Int("act", 0)} }

type activationGrad struct{}

func (activationGrad) Name() string                                  { return "activation_grad" }
func (activationGrad) Infer(in []tensor.Spec) ([]tensor.Spec, error) { return nil, nil }
func (activationGrad) Attrs() []graph.Attr                           { return []graph.Attr{graph.Int("act", 0)} }

type softmax struct{}

func (softmax) Name() string                                  { return "softmax" }
func (softmax) Infer(in []tensor.Spec) ([]tensor.Spec, error) { return nil, nil }
func (softmax) Attrs() []graph.Attr                           { return []graph.Attr{} }

type softmaxGrad struct{}

func (softmaxGrad) Name() string                                  { return "softmax_grad" }
func (softmaxGrad) Infer(in []tensor.Spec) ([]tensor.Spec, error) { return nil, nil }
func (softmaxGrad) Attrs() []graph.Attr                           { return []graph.Attr{} }

type crossEntropy struct{}

func (crossEntropy) Name() string                                  { return "cross_entropy" }
func (crossEntropy) Infer(in []tensor.Spec) ([]tensor.Spec, error) { return nil, nil }
func (crossEntropy) Attrs() []graph.Attr                           { return []graph.Attr{graph.Float("label_smoothing", 0)} }

type crossEntropyGrad struct{}

func (crossEntropyGrad) Name() string                                  { return "cross_entropy_grad" }
func (crossEntropyGrad) Infer(in []tensor.Spec) ([]tensor.Spec, error) { return nil, nil }
func (crossEntropyGrad) Attrs() []graph.Attr                           { return []graph.Attr{graph.Float("label_smoothing", 0)} }

type linearCrossEntropy struct{}

func (linearCrossEntropy) Name() string                                  { return "linear_cross_entropy" }
func (linearCrossEntropy) Infer(in []tensor.Spec) ([]tensor.Spec, error) { return nil, nil }
func (linearCrossEntropy) Attrs() []graph.Attr                           { return []graph.Attr{graph.Int("activations", 0)} }

type linearCrossEntropyGradW struct{}

func (linearCrossEntropyGradW) Name() string                                  { return "linear_cross_entropy_grad_w" }
func (linearCrossEntropyGradW) Infer(in []tensor.Spec) ([]tensor.Spec, error) { return nil, nil }
func (linearCrossEntropyGradW) Attrs() []graph.Attr                           { return []graph.Attr{} }

type gather struct{}

func (gather) Name() string                                  { return "gather" }
func (gather) Infer(in []tensor.Spec) ([]tensor.Spec, error) { return nil, nil }
func (gather) Attrs() []graph.Attr                           { return []graph.Attr{} }

type scatterAdd struct{}

func (scatterAdd) Name() string                                  { return "scatter_add" }
func (scatterAdd) Infer(in []tensor.Spec) ([]tensor.Spec, error) { return nil, nil }
func (scatterAdd) Attrs() []graph.Attr                           { return []graph.Attr{graph.Int("rows", 0)} }

type write struct{}

func (write) Name() string                                  { return "write" }
func (write) Infer(in []tensor.Spec) ([]tensor.Spec, error) { return nil, nil }
func (write) Attrs() []graph.Attr                           { return []graph.Attr{} }

type dropout struct{}

func (dropout) Name() string                                  { return "dropout" }
func (dropout) Infer(in []tensor.Spec) ([]tensor.Spec, error) { return nil, nil }
func (dropout) Attrs() []graph.Attr                           { return []graph.Attr{graph.Float("p", 0), graph.Int("stream", 0)} }

type adamW struct{}

func (adamW) Name() string                                  { return "adamw" }
func (adamW) Infer(in []tensor.Spec) ([]tensor.Spec, error) { return nil, nil }
func (adamW) Attrs() []graph.Attr {
	return []graph.Attr{graph.Float("beta1", 0), graph.Float("beta2", 0), graph.Float("eps", 0), graph.Float("weight_decay", 0)}
}

type accumulate struct{}

func (accumulate) Name() string                                  { return "accumulate" }
func (accumulate) Infer(in []tensor.Spec) ([]tensor.Spec, error) { return nil, nil }
func (accumulate) Attrs() []graph.Attr                           { return []graph.Attr{} }

type sumSquares struct{}

func (sumSquares) Name() string                                  { return "sum_squares" }
func (sumSquares) Infer(in []tensor.Spec) ([]tensor.Spec, error) { return nil, nil }
func (sumSquares) Attrs() []graph.Attr                           { return []graph.Attr{} }

type clipScale struct{}

func (clipScale) Name() string                                  { return "clip_scale" }
func (clipScale) Infer(in []tensor.Spec) ([]tensor.Spec, error) { return nil, nil }
func (clipScale) Attrs() []graph.Attr                           { return []graph.Attr{graph.Float("max_norm", 0)} }

type cast struct{}

func (cast) Name() string                                  { return "cast" }
func (cast) Infer(in []tensor.Spec) ([]tensor.Spec, error) { return nil, nil }
func (cast) Attrs() []graph.Attr                           { return []graph.Attr{graph.Int("dtype", 0)} }

type argmax struct{}

func (argmax) Name() string                                  { return "argmax" }
func (argmax) Infer(in []tensor.Spec) ([]tensor.Spec, error) { return nil, nil }
func (argmax) Attrs() []graph.Attr                           { return []graph.Attr{} }
