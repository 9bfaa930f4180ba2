package prompt

import (
	"fmt"
	"strings"
)

// Error is a mistake in a file at a place.
type Error struct {
	Name         string // of the file or partial, "" for the prompt itself
	Line, Column int    // from 1; columns count characters
	Message      string
}

func (e *Error) Error() string {
	if e.Name != "" {
		return fmt.Sprintf("%s:%d:%d: %s", e.Name, e.Line, e.Column, e.Message)
	}
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Message)
}

// source is a template's text, of which places are told.
type source struct {
	name string
	text string
	line int // lines of the file before the text
}

// errorf is a mistake at a byte offset.
func (s *source) errorf(at int, format string, args ...any) *Error {
	before := s.text[:min(at, len(s.text))]
	line := strings.Count(before, "\n")
	column := len([]rune(before[strings.LastIndexByte(before, '\n')+1:]))
	return &Error{s.name, s.line + line + 1, column + 1, fmt.Sprintf(format, args...)}
}

// place is where the mistake is, for other messages.
func (e *Error) place() string { return fmt.Sprintf("line %d, column %d", e.Line, e.Column) }
