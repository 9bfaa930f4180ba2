package quant

import (
	"maps"
	"math"
	"testing"

	"graft/shared/tensor"
)

type ggmlFixture struct {
	Decode map[string]struct {
		Blocks raw
		Out    floats
	}
	Encode map[string]raw
}

func byName(t *testing.T, name string) Format {
	t.Helper()
	for _, f := range formats {
		if f.Name == name {
			return f
		}
	}
	t.Fatalf("no format is named %q", name)
	return Format{}
}

func TestDecodeIsGGMLs(t *testing.T) {
	var fix ggmlFixture
	fixture(t, "ggml.json", &fix)
	for name, c := range fix.Decode {
		t.Run(name, func(t *testing.T) {
			f := byName(t, name)
			got := make([]float32, len(c.Out))
			Decode(f.DType, got, c.Blocks)
			sameBits(t, name, got, c.Out)
		})
	}
}

// Of the formats whose encoding searches, and of the others, blocks are those of ggml's C.
func TestEncodeIsGGMLs(t *testing.T) {
	for _, file := range []string{"ggml.json", "ggml_k.json"} {
		var fix ggmlFixture
		fixture(t, file, &fix)
		w := make([]float32, len(fix.Encode["w"])/4)
		decodeF32(w, fix.Encode["w"])
		delete(fix.Encode, "w")
		for name, want := range fix.Encode {
			t.Run(name, func(t *testing.T) {
				f := byName(t, name)
				got := make([]byte, f.DType.Size(len(w)))
				if err := Encode(f.DType, got, w); err != nil {
					t.Fatal(err)
				}
				sameBytes(t, name, got, want)
			})
		}
	}
}

// Values that are no numbers give some blocks and no panic.
func TestEncodeOfNoNumbers(t *testing.T) {
	src := make([]float32, 256)
	for i := range src {
		src[i] = []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 1e38, -1e38, 0}[i%6]
	}
	for _, f := range formats {
		if f.Encode == nil {
			continue
		}
		got := make([]byte, f.DType.Size(len(src)))
		if err := Encode(f.DType, got, src); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
		Decode(f.DType, make([]float32, len(src)), got)
	}
}

// Every format that GGUF files hold is checked against ggml, or plain.
func TestEveryFormatHasFixtures(t *testing.T) {
	var fix, searched ggmlFixture
	fixture(t, "ggml.json", &fix)
	fixture(t, "ggml_k.json", &searched)
	maps.Copy(fix.Encode, searched.Encode)
	for _, f := range formats {
		_, decoded := fix.Decode[f.Name]
		_, encoded := fix.Encode[f.Name]
		if f.GGUF == NoGGUF || f.DType == tensor.F32 {
			continue
		}
		if !decoded && f.DType.IsBlock() {
			t.Errorf("%s has no fixture to decode", f.Name)
		}
		if !encoded && f.Encode != nil {
			t.Errorf("%s has no fixture to encode", f.Name)
		}
	}
}
