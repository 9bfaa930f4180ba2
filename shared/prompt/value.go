package prompt

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// A value of a prompt's input is nil, a bool, a float64, a string, a []any or an *Object.

// Object is a JSON object whose keys keep their order.
type Object struct {
	keys   []string
	values map[string]any
}

// NewObject returns an empty object.
func NewObject() *Object { return &Object{values: map[string]any{}} }

// Keys are the keys in order. They are not to be changed.
func (o *Object) Keys() []string {
	if o == nil {
		return nil
	}
	return o.keys
}

// Get is the value of a key.
func (o *Object) Get(key string) (v any, ok bool) {
	if o == nil {
		return nil, false
	}
	v, ok = o.values[key]
	return v, ok
}

// Set gives a key a value; a new key comes last.
func (o *Object) Set(key string, v any) {
	if _, ok := o.values[key]; !ok {
		o.keys = append(o.keys, key)
	}
	o.values[key] = v
}

// Merged is the object with the keys of another over its own.
func (o *Object) Merged(over *Object) *Object {
	m := NewObject()
	for _, part := range []*Object{o, over} {
		for _, k := range part.Keys() {
			m.Set(k, part.values[k])
		}
	}
	return m
}

// object is an object of keys and values in turn, without those whose value is nil.
func object(pairs ...any) *Object {
	o := NewObject()
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != nil {
			o.Set(pairs[i].(string), pairs[i+1])
		}
	}
	return o
}

// truthy is Handlebars' condition: false, null, 0, "" and an empty list are not.
func truthy(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case float64:
		return v != 0 && v == v
	case string:
		return v != ""
	case []any:
		return len(v) > 0
	}
	return true
}

// same is JavaScript's ===: values of different types differ, lists and objects are only themselves.
func same(a, b any) bool {
	switch a := a.(type) {
	case []any:
		b, ok := b.([]any)
		return ok && len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
	case nil, bool, float64, string, *Object:
		return a == b
	}
	return false
}

// Equal compares values by what they hold; the order of keys does not matter.
func Equal(a, b any) bool {
	switch a := a.(type) {
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, Equal)
	case *Object:
		b, ok := b.(*Object)
		if !ok || len(a.keys) != len(b.keys) {
			return false
		}
		for k, v := range a.values {
			if w, ok := b.values[k]; !ok || !Equal(v, w) {
				return false
			}
		}
		return true
	}
	return same(a, b)
}

// display is how Handlebars shows a value: JavaScript's String, and nothing for null.
func display(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return number(v)
	case string:
		return v
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = display(e)
		}
		return strings.Join(parts, ",")
	}
	return "[object Object]"
}

// number is JavaScript's Number::toString.
func number(v float64) string {
	switch a := math.Abs(v); {
	case v == 0:
		return "0"
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 0):
		return map[bool]string{true: "Infinity", false: "-Infinity"}[v > 0]
	case a >= 1e21 || a < 1e-6:
		s := strconv.FormatFloat(v, 'e', -1, 64)
		mantissa, exponent, _ := strings.Cut(s, "e")
		sign, digits := exponent[:1], strings.TrimLeft(exponent[1:], "0")
		return mantissa + "e" + sign + digits
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}
