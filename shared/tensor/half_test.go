package tensor

import (
	"math"
	"math/big"
	"testing"
)

// value16 is the value of a binary float of 16 bits by its definition: sign, exponent of expBits with the usual
// bias, fraction.
func value16(h uint16, expBits int) float64 {
	fracBits := 15 - expBits
	bias := 1<<(expBits-1) - 1
	exp, frac := int(h)>>fracBits&(1<<expBits-1), float64(int(h)&(1<<fracBits-1))
	sign := 1.0
	if h>>15 == 1 {
		sign = -1
	}
	one := float64(int(1) << fracBits)
	switch {
	case exp == 1<<expBits-1 && frac == 0:
		return math.Inf(int(sign))
	case exp == 1<<expBits-1:
		return math.NaN()
	case exp == 0:
		return math.Copysign(math.Ldexp(frac/one, 1-bias), sign)
	}
	return math.Copysign(math.Ldexp(1+frac/one, exp-bias), sign)
}

var halfFormats = []struct {
	name    string
	expBits int
	widen   func(uint16) float32
	narrow  func(float32) uint16
}{
	{"f16", 5, F32FromF16, F16FromF32},
	{"bf16", 8, F32FromBF16, BF16FromF32},
}

// All 65536 halves have the value of the definition, and come back to the same bits.
func TestHalvesWiden(t *testing.T) {
	for _, f := range halfFormats {
		t.Run(f.name, func(t *testing.T) {
			for h := range 1 << 16 {
				h := uint16(h)
				got, want := f.widen(h), value16(h, f.expBits)
				if math.IsNaN(want) {
					if got == got {
						t.Fatalf("%#x is %g, want NaN", h, got)
					}
					if back := f.narrow(got); !math.IsNaN(value16(back, f.expBits)) || back>>15 != h>>15 {
						t.Fatalf("NaN %#x comes back as %#x", h, back)
					}
					continue
				}
				if math.Float64bits(float64(got)) != math.Float64bits(want) {
					t.Fatalf("%#x is %g, want %g", h, got, want)
				}
				if back := f.narrow(got); back != h {
					t.Fatalf("%#x (%g) comes back as %#x", h, got, back)
				}
			}
		})
	}
}

// Between any two neighbouring halves: just below, on and just above the middle. A tie goes to the even one.
func TestHalvesRound(t *testing.T) {
	for _, f := range halfFormats {
		t.Run(f.name, func(t *testing.T) {
			inf := uint16(1<<f.expBits-1) << (15 - f.expBits)
			for h := uint16(0); h < inf; h++ {
				low := value16(h, f.expBits)
				high := value16(h+1, f.expBits)
				if h+1 == inf { // where a finite value would be
					high = 2*low - value16(h-1, f.expBits)
				}
				mid := new(big.Float).Quo(new(big.Float).Add(big.NewFloat(low), big.NewFloat(high)), big.NewFloat(2))
				m, accuracy := mid.Float32()
				if accuracy != big.Exact {
					t.Fatalf("the middle of %g and %g is no float32", low, high)
				}
				even := h + h&1
				for _, c := range []struct {
					x    float32
					want uint16
				}{{math.Nextafter32(m, 0), h}, {m, even}, {math.Nextafter32(m, math.MaxFloat32), h + 1}} {
					if got := f.narrow(c.x); got != c.want {
						t.Fatalf("%g becomes %#x, want %#x", c.x, got, c.want)
					}
					if got := f.narrow(-c.x); got != c.want|0x8000 {
						t.Fatalf("%g becomes %#x, want %#x", -c.x, got, c.want|0x8000)
					}
				}
			}
			for _, x := range []float32{math.MaxFloat32, float32(math.Inf(1))} {
				if got := f.narrow(x); got != inf {
					t.Errorf("%g becomes %#x, want infinity", x, got)
				}
			}
		})
	}
}
