package grammar

import (
	"strings"

	"graft/shared/prompt"
)

// formats are texts of a known form, as regular expressions.
var formats = map[string]string{
	"date":      `^(19|20)\d\d-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])$`,
	"time":      `^([01]\d|2[0-3]):[0-5]\d:[0-5]\d(Z|[+-](0\d|1[0-4]):[0-5]\d)$`,
	"date-time": `^(19|20)\d\d-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(Z|[+-](0\d|1[0-4]):[0-5]\d)$`,
	"email":     `^[a-z0-9]([a-z0-9._-]{0,30}[a-z0-9])?@[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?(\.[a-z]{2,10}){1,3}$`,
	"hostname":  `^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?){0,5}$`,
	"ipv4":      `^((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)$`,
	"uuid":      `^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`,
	"uri":       `^https?://[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?(\.[a-z0-9]{1,20}){1,4}(/[A-Za-z0-9._~-]{0,40}){0,6}$`,
}

// string is a text in quotes.
func (s *schemaBuilder) string(o *prompt.Object, at string) part {
	least, most := s.sizes(o, "minLength", "maxLength", at)
	pattern, _ := o.Get("pattern")
	expression, hasPattern := pattern.(string)
	if format, _ := o.Get("format"); !hasPattern {
		if name, ok := format.(string); ok {
			expression, hasPattern = formats[name]
		}
	}
	if !hasPattern {
		return s.anyString(least, most)
	}
	if least > 0 || most >= 0 {
		s.fail("%s: minLength and maxLength beside a pattern or format are not supported", at)
		return s.sequence()
	}
	p, begins, ends, err := s.regexp(expression, s.quoted)
	if err != nil {
		s.fail("%s: %w", at, err)
		return s.sequence()
	}
	anything := s.many(s.character())
	parts := []part{s.text(`"`)}
	if !begins {
		parts = append(parts, anything)
	}
	parts = append(parts, p)
	if !ends {
		parts = append(parts, anything)
	}
	return s.sequence(append(parts, s.text(`"`))...)
}

// anyString is a text of least to most characters.
func (s *schemaBuilder) anyString(least, most int) part {
	return s.sequence(s.text(`"`), s.times(s.asRule(s.character()), least, most), s.text(`"`))
}

// character is one character of a JSON string: as it is, or as an escape, but no half of a surrogate pair.
func (s *schemaBuilder) character() part {
	hex := s.either(s.bytes('0', '9'), s.bytes('a', 'f'), s.bytes('A', 'F'))
	first := s.either(s.bytes('0', '9'), s.bytes('a', 'c'), s.bytes('A', 'C'), s.bytes('e', 'f'), s.bytes('E', 'F'))
	basic := s.either(s.sequence(first, hex), s.sequence(s.either(s.text("d"), s.text("D")), s.bytes('0', '7')))
	escape := []part{s.sequence(s.text("u"), basic, hex, hex)}
	for _, c := range []byte(`"\/bfnrt`) {
		escape = append(escape, s.bytes(c, c))
	}
	return s.either(
		s.runes(' ', '!'), s.runes('#', '['), s.runes(']', 0x10FFFF),
		s.sequence(s.text(`\`), s.either(escape...)))
}

// quoted is a range of characters as they are written in a JSON string.
func (s *schemaBuilder) quoted(low, high rune) part {
	var parts []part
	from := low
	for c := low; c <= min(high, '\\'); c++ {
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		if c > from {
			parts = append(parts, s.runes(from, c-1))
		}
		from = c + 1
		parts = append(parts, s.text(strings.Trim(prompt.FormatJSON(string(c), 0), `"`)))
		if c == '"' { // Trim took the escaped quote too
			parts[len(parts)-1] = s.text(`\"`)
		}
	}
	if from <= high {
		parts = append(parts, s.runes(from, high))
	}
	return s.either(parts...)
}
