package prompt

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// maxNesting is how deep lists and objects of an input may lie in each other.
const maxNesting = 200

// ParseJSON reads one JSON value, keeping the order of keys. A key that comes twice is refused.
func ParseJSON(data []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	d.UseNumber()
	v, err := readJSON(d, 0)
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("the JSON ends too early")
		}
		line := 1 + bytes.Count(data[:min(int(d.InputOffset()), len(data))], []byte("\n"))
		return nil, fmt.Errorf("line %d: %w", line, err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("there is more after the JSON value")
	}
	return v, nil
}

func readJSON(d *json.Decoder, depth int) (any, error) {
	if depth > maxNesting {
		return nil, fmt.Errorf("values lie more than %d deep", maxNesting)
	}
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case json.Number:
		return strconv.ParseFloat(string(t), 64)
	case json.Delim:
		if t == '[' {
			list := []any{}
			for d.More() {
				v, err := readJSON(d, depth+1)
				if err != nil {
					return nil, err
				}
				list = append(list, v)
			}
			_, err := d.Token()
			return list, err
		}
		o := NewObject()
		for d.More() {
			k, err := d.Token()
			if err != nil {
				return nil, err
			}
			v, err := readJSON(d, depth+1)
			if err != nil {
				return nil, err
			}
			if _, twice := o.Get(k.(string)); twice {
				return nil, fmt.Errorf("key %q comes twice", k)
			}
			o.Set(k.(string), v)
		}
		_, err := d.Token()
		return o, err
	}
	return t, nil
}

// FormatJSON writes a value as JavaScript's JSON.stringify does, with that many spaces a level or, for 0, on one line.
func FormatJSON(v any, indent int) string {
	var b strings.Builder
	writeJSON(&b, v, strings.Repeat(" ", indent), "\n")
	return b.String()
}

// writeJSON writes v; newline is a line's end and the indent of v, used unless indent is empty.
func writeJSON(b *strings.Builder, v any, indent, newline string) {
	group := func(open, close string, n int, each func(i int)) {
		b.WriteString(open)
		for i := range n {
			if i > 0 {
				b.WriteByte(',')
			}
			if indent != "" {
				b.WriteString(newline + indent)
			}
			each(i)
		}
		if n > 0 && indent != "" {
			b.WriteString(newline)
		}
		b.WriteString(close)
	}
	switch v := v.(type) {
	case nil:
		b.WriteString("null")
	case bool, float64:
		b.WriteString(display(v))
	case string:
		b.WriteString(quote(v))
	case []any:
		group("[", "]", len(v), func(i int) { writeJSON(b, v[i], indent, newline+indent) })
	case *Object:
		group("{", "}", len(v.keys), func(i int) {
			b.WriteString(quote(v.keys[i]) + ":")
			if indent != "" {
				b.WriteByte(' ')
			}
			writeJSON(b, v.values[v.keys[i]], indent, newline+indent)
		})
	default:
		panic(fmt.Sprintf("BUG: prompt: value of type %T", v))
	}
}

func quote(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.Encode(s) // a string always can
	out := strings.TrimSuffix(b.String(), "\n")
	return strings.NewReplacer(`\u2028`, "\u2028", `\u2029`, "\u2029").Replace(out)
}

// MarshalJSON writes the object with its keys in order.
func (o *Object) MarshalJSON() ([]byte, error) { return []byte(FormatJSON(o, 0)), nil }

// UnmarshalJSON reads an object, keeping the order of its keys.
func (o *Object) UnmarshalJSON(data []byte) error {
	v, err := ParseJSON(data)
	if err != nil {
		return err
	}
	read, ok := v.(*Object)
	if !ok {
		return fmt.Errorf("expected a JSON object, got %.40s", data)
	}
	*o = *read
	return nil
}
