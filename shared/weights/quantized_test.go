package weights

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"

	"graft/shared/quant"
	"graft/shared/tensor"
)

// large is a checkpoint with a weight of more than one chunk.
func large(t testing.TB) []byte {
	t.Helper()
	v := make([]float32, 3*chunkValues+256*5)
	for i := range v {
		v[i] = float32((i*7919)%2003-1001) / 1001
	}
	return written(t, func(w io.Writer) error {
		return WriteSafetensors(w, []Item{
			ItemOf("w", tensor.FromFloats(v, len(v)/256, 256)),
			ItemOf("narrow", tensor.FromFloats(v[:96], 2, 48)),
			ItemOf("ids", tensor.FromInts([]int32{1, 2}, 2)),
		}, nil)
	})
}

func TestQuantized(t *testing.T) {
	bothWays(t, large(t), func(t *testing.T, f File) {
		src, err := OpenFile(f)
		if err != nil {
			t.Fatal(err)
		}
		values := floatsOf(t, src, "w")
		for _, d := range []tensor.DType{tensor.NF4, tensor.Q8_0, tensor.Q4_0, tensor.Q4_1, tensor.BF16, tensor.F16, tensor.F32} {
			v := Quantized(src, func(string, tensor.Spec) tensor.DType { return d })
			got, err := ReadTensor(v, "w")
			if err != nil {
				t.Fatal(err)
			}
			want := make([]byte, d.Size(len(values)))
			if err := quant.Encode(d, want, values); err != nil {
				t.Fatal(err)
			}
			if got.DType != d || !bytes.Equal(got.Data, want) {
				t.Errorf("%v: the view differs from one encoding of all values", d)
			}
			checkViews(t, v)
			if s, _ := v.Spec("ids"); s.DType != tensor.I32 {
				t.Errorf("integers become %v", s)
			}
			if s, _ := v.Spec("narrow"); d.BlockValues() > 16 && s.DType != tensor.F32 {
				t.Errorf("rows of 48 become %v", s)
			}
		}
		double := Quantizer{Want: func(string, tensor.Spec) tensor.DType { return tensor.NF4 }, DoubleQuant: true}.View(src)
		got, err := ReadTensor(double, "w")
		if err != nil {
			t.Fatal(err)
		}
		b, err := quant.QuantizeBNB(values, quant.BNBOptions{DoubleQuant: true})
		if err != nil {
			t.Fatal(err)
		}
		want := make([]byte, len(got.Data))
		b.Blocks(want)
		if !bytes.Equal(got.Data, want) {
			t.Error("double quantisation differs from bitsandbytes'")
		}
		// A view of a view: blocks become other blocks.
		again := Quantized(double, func(string, tensor.Spec) tensor.DType { return tensor.Q8_0 })
		if s, _ := again.Spec("w"); s.DType != tensor.Q8_0 {
			t.Errorf("NF4 becomes %v", s)
		}
		checkViews(t, again)
	})
}

// Types that are only read are left alone.
func TestQuantizedLeavesReadOnlyTypes(t *testing.T) {
	v := Quantized(openFixture(t, "tiny.gguf"), func(string, tensor.Spec) tensor.DType { return tensor.Q6_K })
	for _, name := range v.Names() {
		if s, _ := v.Spec(name); s.DType == tensor.Q6_K {
			t.Errorf("%s is %v", name, s)
		}
	}
}

func TestQuantizedReportsErrors(t *testing.T) {
	src, err := OpenFile(broken{InMemory(large(t))})
	if err != nil {
		t.Fatal(err)
	}
	v := Quantized(src, func(string, tensor.Spec) tensor.DType { return tensor.Q8_0 })
	_, err = ReadTensor(v, "w")
	wantError(t, err, "w", "disk is gone")
}

// broken reads a header only.
type broken struct{ File }

func (broken) Bytes() []byte { return nil }

func (b broken) ReadAt(p []byte, off int64) (int, error) {
	if off > 4096 {
		return 0, errors.New("disk is gone")
	}
	return b.File.ReadAt(p, off)
}

func TestInParallel(t *testing.T) {
	for _, n := range []int{0, 1, 2, 100} {
		done := make([]int, n)
		if err := inParallel(n, func() func(int) error { return func(i int) error { done[i]++; return nil } }); err != nil {
			t.Fatal(err)
		}
		for i, times := range done {
			if times != 1 {
				t.Errorf("%d tasks: task %d ran %d times", n, i, times)
			}
		}
	}
	err := inParallel(10, func() func(int) error { return func(i int) error { return fmt.Errorf("task") } })
	wantError(t, err, "task")
}
