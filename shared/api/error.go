package api

import (
	"context"
	"errors"
	"fmt"
)

// Code is a kind of error, for programs: what the one who asked can do about it.
type Code string

const (
	InvalidInput Code = "invalid_input" // a request, file or option is wrong: change it
	NotFound     Code = "not_found"     // a file or model is not there
	Mismatch     Code = "mismatch"      // things that are right by themselves do not fit: an adapter and its base
	Unsupported  Code = "unsupported"   // right, but not something that this build or device does
	NoMemory     Code = "no_memory"     // more memory is needed than there is
	NoSpace      Code = "no_space"      // a disk is full; what was saved before is whole
	Diverged     Code = "diverged"      // training came to a loss that is not a number
	Crashed      Code = "crashed"       // the engine ended, and its host began a new one: what was open is to be opened again
	Cancelled    Code = "cancelled"     // the one who asked, or a time limit, ended it
	Internal     Code = "internal"      // a fault of Graft
)

// Codes is every code.
var Codes = []Code{InvalidInput, NotFound, Mismatch, Unsupported, NoMemory, NoSpace, Diverged, Crashed, Cancelled, Internal}

// Error crosses a border: the code is for programs, the message for people.
type Error struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`

	cause error
}

func (e *Error) Error() string { return e.Message }

// Unwrap is the error this one was made of, on the side of the border where it was made.
func (e *Error) Unwrap() error { return e.cause }

// Errorf makes an error of a code; the format may wrap another with %w.
func Errorf(code Code, format string, a ...any) *Error {
	err := fmt.Errorf(format, a...)
	return &Error{code, err.Error(), errors.Unwrap(err)}
}

// Wrap gives an error a code, unless it has one already. It is nil for nil.
func Wrap(code Code, err error) error {
	var coded *Error
	if err == nil || errors.As(err, &coded) {
		return err
	}
	return &Error{code, err.Error(), err}
}

// CodeOf is the code of an error: its own, Cancelled for an ended context, otherwise Internal; "" for nil.
func CodeOf(err error) Code {
	var coded *Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &coded):
		return coded.Code
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return Cancelled
	}
	return Internal
}

// From is an error as it crosses the border: its code and all it says. It is nil for nil.
func From(err error) *Error {
	if err == nil {
		return nil
	}
	return &Error{CodeOf(err), err.Error(), err}
}
