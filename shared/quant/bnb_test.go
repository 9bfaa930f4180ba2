package quant

import (
	"math"
	"strconv"
	"testing"

	"graft/shared/tensor"
)

type bnbFixture struct {
	BoundsNF4  floats            `json:"bounds_nf4"`
	LevelsNF4  floats            `json:"levels_nf4"`
	LevelsFP4  floats            `json:"levels_fp4"`
	DynamicMap floats            `json:"dynamic_map"`
	Sweep      floats            `json:"sweep"`
	SweepCodes raw               `json:"sweep_codes"`
	Means      map[string]floats `json:"means"`
	Cases      []bnbCase         `json:"cases"`
}

type bnbCase struct {
	Name      string
	Type      string
	BlockSize int `json:"block_size"`
	Double    bool
	Values    int
	Seed      uint32
	W         floats
	Codes     raw
	CodesSHA  string `json:"codes_sha256"`
	AbsMax    raw
	Offset    floats
	Nested    floats `json:"nested_absmax"`
	Out       floats
	OutSHA    string `json:"out_sha256"`
}

func (c *bnbCase) weights() []float32 {
	if c.W != nil {
		return c.W
	}
	return noise(c.Seed, c.Values)
}

func readBNB(t *testing.T) (fix bnbFixture) {
	t.Helper()
	fixture(t, "bnb.json", &fix)
	return fix
}

func TestTablesAreBitsandbytes(t *testing.T) {
	fix := readBNB(t)
	sameBits(t, "nf4 levels", levelsNF4[:], fix.LevelsNF4)
	sameBits(t, "nf4 bounds", boundsNF4[:15], fix.BoundsNF4)
	sameBits(t, "fp4 levels", levelsFP4[:], fix.LevelsFP4)
	sameBits(t, "dynamic map", dynamicMap[:], fix.DynamicMap)
}

func TestMeanIsTorchs(t *testing.T) {
	for n, want := range readBNB(t).Means {
		count, err := strconv.Atoi(n)
		if err != nil {
			t.Fatal(err)
		}
		v := noise(uint32(count), count)
		for i := range v {
			v[i] = abs(v[i])
		}
		sameBits(t, "mean of "+n, []float32{mean(v)}, want)
	}
}

func TestDynamicTableIsBitsandbytes(t *testing.T) {
	fix := readBNB(t)
	for i, x := range fix.Sweep {
		if got := dynamicTable(x); got != fix.SweepCodes[i] {
			t.Fatalf("code of %g is %d, want %d", x, got, fix.SweepCodes[i])
		}
	}
}

// The kernel's descent must find a nearest value of the map; this is what can be said of it without a GPU.
func TestDynamicSearchIsNearest(t *testing.T) {
	distance := func(x float32, code int) float64 { return math.Abs(float64(x) - float64(dynamicMap[code])) }
	for _, x := range readBNB(t).Sweep {
		got := int(dynamicSearch(x))
		for _, other := range []int{got - 1, got + 1} {
			// The midpoints are rounded to float32, so that a value within its rounding may go either way.
			if other >= 0 && other < 256 && distance(x, other) < distance(x, got)*(1-1e-6)-1e-9 {
				t.Fatalf("code of %g is %d, but %d is nearer", x, got, other)
			}
		}
	}
	for i, v := range dynamicMap {
		if got := dynamicSearch(v); int(got) != i {
			t.Errorf("code of the map's value %d is %d", i, got)
		}
	}
}

func TestQuantizeIsBitsandbytes(t *testing.T) {
	for _, c := range readBNB(t).Cases {
		t.Run(c.Type+" "+c.Name, func(t *testing.T) {
			b, err := QuantizeBNB(c.weights(), BNBOptions{Type: c.Type, BlockSize: c.BlockSize, DoubleQuant: c.Double})
			if err != nil {
				t.Fatal(err)
			}
			if c.Codes != nil {
				sameBytes(t, "codes", b.Codes, c.Codes)
			} else {
				sameHash(t, "codes", b.Codes, c.CodesSHA)
			}
			if c.Double {
				sameBits(t, "offset", []float32{b.Nested.Offset}, c.Offset)
				sameBits(t, "nested absmax", b.Nested.AbsMax, c.Nested)
				sameBytes(t, "absmax", b.Nested.Codes, c.AbsMax)
			} else {
				sameBytes(t, "absmax", bytesOf(b.AbsMax), c.AbsMax)
			}
			out := make([]float32, c.Values)
			b.Dequantize(out)
			if c.Out != nil {
				sameBits(t, "values", out, c.Out)
			} else {
				for i := range out {
					out[i] += 0 // no negative zeros, as in make.py
				}
				sameHash(t, "values", bytesOf(out), c.OutSHA)
			}
		})
	}
}

// Blocks of tensor.NF4 hold the same values as the checkpoint layout, whatever its block size.
func TestBlocksKeepValues(t *testing.T) {
	tried := 0
	for _, c := range readBNB(t).Cases {
		b, err := QuantizeBNB(c.weights(), BNBOptions{Type: c.Type, BlockSize: c.BlockSize, DoubleQuant: c.Double})
		if err != nil {
			t.Fatal(err)
		}
		if want := c.Type == "nf4" && c.BlockSize >= 64 && c.Values%64 == 0; b.HasBlocks() != want {
			t.Errorf("%s %s: HasBlocks is %v, want %v", c.Type, c.Name, b.HasBlocks(), want)
		}
		if !b.HasBlocks() {
			continue
		}
		tried++
		want, got := make([]float32, c.Values), make([]float32, c.Values)
		b.Dequantize(want)
		blocks := make([]byte, tensor.NF4.Size(c.Values))
		b.Blocks(blocks)
		Decode(tensor.NF4, got, blocks)
		sameBits(t, c.Name, got, want)
		FromBlocks(blocks).Dequantize(got)
		sameBits(t, c.Name+" back", got, want)
	}
	if tried == 0 {
		t.Error("no case has blocks")
	}
}

// Encoding blocks and nesting their scales in place is what QuantizeBNB does.
func TestEncodeNF4IsQuantizeBNB(t *testing.T) {
	w := noise(7, 64*300)
	for _, double := range []bool{false, true} {
		b, err := QuantizeBNB(w, BNBOptions{DoubleQuant: double})
		if err != nil {
			t.Fatal(err)
		}
		want, got := make([]byte, tensor.NF4.Size(len(w))), make([]byte, tensor.NF4.Size(len(w)))
		b.Blocks(want)
		if err := Encode(tensor.NF4, got, w); err != nil {
			t.Fatal(err)
		}
		if double {
			NestBlocks(got, CPU)
		}
		sameBytes(t, "blocks", got, want)
	}
}

// The two rules of FP4 differ in ties below zero and in the sign of zero only.
func TestFP4Rules(t *testing.T) {
	for _, x := range noise(11, 20000) {
		a, b := sortedFP4(x), signedFP4(x)
		if levelsFP4[a] != levelsFP4[b] && !slicesNear(boundsFP4[:], x) {
			t.Fatalf("%g: %d (%g) by order, %d (%g) by sign", x, a, levelsFP4[a], b, levelsFP4[b])
		}
	}
	for x, want := range map[float32]byte{0: 0, 0.001: 0, -0.001: 8, 1: 3, -1: 11, 0.25: 7, -0.5: 13} {
		if got := signedFP4(x); got != want {
			t.Errorf("code of %g is %d, want %d", x, got, want)
		}
	}
}

// slicesNear reports whether x is within the rounding of a bound, which the kernel writes with 6 to 8 digits.
func slicesNear(bounds []float32, x float32) bool {
	for _, b := range bounds {
		if abs(abs(b)-abs(x)) < 1e-6 {
			return true
		}
	}
	return false
}

func TestCUDARules(t *testing.T) {
	b, err := QuantizeBNB(make([]float32, 128), BNBOptions{Backend: CUDA})
	if err != nil {
		t.Fatal(err)
	}
	for i, q := range b.Codes {
		if q != 0 {
			t.Fatalf("byte %d of a block of zeros is %#x, want 0", i, q)
		}
	}
	w := noise(13, 64*900)
	cpu, err := QuantizeBNB(w, BNBOptions{DoubleQuant: true})
	if err != nil {
		t.Fatal(err)
	}
	cuda, err := QuantizeBNB(w, BNBOptions{DoubleQuant: true, Backend: CUDA})
	if err != nil {
		t.Fatal(err)
	}
	sameBytes(t, "codes", cuda.Codes, cpu.Codes)
	differ := 0
	for i, q := range cpu.Nested.Codes {
		if q != cuda.Nested.Codes[i] {
			differ++
		}
	}
	// Only scales within a bin of the CPU's table of a midpoint may differ: a few in a hundred.
	if differ == 0 || differ > len(cpu.Nested.Codes)/20 {
		t.Errorf("%d of %d scales differ between the rules", differ, len(cpu.Nested.Codes))
	}
}

func TestBNBCheck(t *testing.T) {
	good := func() *BNB {
		b, err := QuantizeBNB(noise(1, 1000), BNBOptions{DoubleQuant: true})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, c := range []struct {
		want  string
		spoil func(b *BNB)
	}{
		{`quant_type is "int4", expected nf4 or fp4`, func(b *BNB) { b.Type = "int4" }},
		{"0 values", func(b *BNB) { b.Values = 0 }},
		{"blocksize is 48, expected a power of two from 32 to 4096", func(b *BNB) { b.BlockSize = 48 }},
		{"blocksize is 0, expected a power of two from 32 to 4096", func(b *BNB) { b.BlockSize = 0 }},
		{"weight bytes: 499 elements, expected 500 for 1000 values", func(b *BNB) { b.Codes = b.Codes[1:] }},
		{"quant_map: 15 elements, expected 16 for 1000 values", func(b *BNB) { b.QuantMap = b.QuantMap[1:] }},
		{"absmax: 0 elements, expected 16 for blocks of 64", func(b *BNB) { b.Nested = nil }},
		{"absmax: 15 elements, expected 16", func(b *BNB) { b.Nested.Codes = b.Nested.Codes[1:] }},
		{"nested_quant_map: 255 elements, expected 256", func(b *BNB) { b.Nested.QuantMap = b.Nested.QuantMap[1:] }},
		{"nested_absmax: 0 elements, expected 1", func(b *BNB) { b.Nested.AbsMax = nil }},
		{"nested_blocksize is 0", func(b *BNB) { b.Nested.BlockSize = 0 }},
	} {
		b := good()
		c.spoil(b)
		if err := b.Check(); err == nil || err.Error() != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
	if err := good().Check(); err != nil {
		t.Errorf("a good one: %v", err)
	}
}

// The bins are a short cut to the number of bounds below a value.
func TestCodeNF4(t *testing.T) {
	inf := float32(math.Inf(1))
	try := append(noise(17, 100000), 0, 1, -1, 1.0000001, -1.0000001, 2, -2, 1e30, -1e30, inf, -inf, 1e-45)
	for _, v := range append(boundsNF4[:15:15], levelsNF4[:]...) {
		try = append(try, v, math.Nextafter32(v, inf), math.Nextafter32(v, -inf))
	}
	for i := range 2*nf4Bins + 1 {
		v := float32(i-nf4Bins) / nf4Bins
		try = append(try, v, math.Nextafter32(v, inf), math.Nextafter32(v, -inf))
	}
	for _, x := range try {
		if got, want := codeNF4(x), countBelow(boundsNF4[:15], x); got != want {
			t.Fatalf("code of %g is %d, want %d", x, got, want)
		}
	}
	if got := codeNF4(float32(math.NaN())); got != 0 {
		t.Errorf("code of NaN is %d, want 0", got)
	}
}

func BenchmarkEncode(b *testing.B) {
	w := noise(1, 1<<16)
	for _, f := range formats {
		if f.Encode == nil {
			continue
		}
		b.Run(f.Name, func(b *testing.B) {
			dst := make([]byte, f.DType.Size(len(w)))
			b.SetBytes(int64(4 * len(w)))
			for b.Loop() {
				f.Encode(dst, w)
			}
		})
	}
	b.Run("BNB", func(b *testing.B) {
		b.SetBytes(int64(4 * len(w)))
		for b.Loop() {
			if _, err := QuantizeBNB(w, BNBOptions{DoubleQuant: true}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	w := make([]float32, 1<<16)
	for _, f := range formats {
		b.Run(f.Name, func(b *testing.B) {
			src := make([]byte, f.DType.Size(len(w)))
			b.SetBytes(int64(4 * len(w)))
			for b.Loop() {
				f.Decode(w, src)
			}
		})
	}
}
