package weights

import (
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"strings"
	"testing"

	"graft/shared/quant"
	"graft/shared/tensor"
)

func isLinear(name string, s tensor.Spec) bool { return strings.HasSuffix(name, "_proj.weight") }

// The writer's bytes are those of bitsandbytes and safetensors.
func TestWriteBNB(t *testing.T) {
	src := openFixture(t, "bnb_source.safetensors")
	got := written(t, func(w io.Writer) error { return WriteBNB(w, src, isLinear, quant.BNBOptions{DoubleQuant: true}) })
	if want := readFixture(t, "bnb_written.safetensors"); !bytes.Equal(got, want) {
		n := 0
		for n < min(len(got), len(want)) && got[n] == want[n] {
			n++
		}
		t.Errorf("%d bytes, want %d; the first that differs is at %d", len(got), len(want), n)
	}
}

// What is written, in any variant, is read as the values that were quantised.
func TestWriteBNBVariants(t *testing.T) {
	src := openFixture(t, "bnb_source.safetensors")
	for _, opt := range []quant.BNBOptions{{}, {Type: "fp4"}, {BlockSize: 128}, {Type: "fp4", BlockSize: 32, DoubleQuant: true}, {DoubleQuant: true, Backend: quant.CUDA}} {
		b := written(t, func(w io.Writer) error { return WriteBNB(w, src, isLinear, opt) })
		back, err := OpenFile(InMemory(b))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range src.Names() {
			values := floatsOf(t, src, name)
			s, ok := back.Spec(name)
			if !ok {
				t.Fatalf("%+v: %s is missing", opt, name)
			}
			if was, _ := src.Spec(name); !s.Shape.Equal(was.Shape) {
				t.Errorf("%+v: %s is %v, was %v", opt, name, s, was)
			}
			if isLinear(name, s) {
				q, err := quant.QuantizeBNB(values, opt)
				if err != nil {
					t.Fatal(err)
				}
				q.Dequantize(values)
				if s.DType == tensor.BF16 {
					round := make([]byte, 2*len(values))
					if err := quant.Encode(tensor.BF16, round, values); err != nil {
						t.Fatal(err)
					}
					quant.Decode(tensor.BF16, values, round)
				}
			}
			sameFloats(t, name, floatsOf(t, back, name), values)
		}
	}
}

func TestPythonFloat(t *testing.T) {
	for v, want := range map[float64]string{0: "0.0", 1: "1.0", 0.5: "0.5", 0.0001: "0.0001", 0.00001234: "1.234e-05", 1e-7: "1e-07",
		123456789: "123456789.0", 1e15: "1000000000000000.0", 1e16: "1e+16", -0.25: "-0.25", float64(float32(0.1)): "0.10000000149011612"} {
		if got := pythonFloat(v); got != want {
			t.Errorf("%g is %s, want %s", v, got, want)
		}
	}
}

func TestBNBConfig(t *testing.T) {
	b, err := BNBConfig([]byte(`{"model_type":"llama","rope_theta":10000.0,"quantization_config":{"quant_method":"gptq"}}`),
		quant.BNBOptions{DoubleQuant: true}, "float32", []string{"score"})
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		ModelType string `json:"model_type"`
		Q         struct {
			Method  string   `json:"quant_method"`
			In4     bool     `json:"load_in_4bit"`
			Type    string   `json:"bnb_4bit_quant_type"`
			Double  bool     `json:"bnb_4bit_use_double_quant"`
			Compute string   `json:"bnb_4bit_compute_dtype"`
			Skip    []string `json:"llm_int8_skip_modules"`
		} `json:"quantization_config"`
	}
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	q := got.Q
	if got.ModelType != "llama" || q.Method != "bitsandbytes" || !q.In4 || q.Type != "nf4" || !q.Double || q.Compute != "float32" || !reflect.DeepEqual(q.Skip, []string{"score"}) {
		t.Errorf("config is %s", b)
	}
	if !strings.Contains(string(b), "10000.0") || !strings.Contains(string(b), `"llm_int8_threshold": 6.0`) {
		t.Errorf("a number is written otherwise: %s", b)
	}
	for _, bad := range []string{"", "null", "[]"} {
		_, err := BNBConfig([]byte(bad), quant.BNBOptions{}, "float32", nil)
		wantError(t, err, "config.json")
	}
}
