package chat

import (
	"errors"
	"math"
	"math/big"
)

var errZero = errors.New("division by zero")

// binary computes a op b, op being one of + - * / // % **.
func (m *machine) binary(op string, a, b Value) (Value, error) {
	if u, ok := a.(*undefined); ok {
		return nil, u
	}
	if x, ok := a.(*text); ok && op == "%" {
		return m.percent(x, b)
	}
	if u, ok := b.(*undefined); ok {
		return nil, u
	}
	if isInteger(a) && isInteger(b) {
		return integers(op, a, b)
	}
	if isNumber(a) && isNumber(b) {
		x, _ := floatOf(a)
		y, _ := floatOf(b)
		return floats(op, x, y)
	}
	switch op {
	case "+":
		return m.plus(a, b)
	case "*":
		if isInteger(b) {
			return m.times(a, b)
		}
		if isInteger(a) {
			return m.times(b, a)
		}
	}
	return nil, unsupported(op, a, b)
}

func unsupported(op string, a, b Value) error {
	if op == "**" {
		op = "** or pow()"
	}
	return typeErrorf("unsupported operand type(s) for %s: '%s' and '%s'", op, a.typeName(), b.typeName())
}

// plus joins strings, lists and tuples.
func (m *machine) plus(a, b Value) (Value, error) {
	switch x := a.(type) {
	case *text:
		y, ok := b.(*text)
		if !ok {
			return nil, typeErrorf("can only concatenate str (not \"%s\") to str", b.typeName())
		}
		switch {
		case x.safe && !y.safe:
			y = escape(y)
		case y.safe && !x.safe:
			x = escape(x)
		}
		return concat(x, y), m.alloc(x.size() + y.size())
	case *list:
		y, ok := b.(*list)
		if !ok {
			return nil, typeErrorf("can only concatenate list (not \"%s\") to list", b.typeName())
		}
		if err := m.allocItems(len(x.items) + len(y.items)); err != nil {
			return nil, err
		}
		return &list{append(x.items[:len(x.items):len(x.items)], y.items...)}, nil
	case *tuple:
		y, ok := b.(*tuple)
		if !ok {
			return nil, typeErrorf("can only concatenate tuple (not \"%s\") to tuple", b.typeName())
		}
		if err := m.allocItems(len(x.items) + len(y.items)); err != nil {
			return nil, err
		}
		return &tuple{items: append(x.items[:len(x.items):len(x.items)], y.items...)}, nil
	}
	return nil, unsupported("+", a, b)
}

// times repeats a string, list or tuple.
func (m *machine) times(a, b Value) (Value, error) {
	count := int64(math.MaxInt32)
	if n, ok := smallOf(b); ok {
		count = min(max(n, 0), count)
	}
	n := int(count)
	repeat := func(items []Value) ([]Value, error) {
		if len(items) == 0 {
			return nil, nil
		}
		if n > m.limits.Memory/len(items) {
			return nil, limitf("more than %d bytes", m.limits.Memory)
		}
		if err := m.allocItems(n * len(items)); err != nil {
			return nil, err
		}
		all := make([]Value, 0, n*len(items))
		for range n {
			all = append(all, items...)
		}
		return all, nil
	}
	switch x := a.(type) {
	case *text:
		if x.s == "" || n == 0 {
			return emptyText.as(x.safe), nil
		}
		if n > m.limits.Memory/x.size() {
			return nil, limitf("more than %d bytes", m.limits.Memory)
		}
		if err := m.alloc(n * x.size()); err != nil {
			return nil, err
		}
		var out builder
		for range n {
			out.addText(x)
		}
		return out.text().as(x.safe), nil
	case *list:
		items, err := repeat(x.items)
		return &list{items}, err
	case *tuple:
		items, err := repeat(x.items)
		return &tuple{items: items}, err
	}
	return nil, unsupported("*", a, b)
}

func integers(op string, a, b Value) (Value, error) {
	x, xSmall := smallOf(a)
	y, ySmall := smallOf(b)
	const half = 1 << 31
	if xSmall && ySmall && x > -half && x < half && y > -half && y < half {
		switch op {
		case "+":
			return intValue(x + y), nil
		case "-":
			return intValue(x - y), nil
		case "*":
			return intValue(x * y), nil
		}
	}
	p, _ := bigOf(a)
	q, _ := bigOf(b)
	n := new(big.Int)
	switch op {
	case "+":
		n.Add(p, q)
	case "-":
		n.Sub(p, q)
	case "*":
		n.Mul(p, q)
	case "/":
		f, _ := floatOf(a)
		g, _ := floatOf(b)
		return floats(op, f, g)
	case "//", "%":
		if q.Sign() == 0 {
			return nil, errZero
		}
		quotient, rest := new(big.Int).QuoRem(p, q, n)
		if rest.Sign() != 0 && rest.Sign() != q.Sign() { // rounded up: Python rounds down
			quotient.Sub(quotient, big.NewInt(1))
			rest.Add(rest, q)
		}
		if op == "%" {
			return integer(rest), nil
		}
		return integer(quotient), nil
	case "**":
		if q.Sign() < 0 {
			f, _ := floatOf(a)
			g, _ := floatOf(b)
			return floats(op, f, g)
		}
		if p.BitLen() > 1 && (!ySmall || y > maxBits || int(y)*p.BitLen() > maxBits) {
			return nil, limitf("integer of more than %d bits", maxBits)
		}
		if p.BitLen() <= 1 { // 0, 1, -1: only the parity of the exponent counts
			q = new(big.Int).Add(new(big.Int).And(q, big.NewInt(1)), big.NewInt(int64(2*b2i(q.Sign() > 0))))
		}
		n.Exp(p, q, nil)
	}
	if n.BitLen() > maxBits {
		return nil, limitf("integer of more than %d bits", maxBits)
	}
	return integer(n), nil
}

func floats(op string, x, y float64) (Value, error) {
	var f float64
	switch op {
	case "+":
		f = x + y
	case "-":
		f = x - y
	case "*":
		f = x * y
	case "/":
		if y == 0 {
			return nil, errZero
		}
		f = x / y
	case "//", "%":
		if y == 0 {
			return nil, errZero
		}
		rest := math.Mod(x, y)
		quotient := (x - rest) / y
		if rest != 0 && (rest < 0) != (y < 0) {
			rest += y
			quotient--
		}
		if op == "%" {
			f = rest
			if rest == 0 {
				f = math.Copysign(0, y)
			}
			break
		}
		f = math.Floor(quotient)
		if quotient-f > 0.5 {
			f++
		}
		if quotient == 0 {
			f = math.Copysign(0, x/y)
		}
	case "**":
		if x == 0 && y < 0 {
			return nil, errZero
		}
		f = math.Pow(x, y)
		if math.IsNaN(f) && !math.IsNaN(x) && !math.IsNaN(y) {
			return nil, errors.New("complex numbers are not supported")
		}
		if math.IsInf(f, 0) && !math.IsInf(x, 0) && !math.IsInf(y, 0) {
			return nil, errors.New("result too large")
		}
	}
	return floatValue(f), nil
}

// unary computes +a or -a.
func unary(op string, a Value) (Value, error) {
	switch v := a.(type) {
	case *undefined:
		return nil, v
	case floatValue:
		if op == "-" {
			return -v, nil
		}
		return v, nil
	}
	n, ok := bigOf(a)
	if !ok {
		return nil, typeErrorf("bad operand type for unary %s: '%s'", op, a.typeName())
	}
	if op == "-" {
		n = new(big.Int).Neg(n)
	}
	return integer(n), nil
}
