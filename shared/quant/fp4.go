package quant

// FP4 is the other code of bitsandbytes' 4-bit checkpoints: a sign, two exponent bits and one of fraction, over
// the largest value, 12. It is read and written in BNB only; in memory such weights are dense.

var levelsFP4 = [16]float32{
	0, 0.0625 / 12, 8.0 / 12, 1, 4.0 / 12, 6.0 / 12, 2.0 / 12, 3.0 / 12,
	0, -0.0625 / 12, -8.0 / 12, -1, -4.0 / 12, -6.0 / 12, -2.0 / 12, -3.0 / 12,
}

// orderFP4 are the codes by ascending level. Code 0 precedes 8, its negative zero.
var orderFP4 = [16]byte{11, 10, 13, 12, 15, 14, 9, 0, 8, 1, 6, 7, 4, 5, 2, 3}

var boundsFP4 = func() (b [15]float32) {
	for i := range b {
		b[i] = (levelsFP4[orderFP4[i]] + levelsFP4[orderFP4[i+1]]) / 2
	}
	return b
}()

// sortedFP4 is the code of the level nearest to x; of two at the same distance, the lower. This is the rule of
// bitsandbytes' CPU code, by which small positive values become negative zero.
func sortedFP4(x float32) byte {
	return orderFP4[countBelow(boundsFP4[:], x)]
}

// signedFP4 is the code nearest to the magnitude of x, and its sign: the rule of bitsandbytes' CUDA code.
func signedFP4(x float32) byte {
	var sign byte
	if x < 0 {
		sign = 8
	}
	x = abs(x)
	n := 0
	for n < len(magnitudesFP4) && x > magnitudesFP4[n].above {
		n++
	}
	if n == 0 {
		return sign
	}
	return magnitudesFP4[n-1].code | sign
}

// magnitudesFP4 are the CUDA kernel's thresholds, rounded as it writes them.
var magnitudesFP4 = [...]struct {
	above float32
	code  byte
}{{0.00260417, 1}, {0.0859375, 6}, {0.20833333, 7}, {0.29166667, 4}, {0.4166667, 5}, {0.583333, 2}, {0.8333333, 3}}
