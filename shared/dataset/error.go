package dataset

import (
	"errors"
	"fmt"
	"strings"
)

// maxErrors is how many faults of a file are told before the rest is only counted.
const maxErrors = 10

// Error is one fault of a file's content.
type Error struct {
	File         string
	Line, Column int    // from 1; Column counts characters, as editors do; 0 means the whole file or line
	Field        string // the column or key it is about, if any
	Message      string // what is wrong, what was expected, what was got
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
		if e.Column > 0 {
			fmt.Fprintf(&b, ":%d", e.Column)
		}
	}
	b.WriteString(": ")
	if e.Field != "" {
		fmt.Fprintf(&b, "%s: ", e.Field)
	}
	b.WriteString(e.Message)
	return b.String()
}

// Errors are the faults of a file, one a line: the first ten, and how many more there are.
type Errors struct {
	List []*Error
	More int
}

func (e *Errors) Error() string {
	var b strings.Builder
	for i, x := range e.List {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(x.Error())
	}
	if e.More > 0 {
		fmt.Fprintf(&b, "\n… and %d more", e.More)
	}
	return b.String()
}

// Unwrap lets errors.As find an *Error.
func (e *Errors) Unwrap() []error {
	list := make([]error, len(e.List))
	for i, x := range e.List {
		list[i] = x
	}
	return list
}

func (e *Errors) add(x *Error) {
	if len(e.List) < maxErrors {
		e.List = append(e.List, x)
	} else {
		e.More++
	}
}

// err is nil when there was no fault.
func (e *Errors) err() error {
	if len(e.List) == 0 {
		return nil
	}
	return e
}

// only is the error of a single fault.
func only(x *Error) error { return &Errors{List: []*Error{x}} }

// quoted shows a value of a file in an error: quoted, and cut when it is long.
func quoted(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		return fmt.Sprintf("%q…", string(r[:most]))
	}
	return fmt.Sprintf("%q", s)
}

// IsFault reports whether an error is about a file's content rather than about reading it.
func IsFault(err error) bool {
	var e *Error
	return errors.As(err, &e)
}
