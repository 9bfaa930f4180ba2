package chat

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
)

func filterAbs(m *machine, v Value, c *call) (Value, error) {
	if err := c.none(); err != nil {
		return nil, err
	}
	if f, ok := v.(floatValue); ok {
		return floatValue(math.Abs(float64(f))), nil
	}
	if u, ok := v.(*undefined); ok {
		return nil, u
	}
	n, ok := bigOf(v)
	if !ok {
		return nil, typeErrorf("bad operand type for abs(): '%s'", v.typeName())
	}
	return integer(new(big.Int).Abs(n)), nil
}

func filterInt(m *machine, v Value, c *call) (Value, error) {
	a, err := c.bind("default?", "base?")
	if err != nil {
		return nil, err
	}
	otherwise := a[0]
	if otherwise == nil {
		otherwise = intValue(0)
	}
	base, err := argInt(a[1], 10)
	if err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case *text:
		if n, ok := parseInt(v.s, base); ok {
			return n, nil
		}
		f, ok := parseFloat(v.s)
		if !ok {
			return otherwise, nil
		}
		n, err := truncated(f)
		if err != nil {
			return otherwise, nil
		}
		return n, nil
	case floatValue:
		n, err := truncated(float64(v))
		if err != nil {
			return otherwise, nil
		}
		return n, nil
	case *undefined:
		return nil, v
	}
	if n, ok := bigOf(v); ok {
		return integer(n), nil
	}
	return otherwise, nil
}

func filterFloat(m *machine, v Value, c *call) (Value, error) {
	a, err := c.bind("default?")
	if err != nil {
		return nil, err
	}
	if x, ok := v.(*text); ok {
		if f, ok := parseFloat(x.s); ok {
			return floatValue(f), nil
		}
	} else if f, ok := floatOf(v); ok {
		return floatValue(f), nil
	} else if u, ok := v.(*undefined); ok {
		return nil, u
	}
	if a[0] == nil {
		return floatValue(0), nil
	}
	return a[0], nil
}

func filterRound(m *machine, v Value, c *call) (Value, error) {
	a, err := c.bind("precision?", "method?")
	if err != nil {
		return nil, err
	}
	places, err := argInt(a[0], 0)
	if err != nil {
		return nil, err
	}
	how := "common"
	if a[1] != nil {
		x, ok := a[1].(*text)
		if !ok {
			return nil, errors.New("method must be common, ceil or floor")
		}
		how = x.s
	}
	if u, ok := v.(*undefined); ok {
		return nil, u
	}
	f, ok := floatOf(v)
	if !ok {
		return nil, typeErrorf("type %s doesn't define __round__ method", v.typeName())
	}
	switch how {
	case "common":
		if n, ok := bigOf(v); ok {
			return integer(roundInteger(n, places)), nil
		}
		return floatValue(roundFloat(f, places)), nil
	case "ceil", "floor":
		scale := math.Pow(10, float64(places))
		g := math.Ceil(f * scale)
		if how == "floor" {
			g = math.Floor(f * scale)
		}
		return floatValue(g / scale), nil
	}
	return nil, errors.New("method must be common, ceil or floor")
}

// roundFloat rounds to decimal places, halves to even, as Python does: exactly,
// by way of decimal digits.
func roundFloat(f float64, places int) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) || places > 330 {
		return f
	}
	if places < -330 {
		return math.Copysign(0, f)
	}
	if places >= 0 {
		g, _ := strconv.ParseFloat(strconv.FormatFloat(f, 'f', places, 64), 64)
		return g
	}
	scale := math.Pow(10, float64(-places))
	return math.RoundToEven(f/scale) * scale
}

// roundInteger rounds to tens, hundreds, … for negative places, halves to even.
func roundInteger(n *big.Int, places int) *big.Int {
	if places >= 0 {
		return n
	}
	if -places > maxBits {
		return new(big.Int)
	}
	unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(-places)), nil)
	quotient, rest := new(big.Int).DivMod(n, unit, new(big.Int))
	twice := new(big.Int).Lsh(rest, 1)
	if c := twice.Cmp(unit); c > 0 || c == 0 && quotient.Bit(0) == 1 {
		quotient.Add(quotient, big.NewInt(1))
	}
	return quotient.Mul(quotient, unit)
}

func filterFileSize(m *machine, v Value, c *call) (Value, error) {
	a, err := c.bind("binary?")
	if err != nil {
		return nil, err
	}
	binary, err := argBool(a[0], false)
	if err != nil {
		return nil, err
	}
	f, ok := floatOf(v)
	if x, is := v.(*text); is {
		f, ok = parseFloat(x.s)
	}
	if !ok {
		return nil, typeErrorf("filesizeformat: expected a number, got %s", v.typeName())
	}
	base, names := 1000.0, []string{"kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"}
	if binary {
		base, names = 1024, []string{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"}
	}
	switch {
	case f == 1:
		return literal("1 Byte"), nil
	case f < base:
		return literal(fmt.Sprintf("%d Bytes", int64(f))), nil
	}
	unit := base * base
	i := 0
	for ; i < len(names)-1 && f >= unit; i++ {
		unit *= base
	}
	return literal(fmt.Sprintf("%.1f %s", base*f/unit, names[i])), nil
}
