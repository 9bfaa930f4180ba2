package quant

import (
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

func TestEncodeIsGGMLs(t *testing.T) {
	var fix ggmlFixture
	fixture(t, "ggml.json", &fix)
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

// Every format that GGUF files hold is checked against ggml, or plain.
func TestEveryFormatHasFixtures(t *testing.T) {
	var fix ggmlFixture
	fixture(t, "ggml.json", &fix)
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
