package eval

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of the files that are read here: far over any real one.
const (
	MaxRecordBytes   = 256 << 20 // of a file
	maxRecordColumns = 2*MaxClasses + 100
	maxFaults        = 10 // told of one file
)

// Records are the rows of a file of answers, whatever its format: one text for each column, "" where a row has none.
type Records struct {
	Name    string
	Columns []string
	Rows    [][]string
	Lines   []int // of each row in the file, from 1
}

// ReadRecords reads CSV, TSV (name ends with .tsv), JSON lines (.jsonl, .ndjson) or one JSON array of objects (.json); a name
// that tells nothing, such as that of standard input, leaves it to the first character. The first
// row of CSV names the columns. In JSON a list under the key k becomes the columns k_0, k_1 …, an object k_<its key>. A byte
// order mark is passed over; texts lose the blanks around them.
func ReadRecords(r io.Reader, name string) (*Records, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxRecordBytes+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", name, err)
	case len(data) > MaxRecordBytes:
		return nil, fmt.Errorf("%s: larger than %d bytes", name, MaxRecordBytes)
	case bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")):
		return nil, fmt.Errorf("%s: UTF-16, expected UTF-8", name)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !utf8.Valid(data) {
		line := 1
		for l := range bytes.Lines(data) {
			if !utf8.Valid(l) {
				break
			}
			line++
		}
		return nil, fmt.Errorf("%s:%d: bytes that are not UTF-8", name, line)
	}
	t := &Records{Name: name}
	first := bytes.TrimLeft(data, " \t\r\n")
	switch ext := strings.ToLower(path.Ext(name)); {
	case ext == ".jsonl" || ext == ".ndjson":
		err = t.readLines(data)
	case ext == ".json" || ext != ".csv" && ext != ".tsv" && (bytes.HasPrefix(first, []byte("{")) || bytes.HasPrefix(first, []byte("[{"))):
		err = t.readJSON(data)
	case ext == ".tsv":
		err = t.readCSV(data, '\t')
	default:
		err = t.readCSV(data, separator(data))
	}
	if err != nil {
		return nil, err
	}
	if len(t.Rows) == 0 {
		return nil, fmt.Errorf("%s: no rows", name)
	}
	return t, nil
}

// separator is a comma, unless the header has none of them and another usual one.
func separator(data []byte) rune {
	header, _, _ := bytes.Cut(data, []byte("\n"))
	for _, c := range ",\t;|" {
		if bytes.ContainsRune(header, c) {
			return c
		}
	}
	return ','
}

func (t *Records) readCSV(data []byte, comma rune) error {
	in := csv.NewReader(bytes.NewReader(data))
	in.Comma, in.FieldsPerRecord, in.TrimLeadingSpace = comma, -1, true
	for {
		fields, err := in.Read()
		if err == io.EOF {
			break
		}
		var fault *csv.ParseError
		if errors.As(err, &fault) {
			return fmt.Errorf("%s:%d:%d: %w", t.Name, fault.Line, fault.Column, fault.Err)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", t.Name, err)
		}
		line, _ := in.FieldPos(0)
		for i := range fields {
			fields[i] = strings.TrimSpace(fields[i])
		}
		switch {
		case t.Columns == nil:
			if len(fields) > maxRecordColumns {
				return fmt.Errorf("%s:%d: %d columns, expected at most %d", t.Name, line, len(fields), maxRecordColumns)
			}
			for i, c := range fields {
				if j := slices.Index(fields[:i], c); j >= 0 && c != "" {
					return fmt.Errorf("%s:%d: columns %d and %d are both named %q", t.Name, line, j+1, i+1, c)
				}
			}
			t.Columns = fields
		case len(fields) != len(t.Columns):
			return fmt.Errorf("%s:%d: %d fields, expected %d as in the header", t.Name, line, len(fields), len(t.Columns))
		default:
			t.Rows, t.Lines = append(t.Rows, fields), append(t.Lines, line)
		}
	}
	return nil
}

// readLines reads JSON lines.
func (t *Records) readLines(data []byte) error {
	line := 0
	for l := range bytes.Lines(data) {
		line++
		if l = bytes.TrimSpace(l); len(l) == 0 {
			continue
		}
		d := json.NewDecoder(bytes.NewReader(l))
		d.UseNumber()
		var object map[string]any
		if err := d.Decode(&object); err != nil || object == nil {
			return fmt.Errorf("%s:%d: expected a JSON object: %w", t.Name, line, cmpError(err))
		}
		if d.More() {
			return fmt.Errorf("%s:%d: more than one JSON object in a line", t.Name, line)
		}
		if err := t.addObject(object, line); err != nil {
			return err
		}
	}
	return nil
}

// readJSON reads one array of objects; lines count its elements.
func (t *Records) readJSON(data []byte) error {
	if !bytes.HasPrefix(bytes.TrimSpace(data), []byte("[")) {
		return t.readLines(data)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var list []map[string]any
	if err := d.Decode(&list); err != nil {
		return fmt.Errorf("%s: expected an array of objects: %w", t.Name, err)
	}
	for i, object := range list {
		if err := t.addObject(object, i+1); err != nil {
			return err
		}
	}
	return nil
}

// cmpError is the error of a JSON value that is none of ours: null decodes without one.
func cmpError(err error) error {
	if err == nil {
		return errors.New("got null")
	}
	return err
}

// addObject appends a row, with columns for keys that are new.
func (t *Records) addObject(object map[string]any, line int) error {
	row := make([]string, len(t.Columns))
	set := func(column, value string) error {
		i := slices.Index(t.Columns, column)
		if i < 0 {
			if len(t.Columns) == maxRecordColumns {
				return fmt.Errorf("%s:%d: more than %d keys", t.Name, line, maxRecordColumns)
			}
			i = len(t.Columns)
			t.Columns, row = append(t.Columns, column), append(row, "")
		}
		row[i] = strings.TrimSpace(value)
		return nil
	}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		var err error
		switch v := object[key].(type) {
		case []any:
			for i, x := range v {
				if err = set(fmt.Sprintf("%s_%d", key, i), scalar(x)); err != nil {
					return err
				}
			}
		case map[string]any:
			for _, k := range slices.Sorted(maps.Keys(v)) {
				if err = set(key+"_"+k, scalar(v[k])); err != nil {
					return err
				}
			}
		default:
			err = set(key, scalar(v))
		}
		if err != nil {
			return err
		}
	}
	t.Rows, t.Lines = append(t.Rows, row), append(t.Lines, line)
	return nil
}

// scalar is a JSON value as a text: null is "", what has parts is JSON again.
func scalar(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return fmt.Sprint(v)
	}
	data, _ := json.Marshal(v) // of what was decoded: cannot go wrong
	return string(data)
}

// Column is the place of the first of the names that is a column, -1 if none is.
func (t *Records) Column(names ...string) int {
	for _, n := range names {
		if i := slices.Index(t.Columns, n); i >= 0 {
			return i
		}
	}
	return -1
}

// At is the text of a row in a column, "" where column is -1 or the row came before the column.
func (t *Records) At(row, column int) string {
	if column < 0 || column >= len(t.Rows[row]) {
		return ""
	}
	return t.Rows[row][column]
}

// faults collects what is wrong with rows.
type faults struct {
	name string
	list []string
	more int
}

func (f *faults) add(line int, format string, a ...any) {
	if len(f.list) == maxFaults {
		f.more++
		return
	}
	f.list = append(f.list, fmt.Sprintf("%s:%d: %s", f.name, line, fmt.Sprintf(format, a...)))
}

func (f *faults) err() error {
	if len(f.list) == 0 {
		return nil
	}
	if f.more > 0 {
		return fmt.Errorf("%s\nand %d more", strings.Join(f.list, "\n"), f.more)
	}
	return errors.New(strings.Join(f.list, "\n"))
}
