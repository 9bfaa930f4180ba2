package devicetest

import (
	"bytes"
	"fmt"
	"math"
	"testing"

	"graft/shared/tensor"
)

// The classes of tolerance: how far a result may be from the reference, relative to its magnitude.
const (
	// moved values, and single operations that IEEE 754 rounds correctly, have the same bits everywhere.
	exact = 0
	// A few f32 roundings, of 6e-8 each, one after the other.
	rounded = 1e-6
	// Polynomials for exp, tanh, sin, … have errors of about 2 ulp, which arguments of some size multiply.
	functions = 1e-5
	// Sums in f32 of some thousand products, relative to the root of the sum of their squares.
	sums = 2e-5
	// Activations rounded to 16 bits with a scale for 32 values: errors of 1/65534 of the greatest of them, which is
	// up to 4 times their root mean square; five standard deviations.
	int16Sums = 3e-4
	// Both operands rounded, to ±8191, so that 32 products fit 32 bits: where weights have no integer codes of 8 bits, or
	// where the sum goes across their blocks (dx = dy·W). Each error has a deviation of 1/(8191·√12) of the greatest
	// of 32. Rows of these random weights have scales that differ much, so the greatest of 32 rows' values is up to 8
	// times their root mean square: 2.8e-4, of both operands 4e-4; five deviations. 1.3e-3 was seen.
	int16Both = 2e-3
	// The same with 8 bits: errors of 1/254 of the greatest of 32 to 256 values.
	int8Sums = 5e-2
	// Values rounded to 8 bits and stored: one step of the code, and that only where f32 rounding decides.
	int8Stored = 1.01
)

// integerSums is the bound of a product with activations of so many bits, 0 for float32, and weights d.
func integerSums(d tensor.DType, bits int, across bool) float64 {
	switch {
	case bits == 0:
		return sums
	case bits == 8:
		return int8Sums
	case !across && (d == tensor.Q8_0 || d == tensor.Q4_0 || d == tensor.Q4_1):
		return int16Sums
	}
	return int16Both
}

// bound says what a result may differ by.
type bound struct {
	relative float64
	// magnitude gives what the bound is relative to, a number a value. Nil: the greatest value of the row in the
	// reference, but at least floor.
	magnitude func(args []*tensor.Tensor) []float64
	floor     float64
}

// within is a bound on all results relative to the greatest value of the row.
func within(relative float64) []bound { return []bound{{relative: relative}} }

// withFloor is for results that are small differences of terms as great as floor.
func withFloor(relative, floor float64) []bound { return []bound{{relative: relative, floor: floor}} }

// check compares a result with the reference.
func (b bound) check(want, got *tensor.Tensor, args []*tensor.Tensor) error {
	if got.DType != want.DType || !got.Shape.Equal(want.Shape) {
		return fmt.Errorf("is %v, expected %v", got.Spec, want.Spec)
	}
	if b.relative == exact || !want.DType.IsFloat() {
		return equal(want, got)
	}
	var magnitude []float64
	if b.magnitude != nil {
		magnitude = b.magnitude(args)
	} else {
		magnitude = rowMagnitude(want, b.floor)
	}
	return closeTo(floats(want), floats(got), want.Shape, b.relative, magnitude)
}

// closeTo finds the worst value.
func closeTo(want, got []float32, shape tensor.Shape, relative float64, magnitude []float64) error {
	worst, at := 0.0, -1
	for i, w := range want {
		diff := difference(w, got[i])
		if diff == 0 {
			continue
		}
		if e := diff / magnitude[i]; !(e <= relative) && !(e <= worst) {
			worst, at = e, i
			if math.IsNaN(e) {
				break
			}
		}
	}
	if at < 0 {
		return nil
	}
	return fmt.Errorf("at [%d %d] of %v: got %g, expected %g: the difference is %.3g of %.3g, tolerated is %.3g",
		at/shape.Cols(), at%shape.Cols(), shape, got[at], want[at], worst, magnitude[at], relative)
}

// difference of two values; 0 for equal infinities and for NaN where that is expected.
func difference(want, got float32) float64 {
	w, g := float64(want), float64(got)
	if w == g || math.IsNaN(w) && math.IsNaN(g) {
		return 0
	}
	return math.Abs(w - g)
}

// rowMagnitude repeats the greatest finite value of each row over it.
func rowMagnitude(t *tensor.Tensor, floor float64) []float64 {
	v, d := floats(t), t.Shape.Cols()
	m := make([]float64, len(v))
	for r := 0; r < len(v); r += d {
		most := floor
		for _, x := range v[r : r+d] {
			if a := math.Abs(float64(x)); !math.IsInf(a, 0) {
				most = max(most, a)
			}
		}
		for i := range d {
			m[r+i] = most
		}
	}
	return m
}

// equal compares bits.
func equal(want, got *tensor.Tensor) error {
	if bytes.Equal(want.Data, got.Data) {
		return nil
	}
	size := want.DType.BlockBytes()
	different, first := 0, -1
	for i := 0; i < len(want.Data); i += size {
		if !bytes.Equal(want.Data[i:i+size], got.Data[i:i+size]) {
			different++
			if first < 0 {
				first = i / size
			}
		}
	}
	d := want.Shape.Cols() / want.DType.BlockValues()
	return fmt.Errorf("%d of %d differ in %v, the first at [%d %d]: got %s, expected %s, the same bits", different, len(want.Data)/size,
		want.Spec, first/d, first%d, show(got, first), show(want, first))
}

// show is one value or block of t.
func show(t *tensor.Tensor, i int) string {
	switch size := t.DType.BlockBytes(); {
	case t.DType == tensor.I32:
		return fmt.Sprint(t.Ints()[i])
	case t.DType.IsFloat() && !t.DType.IsBlock():
		return fmt.Sprintf("%g", floats(t)[i])
	default:
		return fmt.Sprintf("%x", t.Data[i*size:(i+1)*size])
	}
}

// sameBits reports a difference between two runs of one program.
func sameBits(t *testing.T, what string, i int, want, got *tensor.Tensor) {
	t.Helper()
	if err := equal(want, got); err != nil {
		t.Errorf("%s %d: %v", what, i, err)
	}
}
