package dataset

import (
	"encoding/json"
	"errors"
	"io"
	"iter"
	"strings"
	"unicode/utf8"
)

// ReadJSONL reads one JSON object a line, with the same names as ReadCSV's columns; other keys are ignored, empty lines skipped.
//
// Texts are strings; a label is a string or an integer; messages are a list of {"role": …, "content": "…"}
// with at least one of the assistant's. The form of CausalLM is that of the first row, and all rows have it.
// The error is an Errors, or, wrapped, that of r.
func ReadJSONL(r io.Reader, name string, o Columns) (*Table, error) {
	s, err := readSource(r, name)
	if err != nil {
		return nil, err
	}
	return jsonTable(s, o, s.jsonLines())
}

// jsonLines are the lines that are not empty.
func (s *source) jsonLines() iter.Seq[jsonRow] {
	return func(yield func(jsonRow) bool) {
		line := 0
		for l := range strings.Lines(s.data) {
			if line++; !blank(l) && !yield(jsonRow{source: s, line: line, text: strings.TrimRight(l, "\r\n")}) {
				return
			}
		}
	}
}

// jsonTable makes a table of objects.
func jsonTable(s *source, o Columns, objects iter.Seq[jsonRow]) (*Table, error) {
	t := &Table{Name: s.name}
	var faults Errors
	var form Form
	first := true
	for x := range objects {
		if fault := x.scan(); fault != nil {
			faults.add(fault)
			continue
		}
		if first {
			form, _ = o.form([]Form{Chat, ShareGPT, Alpaca, Completion, Plain}, func(n string) bool { _, ok := x.values[n]; return ok })
			first = false
		}
		row, fault := x.row(form, o)
		if fault != nil {
			faults.add(fault)
			continue
		}
		t.Rows = append(t.Rows, row)
	}
	if err := faults.err(); err != nil {
		return nil, err
	}
	if len(t.Rows) == 0 {
		return nil, only(&Error{File: s.name, Message: "no rows"})
	}
	if t.Form = form; form == ShareGPT || form == Alpaca {
		t.Form = Chat
	}
	return t, nil
}

// jsonRow is an object: a line of a JSONL file, an element of a JSON list.
type jsonRow struct {
	*source
	line   int // where it begins, from 1
	before int // characters before it on its first line
	text   string
	keys   []string // in the line's order
	values map[string]jsonValue
}

// jsonValue is a value not yet looked into and the character of the line where it begins.
type jsonValue struct {
	raw    json.RawMessage
	column int
}

// at makes an error at a character of the object, from 1; 0 means the whole.
func (x *jsonRow) at(column int, field, format string, a ...any) *Error {
	line := x.line
	if column > 0 {
		text := []rune(x.text)
		text = text[:min(column-1, len(text))]
		if n := strings.Count(string(text), "\n"); n > 0 {
			line += n
			for i, r := range text {
				if r == '\n' {
					column = len(text) - i
				}
			}
		} else {
			column += x.before
		}
	}
	return x.source.at(line, column, field, format, a...)
}

// column is the character, from 1, at a byte of the line.
func (x *jsonRow) column(offset int) int {
	return utf8.RuneCountInString(x.text[:min(max(offset, 0), len(x.text))]) + 1
}

// scan splits the object into its keys' values.
func (x *jsonRow) scan() *Error {
	if err := json.Unmarshal([]byte(x.text), new(json.RawMessage)); err != nil {
		var s *json.SyntaxError
		if !errors.As(err, &s) {
			return x.at(0, "", "not JSON: %v", err)
		}
		if int(s.Offset) >= len(x.text) && strings.HasPrefix(err.Error(), "unexpected end") {
			return x.at(x.column(len(x.text)), "", "JSON is not closed before the line's end")
		}
		return x.at(x.column(int(s.Offset)-1), "", "not JSON: %v", err)
	}
	d := json.NewDecoder(strings.NewReader(x.text)) // of what is now known to be JSON
	if t, _ := d.Token(); t != json.Delim('{') {
		return x.at(1, "", "line is not a JSON object, expected {…}")
	}
	x.values = map[string]jsonValue{}
	for d.More() {
		t, err := d.Token()
		key, ok := t.(string)
		after := int(d.InputOffset())
		var v jsonValue
		if err == nil {
			err = d.Decode(&v.raw)
		}
		if err != nil || !ok {
			return x.at(x.column(after), "", "not JSON: %v", err)
		}
		v.column = x.column(int(d.InputOffset()) - len(v.raw))
		if _, doubled := x.values[key]; doubled {
			return x.at(v.column, "", "key %s occurs twice, here a second time", quoted(key))
		}
		x.keys = append(x.keys, key)
		x.values[key] = v
	}
	return nil
}

// row takes the form's values out of the object.
func (x *jsonRow) row(form Form, o Columns) (Row, *Error) {
	row := Row{Line: x.line}
	for _, column := range columnsOf[form] {
		name := o.named(column)
		v, ok := x.values[name]
		if !ok {
			return row, x.at(0, "", "key %s is missing, got %s", quoted(name), list(x.keys))
		}
		var fault *Error
		var s string
		switch column {
		case messages, conversations:
			row.Messages, fault = x.messages(name, v)
		case label:
			s, fault = x.label(name, v)
			row.Label = s
		default:
			s, fault = x.string(name, v)
			row.set(column, s)
		}
		if fault != nil {
			return row, fault
		}
	}
	if form == Alpaca {
		fault := x.alpaca(&row)
		return row, fault
	}
	return row, nil
}

func (x *jsonRow) string(name string, v jsonValue) (string, *Error) {
	var s string
	if kind := kindOf(v.raw); kind != "a string" {
		return "", x.at(v.column, name, "%s, expected a string", kind)
	}
	if err := json.Unmarshal(v.raw, &s); err != nil {
		return "", x.at(v.column, name, "%v", err)
	}
	switch {
	case blank(s):
		return "", x.at(v.column, name, "empty string")
	case strings.IndexByte(s, 0) >= 0:
		return "", x.at(v.column, name, "NUL character, expected text")
	case len(s) > MaxFieldBytes:
		return "", x.at(v.column, name, "%d bytes long, expected at most %d", len(s), MaxFieldBytes)
	}
	return s, nil
}

func (x *jsonRow) label(name string, v jsonValue) (string, *Error) {
	switch kind := kindOf(v.raw); kind {
	case "a number":
		if n := string(v.raw); isInteger(n) {
			return n, nil
		}
		return "", x.at(v.column, name, "the number %s, expected a string or an integer", v.raw)
	case "a string":
		s, fault := x.string(name, v)
		return strings.TrimSpace(s), fault
	default:
		return "", x.at(v.column, name, "%s, expected a string or an integer", kind)
	}
}

// kindOf names a JSON value by its first byte.
func kindOf(raw []byte) string {
	if len(raw) == 0 {
		return "missing"
	}
	switch raw[0] {
	case '"':
		return "a string"
	case '{':
		return "an object"
	case '[':
		return "a list"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	}
	return "a number"
}
