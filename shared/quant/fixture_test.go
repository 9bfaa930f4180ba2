package quant

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"testing"
)

// fixture reads testdata/name, which make.py wrote, into v.
func fixture(t *testing.T, name string, v any) {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatal(err)
	}
}

// raw is bytes in base64, floats the same as little-endian float32.
type (
	raw    []byte
	floats []float32
)

func (r *raw) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	v, err := base64.StdEncoding.DecodeString(s)
	*r = v
	return err
}

func (f *floats) UnmarshalJSON(b []byte) error {
	var r raw
	if err := r.UnmarshalJSON(b); err != nil {
		return err
	}
	*f = make(floats, len(r)/4)
	decodeF32(*f, r)
	return nil
}

// sameBits fails where got and want differ in a bit, but for the sign of zero.
func sameBits(t *testing.T, what string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i := range got {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) && !(got[i] == 0 && want[i] == 0) {
			t.Fatalf("%s: value %d is %g (%#x), want %g (%#x)", what, i, got[i], math.Float32bits(got[i]), want[i], math.Float32bits(want[i]))
		}
	}
}

func sameBytes(t *testing.T, what string, got, want []byte) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d bytes, want %d", what, len(got), len(want))
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("%s: byte %d is %#x, want %#x", what, i, got[i], want[i])
		}
	}
}

func sameHash(t *testing.T, what string, got []byte, want string) {
	t.Helper()
	sum := sha256.Sum256(got)
	if h := hex.EncodeToString(sum[:]); h != want {
		t.Fatalf("%s: sha256 %s, want %s", what, h, want)
	}
}

// noise is n values by the generator of the same name in make.py.
func noise(seed uint32, n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		seed = seed*1664525 + 1013904223
		u := float32(seed>>8)/(1<<23) - 1
		v[i] = u * u * u
	}
	return v
}

func bytesOf(v []float32) []byte {
	b := make([]byte, 4*len(v))
	encodeF32(b, v)
	return b
}
