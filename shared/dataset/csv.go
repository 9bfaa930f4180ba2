package dataset

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// ReadCSV reads comma-separated values (RFC 4180) with a header. Columns that the form does not need are ignored.
//
// Lines end with LF or CRLF, empty lines are skipped, a quoted field may hold commas, doubled quotes and line breaks
// (kept as LF). As pandas does, and unlike encoding/csv, a quote inside an unquoted field is text.
// The error is an Errors: bytes that are not UTF-8, a NUL, a missing or doubled column, a row with more or fewer fields than the
// header, an unclosed quote, an empty text or label; or, wrapped, that of r.
func ReadCSV(r io.Reader, name string, o Columns) (*Table, error) {
	return readSeparated(r, name, o, ',')
}

// ReadTSV is ReadCSV with tabs for commas.
func ReadTSV(r io.Reader, name string, o Columns) (*Table, error) {
	return readSeparated(r, name, o, '\t')
}

func readSeparated(r io.Reader, name string, o Columns, separator byte) (*Table, error) {
	s, err := readSource(r, name)
	if err != nil {
		return nil, err
	}
	c := &csvScanner{source: s, separator: separator, line: 1, column: 1}
	header, fault := c.record(nil)
	if fault != nil {
		return nil, only(fault)
	}
	if header == nil {
		return nil, only(&Error{File: name, Message: "file is empty, expected a header and rows"})
	}
	form, index, err := csvHeader(s, o, header, separator)
	if err != nil {
		return nil, err
	}
	t := &Table{Name: name, Form: form}
	var faults Errors
	var fields []csvField
	for {
		fields, fault = c.record(fields[:0])
		if fault != nil { // the next row cannot be told from this one
			faults.add(fault)
			return nil, faults.err()
		}
		if len(fields) == 0 {
			break
		}
		if len(fields) != len(header) {
			faults.add(ragged(s, header, fields))
			continue
		}
		row := Row{Line: fields[0].line}
		for _, column := range columnsOf[form] {
			f := fields[index[column]]
			switch {
			case blank(f.text):
				faults.add(s.at(f.line, f.column, o.named(column), "empty, expected a %s", column))
			case len(f.text) > MaxFieldBytes:
				faults.add(s.at(f.line, f.column, o.named(column), "%d bytes long, expected at most %d", len(f.text), MaxFieldBytes))
			}
			if column == label {
				f.text = strings.TrimSpace(f.text)
			}
			row.set(column, f.text)
		}
		t.Rows = append(t.Rows, row)
	}
	if len(t.Rows) == 0 && len(faults.List) == 0 {
		return nil, only(&Error{File: name, Message: "no rows after the header"})
	}
	if err := faults.err(); err != nil {
		return nil, err
	}
	return t, nil
}

// csvHeader finds the form's columns in the header.
func csvHeader(s *source, o Columns, header []csvField, separator byte) (Form, map[string]int, error) {
	if o.Form == Chat {
		return 0, nil, only(&Error{File: s.name, Message: "messages cannot be read from CSV, expected a .jsonl file"})
	}
	names := make([]string, len(header))
	for i, f := range header {
		names[i] = strings.TrimSpace(f.text)
	}
	form, missing := o.form([]Form{Completion, Plain}, func(n string) bool { return slices.Contains(names, n) })
	if len(missing) > 0 {
		m := fmt.Sprintf("header has no column %s, got %s", list(missing), list(names))
		for _, other := range []string{"\t", ",", ";", "|"} {
			if len(names) == 1 && strings.Contains(names[0], other) {
				m += fmt.Sprintf("; fields look separated by %q, expected %q", other, separator)
			}
		}
		return 0, nil, only(s.at(header[0].line, header[0].column, "", "%s", m))
	}
	index := map[string]int{}
	for _, column := range columnsOf[form] {
		name := o.named(column)
		i := slices.Index(names, name)
		if j := slices.Index(names[i+1:], name); j >= 0 {
			f := header[i+1+j]
			return 0, nil, only(s.at(f.line, f.column, "", "header names column %q twice, as fields %d and %d", name, i+1, i+j+2))
		}
		index[column] = i
	}
	return form, index, nil
}

// ragged is the fault of a row with another number of fields than the header.
func ragged(s *source, header, fields []csvField) *Error {
	place, hint := fields[0], ""
	if len(fields) > len(header) {
		place, hint = fields[len(header)], "; quote a text that holds a comma"
	}
	return s.at(place.line, place.column, "", "row has %d fields, expected %d as in the header%s", len(fields), len(header), hint)
}

// list shows names in an error.
func list(names []string) string {
	q := make([]string, min(len(names), 20))
	for i := range q {
		q[i] = quoted(names[i])
	}
	if len(names) > len(q) {
		q = append(q, fmt.Sprintf("… (%d in all)", len(names)))
	}
	return strings.Join(q, ", ")
}
