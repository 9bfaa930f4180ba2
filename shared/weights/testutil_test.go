package weights

import (
	"bytes"
	"io"
	"math"
	"os"
	"strings"
	"testing"

	"graft/shared/quant"
	"graft/shared/tensor"
)

// unmapped is a File that is read piece by piece.
type unmapped struct{ File }

func (unmapped) Bytes() []byte { return nil }

// bothWays runs test on a file in memory and on the same file unmapped.
func bothWays(t *testing.T, b []byte, test func(t *testing.T, f File)) {
	t.Run("mapped", func(t *testing.T) { test(t, InMemory(b)) })
	t.Run("unmapped", func(t *testing.T) { test(t, unmapped{InMemory(b)}) })
}

func readFixture(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func openFixture(t testing.TB, name string) Source {
	t.Helper()
	src, err := OpenFile(InMemory(readFixture(t, name)))
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// floatsOf reads a tensor of any type of real numbers.
func floatsOf(t testing.TB, src Source, name string) []float32 {
	t.Helper()
	x, err := ReadTensor(src, name)
	if err != nil {
		t.Fatal(err)
	}
	v := make([]float32, x.Shape.Len())
	quant.Decode(x.DType, v, x.Data)
	return v
}

func sameFloats(t testing.TB, what string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i := range got {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) && !(got[i] == 0 && want[i] == 0) {
			t.Fatalf("%s: value %d is %g, want %g", what, i, got[i], want[i])
		}
	}
}

// checkViews holds Bytes and Range to what Read gives, for every tensor that can be read.
func checkViews(t testing.TB, src Source) {
	t.Helper()
	for _, name := range src.Names() {
		s, ok := src.Spec(name)
		if !ok {
			t.Fatalf("%s is listed but has no spec", name)
		}
		if s.DType == tensor.Invalid {
			if err := src.Read(name, nil); err == nil {
				t.Errorf("%s has no type but is read", name)
			}
			continue
		}
		want := make([]byte, s.Size())
		if err := src.Read(name, want); err != nil {
			continue
		}
		if got, ok := src.Bytes(name); ok && !bytes.Equal(got, want) {
			t.Errorf("%s: Bytes differs from Read", name)
		}
		if err := src.Read(name, make([]byte, s.Size()+1)); err == nil {
			t.Errorf("%s is read into room of the wrong size", name)
		}
		r, ok := src.(Ranger)
		if !ok {
			continue
		}
		read, ok := r.Range(name)
		if !ok {
			continue
		}
		block := s.DType.BlockBytes()
		from, to := len(want)/block/3*block, len(want)/block*2/3*block
		part := make([]byte, to-from)
		if err := read(part, int64(from)); err != nil || !bytes.Equal(part, want[from:to]) {
			t.Errorf("%s: Range differs from Read: %v", name, err)
		}
		if err := read(make([]byte, 2*block), int64(len(want)-block)); err == nil {
			t.Errorf("%s is read past its end", name)
		}
	}
}

// wantError fails unless err has all parts in its text.
func wantError(t testing.TB, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want one with %q", parts)
		return
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error is %q, want %q in it", err, part)
		}
	}
}

func written(t testing.TB, write func(w io.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
