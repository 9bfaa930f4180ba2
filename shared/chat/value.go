package chat

import "math/big"

// A Value is something a template can work with, such as what [ParseJSON],
// [String], [Int], [List] and [NewDict] return. Values never change once they
// are given to Render, and may be shared.
type Value interface {
	typeName() string // Python's name of the type
}

type (
	noneValue  struct{}
	boolValue  bool
	intValue   int64
	bigValue   struct{ n *big.Int } // outside of int64
	floatValue float64

	list  struct{ items []Value }
	tuple struct {
		items []Value
		names []string // attributes, of the groups of groupby
	}

	// rangeValue is start, start+step, … up to but without stop, n items.
	rangeValue struct{ start, stop, step, n int }

	// view is a dict's keys(), values() or items().
	view struct {
		dict *Dict
		part string
	}

	// generator is used up as it is read.
	generator struct {
		next iterator
		name string // of the type
	}

	// namespace is the one thing that can be changed.
	namespace struct{ attrs *Dict }
)

func (noneValue) typeName() string    { return "NoneType" }
func (boolValue) typeName() string    { return "bool" }
func (intValue) typeName() string     { return "int" }
func (bigValue) typeName() string     { return "int" }
func (floatValue) typeName() string   { return "float" }
func (*list) typeName() string        { return "list" }
func (*tuple) typeName() string       { return "tuple" }
func (*rangeValue) typeName() string  { return "range" }
func (v *view) typeName() string      { return "dict_" + v.part }
func (g *generator) typeName() string { return g.name }
func (*namespace) typeName() string   { return "TemplateNamespace" }

var none Value = noneValue{}

// None is Python's None, JSON's null.
func None() Value { return none }

// Bool is a bool.
func Bool(b bool) Value { return boolValue(b) }

// Int is an int.
func Int(i int64) Value { return intValue(i) }

// Float is a float.
func Float(f float64) Value { return floatValue(f) }

// String is a str. Bytes that are no UTF-8 become U+FFFD.
func String(s string) Value { return literal(validUTF8(s)) }

// List is a list of values, none of them nil.
func List(items ...Value) Value { return &list{items} }

// Message is a dict with a role and a content, as templates expect messages.
func Message(role, content string) *Dict {
	return NewDict().Set("role", String(role)).Set("content", String(content))
}

// undefined is what missing variables, attributes and items are: it prints as
// nothing, and most of what is done with it fails.
type undefined struct {
	hint string // what to say instead of what follows
	of   Value  // lacks name; nil: name is a variable
	name Value
}

func (*undefined) typeName() string { return "Undefined" }

func missing(name string) *undefined { return &undefined{name: literal(name)} }

func (u *undefined) Error() string {
	if u.hint != "" {
		return u.hint
	}
	if u.of == nil {
		return quoted(u.name) + " is undefined"
	}
	object := u.of.typeName() + " object"
	switch u.of.(type) {
	case noneValue:
		object = "None"
	}
	if _, ok := u.name.(*text); ok {
		return "'" + object + "' has no attribute " + quoted(u.name)
	}
	return object + " has no element " + quoted(u.name)
}

// quoted is the repr of a value for errors.
func quoted(v Value) string {
	x, err := reprOf(v)
	if err != nil {
		return "'" + v.typeName() + "'"
	}
	if len(x.s) > 200 {
		return x.s[:200] + "…"
	}
	return x.s
}

// truth is Python's bool().
func truth(v Value) (bool, error) {
	switch v := v.(type) {
	case noneValue, *undefined:
		return false, nil
	case boolValue:
		return bool(v), nil
	case intValue:
		return v != 0, nil
	case floatValue:
		return v != 0, nil
	case *text:
		return v.s != "", nil
	case *list:
		return len(v.items) > 0, nil
	case *tuple:
		return len(v.items) > 0, nil
	case *Dict:
		return v.Len() > 0, nil
	case *view:
		return v.dict.Len() > 0, nil
	case *rangeValue:
		return v.n > 0, nil
	case *loop:
		n, err := v.length()
		return n > 0, err
	}
	return true, nil
}
