package dataset

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Limits of what is read: they are far over any real training file and keep a hostile or mistaken one from taking all memory.
const (
	MaxFileBytes  = 1 << 30 // of a file
	MaxFieldBytes = 1 << 24 // of one text
	maxColumns    = 1 << 10 // of a CSV file
)

// source is a whole file, known to be UTF-8 without NUL and without a byte order mark.
type source struct {
	name string
	data string
}

// readSource reads and checks the bytes of a file.
func readSource(r io.Reader, name string) (*source, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxFileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(data) > MaxFileBytes {
		return nil, only(&Error{File: name, Message: fmt.Sprintf("file is larger than %d bytes", MaxFileBytes)})
	}
	for _, mark := range []struct{ bytes, encoding string }{{"\xff\xfe", "UTF-16"}, {"\xfe\xff", "UTF-16"}} {
		if bytes.HasPrefix(data, []byte(mark.bytes)) {
			return nil, only(&Error{File: name, Line: 1, Column: 1, Message: "file is " + mark.encoding + ", expected UTF-8"})
		}
	}
	s := &source{name, strings.TrimPrefix(string(data), "\ufeff")}
	var faults Errors
	if err := s.check(&faults); err != nil {
		return nil, err
	}
	return s, nil
}

// check finds bytes that are not text, the first of each of the first lines that have some.
func (s *source) check(faults *Errors) error {
	if utf8.ValidString(s.data) && strings.IndexByte(s.data, 0) < 0 {
		return nil
	}
	line := 0
	for rest := range strings.Lines(s.data) {
		line++
		if x := fault(rest); x != nil {
			x.File, x.Line = s.name, line
			faults.add(x)
		}
	}
	return faults.err()
}

// fault is the first place of a line that is not UTF-8 text.
func fault(line string) *Error {
	column := 0
	for i := 0; i < len(line); {
		column++
		r, n := utf8.DecodeRuneInString(line[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			m := fmt.Sprintf("byte 0x%02X is not UTF-8", line[i])
			if likeGBK(line[i:]) {
				m += "; the file looks like GB18030 (GBK): convert it with graft data convert, or iconv -f GB18030 -t UTF-8"
			}
			return &Error{Column: column, Message: m}
		case r == 0:
			return &Error{Column: column, Message: "NUL byte, expected text"}
		}
		i += n
	}
	return nil
}

// likeGBK reports whether s begins with two double-byte characters of GBK's Chinese rows. It only words a hint.
func likeGBK(s string) bool {
	if len(s) < 4 {
		return false
	}
	for i := 0; i < 4; i += 2 {
		if s[i] < 0xB0 || s[i] > 0xF7 || s[i+1] < 0xA1 {
			return false
		}
	}
	return true
}

// blank reports whether s has nothing a tokenizer could learn from.
func blank(s string) bool { return strings.TrimSpace(s) == "" }

// at makes an error at a place of the file.
func (s *source) at(line, column int, field, format string, a ...any) *Error {
	return &Error{File: s.name, Line: line, Column: column, Field: field, Message: fmt.Sprintf(format, a...)}
}
