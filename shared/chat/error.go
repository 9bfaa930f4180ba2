package chat

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// An Error tells what is wrong with a template, or went wrong in it, and where.
type Error struct {
	Line, Column int // counted from 1; columns in characters
	// Raised tells that the template itself refused its input, by
	// raise_exception.
	Raised bool
	Err    error // what is wrong, mostly in jinja2's words
}

func (e *Error) Error() string {
	return fmt.Sprintf("chat template, line %d, column %d: %v", e.Line, e.Column, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// raisedError is what raise_exception returns.
type raisedError string

func (e raisedError) Error() string { return string(e) }

// place is a position in the source: an offset in bytes.
type place int32

// at gives an error its place, unless it has one.
func at(src string, p place, err error) error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		return err
	}
	before := src[:min(int(p), len(src))]
	var raised raisedError
	return &Error{
		Line:   strings.Count(before, "\n") + 1,
		Column: utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1,
		Raised: errors.As(err, &raised),
		Err:    err,
	}
}

// A typeError is what Python has its TypeError for.
type typeError struct{ message string }

func (e *typeError) Error() string { return e.message }

func typeErrorf(format string, args ...any) error {
	return &typeError{fmt.Sprintf(format, args...)}
}
