package weights

import (
	"encoding/json"
	"io"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"graft/shared/tensor"
)

// scaledFile is a Llama without layers whose config.json has a rope_scaling, as GGUF.
func scaledFile(t *testing.T, scaling string) ([]byte, error) {
	t.Helper()
	config := []byte(`{"model_type":"llama","vocab_size":4,"hidden_size":128,"intermediate_size":8,"num_hidden_layers":1,"num_attention_heads":2,
		"max_position_embeddings":131072,"rope_theta":500000,"rms_norm_eps":1e-5,"tie_word_embeddings":true,"rope_scaling":` + scaling + `}`)
	m, err := MetaOf(config, Mixture{})
	if err != nil {
		return nil, err
	}
	embed := written(t, func(w io.Writer) error {
		return WriteSafetensors(w, []Item{ItemOf("model.embed_tokens.weight", tensor.Make(tensor.Of(tensor.F32, 4, 128)))}, nil)
	})
	src, err := OpenFile(InMemory(embed))
	if err != nil {
		t.Fatal(err)
	}
	items, err := GGUFItems(src, config, Mixture{})
	if err != nil {
		return nil, err
	}
	return written(t, func(w io.Writer) error { return WriteGGUF(w, m, items) }), nil
}

// A scaling of rotations comes back from the file it is written to, and its divisors are no weight of the model.
func TestRopeScalingComesBack(t *testing.T) {
	for _, scaling := range []string{
		`{"rope_type":"linear","factor":4}`,
		`{"rope_type":"yarn","factor":8,"original_max_position_embeddings":4096,"beta_fast":32,"beta_slow":1}`,
		`{"rope_type":"llama3","factor":32,"low_freq_factor":1,"high_freq_factor":4,"original_max_position_embeddings":8192}`,
		`{"rope_type":"llama3","factor":8,"low_freq_factor":1,"high_freq_factor":4,"original_max_position_embeddings":8192}`,
	} {
		b, err := scaledFile(t, scaling)
		if err != nil {
			t.Fatal(err)
		}
		g, err := OpenGGUF(InMemory(b))
		if err != nil {
			t.Fatal(err)
		}
		data, err := g.Config()
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Scaling map[string]any `json:"rope_scaling"`
		}
		var want map[string]any
		if json.Unmarshal(data, &got) != nil || json.Unmarshal([]byte(scaling), &want) != nil {
			t.Fatal("not JSON")
		}
		if !reflect.DeepEqual(got.Scaling, want) {
			t.Errorf("rope_scaling is %v, want %v", got.Scaling, want)
		}
		if names := g.Names(); len(names) != 1 {
			t.Errorf("tensors are %q", names)
		}
	}
}

// TestRopeFactors are the divisors that llama.cpp's converter computes for Llama 3.1: 1 below a wave of 8192/4
// positions, 8 above one of 8192, and between them 1/((1-s)/8 + s).
func TestRopeFactors(t *testing.T) {
	b, err := scaledFile(t, `{"rope_type":"llama3","factor":8,"low_freq_factor":1,"high_freq_factor":4,"original_max_position_embeddings":8192}`)
	if err != nil {
		t.Fatal(err)
	}
	g, err := OpenGGUF(InMemory(b))
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range floatsOf(t, g, ropeFactors) {
		wave := 2 * math.Pi * math.Pow(500000, float64(2*i)/64)
		want := 1.0
		switch s := (8192/wave - 1) / 3; {
		case wave > 8192:
			want = 8
		case wave >= 8192/4:
			want = 1 / ((1-s)/8 + s)
		}
		if math.Abs(float64(f)/want-1) > 1e-6 {
			t.Errorf("divisor %d is %g, want %g", i, f, want)
		}
	}
	// Divisors of another rule are not taken for Llama 3's.
	other, at := slices.Clone(b), g.tensors[ropeFactors].begin
	if g, err = OpenGGUF(InMemory(append(other[:at+4], append([]byte{0, 0, 0, 0x40}, other[at+8:]...)...))); err != nil {
		t.Fatal(err)
	}
	data, err := g.Config()
	if err != nil || !strings.Contains(string(data), `"rope_type": "longrope"`) {
		t.Errorf("divisors of another rule: %v %s", err, data)
	}
}
