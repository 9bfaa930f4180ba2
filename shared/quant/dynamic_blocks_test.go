package quant

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestDynamicNearestIsTheNearest(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, d := range []*Dynamic{DynamicSigned, DynamicUnsigned} {
		values := append([]float32{0, 1, -1, float32(math.Copysign(0, -1)), 1e-30, -1e-30, 2, -2}, d.values[:]...)
		for i := range d.values[1:] {
			values = append(values, (d.values[i]+d.values[i+1])/2, math.Nextafter32((d.values[i]+d.values[i+1])/2, 2))
		}
		for range 100_000 {
			values = append(values, float32((2*r.Float64()-1)*math.Pow(10, -8*r.Float64())))
		}
		for _, x := range values {
			got := int(d.nearest(x))
			if want := int(d.search(x)); got != want {
				t.Fatalf("%g: code %d, expected %d", x, got, want)
			}
			for _, other := range []int{max(got-1, 0), min(got+1, 255)} {
				if math.Abs(float64(x)-float64(d.values[other])) < math.Abs(float64(x)-float64(d.values[got]))-1e-9 {
					t.Fatalf("%g: code %d is %g, and %g is nearer", x, got, d.values[got], d.values[other])
				}
			}
		}
	}
}

func TestDynamicBlock(t *testing.T) {
	src, codes, got := make([]float32, 100), make([]byte, 100), make([]float32, 100)
	for i := range src {
		src[i] = float32(math.Sin(float64(i))) * 3
	}
	scale := DynamicSigned.Encode(codes, src)
	DynamicSigned.Decode(got, codes, scale)
	for i := range src {
		if math.Abs(float64(got[i]-src[i])) > 0.01*float64(scale) { // half of the widest gap of the map
			t.Errorf("value %d is %g, expected %g", i, got[i], src[i])
		}
	}
	clear(src)
	if scale := DynamicSigned.Encode(codes, src); scale != 0 {
		t.Errorf("the scale of zeros is %g", scale)
	}
	DynamicSigned.Decode(got, codes, 0)
	for _, v := range got {
		if v != 0 {
			t.Errorf("zeros became %g", v)
		}
	}
}

func BenchmarkDynamicEncode(b *testing.B) {
	src, codes := make([]float32, DynamicBlock), make([]byte, DynamicBlock)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range src {
		src[i] = float32(r.NormFloat64())
	}
	b.SetBytes(4 * DynamicBlock)
	for b.Loop() {
		DynamicSigned.Encode(codes, src)
	}
}
