package op

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"graft/shared/graph"
	"graft/shared/tensor"
)

const (
	// torchTolerance is relative to the greatest value of a result: both sides compute in float64, from inputs and to
	// results of f32.
	torchTolerance = 1e-6
	// torchSecondMoment: 1 - β2 of the f32 0.999 differs by 5e-5 from that of the float64.
	torchSecondMoment = 1e-4
)

// torchOps makes an op from its attributes.
var torchOps = map[string]func(a map[string]float64) graph.Primitive{
	"rmsnorm": func(a map[string]float64) graph.Primitive {
		return rmsNorm{normAttrs{float32(a["eps"]), float32(a["offset"])}}
	},
	"rmsnorm_grad": func(a map[string]float64) graph.Primitive {
		return rmsNormGrad{normAttrs{float32(a["eps"]), float32(a["offset"])}}
	},
	"layernorm":      func(a map[string]float64) graph.Primitive { return layerNorm{layerNormAttrs{float32(a["eps"])}} },
	"layernorm_grad": func(a map[string]float64) graph.Primitive { return layerNormGrad{layerNormAttrs{float32(a["eps"])}} },
	"rope": func(a map[string]float64) graph.Primitive {
		return rope{RoPEConfig{HeadDim: int(a["head_dim"]), Inverse: a["inverse"] == 1, Interleaved: a["interleaved"] == 1, Scale: float32(a["scale"])}}
	},
	"attention":      func(a map[string]float64) graph.Primitive { return attention{torchHeads(a)} },
	"attention_grad": func(a map[string]float64) graph.Primitive { return attentionGrad{torchHeads(a)} },
	"activation":     func(a map[string]float64) graph.Primitive { return activation{actAttrs{Act(a["act"])}} },
	"activation_grad": func(a map[string]float64) graph.Primitive {
		return activationGrad{actAttrs{Act(a["act"])}}
	},
	"glu":          func(a map[string]float64) graph.Primitive { return glu{actAttrs{Act(a["act"])}} },
	"glu_grad":     func(a map[string]float64) graph.Primitive { return gluGrad{actAttrs{Act(a["act"])}} },
	"softmax":      func(map[string]float64) graph.Primitive { return softmax{} },
	"softmax_grad": func(map[string]float64) graph.Primitive { return softmaxGrad{} },
	"cross_entropy": func(a map[string]float64) graph.Primitive {
		return crossEntropy{smoothing{float32(a["label_smoothing"])}}
	},
	"cross_entropy_grad": func(a map[string]float64) graph.Primitive {
		return crossEntropyGrad{smoothing{float32(a["label_smoothing"])}}
	},
	"adamw": func(a map[string]float64) graph.Primitive {
		return adamW{AdamWConfig{float32(a["beta1"]), float32(a["beta2"]), float32(a["eps"]), float32(a["weight_decay"])}}
	},
	"clip_scale": func(a map[string]float64) graph.Primitive { return clipScale{float32(a["max_norm"])} },
}

func torchHeads(a map[string]float64) AttentionConfig {
	return AttentionConfig{Heads: int(a["heads"]), KVHeads: int(a["kv_heads"]), Scale: float32(a["scale"]), Softcap: float32(a["softcap"]), Prefix: int(a["prefix"])}
}

// torchTensor is a tensor in testdata/torch.json.
type torchTensor struct {
	DType string
	Shape []int
	Data  []float64
}

func (x torchTensor) make(t *testing.T) *tensor.Tensor {
	t.Helper()
	d, err := tensor.ParseDType(x.DType)
	if err != nil {
		t.Fatal(err)
	}
	y := tensor.Make(tensor.Of(d, x.Shape...))
	for i, v := range x.Data {
		if d == tensor.I32 {
			y.Ints()[i] = int32(v)
		} else {
			y.Floats()[i] = float32(v)
		}
	}
	return y
}

// TestTorch holds definitions to what PyTorch and transformers compute: see testdata/make.py.
func TestTorch(t *testing.T) {
	data, err := os.ReadFile("testdata/torch.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []struct {
			Op, Name string
			Attrs    map[string]float64
			In, Out  []torchTensor
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	tested := map[string]bool{}
	for _, c := range file.Cases {
		tested[c.Op] = true
		t.Run(c.Op+" "+c.Name, func(t *testing.T) {
			o := torchOps[c.Op](c.Attrs)
			var in []*tensor.Tensor
			var specs []tensor.Spec
			for _, x := range c.In {
				in = append(in, x.make(t))
				specs = append(specs, in[len(in)-1].Spec)
			}
			results, err := o.Infer(specs)
			if err != nil {
				t.Fatal(err)
			}
			out := make([]*tensor.Tensor, len(results))
			for i, s := range results {
				out[i] = tensor.Make(s)
				if _, ok := o.(graph.Overwriter); ok {
					out[i] = in[i]
				}
			}
			o.Eval(out, in)
			for i, x := range c.Out {
				tolerance := torchTolerance
				if c.Op == "adamw" && i == 2 {
					tolerance = torchSecondMoment
				}
				want := x.make(t)
				if !want.Shape.Equal(out[i].Shape) {
					t.Fatalf("result %d is %v, expected %v", i, out[i].Spec, want.Spec)
				}
				most := 0.0
				for _, v := range want.Floats() {
					most = max(most, math.Abs(float64(v)))
				}
				for j, v := range want.Floats() {
					if d := math.Abs(float64(v) - float64(out[i].Floats()[j])); !(d <= tolerance*most) {
						t.Errorf("result %d[%d] is %g, expected %g", i, j, out[i].Floats()[j], v)
					}
				}
			}
		})
	}
	for name := range torchOps {
		if !tested[name] {
			t.Errorf("torch.json has no case of %s", name)
		}
	}
}
