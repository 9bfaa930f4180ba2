package dataset

import (
	"fmt"
	"io"
	"strings"
)

// ReadText reads a text file for causal language modelling: every line that is not empty is one example.
// The error is an Errors, or, wrapped, that of r.
func ReadText(r io.Reader, name string, o Columns) (*Table, error) {
	if o.Form != Plain && o.Form != CausalLM {
		return nil, only(&Error{File: name, Message: fmt.Sprintf("a text file holds no %v, expected a .csv or .jsonl file", o.Form)})
	}
	s, err := readSource(r, name)
	if err != nil {
		return nil, err
	}
	t := &Table{Name: name, Form: Plain}
	var faults Errors
	line := 0
	for l := range strings.Lines(s.data) {
		line++
		l = strings.TrimRight(l, "\r\n")
		if len(l) > MaxFieldBytes {
			faults.add(s.at(line, 1, "", "line is %d bytes long, expected at most %d", len(l), MaxFieldBytes))
		}
		if !blank(l) {
			t.Rows = append(t.Rows, Row{Line: line, Text: l})
		}
	}
	if len(t.Rows) == 0 {
		return nil, only(&Error{File: name, Message: "no text"})
	}
	if err := faults.err(); err != nil {
		return nil, err
	}
	return t, nil
}
