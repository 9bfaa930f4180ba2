package cli

import (
	"bytes"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"graft/shared/quant"
	"graft/shared/tensor"
	"graft/shared/weights"
)

// wideLlama is the config.json of a Llama whose rows divide into blocks of 256.
const wideLlama = `{"architectures":["LlamaForCausalLM"],"model_type":"llama","vocab_size":320,"hidden_size":256,"intermediate_size":256,
"num_hidden_layers":1,"num_attention_heads":4,"num_key_value_heads":2,"max_position_embeddings":128,"rms_norm_eps":1e-5,"rope_theta":10000,
"tie_word_embeddings":true,"hidden_act":"silu","eos_token_id":0,"pad_token_id":0}`

// halves are where the float16 of a block lie, for formats that are read and not written.
var halves = map[tensor.DType][]int{tensor.Q2_K: {80, 82}, tensor.Q3_K: {108}, tensor.IQ4_NL: {0}}

// randomMatrix is a matrix of small values stored as d.
func randomMatrix(t *testing.T, r *rand.Rand, d tensor.DType, rows, cols int) *tensor.Tensor {
	t.Helper()
	m := tensor.Make(tensor.Of(d, rows, cols))
	at, onlyRead := halves[d]
	if !onlyRead {
		values := make([]float32, rows*cols)
		for i := range values {
			values[i] = float32(r.NormFloat64() * 0.05)
		}
		if err := quant.Encode(d, m.Data, values); err != nil {
			t.Fatal(err)
		}
		return m
	}
	for i := range m.Data {
		m.Data[i] = byte(r.Uint32())
	}
	for block := m.Data; len(block) > 0; block = block[d.BlockBytes():] {
		for _, i := range at {
			h := tensor.F16FromF32(float32(0.002 * (r.Float64() - 0.5)))
			block[i], block[i+1] = byte(h), byte(h>>8)
		}
	}
	return m
}

// wideGGUF writes a Llama whose matrices are stored as d, and its twin with the same values in float32.
func wideGGUF(t *testing.T, dir string, meta weights.Meta, d tensor.DType) (path, twin string) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, uint64(d)))
	var items, plain []weights.Item
	add := func(name string, rows, cols int) {
		v := randomMatrix(t, r, d, rows, cols)
		f := tensor.Make(tensor.Of(tensor.F32, rows, cols))
		quant.Decode(d, f.Floats(), v.Data)
		items, plain = append(items, weights.ItemOf(name, v)), append(plain, weights.ItemOf(name, f))
	}
	norm := func(name string) {
		v := tensor.Make(tensor.Of(tensor.F32, 256))
		for i := range v.Floats() {
			v.Floats()[i] = 1
		}
		items, plain = append(items, weights.ItemOf(name, v)), append(plain, weights.ItemOf(name, v))
	}
	add("token_embd.weight", 320, 256)
	norm("output_norm.weight")
	norm("blk.0.attn_norm.weight")
	norm("blk.0.ffn_norm.weight")
	for _, name := range []string{"attn_q", "attn_output", "ffn_gate", "ffn_up", "ffn_down"} {
		add("blk.0."+name+".weight", 256, 256)
	}
	add("blk.0.attn_k.weight", 128, 256)
	add("blk.0.attn_v.weight", 128, 256)
	save := func(path string, items []weights.Item) string {
		var b bytes.Buffer
		if err := weights.WriteGGUF(&b, meta, items); err != nil {
			t.Fatal(err)
		}
		return write(t, path, b.String())
	}
	return save(filepath.Join(dir, d.String()+".gguf"), items), save(filepath.Join(dir, d.String()+"-f32.gguf"), plain)
}

// Loss tolerances, relative: of float32 sums in another order, and of what quant.Widen rounds where it is not exact.
const (
	exactLoss   = 1e-5
	widenedLoss = 1e-3
)

// TestEveryFormatServesAndTrains: a base in any format has the loss of the same values in float32, and a LoRA over it
// learns.
func TestEveryFormatServesAndTrains(t *testing.T) {
	s := newSetting(t)
	meta, err := weights.MetaOf([]byte(wideLlama), weights.Mixture{})
	if err != nil {
		t.Fatal(err)
	}
	must(t, "quantize", "--model", s.base, "--format", "f32", "--output", s.out("tokens.gguf"))
	f, err := os.ReadFile(s.out("tokens.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	g, err := weights.OpenGGUF(weights.InMemory(f))
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range g.Meta.Keys() {
		if v, _ := g.Meta.Value(key); strings.HasPrefix(key, "tokenizer.") {
			meta.Set(key, v)
		}
	}
	rows := write(t, s.out("rows.jsonl"), `{"prompt":"公司1","completion":"利润增长"}`+"\n"+`{"prompt":"公司2","completion":"亏损扩大"}`+"\n")
	loss := func(args ...string) float64 {
		return object(t, must(t, append([]string{"eval", "--task", "CAUSAL_LM", "--data", rows, "--json", "--activations", "0"}, args...)...))["loss"].(float64)
	}
	for d := range tensor.DTypes {
		if _, ok := quant.Of(d); !ok || d == tensor.NF4 { // NF4 is in no GGUF file; TestQLoRA trains over it
			continue
		}
		t.Run(d.String(), func(t *testing.T) {
			path, twin := wideGGUF(t, t.TempDir(), meta, d)
			tolerance := exactLoss
			if to := quant.Widened(d); to != d && d != tensor.Q5_0 && d != tensor.IQ4_NL {
				tolerance = widenedLoss
			}
			got, want := loss("--model", path), loss("--model", twin)
			if math.Abs(got/want-1) > tolerance {
				t.Errorf("loss is %g, in float32 %g", got, want)
			}
			out := t.TempDir()
			must(t, "train", "--model", path, "--train-file", rows, "--task-type", "CAUSAL_LM", "--target-modules", "all-linear", "--learning-rate", "1e-2",
				"--max-steps", "3", "--eval-strategy", "no", "--save-strategy", "no", "--output-dir", filepath.Join(out, "lora"))
			if after := loss("--model", path, "--adapter", filepath.Join(out, "lora")); !(after < got-0.01) {
				t.Errorf("loss is %g before and %g after training", got, after)
			}
		})
	}
}
