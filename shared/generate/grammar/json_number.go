package grammar

import (
	"math"
	"strconv"
	"strings"

	"graft/shared/prompt"
)

// maxDigits is how many digits a number has at most before and after its point, so that a model that has begun one comes to its end.
const maxDigits = 15

// anyNumber is a number with at most so many digits after the point; 0: an integer.
func (s *schemaBuilder) anyNumber(decimals int) part {
	whole := s.either(s.text("0"), s.sequence(s.bytes('1', '9'), s.times(s.digit(), 0, maxDigits-1)))
	parts := []part{s.maybe(s.text("-")), whole}
	if decimals > 0 {
		parts = append(parts, s.maybe(s.sequence(s.text("."), s.times(s.digit(), 1, decimals))))
	}
	return s.sequence(parts...)
}

func (s *schemaBuilder) digit() part { return s.bytes('0', '9') }

// bounds are the least and the most of a number, and whether they are left out themselves.
type bounds struct {
	least, most         float64
	overLeast, overMost bool
}

func (s *schemaBuilder) bounds(o *prompt.Object, at string) bounds {
	b := bounds{least: math.Inf(-1), most: math.Inf(1)}
	read := func(key string, set func(f float64)) {
		v, ok := o.Get(key)
		if !ok {
			return
		}
		f, number := v.(float64)
		if !number {
			s.fail("%s: %s is %.40s, expected a number", at, key, prompt.FormatJSON(v, 0))
			return
		}
		set(f)
	}
	read("minimum", func(f float64) { b.least = f })
	read("maximum", func(f float64) { b.most = f })
	read("exclusiveMinimum", func(f float64) {
		if f >= b.least {
			b.least, b.overLeast = f, true
		}
	})
	read("exclusiveMaximum", func(f float64) {
		if f <= b.most {
			b.most, b.overMost = f, true
		}
	})
	return b
}

// maxInteger is the largest number that is said.
const maxInteger = 1e15 - 1

// integer is a whole number between bounds.
func (s *schemaBuilder) integer(o *prompt.Object, at string) part {
	b := s.bounds(o, at)
	least, most := math.Ceil(b.least), math.Floor(b.most)
	if b.overLeast && least == b.least {
		least++
	}
	if b.overMost && most == b.most {
		most--
	}
	least, most = max(least, -maxInteger), min(most, maxInteger)
	if least > most {
		s.fail("%s: no whole number is within the bounds", at)
		return s.sequence()
	}
	if v, ok := o.Get("multipleOf"); ok && v != 1.0 {
		of, _ := v.(float64)
		if of != math.Trunc(of) || of < 1 {
			s.fail("%s: multipleOf is %.40s, expected a whole number for integers", at, prompt.FormatJSON(v, 0))
			return s.sequence()
		}
		return s.multiples(of, least, most, at)
	}
	return s.wholes(int64(least), int64(most))
}

// wholes are the whole numbers from least to most.
func (s *schemaBuilder) wholes(least, most int64) part {
	var parts []part
	if least < 0 {
		parts = append(parts, s.sequence(s.text("-"), s.upTo(max(1, -most), -least)))
	}
	if most >= 0 {
		parts = append(parts, s.upTo(max(0, least), most))
	}
	return s.either(parts...)
}

// upTo are the whole numbers from least to most, neither below 0.
func (s *schemaBuilder) upTo(least, most int64) part {
	var parts []part
	for low := least; low <= most; {
		digits := strconv.FormatInt(low, 10)
		high := most
		if n := math.Pow10(len(digits)) - 1; float64(most) > n {
			high = int64(n)
		}
		parts = append(parts, s.padded(digits, strconv.FormatInt(high, 10), 0))
		low = high + 1
	}
	return s.either(parts...)
}

// padded are the texts of digits from low to high, all of their length, with a point before the last decimals of them, if there are any.
func (s *schemaBuilder) padded(low, high string, decimals int) part {
	if low == "" {
		return s.sequence()
	}
	if strings.Trim(low, "0") == "" && strings.Trim(high, "9") == "" {
		return s.digits(len(low), decimals)
	}
	n := len(low) - 1
	first := func(low, high byte) part {
		if n+1 == decimals {
			return s.sequence(s.text("."), s.bytes(low, high))
		}
		return s.bytes(low, high)
	}
	if low[0] == high[0] {
		return s.sequence(first(low[0], low[0]), s.padded(low[1:], high[1:], decimals))
	}
	parts := []part{
		s.sequence(first(low[0], low[0]), s.padded(low[1:], strings.Repeat("9", n), decimals)),
		s.sequence(first(high[0], high[0]), s.padded(strings.Repeat("0", n), high[1:], decimals)),
	}
	if high[0]-low[0] > 1 {
		parts = append(parts, s.sequence(first(low[0]+1, high[0]-1), s.digits(n, decimals)))
	}
	return s.either(parts...)
}

// digits are n digits with a point before the last decimals of them.
func (s *schemaBuilder) digits(n, decimals int) part {
	if decimals == 0 || n < decimals {
		return s.times(s.digit(), n, n)
	}
	return s.sequence(s.times(s.digit(), n-decimals, n-decimals), s.text("."), s.times(s.digit(), decimals, decimals))
}

// number is a number between bounds. Bounds that are not whole are held to with as many decimals as they have.
func (s *schemaBuilder) number(o *prompt.Object, at string) part {
	decimals := maxDigits
	if v, ok := o.Get("multipleOf"); ok {
		f, _ := v.(float64)
		decimals = int(math.Round(-math.Log10(f)))
		if f <= 0 || decimals < 0 || decimals > maxDigits || math.Pow10(-decimals) != f {
			s.fail("%s: multipleOf is %.40s, expected 1, 0.1, 0.01 and so on; others are not supported", at, prompt.FormatJSON(v, 0))
			return s.sequence()
		}
	}
	b := s.bounds(o, at)
	if math.IsInf(b.least, -1) && math.IsInf(b.most, 1) {
		return s.anyNumber(decimals)
	}
	if b.least > b.most || b.least == b.most && (b.overLeast || b.overMost) {
		s.fail("%s: no number is within the bounds", at)
		return s.sequence()
	}
	if !math.IsInf(b.least, 0) && b.least != math.Trunc(b.least) || !math.IsInf(b.most, 0) && b.most != math.Trunc(b.most) {
		return s.fine(b, decimals, at)
	}
	b.least, b.most = max(b.least, -maxInteger), min(b.most, maxInteger)
	var parts []part
	if b.least < 0 {
		low := max(0, -b.most)
		parts = append(parts, s.sequence(s.text("-"), s.positive(bounds{low, -b.least, b.overMost || low == 0, b.overLeast}, decimals)))
	}
	if b.most > 0 || b.most == 0 && !b.overMost {
		low := max(0, b.least)
		parts = append(parts, s.positive(bounds{low, b.most, b.overLeast && low == b.least, b.overMost}, decimals))
	}
	return s.either(parts...)
}

// positive are numbers between whole bounds of which neither is below 0.
func (s *schemaBuilder) positive(b bounds, decimals int) part {
	low, high := int64(b.least), int64(b.most)
	var parts []part
	first, last := low, high
	if b.overLeast {
		first++
	}
	if b.overMost {
		last--
	}
	if first <= last {
		parts = append(parts, s.upTo(first, last))
	}
	if decimals > 0 && low < high {
		fraction := s.sequence(s.text("."), s.times(s.digit(), 1, decimals))
		if b.overLeast { // the first number's fraction is not 0
			parts = append(parts, s.sequence(s.upTo(low, low), s.text("."), s.bytes('1', '9'), s.times(s.digit(), 0, decimals-1)))
			low++
		}
		if low < high {
			parts = append(parts, s.sequence(s.upTo(low, high-1), fraction))
		}
	}
	if len(parts) == 0 {
		s.fail("no number is within the bounds")
	}
	return s.either(parts...)
}

// fineDecimals are the most decimals of bounds that are not whole.
const fineDecimals = 6

// fine are numbers between bounds that have few decimals: those with as many decimals as the bounds.
func (s *schemaBuilder) fine(b bounds, decimals int, at string) part {
	for d := 1; d <= min(decimals, fineDecimals); d++ {
		scale := math.Pow10(d)
		low, high := max(math.Round(b.least*scale), -maxInteger), min(math.Round(b.most*scale), maxInteger)
		if !math.IsInf(b.least, 0) && low/scale != b.least || !math.IsInf(b.most, 0) && high/scale != b.most {
			continue
		}
		if b.overLeast {
			low++
		}
		if b.overMost {
			high--
		}
		if low > high {
			continue // one more decimal has numbers in between
		}
		var parts []part
		if low < 0 {
			parts = append(parts, s.sequence(s.text("-"), s.dotted(int64(max(1, -high)), int64(-low), d)))
		}
		if high >= 0 {
			parts = append(parts, s.dotted(int64(max(0, low)), int64(high), d))
		}
		return s.either(parts...)
	}
	s.fail("%s: bounds of more than %d decimals are not supported", at, min(decimals, fineDecimals))
	return s.sequence()
}

// dotted are the whole numbers from least to most, neither below 0, with a point before their last decimals digits.
func (s *schemaBuilder) dotted(least, most int64, decimals int) part {
	var parts []part
	for low := least; low <= most; {
		digits := strconv.FormatInt(low, 10)
		digits = strings.Repeat("0", max(0, decimals+1-len(digits))) + digits
		high := int64(min(float64(most), math.Pow10(len(digits))-1))
		top := strconv.FormatInt(high, 10)
		top = strings.Repeat("0", len(digits)-len(top)) + top
		parts = append(parts, s.padded(digits, top, decimals))
		low = high + 1
	}
	return s.either(parts...)
}

// maxMultiples is how many multiples of a number are said: those nearest to 0 or to the bound.
const maxMultiples = 1000

// multiples are the whole numbers between bounds that a number divides.
func (s *schemaBuilder) multiples(of, least, most float64, at string) part {
	low, high := math.Ceil(least/of), math.Floor(most/of)
	if high-low >= maxMultiples {
		switch {
		case low >= 0:
			high = low + maxMultiples - 1
		case high <= 0:
			low = high - maxMultiples + 1
		default:
			low = max(low, -maxMultiples/2)
			high = min(high, low+maxMultiples-1)
		}
	}
	var parts []part
	for n := low; n <= high; n++ {
		parts = append(parts, s.text(strconv.FormatInt(int64(n*of), 10)))
	}
	if len(parts) == 0 {
		s.fail("%s: no multiple of %g is within the bounds", at, of)
	}
	return s.either(parts...)
}
