package op

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"graft/shared/graph"
	"graft/shared/tensor"
)

// specs reads "f32[3 8] i32[3]".
func specs(t *testing.T, s string) (list []tensor.Spec) {
	t.Helper()
	for _, part := range strings.SplitAfter(s, "]") {
		name, dims, ok := strings.Cut(strings.TrimSuffix(strings.TrimSpace(part), "]"), "[")
		if !ok {
			continue
		}
		d, err := tensor.ParseDType(name)
		if err != nil {
			t.Fatal(err)
		}
		spec := tensor.Spec{DType: d}
		for _, n := range strings.Fields(dims) {
			v, err := strconv.Atoi(n)
			if err != nil {
				t.Fatal(err)
			}
			spec.Shape = append(spec.Shape, v)
		}
		list = append(list, spec)
	}
	return list
}

var heads = AttentionConfig{Heads: 4, KVHeads: 2, Scale: 1}

// inferCases are operands and the results, or after "!" the mistake.
var inferCases = []struct {
	op       graph.Op
	in, want string
}{
	{add{}, "f32[3 8] f32[3 8]", "f32[3 8]"},
	{add{}, "f32[3 8] f32[8]", "f32[3 8]"},
	{add{}, "f32[2 3 8] f32[1]", "f32[2 3 8]"},
	{add{}, "f32[3 8] f32[3]", "![3 8] and [3] differ, expected the second to be [3 8], [8] or [1]"},
	{add{}, "f32[8] f32[3 8]", "![8] and [3 8] differ"},
	{add{}, "f32[3 8] f32[1 8]", "!differ"},
	{add{}, "f32[3 8]", "!1 operands, expected a, b"},
	{mul{}, "f32[3 8] f32[8]", "f32[3 8]"},
	{mul{}, "f32[3 8] f16[8]", "!b is f16[8], expected f32"},
	{scale{2}, "f32[3 8]", "f32[3 8]"},
	{scale{2}, "i32[3]", "!x is i32[3], expected f32"},
	{scaleRows{}, "f32[3 8] f32[3]", "f32[3 8]"},
	{scaleRows{}, "f32[3 8] f32[8]", "!s has shape [8], expected [3]"},
	{rowDot{}, "f32[3 8] f32[3 8]", "f32[3]"},
	{rowDot{}, "f32[3 8] f32[3 7]", "!b has shape [3 7], expected [3 8]"},
	{sum{}, "f32[2 3 4]", "f32[1]"},
	{sum{}, "q8_0[32]", "!x is q8_0[32], expected f32"},
	{sumRows{}, "f32[2 3 4]", "f32[4]"},
	{sumRows{}, "f32[2 3] f32[3]", "!2 operands, expected x"},
	{broadcast{[4]int{3, 8}}, "f32[1]", "f32[3 8]"},
	{broadcast{[4]int{3, 8, 2, 5}}, "f32[1]", "f32[3 8 2 5]"},
	{broadcast{[4]int{3}}, "f32[2]", "!x has shape [2], expected [1]"},
	{broadcast{[4]int{3, 0, 2}}, "f32[1]", "![3 0 2 0] is not a shape"},
	{broadcast{}, "f32[1]", "!0 dimensions"},

	{matMul{}, "f32[3 8] f32[8 16]", "f32[3 16]"},
	{matMul{}, "f32[3 8] q4_0[8 64]", "f32[3 64]"},
	{matMul{tb: true}, "f32[3 64] nf4[5 64]", "f32[3 5]"},
	{matMul{ta: true}, "f32[8 3] f32[8 16]", "f32[3 16]"},
	{matMul{}, "f32[3 8] f32[8 16] f32[16]", "f32[3 16]"},
	{matMul{}, "f32[3 8] f32[8 16] f32[3 16]", "f32[3 16]"},
	{matMul{tb: true}, "f32[3 8] f32[8 16]", "!inner dimensions differ: [3 8] x [8 16]ᵀ"},
	{matMul{}, "f32[3 8] f32[7 16]", "!inner dimensions differ: [3 8] x [7 16]"},
	{matMul{ta: true}, "f32[3 8] f32[7 16]", "!inner dimensions differ: [3 8]ᵀ x [7 16]"},
	{matMul{ta: true, tb: true}, "f32[8 3] f32[16 8]", "!both operands are transposed"},
	{matMul{ta: true}, "f32[8 3] f16[8 16]", "!b is f16[8 16], expected f32"},
	{matMul{}, "f16[3 8] f32[8 16]", "!a is f16[3 8], expected f32"},
	{matMul{}, "f32[3 8] i32[8 16]", "!b is i32[8 16], expected a type of real numbers"},
	{matMul{}, "f32[2 3 8] f32[8 16]", "!a has shape [2 3 8], expected 2 dimensions"},
	{matMul{}, "f32[3 8] f32[8 16] f32[3]", "!c has shape [3], expected [3 16] or [16]"},
	{matMul{activations: 4}, "f32[3 8] f32[8 16]", "!activations of 4 bits"},
	{matMul{}, "f32[3 8]", "!1 operands, expected a, b, c?"},
	{lora{}, "f32[5 9] f32[5 7] f16[2 3 7] bf16[2 9 3] f32[2] i32[5]", "f32[5 9]"},
	{lora{}, "f32[5 9] f32[4 7] f32[2 3 7] f32[2 9 3] f32[2] i32[5]", "!x has 4 rows, y 5"},
	{lora{}, "f32[5 9] f32[5 8] f32[2 3 7] f32[2 9 3] f32[2] i32[5]", "!inner dimensions differ: a [2 3 7], x [5 8]"},
	{lora{}, "f32[5 9] f32[5 7] f32[2 3 7] f32[2 9 4] f32[2] i32[5]", "!b has shape [2 9 4], expected [2 9 3]"},
	{lora{}, "f32[5 9] f32[5 32] q8_0[2 3 32] f32[2 9 3] f32[2] i32[5]", "!a is q8_0[2 3 32], expected f32 or f16 or bf16"},
	{lora{}, "f32[5 9] f32[5 7] f32[2 3 7] f32[2 9 3] f32[3] i32[5]", "!scale has shape [3], expected [2]"},
	{lora{}, "f32[5 9] f32[5 7] f32[2 3 7] f32[2 9 3] f32[2] i32[4]", "!index has shape [4], expected [5]"},

	{rmsNorm{}, "f32[3 8] f32[8]", "f32[3 8]"},
	{rmsNorm{}, "f32[3 8] bf16[4]", "f32[3 8]"},
	{rmsNorm{}, "f32[3 8] f32[3]", "!rows of 8 values do not divide into groups of 3"},
	{rmsNormGrad{}, "f32[3 8] f16[4] f32[3 8]", "f32[3 8] f32[4]"},
	{rmsNormGrad{}, "f32[3 8] f32[8] f32[8]", "!dy has shape [8], expected [3 8]"},
	{layerNorm{}, "f32[3 8] f32[8] f32[8]", "f32[3 8]"},
	{layerNorm{}, "f32[3 8] f32[8] f32[7]", "!b has shape [7], expected [8]"},
	{layerNormGrad{}, "f32[3 8] f32[8] f32[3 8]", "f32[3 8] f32[8] f32[8]"},
	{layerNormGrad{}, "f32[3 8] f32[4] f32[3 8]", "!w has shape [4], expected [8]"},
	{rope{RoPEConfig{HeadDim: 4}}, "f32[3 8] i32[3] f32[2]", "f32[3 8]"},
	{rope{RoPEConfig{HeadDim: 4}}, "f32[3 8] i32[3] f32[1]", "f32[3 8]"},
	{rope{RoPEConfig{HeadDim: 4}}, "f32[3 8] i32[3] f32[3]", "!inv_freq has 3 values, expected at most half of a head of 4"},
	{rope{RoPEConfig{HeadDim: 3}}, "f32[3 8] i32[3] f32[1]", "!rows of 8 values do not divide into heads of 3"},
	{rope{}, "f32[3 8] i32[3] f32[1]", "!rows of 8 values do not divide into heads of 0"},
	{rope{RoPEConfig{HeadDim: 4}}, "f32[3 8] i32[2] f32[1]", "!pos has shape [2], expected [3]"},

	{attention{heads}, "f32[3 8] f32[5 4] f32[5 4] i32[3] i32[3]", "f32[3 8] f32[3 4]"},
	{attention{heads}, "f32[3 64] q8_0[5 32] q8_0[5 32] i32[3] i32[3]", "f32[3 64] f32[3 4]"},
	{attention{heads}, "f32[3 64] q4_0[5 32] q4_0[5 32] i32[3] i32[3]", "!k is q4_0[5 32], expected f32 or f16 or bf16 or q8_0"},
	{attention{heads}, "f32[3 8] f32[5 8] f32[5 8] i32[3] i32[3]", "!k: rows of 8 values, expected 2 heads of 2"},
	{attention{heads}, "f32[3 6] f32[5 3] f32[5 3] i32[3] i32[3]", "!q: rows of 6 values do not divide into 4 heads"},
	{attention{heads}, "f32[3 8] f32[5 4] f32[4 4] i32[3] i32[3]", "!v has shape [4 4], expected [5 4]"},
	{attention{heads}, "f32[3 8] f32[5 4] f32[5 4] i32[3] i32[5]", "!hi has shape [5], expected [3]"},
	{attention{AttentionConfig{Heads: 3, KVHeads: 2}}, "f32[3 6] f32[5 4] f32[5 4] i32[3] i32[3]", "!3 heads over 2 key heads"},
	{attention{AttentionConfig{}}, "f32[3 6] f32[5 4] f32[5 4] i32[3] i32[3]", "!0 heads over 0 key heads"},
	{attention{AttentionConfig{Heads: 1, KVHeads: 1, Prefix: 6}}, "f32[3 4] f32[5 4] f32[5 4] i32[3] i32[3]", "!prefix of 6 keys, expected 0 to 5"},
	{attentionGrad{heads}, "f32[3 8] f32[5 4] f32[5 4] f32[3 8] f32[3 4] f32[3 8] i32[3] i32[3]", "f32[3 8] f32[5 4] f32[5 4]"},
	{attentionGrad{heads}, "f32[3 8] f16[5 4] f16[5 4] f32[3 8] f32[3 4] f32[3 8] i32[3] i32[3]", "!k is f16[5 4], expected f32"},
	{attentionGrad{heads}, "f32[3 8] f32[5 4] f32[5 4] f32[3 8] f32[3 2] f32[3 8] i32[3] i32[3]", "!lse has shape [3 2], expected [3 4]"},
	{attentionGrad{heads}, "f32[3 8] f32[5 4] f32[5 4] f32[3 8] f32[3 4] f32[3 4] i32[3] i32[3]", "!do has shape [3 4], expected [3 8]"},
	{glu{}, "f32[3 8] f32[3 8]", "f32[3 8]"},
	{glu{}, "f32[3 8] f32[8]", "!up has shape [8], expected [3 8]"},
	{glu{actAttrs{9}}, "f32[3 8] f32[3 8]", "!act(9) is not an activation"},
	{gluGrad{}, "f32[3 8] f32[3 8] f32[3 8]", "f32[3 8] f32[3 8]"},
	{gluGrad{}, "f32[3 8] f32[3 8] f32[3]", "!dy has shape [3], expected [3 8]"},
	{activation{}, "f32[3 8]", "f32[3 8]"},
	{activation{actAttrs{-1}}, "f32[3 8]", "!act(-1) is not an activation"},
	{activationGrad{}, "f32[3 8] f32[3 8]", "f32[3 8]"},
	{activationGrad{}, "f32[3 8] f32[8 3]", "!dy has shape [8 3], expected [3 8]"},
	{softmax{}, "f32[3 8]", "f32[3 8]"},
	{softmax{}, "f32[8]", "!x has shape [8], expected 2 dimensions"},
	{softmaxGrad{}, "f32[3 8] f32[3 8]", "f32[3 8]"},
	{softmaxGrad{}, "f32[3 8] f32[3 7]", "!dy has shape [3 7], expected [3 8]"},

	{crossEntropy{}, "f32[3 8] i32[3]", "f32[3]"},
	{crossEntropy{}, "f32[3 8] i32[8]", "!target has shape [8], expected [3]"},
	{crossEntropy{smoothing{1}}, "f32[3 8] i32[3]", "!label smoothing is 1, expected 0 to 1"},
	{crossEntropyGrad{}, "f32[3 8] i32[3] f32[3]", "f32[3 8]"},
	{crossEntropyGrad{}, "f32[3 8] i32[3] f32[1]", "!dloss has shape [1], expected [3]"},
	{linearCrossEntropy{}, "f32[3 32] q8_0[9 32] i32[3]", "f32[3] f32[3 32]"},
	{linearCrossEntropy{}, "f32[3 8] f32[9 7] i32[3]", "!inner dimensions differ: [3 8] x [9 7]ᵀ"},
	{linearCrossEntropy{4}, "f32[3 8] f32[9 8] i32[3]", "!activations of 4 bits"},
	{linearCrossEntropyGradW{}, "f32[3 8] f32[9 8] i32[3] f32[3]", "f32[9 8]"},
	{linearCrossEntropyGradW{}, "f32[3 8] f16[9 8] i32[3] f32[3]", "!w is f16[9 8], expected f32"},
	{linearCrossEntropyGradW{}, "f32[3 8] f32[9 8] i32[2] f32[3]", "!target has shape [2], expected [3]"},
	{gather{}, "q4_1[9 64] i32[5]", "f32[5 64]"},
	{gather{}, "f32[9 64] f32[5]", "!index is f32[5], expected i32"},
	{gather{}, "i32[9 64] i32[5]", "!table is i32[9 64], expected a type of real numbers"},
	{scatterAdd{9}, "f32[5 8] i32[5]", "f32[9 8]"},
	{scatterAdd{9}, "f32[5 8] i32[9]", "!index has shape [9], expected [5]"},
	{scatterAdd{0}, "f32[5 8] i32[5]", "!shape [0 8] is not a size"},
	{write{}, "q8_0[9 32] f32[5 32] i32[5]", "q8_0[9 32]"},
	{write{}, "q4_0[9 32] f32[5 32] i32[5]", "!cache is q4_0[9 32], expected f32 or f16 or bf16 or q8_0"},
	{write{}, "f16[9 32] f32[5 16] i32[5]", "!x has rows of 16 values, the cache of 32"},
	{dropout{0.1, 3}, "f32[2 3 4] i32[2]", "f32[2 3 4]"},
	{dropout{1, 3}, "f32[2 3 4] i32[2]", "!p is 1, expected 0 to 1, without 1"},
	{dropout{0.1, 3}, "f32[2 3 4] i32[1]", "!seed has shape [1], expected [2]"},

	{adamW{}, "f32[3 8] f32[3 8] f32[3 8] f32[3 8] f32[4]", "f32[3 8] f32[3 8] f32[3 8]"},
	{adamW{}, "f32[3 8] f32[3 8] f32[3 8] f32[8 3] f32[4]", "!g has shape [8 3], expected [3 8]"},
	{adamW{}, "f32[3 8] f32[3 8] f32[3 8] f32[3 8] f32[3]", "!hyper has shape [3], expected [4]"},
	{accumulate{}, "f32[3 8] f32[3 8] f32[1]", "f32[3 8]"},
	{accumulate{}, "f32[3 8] f32[8] f32[1]", "!g has shape [8], expected [3 8]"},
	{sumSquares{}, "f32[3 8]", "f32[1]"},
	{sumSquares{}, "bf16[3 8]", "!x is bf16[3 8], expected f32"},
	{clipScale{1}, "f32[1]", "f32[1] f32[1]"},
	{clipScale{1}, "f32[2]", "!total has shape [2], expected [1]"},
	{cast{tensor.F16}, "q6_k[3 256]", "f16[3 256]"},
	{cast{tensor.Q8_0}, "f32[3 32]", "!to q8_0, expected f32 or f16 or bf16"},
	{cast{tensor.F32}, "i32[3]", "!x is i32[3], expected a type of real numbers"},
	{argmax{}, "f32[3 8]", "i32[3]"},
	{argmax{}, "f16[3 8]", "!x is f16[3 8], expected f32"},
	{lion{}, "f32[3 8] f32[3 8] f32[3 8] f32[4]", "f32[3 8] f32[3 8]"},
	{lion{}, "f32[3 8] f32[3 8] f32[8 3] f32[4]", "!g has shape [8 3], expected [3 8]"},
	{adamW8Bit{}, "f32[3 100] u8[3 100] f32[2] u8[3 100] f32[2] f32[3 100] f32[4]", "f32[3 100] u8[3 100] f32[2] u8[3 100] f32[2]"},
	{adamW8Bit{}, "f32[3 100] u8[3 100] f32[1] u8[3 100] f32[2] f32[3 100] f32[4]", "!m_scale has shape [1], expected [2]"},
	{adafactor{}, "f32[3 8] f32[3] f32[8] f32[3 8] f32[4]", "f32[3 8] f32[3] f32[8]"},
	{adafactor{}, "f32[8] f32[3] f32[8] f32[3 8] f32[4]", "!p has shape [8], expected 2 dimensions"},
	{adafactorVector{}, "f32[8] f32[8] f32[8] f32[4]", "f32[8] f32[8]"},
	{adafactorVector{}, "f32[8] f32[3] f32[8] f32[4]", "!v has shape [3], expected [8]"},
	{normalize{}, "f32[3 8]", "f32[3 8]"},
	{normalize{}, "i32[3]", "!x is i32[3], expected f32"},
	{descend{}, "f32[3 8] f32[3 8] f32[4]", "f32[3 8]"},
	{descend{}, "f32[3 8] f32[8 3] f32[4]", "!u has shape [8 3], expected [3 8]"},
	{focal{focusing{2}}, "f32[3]", "f32[3]"},
	{focal{focusing{-1}}, "f32[3]", "!gamma is -1, expected 0 or more"},
	{focalGrad{}, "f32[3] f32[3]", "f32[3]"},
	{focalGrad{}, "f32[3] f32[4]", "!dy has shape [4], expected [3]"},
	{noise{}, "f32[3 8] f32[3] i32[2]", "f32[3 8]"},
	{noise{}, "f32[3 8] f32[8] i32[2]", "!s has shape [8], expected [3]"},
	{columns{2, 5}, "f32[3 8]", "f32[3 5]"},
	{columns{3, 5}, "f32[3 8]", "f32[3 5]"},
	{columns{4, 5}, "f32[3 8]", "!columns 4 to 9 of 8"},
	{columns{-1, 5}, "f32[3 8]", "!columns -1 to 4 of 8"},
	{columns{2, 0}, "f32[3 8]", "!columns 2 to 2 of 8"},
	{columnsGrad{3, 8}, "f32[3 5]", "f32[3 8]"},
	{rsqrt{}, "f32[3 5]", "f32[3 5]"},
	{rsqrt{}, "f16[3]", "!x is f16[3], expected f32"},
	{columnsGrad{4, 8}, "f32[3 5]", "!columns 4 to 9 of 8"},
}

func TestInfer(t *testing.T) {
	good, bad := map[string]bool{}, map[string]bool{}
	for _, c := range inferCases {
		t.Run(fmt.Sprintf("%s %s", c.op.Name(), c.in), func(t *testing.T) {
			out, err := c.op.Infer(specs(t, c.in))
			if want, mistake := strings.CutPrefix(c.want, "!"); mistake {
				bad[c.op.Name()] = true
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got error %v, expected %q", err, want)
				}
				return
			}
			good[c.op.Name()] = true
			if err != nil {
				t.Fatalf("got error %v, expected %s", err, c.want)
			}
			if got := strings.Trim(fmt.Sprint(out), "[] "); got+"]" != c.want {
				t.Errorf("got %s], expected %s", got, c.want)
			}
		})
	}
	for _, r := range table {
		if name := r.Op.Name(); !good[name] || !bad[name] {
			t.Errorf("%s: shapes that are right: %t, wrong: %t, expected a case of each", name, good[name], bad[name])
		}
	}
}

// TestInferNeverPanics tries numbers of operands, types and shapes that make no sense.
func TestInferNeverPanics(t *testing.T) {
	odd := []tensor.Spec{tensor.Of(tensor.F32, 1), tensor.Of(tensor.I32, 2, 3), tensor.Of(tensor.F32, 2, 3, 4, 5), tensor.Of(tensor.Q8_0, 1, 32), tensor.Of(tensor.F32, 2, 2)}
	for _, r := range table {
		for n := range len(r.In) + 2 {
			for shift := range odd {
				in := make([]tensor.Spec, n)
				for i := range in {
					in[i] = odd[(i*shift+shift)%len(odd)]
				}
				if out, err := r.Op.Infer(in); err == nil && len(out) != len(r.Out) {
					t.Errorf("%s over %v: %d results, expected %v", r.Op.Name(), in, len(out), r.Out)
				}
			}
		}
	}
}
