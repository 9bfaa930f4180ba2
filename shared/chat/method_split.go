package chat

import (
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// methodSplit is split and rsplit.
func methodSplit(right bool) textMethod {
	return func(m *machine, x *text, c *call) (Value, error) {
		a, err := c.bind("sep?", "maxsplit?")
		if err != nil {
			return nil, err
		}
		sep, err := argText(a[0])
		if err != nil {
			return nil, err
		}
		most, err := argInt(a[1], -1)
		if err != nil {
			return nil, err
		}
		if most < 0 {
			most = len(x.s) + 1
		}
		var parts [][2]int
		switch {
		case sep == nil && right:
			parts = splitSpaceRight(x.s, most)
		case sep == nil:
			parts = splitSpace(x.s, most)
		case sep.s == "":
			return nil, errors.New("empty separator")
		default:
			parts = splitAt(x.s, sep.s, most, right)
		}
		if right {
			slices.Reverse(parts)
		}
		return m.slices(x, parts)
	}
}

// slices returns the list of parts of x.
func (m *machine) slices(x *text, parts [][2]int) (Value, error) {
	items := make([]Value, len(parts))
	for i, p := range parts {
		part := x.slice(p[0], p[1])
		if err := m.alloc(part.size()); err != nil {
			return nil, err
		}
		items[i] = part
	}
	return m.listOf(items)
}

// splitAt cuts s at sep, at most so many times.
func splitAt(s, sep string, most int, right bool) (parts [][2]int) {
	i, j := 0, len(s)
	for ; most > 0; most-- {
		if right {
			k := strings.LastIndex(s[:j], sep)
			if k < 0 {
				break
			}
			parts = append(parts, [2]int{k + len(sep), j})
			j = k
		} else {
			k := strings.Index(s[i:], sep)
			if k < 0 {
				break
			}
			parts = append(parts, [2]int{i, i + k})
			i += k + len(sep)
		}
	}
	return append(parts, [2]int{i, j})
}

// splitSpace cuts s at white space, at most so many times. White space at its
// start is left out, at its end unless it is in the rest.
func splitSpace(s string, most int) (parts [][2]int) {
	skip := func(i int) int { return len(s) - len(strings.TrimLeftFunc(s[i:], isSpace)) }
	i := skip(0)
	for ; most > 0 && i < len(s); most-- {
		n := strings.IndexFunc(s[i:], isSpace)
		if n < 0 {
			n = len(s) - i
		}
		parts = append(parts, [2]int{i, i + n})
		i = skip(i + n)
	}
	if i < len(s) {
		parts = append(parts, [2]int{i, len(s)})
	}
	return parts
}

// splitSpaceRight is splitSpace from the end; the last part comes first.
func splitSpaceRight(s string, most int) (parts [][2]int) {
	skip := func(j int) int { return len(strings.TrimRightFunc(s[:j], isSpace)) }
	j := skip(len(s))
	for ; most > 0 && j > 0; most-- {
		i := len(strings.TrimRightFunc(s[:j], func(r rune) bool { return !isSpace(r) }))
		parts = append(parts, [2]int{i, j})
		j = skip(i)
	}
	if j > 0 {
		parts = append(parts, [2]int{0, j})
	}
	return parts
}

// lines cuts s after line ends; the ends are in the parts if keep.
func lines(s string, keep bool) (parts [][2]int) {
	start := 0
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if !isLineEnd(r) {
			i += n
			continue
		}
		end := i + n
		if r == '\r' && strings.HasPrefix(s[end:], "\n") {
			end++
		}
		if keep {
			i = end
		}
		parts = append(parts, [2]int{start, i})
		start, i = end, end
	}
	if start < len(s) {
		parts = append(parts, [2]int{start, len(s)})
	}
	return parts
}

func methodSplitLines(m *machine, x *text, c *call) (Value, error) {
	a, err := c.bind("keepends?")
	if err != nil {
		return nil, err
	}
	keep, err := argBool(a[0], false)
	if err != nil {
		return nil, err
	}
	return m.slices(x, lines(x.s, keep))
}

// methodPartition is partition and rpartition.
func methodPartition(right bool) textMethod {
	return func(m *machine, x *text, c *call) (Value, error) {
		a, err := c.bind("sep")
		if err != nil {
			return nil, err
		}
		sep, ok := a[0].(*text)
		if !ok {
			return nil, typeErrorf("must be str, not %s", a[0].typeName())
		}
		if sep.s == "" {
			return nil, errors.New("empty separator")
		}
		i := strings.Index(x.s, sep.s)
		if right {
			i = strings.LastIndex(x.s, sep.s)
		}
		n := len(x.s)
		cut := [4]int{0, i, i + len(sep.s), n}
		if i < 0 {
			cut = [4]int{0, n, n, n}
			if right {
				cut = [4]int{}
				cut[3] = n
			}
		}
		parts := make([]Value, 3)
		for k := range parts {
			parts[k] = x.slice(cut[k], cut[k+1])
		}
		return &tuple{items: parts}, m.alloc(x.size())
	}
}

func isAlpha(r rune) bool   { return unicode.IsLetter(r) }
func isDecimal(r rune) bool { return unicode.Is(unicode.Nd, r) }
func isNumeric(r rune) bool { return unicode.IsNumber(r) }
func isAlnum(r rune) bool   { return isAlpha(r) || isNumeric(r) }

// isDigit is Python's: decimal digits, and those in superscript and the like.
func isDigit(r rune) bool {
	return isDecimal(r) || strings.ContainsRune("²³¹", r) || r >= 0x2070 && r <= 0x2089 && unicode.IsNumber(r) ||
		r >= 0x2460 && r <= 0x2468
}

// every makes a method that tells whether all characters, at least one, are such.
func every(such func(rune) bool) textMethod {
	return func(m *machine, x *text, c *call) (Value, error) {
		no := strings.IndexFunc(x.s, func(r rune) bool { return !such(r) })
		return boolValue(x.s != "" && no < 0), c.none()
	}
}
