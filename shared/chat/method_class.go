package chat

import (
	"html"
	"strings"
	"unicode"
)

func methodIsASCII(m *machine, x *text, c *call) (Value, error) {
	return boolValue(x.ascii()), c.none()
}

func methodIsPrintable(m *machine, x *text, c *call) (Value, error) {
	no := strings.IndexFunc(x.s, func(r rune) bool { return !unicode.IsPrint(r) })
	return boolValue(no < 0), c.none()
}

func methodIsIdentifier(m *machine, x *text, c *call) (Value, error) {
	return boolValue(isIdentifier(x.s)), c.none()
}

// isIdentifier tells whether s is a name in Python.
func isIdentifier(s string) bool {
	for i, r := range s {
		if !(r == '_' || unicode.IsLetter(r) || unicode.Is(unicode.Nl, r) ||
			i > 0 && (isDecimal(r) || unicode.In(r, unicode.Mn, unicode.Mc, unicode.Pc) || r == '·')) {
			return false
		}
	}
	return s != ""
}

// isCase tells whether s has letters of the case and none of the other.
func isCase(s string, upper bool) bool {
	some := false
	for _, r := range s {
		switch {
		case unicode.IsUpper(r) || unicode.IsTitle(r):
			if !upper {
				return false
			}
			some = true
		case unicode.IsLower(r):
			if upper {
				return false
			}
			some = true
		}
	}
	return some
}

func methodIsCase(upper bool) textMethod {
	return func(m *machine, x *text, c *call) (Value, error) {
		return boolValue(isCase(x.s, upper)), c.none()
	}
}

func methodIsTitle(m *machine, x *text, c *call) (Value, error) {
	some, inWord := false, false
	for _, r := range x.s {
		switch {
		case unicode.IsUpper(r) || unicode.IsTitle(r):
			if inWord {
				return boolValue(false), c.none()
			}
			some, inWord = true, true
		case unicode.IsLower(r):
			if !inWord {
				return boolValue(false), c.none()
			}
		default:
			inWord = false
		}
	}
	return boolValue(some), c.none()
}

// escape makes HTML of a text, as Markup does with what is joined to it.
func escape(x *text) *text {
	if x.safe {
		return x
	}
	var b builder
	x.each(0, len(x.s), func(s string, t tag) {
		b.add(htmlEscaper.Replace(s), t)
	})
	return b.text().as(true)
}

var htmlEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "'", "&#39;", `"`, "&#34;")

// unescapeHTML replaces entities; a run of text from one source at a time.
func unescapeHTML(x *text) *text {
	var b builder
	x.each(0, len(x.s), func(s string, t tag) { b.add(html.UnescapeString(s), t) })
	return b.text()
}

// stripTags removes tags and comments of HTML, and repeated white space.
func stripTags(x *text) *text {
	var kept builder
	i := 0
	for {
		start := strings.IndexByte(x.s[i:], '<')
		if start < 0 {
			break
		}
		start += i
		ends, from := ">", start
		if strings.HasPrefix(x.s[start:], "<!--") {
			ends, from = "-->", start+4
		}
		end := strings.Index(x.s[from:], ends)
		if end < 0 {
			break
		}
		x.each(i, start, kept.add)
		i = from + end + len(ends)
	}
	x.each(i, len(x.s), kept.add)
	y := kept.text()
	parts := splitSpace(y.s, len(y.s)+1)
	words := make([]*text, len(parts))
	for k, p := range parts {
		words[k] = y.slice(p[0], p[1])
	}
	return unescapeHTML(join(literal(" "), words))
}
