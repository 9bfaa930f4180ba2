package dataset

import (
	"strings"
	"unicode/utf8"
)

// csvField is one field and the place where it begins, from 1, in lines and characters.
type csvField struct {
	text         string
	line, column int
}

// csvScanner splits a source into records.
type csvScanner struct {
	*source
	separator    byte
	pos          int
	line, column int // of pos
}

// record appends the fields of the next record to dst; at the end of the file it returns dst as it is.
func (c *csvScanner) record(dst []csvField) ([]csvField, *Error) {
	for c.pos < len(c.data) && c.lineEnd() > 0 { // empty lines
		c.advance(c.lineEnd())
	}
	if c.pos == len(c.data) {
		return dst, nil
	}
	for n := 1; ; n++ {
		if n > maxColumns {
			return dst, c.at(c.line, c.column, "", "row has more than %d fields", maxColumns)
		}
		f := csvField{line: c.line, column: c.column}
		var fault *Error
		if strings.HasPrefix(c.data[c.pos:], `"`) {
			f.text, fault = c.quoted()
		} else {
			f.text, fault = c.bare()
		}
		if fault != nil {
			return dst, fault
		}
		dst = append(dst, f)
		if c.pos == len(c.data) {
			return dst, nil
		}
		if n := c.lineEnd(); n > 0 {
			c.advance(n)
			return dst, nil
		}
		c.advance(1) // the separator
	}
}

// bare reads an unquoted field, up to a separator, the line's end or the end of the file.
func (c *csvScanner) bare() (string, *Error) {
	rest := c.data[c.pos:]
	n := strings.IndexAny(rest, string(c.separator)+"\r\n")
	if n < 0 {
		n = len(rest)
	}
	c.advance(n)
	if n < len(rest) && rest[n] == '\r' && c.lineEnd() == 0 {
		return "", c.at(c.line, c.column, "", "carriage return without a line feed, expected lines that end with LF or CRLF")
	}
	return rest[:n], nil
}

// quoted reads a quoted field; doubled quotes become one, CRLF becomes LF.
func (c *csvScanner) quoted() (string, *Error) {
	line, column := c.line, c.column
	c.advance(1)
	var b strings.Builder
	for {
		rest := c.data[c.pos:]
		n := strings.IndexByte(rest, '"')
		if n < 0 {
			return "", c.at(line, column, "", "quote is not closed before the end of the file")
		}
		b.WriteString(rest[:n])
		c.advance(n + 1)
		rest = rest[n+1:]
		if strings.HasPrefix(rest, `"`) {
			b.WriteByte('"')
			c.advance(1)
			continue
		}
		if rest != "" && rest[0] != c.separator && c.lineEnd() == 0 {
			r, _ := utf8.DecodeRuneInString(rest)
			return "", c.at(c.line, c.column, "", "%q after a closing quote, expected %q or the line's end; "+
				"a quote inside a quoted field is written twice (the field begins at %d:%d)", r, c.separator, line, column)
		}
		return strings.ReplaceAll(b.String(), "\r\n", "\n"), nil
	}
}

// lineEnd is the length of the line end at pos: 0 when there is none.
func (c *csvScanner) lineEnd() int {
	switch rest := c.data[c.pos:]; {
	case strings.HasPrefix(rest, "\n"):
		return 1
	case strings.HasPrefix(rest, "\r\n"):
		return 2
	}
	return 0
}

// advance moves over n bytes.
func (c *csvScanner) advance(n int) {
	s := c.data[c.pos : c.pos+n]
	c.pos += n
	if k := strings.Count(s, "\n"); k > 0 {
		c.line += k
		c.column = 1
		s = s[strings.LastIndexByte(s, '\n')+1:]
	}
	c.column += utf8.RuneCountInString(s)
}
