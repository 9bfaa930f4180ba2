package chat

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxWidth bounds the width and precision of formatted values.
const maxWidth = 10_000

// A format says how a value is written: Python's
// [[fill]align][sign][#][0][width][,][.precision][type].
type format struct {
	fill      string
	align     byte // < > ^ =, 0: by type
	sign      byte // - + or space
	alt       bool // #
	group     byte // , or _, 0: none
	width     int
	precision int // -1: not given
	verb      byte
}

// number writes a number by f.
func (f format) number(v Value) (string, error) {
	verb := f.verb
	switch verb {
	case 'd', 'i', 'u', 'x', 'X', 'o', 'b', 'c', 'n', 0:
		if n, ok := bigOf(v); ok {
			return f.integer(n)
		}
		if verb != 0 && verb != 'n' {
			return "", typeErrorf("Unknown format code '%c' for object of type '%s'", verb, v.typeName())
		}
	}
	x, ok := floatOf(v)
	if !ok {
		return "", typeErrorf("must be real number, not %s", v.typeName())
	}
	return f.float(x)
}

func (f format) integer(n *big.Int) (string, error) {
	digits := new(big.Int).Abs(n)
	base, prefix := 10, ""
	switch f.verb {
	case 'x', 'X':
		base, prefix = 16, "0x"
	case 'o':
		base, prefix = 8, "0o"
	case 'b':
		base, prefix = 2, "0b"
	case 'c':
		if !n.IsInt64() || n.Int64() < 0 || n.Int64() > utf8.MaxRune {
			return "", errors.New("%c arg not in range(0x110000)")
		}
		return string(rune(n.Int64())), nil
	}
	s := digits.Text(base)
	if missing := f.precision - len(s); missing > 0 {
		s = strings.Repeat("0", missing) + s
	}
	if !f.alt {
		prefix = ""
	}
	if f.verb == 'X' {
		s, prefix = strings.ToUpper(s), strings.ToUpper(prefix)
	}
	return f.finish(n.Sign() < 0, prefix, s, ""), nil
}

func (f format) float(x float64) (string, error) {
	verb, precision := f.verb, f.precision
	if precision < 0 && verb != 0 {
		precision = 6
	}
	percent := ""
	if verb == '%' {
		x, verb, percent = x*100, 'f', "%"
	}
	negative := math.Signbit(x) && !math.IsNaN(x)
	x = math.Abs(x)
	upper := verb == 'F' || verb == 'E' || verb == 'G'
	var s string
	switch {
	case math.IsInf(x, 0):
		s = "inf"
	case math.IsNaN(x):
		s = "nan"
	default:
		switch verb | 0x20 {
		case 'f':
			s = strconv.FormatFloat(x, 'f', precision, 64)
		case 'e':
			s = strconv.FormatFloat(x, 'e', precision, 64)
		case 'g', 'n':
			s = general(x, max(precision, 1), f.alt)
		case 0x20:
			s = floatRepr(x)
			if precision >= 0 {
				s = general(x, max(precision, 1), f.alt)
				if !strings.ContainsAny(s, ".e") {
					s += ".0"
				}
			}
		default:
			return "", typeErrorf("Unknown format code '%c' for object of type 'float'", verb)
		}
	}
	if f.alt && precision == 0 && verb|0x20 != 'g' && !strings.Contains(s, ".") {
		s += "."
	}
	if upper {
		s = strings.ToUpper(s)
	}
	return f.finish(negative, "", s, percent), nil
}

// general is C's %g: precision significant digits, trailing zeros dropped.
func general(x float64, precision int, keep bool) string {
	if x == 0 {
		return "0"
	}
	s := strconv.FormatFloat(x, 'e', precision-1, 64)
	i := strings.IndexByte(s, 'e')
	exponent, _ := strconv.Atoi(s[i+1:])
	trim := func(s string) string {
		if keep || !strings.Contains(s, ".") {
			return s
		}
		return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
	}
	if exponent < -4 || exponent >= precision {
		return trim(s[:i]) + s[i:]
	}
	return trim(strconv.FormatFloat(x, 'f', precision-1-exponent, 64))
}

// finish adds sign, grouping and padding to digits.
func (f format) finish(negative bool, prefix, digits, suffix string) string {
	if f.group != 0 {
		digits = group(digits, f.group)
	}
	sign := ""
	switch {
	case negative:
		sign = "-"
	case f.sign == '+' || f.sign == ' ':
		sign = string(f.sign)
	}
	head, s := sign+prefix, digits+suffix
	missing := f.width - utf8.RuneCountInString(head+s)
	if missing <= 0 {
		return head + s
	}
	fill := f.fill
	if fill == "" {
		fill = " "
	}
	switch f.align {
	case '=':
		return head + strings.Repeat(fill, missing) + s
	case '<':
		return head + s + strings.Repeat(fill, missing)
	case '^':
		return strings.Repeat(fill, missing/2) + head + s + strings.Repeat(fill, missing-missing/2)
	}
	return strings.Repeat(fill, missing) + head + s
}

// group puts sep between every three digits before the point.
func group(s string, sep byte) string {
	end := strings.IndexAny(s, ".e")
	if end < 0 {
		end = len(s)
	}
	var b strings.Builder
	for i := range end {
		if i > 0 && (end-i)%3 == 0 {
			b.WriteByte(sep)
		}
		b.WriteByte(s[i])
	}
	return b.String() + s[end:]
}

// text pads or cuts a string by f.
func (f format) text(m *machine, x *text) (*text, error) {
	if f.precision >= 0 && f.precision < x.len() {
		x = x.slice(0, x.offset(f.precision))
	}
	fill := f.fill
	if fill == "" {
		fill = " "
	}
	missing := f.width - x.len()
	if missing <= 0 {
		return x, nil
	}
	before := 0
	switch f.align {
	case '>':
		before = missing
	case '^':
		before = missing / 2
	}
	if err := m.alloc(x.size() + missing*len(fill)); err != nil {
		return nil, err
	}
	pad := func(n int) *text { return literal(strings.Repeat(fill, n)) }
	return concat(concat(pad(before), x), pad(missing-before)), nil
}

// scanInt reads digits at s[i:].
func scanInt(s string, i int) (n, end int, err error) {
	for ; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		if n = n*10 + int(s[i]-'0'); n > maxWidth {
			return 0, i, limitf("width or precision above %d", maxWidth)
		}
	}
	return n, i, nil
}

func errorFormat(s string) error { return fmt.Errorf("Invalid format specifier '%s'", s) }
