package dataset

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strings"
	"unicode/utf8"
)

// ReadJSON reads a list of objects, [{…}, {…}], with ReadJSONL's keys. A file that begins with an object is read as lines.
func ReadJSON(r io.Reader, name string, o Columns) (*Table, error) {
	s, err := readSource(r, name)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(strings.TrimLeft(s.data, " \t\r\n"), "{") {
		return jsonTable(s, o, s.jsonLines())
	}
	var fault *Error
	t, err := jsonTable(s, o, s.jsonList(&fault))
	if fault != nil {
		return nil, only(fault)
	}
	return t, err
}

// jsonList are the elements of the list that the source is; fault gets what ends it early.
func (s *source) jsonList(fault **Error) iter.Seq[jsonRow] {
	return func(yield func(jsonRow) bool) {
		d := json.NewDecoder(strings.NewReader(s.data))
		place := func(offset int64) (line, before int) {
			done := s.data[:min(max(int(offset), 0), len(s.data))]
			return strings.Count(done, "\n") + 1, utf8.RuneCountInString(done[strings.LastIndexByte(done, '\n')+1:])
		}
		fail := func(offset int64, format string, a ...any) {
			line, before := place(offset)
			*fault = s.at(line, before+1, "", format, a...)
		}
		if t, err := d.Token(); err != nil || t != json.Delim('[') {
			fail(0, "file is not a JSON list, expected [{…}, …] or an object a line")
			return
		}
		// Places are counted on from the element before, not from the beginning: files are large.
		line, lineStart, counted := 1, 0, 0
		for d.More() {
			var raw json.RawMessage
			if err := d.Decode(&raw); err != nil {
				fail(d.InputOffset(), "not JSON: %v", err)
				return
			}
			at := int(d.InputOffset()) - len(raw)
			if n := strings.Count(s.data[counted:at], "\n"); n > 0 {
				line += n
				lineStart = counted + strings.LastIndexByte(s.data[counted:at], '\n') + 1
			}
			counted = at
			if !yield(jsonRow{source: s, line: line, before: utf8.RuneCountInString(s.data[lineStart:at]), text: string(raw)}) {
				return
			}
		}
		if _, err := d.Token(); err != nil {
			fail(int64(len(s.data)), "JSON list is not closed before the file's end")
		}
	}
}

// ReadObjects reads rows that a host has taken out of a format of its own, such as Parquet: each is a JSON object with
// ReadJSONL's keys. Their lines are their numbers, from 1.
func ReadObjects(name string, objects iter.Seq2[[]byte, error], o Columns) (*Table, error) {
	s := &source{name: name}
	var failed error
	t, err := jsonTable(s, o, func(yield func(jsonRow) bool) {
		n := 0
		for text, err := range objects {
			if err != nil {
				failed = fmt.Errorf("%s: row %d: %w", name, n+1, err)
				return
			}
			if n++; !yield(jsonRow{source: s, line: n, text: string(text)}) {
				return
			}
		}
	})
	if failed != nil {
		return nil, failed
	}
	return t, err
}
