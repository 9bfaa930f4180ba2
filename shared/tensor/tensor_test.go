package tensor

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"
)

// Views reinterpret bytes, so a host must store numbers as the command format does.
func TestLittleEndian(t *testing.T) {
	if got, want := FromInts([]int32{0x04030201}, 1).Data, []byte{1, 2, 3, 4}; !bytes.Equal(got, want) {
		t.Errorf("int32 is stored as %v, want %v", got, want)
	}
	if got, want := FromFloats([]float32{1}, 1).Data, []byte{0, 0, 0x80, 0x3f}; !bytes.Equal(got, want) {
		t.Errorf("float32 is stored as %v, want %v", got, want)
	}
}

func TestViewsShareMemory(t *testing.T) {
	f := []float32{1, 2, 3, 4, 5, 6}
	x := FromFloats(f, 2, 3)
	x.Floats()[4] = 50
	if f[4] != 50 || x.Size() != len(x.Data) || x.Size() != 24 {
		t.Errorf("view of %v has %d bytes, spec says %d", f, len(x.Data), x.Size())
	}
	h := Make(Of(BF16, 3))
	h.Halves()[2] = BF16FromF32(-2)
	if want := []byte{0, 0, 0, 0, 0, 0xc0}; !bytes.Equal(h.Data, want) {
		t.Errorf("halves are %v, want %v", h.Data, want)
	}
	if n := Make(Of(I32, 7)).Ints(); !slices.Equal(n, make([]int32, 7)) {
		t.Errorf("a new tensor holds %v", n)
	}
}

func TestSizes(t *testing.T) {
	for _, c := range []struct {
		spec Spec
		want int
	}{
		{Of(F32, 3, 5), 60},
		{Of(BF16, 1), 2},
		{Of(Q8_0, 2, 64), 2 * 2 * 34},
		{Of(Q4_0, 32), 18},
		{Of(NF4, 3, 128), 3 * 2 * 36},
		{Of(Q6_K, 1, 512), 2 * 210},
	} {
		if err := c.spec.Check(); err != nil {
			t.Errorf("%v: %v", c.spec, err)
		}
		if got := c.spec.Size(); got != c.want {
			t.Errorf("%v takes %d bytes, want %d", c.spec, got, c.want)
		}
	}
	s := Shape{2, 3, 4}
	if s.Len() != 24 || s.Rows() != 6 || s.Cols() != 4 || !s.Equal(Shape{2, 3, 4}) || s.Equal(Shape{2, 3}) {
		t.Errorf("%v: %d values, %d rows of %d", s, s.Len(), s.Rows(), s.Cols())
	}
}

func TestSpecCheck(t *testing.T) {
	for _, c := range []struct {
		spec Spec
		want string
	}{
		{Of(Invalid, 1), "dtype invalid is not known"},
		{Of(DType(200), 1), "dtype dtype(200) is not known"},
		{Of(F32), "0 dimensions"},
		{Of(F32, 1, 1, 1, 1, 1), "5 dimensions"},
		{Of(F32, 0), "not a size"},
		{Of(F32, 3, -1), "not a size"},
		{Of(F32, math.MaxInt/2, 3), "not a size"},
		{Of(F32, 1<<31, 1<<31), "not a size"},
		{Of(Q4_0, 64, 33), "rows of 33 values do not divide into blocks of 32"},
	} {
		err := c.spec.Check()
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: got %v, want %q", c.spec, err, c.want)
		}
	}
}

func TestDTypeNames(t *testing.T) {
	seen := 0
	for d := range DTypes {
		got, err := ParseDType(d.String())
		if err != nil || got != d {
			t.Errorf("%v is parsed as %v, %v", d, got, err)
		}
		if d.BlockBytes() == 0 || d.IsBlock() != (d.BlockValues() > 1) || d.Size(d.BlockValues()) != d.BlockBytes() {
			t.Errorf("%v: %d bytes for %d values", d, d.BlockBytes(), d.BlockValues())
		}
		seen++
	}
	if seen != len(dtypes)-1 {
		t.Errorf("%d types, want %d", seen, len(dtypes)-1)
	}
	if _, err := ParseDType("invalid"); err == nil {
		t.Error("invalid is parsed")
	}
	if I32.IsFloat() || U8.IsFloat() || Invalid.IsFloat() || !NF4.IsFloat() || !F16.IsFloat() {
		t.Error("IsFloat is wrong")
	}
}
