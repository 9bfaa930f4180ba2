package devicetest

import (
	"math"
	"strings"
	"testing"

	"graft/shared/tensor"
)

func TestBound(t *testing.T) {
	nan := float32(math.NaN())
	row := func(v ...float32) *tensor.Tensor { return tensor.FromFloats(v, 1, len(v)) }
	ten := func([]*tensor.Tensor) []float64 { return []float64{10, 10} }
	for _, c := range []struct {
		name      string
		bound     bound
		want, got *tensor.Tensor
		err       string
	}{
		{"same bits", bound{}, row(1, 2), row(1, 2), ""},
		{"one ulp where bits count", bound{}, row(1, 2), row(1, math.Nextafter32(2, 3)), "1 of 2 differ in f32[1 2], the first at [0 1]"},
		{"the sign of zero where bits count", bound{}, row(0, 2), row(float32(negativeZero), 2), "the first at [0 0]"},
		{"near", bound{relative: 1e-3}, row(1, 2), row(1, 2.0019), ""},
		{"too far", bound{relative: 1e-3}, row(1, 2), row(1, 2.0021), "at [0 1] of [1 2]: got 2.0021, expected 2"},
		{"small in a row of large", bound{relative: 1e-3}, row(100, 0), row(100, 0.09), ""},
		{"small in a row of small", bound{relative: 1e-3}, row(0.1, 0), row(0.1, 0.09), "at [0 1]"},
		{"below the floor", bound{relative: 1e-3, floor: 100}, row(0.1, 0), row(0.1, 0.09), ""},
		{"by magnitude", bound{relative: 1e-3, magnitude: ten}, row(1, 2), row(1, 2.009), ""},
		{"beyond magnitude", bound{relative: 1e-3, magnitude: ten}, row(1, 2), row(1, 2.011), "of 10, tolerated"},
		{"zero is exact in a row of zeros", bound{relative: 1e-3}, row(0, 0), row(0, 1e-9), "at [0 1]"},
		{"nan", bound{relative: 1e-3}, row(1, 2), row(1, nan), "got NaN, expected 2"},
		{"nan expected", bound{relative: 1e-3}, row(1, nan), row(1, nan), ""},
		{"nan missed", bound{relative: 1e-3}, row(1, nan), row(1, 2), "expected NaN"},
		{"infinite", bound{relative: 1e-3}, row(1, 2), row(1, inf), "got +Inf"},
		{"infinite expected", bound{relative: 1e-3}, row(1, -inf), row(1, -inf), ""},
		{"infinite of the other sign", bound{relative: 1e-3}, row(1, -inf), row(1, inf), "expected -Inf"},
		{"shape", bound{relative: 1e-3}, row(1, 2), row(1), "is f32[1 1], expected f32[1 2]"},
		{"integers", bound{relative: 1}, tensor.FromInts([]int32{5}, 1), tensor.FromInts([]int32{6}, 1), "got 6, expected 5"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.bound.check(c.want, c.got, nil)
			switch {
			case c.err == "" && err != nil:
				t.Errorf("got error %v, expected none", err)
			case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
				t.Errorf("got error %v, expected %q", err, c.err)
			}
		})
	}
}
