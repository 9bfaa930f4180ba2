package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// A node is a value in tokenizer.json together with its place, for messages.
type node struct {
	file  string // "tokenizer.json"
	place string // e.g. "pre_tokenizer.pretokenizers[1]"
	raw   json.RawMessage
	// fields are those of a component, see component.
	fields map[string]json.RawMessage
}

// field returns a field of a component.
func (n node) field(name string) node { return n.child(name, n.fields[name]) }

func (n node) child(name string, raw json.RawMessage) node {
	if n.place != "" {
		name = n.place + "." + name
	}
	return node{file: n.file, place: name, raw: raw}
}

func (n node) item(i int, raw json.RawMessage) node {
	return node{file: n.file, place: fmt.Sprintf("%s[%d]", n.place, i), raw: raw}
}

// null tells whether the value is missing or null.
func (n node) null() bool {
	return len(n.raw) == 0 || string(n.raw) == "null"
}

func (n node) errorf(format string, args ...any) error {
	place := n.place
	if place == "" {
		place = "top level"
	}
	return fmt.Errorf("%s: %s: %w", n.file, place, fmt.Errorf(format, args...))
}

// decode reads the value into v.
func (n node) decode(v any) error {
	err := json.Unmarshal(n.raw, v)
	var kind *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &kind):
		at := n
		if kind.Field != "" {
			at = n.child(kind.Field, nil)
		}
		return at.errorf("expected %s, got %s", jsonKind(kind.Type.String()), kind.Value)
	case errors.As(err, &syntax):
		return n.errorf("byte %d: %w", syntax.Offset, err)
	}
	return n.errorf("%w", err)
}

// jsonKind names a Go type as JSON would.
func jsonKind(goType string) string {
	goType = strings.TrimLeft(goType, "*")
	switch {
	case strings.HasPrefix(goType, "[]"):
		return "an array"
	case strings.HasPrefix(goType, "map["), strings.HasPrefix(goType, "struct"):
		return "an object"
	case strings.HasPrefix(goType, "int"), strings.HasPrefix(goType, "uint"), strings.HasPrefix(goType, "float"):
		return "a number"
	case goType == "bool":
		return "true or false"
	case goType == "string":
		return "a string"
	}
	return goType
}

// A kind is a row of a table of components: its type in tokenizer.json and how
// to read it.
type kind[T any] struct {
	name  string
	parse func(n node) (T, error)
}

// maxDepth bounds how deep components nest. Files in use need two levels.
const maxDepth = 16

// component reads the component at n by the table.
func component[T any](n node, table []kind[T]) (T, error) {
	var zero T
	if strings.Count(n.place, "[") > maxDepth {
		return zero, n.errorf("nested deeper than %d", maxDepth)
	}
	if err := n.decode(&n.fields); err != nil {
		return zero, err
	}
	kindOf := n.field("type")
	if kindOf.null() {
		return zero, n.errorf(`"type" is missing`)
	}
	var name string
	if err := kindOf.decode(&name); err != nil {
		return zero, err
	}
	var names []string
	for _, k := range table {
		if k.name == name {
			return k.parse(n)
		}
		names = append(names, k.name)
	}
	return zero, kindOf.errorf("unknown type %q, expected one of %s", name, strings.Join(names, " "))
}

// components reads an array of components, the value of the field name at n.
func components[T any](n node, name string, table []kind[T]) ([]T, error) {
	list := n.field(name)
	if list.null() {
		return nil, n.errorf("%q is missing", name)
	}
	var raw []json.RawMessage
	if err := list.decode(&raw); err != nil {
		return nil, err
	}
	all := make([]T, len(raw))
	for i := range raw {
		var err error
		if all[i], err = component(list.item(i, raw[i]), table); err != nil {
			return nil, err
		}
	}
	return all, nil
}
