package prompt

import (
	"fmt"
	"math"
)

// helpers are the words that are no variables. A helper that gives a value can stand in parentheses; one that writes cannot.
var helpers = []struct {
	name  string
	value func(a arguments) (any, error)
	write func(w *writer, a arguments) error
}{
	{name: "json", value: jsonHelper},
	{name: "lookup", value: lookupHelper},
	{name: "role", write: roleHelper},
	{name: "history", write: func(w *writer, a arguments) error { w.placeHistory(); return nil }},
	{name: "section", write: sectionHelper},
	{name: "media", write: mediaHelper},
	{name: "log", write: func(*writer, arguments) error { return nil }},
}

// conditions are the block helpers that choose between their two bodies.
var conditions = []conditionHelper{
	{"if", 1, condition},
	{"unless", 1, func(a arguments) bool { return !condition(a) }},
	{"ifEquals", 2, func(a arguments) bool { return same(a.params[0], a.params[1]) }},
	{"unlessEquals", 2, func(a arguments) bool { return !same(a.params[0], a.params[1]) }},
}

type conditionHelper struct {
	name string
	args int
	test func(a arguments) bool
}

// arguments are what a helper is given.
type arguments struct {
	params []any
	hash   *Object
}

func (a arguments) text(i int, what string) (string, error) {
	if i < len(a.params) {
		if s, ok := a.params[i].(string); ok && s != "" {
			return s, nil
		}
	}
	return "", fmt.Errorf("expected %s in quotes", what)
}

func condition(a arguments) bool {
	if zero, _ := a.hash.Get("includeZero"); truthy(zero) && a.params[0] == 0.0 {
		return true
	}
	return truthy(a.params[0])
}

// maxIndent is the widest indent of the json helper.
const maxIndent = 10

func jsonHelper(a arguments) (any, error) {
	if len(a.params) != 1 {
		return nil, fmt.Errorf("json: expected one value, got %d", len(a.params))
	}
	indent := 0
	if v, ok := a.hash.Get("indent"); ok {
		f, number := v.(float64)
		if !number || f < 0 || f != math.Trunc(f) {
			return nil, fmt.Errorf("json: indent is %s, expected a whole number", FormatJSON(v, 0))
		}
		indent = int(min(f, maxIndent))
	}
	return FormatJSON(a.params[0], indent), nil
}

func lookupHelper(a arguments) (any, error) {
	if len(a.params) != 2 {
		return nil, fmt.Errorf("lookup: expected a value and a key, got %d arguments", len(a.params))
	}
	v, _ := field(a.params[0], display(a.params[1]))
	return v, nil
}

func roleHelper(w *writer, a arguments) error {
	role, err := a.text(0, "the role")
	if err != nil {
		return err
	}
	w.role(role)
	return nil
}

func sectionHelper(w *writer, a arguments) error {
	name, err := a.text(0, "the section's name")
	if err != nil {
		return err
	}
	w.part(Part{Metadata: object("purpose", name, "pending", true)})
	return nil
}

func mediaHelper(w *writer, a arguments) error {
	url, _ := a.hash.Get("url")
	m := Media{URL: display(url)}
	if m.URL == "" {
		return fmt.Errorf("media: url is empty")
	}
	if t, _ := a.hash.Get("contentType"); t != nil {
		m.ContentType = display(t)
	}
	w.part(Part{Media: &m})
	return nil
}
