package chat

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// integer makes the smallest value that holds n.
func integer(n *big.Int) Value {
	if n.IsInt64() {
		return intValue(n.Int64())
	}
	return bigValue{n}
}

// bigOf is the integer in v; a bool is one.
func bigOf(v Value) (*big.Int, bool) {
	switch v := v.(type) {
	case boolValue:
		return big.NewInt(int64(b2i(bool(v)))), true
	case intValue:
		return big.NewInt(int64(v)), true
	case bigValue:
		return v.n, true
	}
	return nil, false
}

// smallOf is the integer in v if it fits an int64.
func smallOf(v Value) (int64, bool) {
	switch v := v.(type) {
	case boolValue:
		return int64(b2i(bool(v))), true
	case intValue:
		return int64(v), true
	}
	return 0, false
}

// floatOf is the number in v.
func floatOf(v Value) (float64, bool) {
	switch v := v.(type) {
	case floatValue:
		return float64(v), true
	case bigValue:
		f, _ := new(big.Float).SetInt(v.n).Float64()
		return f, true
	}
	n, ok := smallOf(v)
	return float64(n), ok
}

func isInteger(v Value) bool {
	switch v.(type) {
	case boolValue, intValue, bigValue:
		return true
	}
	return false
}

func isNumber(v Value) bool {
	_, float := v.(floatValue)
	return float || isInteger(v)
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// truncated is the integer part of f; the error is about infinity and NaN.
func truncated(f float64) (Value, error) {
	if math.IsNaN(f) {
		return nil, typeErrorf("cannot convert float NaN to integer")
	}
	if math.IsInf(f, 0) {
		return nil, typeErrorf("cannot convert float infinity to integer")
	}
	n, _ := big.NewFloat(f).Int(nil)
	return integer(n), nil
}

// wholeNumber is f as an integer, if it is one.
func wholeNumber(f float64) (Value, bool) {
	if f != math.Trunc(f) || math.IsInf(f, 0) {
		return nil, false
	}
	n, err := truncated(f)
	return n, err == nil
}

// compareNumbers is -1, 0 or 1; ok is false for NaN.
func compareNumbers(a, b Value) (c int, ok bool) {
	x, xSmall := smallOf(a)
	y, ySmall := smallOf(b)
	if xSmall && ySmall {
		switch {
		case x < y:
			return -1, true
		case x > y:
			return 1, true
		}
		return 0, true
	}
	f, g := exact(a), exact(b)
	if f == nil || g == nil {
		return 0, false
	}
	return f.Cmp(g), true
}

// exact is the number in v without rounding, nil for NaN.
func exact(v Value) *big.Float {
	if f, ok := v.(floatValue); ok {
		if math.IsNaN(float64(f)) {
			return nil
		}
		return big.NewFloat(float64(f))
	}
	n, _ := bigOf(v)
	return new(big.Float).SetPrec(uint(max(64, n.BitLen()))).SetInt(n)
}

// floatRepr prints a float as Python does: the shortest digits that read back
// the same, with an exponent below 1e-4 and from 1e16 on.
func floatRepr(f float64) string {
	switch {
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	}
	s := strconv.FormatFloat(f, 'e', -1, 64)
	exponent, _ := strconv.Atoi(s[strings.IndexByte(s, 'e')+1:])
	if exponent < -4 || exponent >= 16 {
		return s
	}
	s = strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// parseInt reads an integer as Python's int(s, base) does.
func parseInt(s string, base int) (Value, bool) {
	s = strings.TrimFunc(s, isSpace)
	if len(s) > maxBits {
		return nil, false
	}
	sign := ""
	if s != "" && (s[0] == '+' || s[0] == '-') {
		sign, s = strings.TrimPrefix(s[:1], "+"), s[1:]
	}
	if len(s) > 1 && s[0] == '0' {
		prefix := map[byte]int{'x': 16, 'o': 8, 'b': 2}[s[1]|0x20]
		if prefix != 0 && (base == prefix || base == 0) {
			s, base = strings.TrimPrefix(s[2:], "_"), prefix
		} else if base == 0 && strings.Trim(s, "0_") != "" {
			return nil, false
		}
	}
	if base == 0 {
		base = 10
	}
	if base < 2 || base > 36 || s == "" || strings.Contains(s, "__") ||
		s[0] == '_' || s[len(s)-1] == '_' || s[0] == '+' || s[0] == '-' {
		return nil, false
	}
	n, ok := new(big.Int).SetString(sign+strings.ReplaceAll(s, "_", ""), base)
	if !ok {
		return nil, false
	}
	return integer(n), true
}

// parseFloat reads a number as Python's float(s) does.
func parseFloat(s string) (float64, bool) {
	s = strings.TrimFunc(s, isSpace)
	digits := strings.ReplaceAll(s, "_", "")
	if digits != s && (strings.Contains(s, "__") || !betweenDigits(s)) {
		return 0, false
	}
	if strings.ContainsAny(digits, "xXpP") { // Go's hexadecimal floats
		return 0, false
	}
	f, err := strconv.ParseFloat(digits, 64)
	if err != nil && !math.IsInf(f, 0) {
		return 0, false
	}
	return f, true
}

// betweenDigits tells whether every _ is between two digits.
func betweenDigits(s string) bool {
	digit := func(i int) bool { return i >= 0 && i < len(s) && s[i] >= '0' && s[i] <= '9' }
	for i := range len(s) {
		if s[i] == '_' && !(digit(i-1) && digit(i+1)) {
			return false
		}
	}
	return true
}
