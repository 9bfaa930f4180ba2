package prompt

import (
	"fmt"
	"slices"
	"strings"
)

// picoTypes are the types a schema may name.
var picoTypes = []string{"string", "number", "integer", "boolean", "null"}

// ExpandSchema turns Picoschema, Dotprompt's short form of schemas, into JSON Schema. What is JSON Schema already stays. named has
// schemas that may be referred to by name.
func ExpandSchema(v any, named *Object) (any, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case string:
		return picoText(v, named)
	case *Object:
		if t, _ := v.Get("type"); slices.Contains(append(picoTypes, "object", "array"), display(t)) {
			if _, text := t.(string); text {
				return v, nil
			}
		}
		if p, _ := v.Get("properties"); isObject(p) {
			return object("type", "object").Merged(v), nil
		}
		return picoObject(v, named, "schema", 0)
	}
	return nil, fmt.Errorf("schema: expected a type's name or fields, got %.40s", FormatJSON(v, 0))
}

func isObject(v any) bool {
	_, ok := v.(*Object)
	return ok
}

// picoText reads "type, description".
func picoText(s string, named *Object) (any, error) {
	kind, description, _ := strings.Cut(s, ",")
	kind, description = strings.TrimSpace(kind), strings.TrimSpace(description)
	o := NewObject()
	switch {
	case kind == "any":
	case slices.Contains(picoTypes, kind):
		o.Set("type", kind)
	default:
		ref, ok := named.Get(kind)
		refObject, isObject := ref.(*Object)
		if !ok || !isObject {
			return nil, fmt.Errorf("schema: the type %q is not known, expected one of %s, any, or a named schema", kind, strings.Join(picoTypes, ", "))
		}
		o = o.Merged(refObject)
	}
	if description != "" {
		o.Set("description", description)
	}
	return o, nil
}

func picoObject(fields *Object, named *Object, at string, depth int) (any, error) {
	if depth > maxNesting {
		return nil, fmt.Errorf("%s: objects lie more than %d deep", at, maxNesting)
	}
	properties, required, additional := NewObject(), []any{}, any(false)
	for _, key := range fields.keys {
		value := fields.values[key]
		field, err := picoField(key, value, named, at, depth)
		if err != nil {
			return nil, err
		}
		if field.name == "(*)" {
			additional = field.schema
			continue
		}
		properties.Set(field.name, field.schema)
		if !field.optional {
			required = append(required, field.name)
		}
	}
	o := object("type", "object", "properties", properties)
	if len(required) > 0 {
		o.Set("required", required)
	}
	o.Set("additionalProperties", additional)
	return o, nil
}

type picoProperty struct {
	name     string
	optional bool
	schema   any
}

// picoField reads one field: name?(type, description): value.
func picoField(key string, value any, named *Object, at string, depth int) (picoProperty, error) {
	if key == "(*)" {
		schema, err := picoValue(value, named, at+".(*)", depth)
		return picoProperty{name: key, schema: schema}, err
	}
	name, rest, typed := strings.Cut(key, "(")
	name, optional := strings.CutSuffix(strings.TrimSpace(name), "?")
	at += "." + name
	var schema any
	var err error
	if !typed {
		schema, err = picoValue(value, named, at, depth)
	} else {
		kind, description, _ := strings.Cut(strings.TrimSuffix(strings.TrimSpace(rest), ")"), ",")
		schema, err = picoTyped(strings.TrimSpace(kind), value, named, at, depth)
		if s, ok := schema.(*Object); ok {
			if d := strings.TrimSpace(description); d != "" {
				s.Set("description", d)
			}
		}
	}
	if err != nil {
		return picoProperty{}, err
	}
	if o, ok := schema.(*Object); ok && optional {
		schema = nullable(o)
	}
	return picoProperty{name, optional, schema}, nil
}

// picoValue reads a field's value where its name tells no type.
func picoValue(value any, named *Object, at string, depth int) (any, error) {
	switch v := value.(type) {
	case string:
		s, err := picoText(v, named)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", at, err)
		}
		return s, nil
	case *Object:
		return picoObject(v, named, at, depth+1)
	}
	return nil, fmt.Errorf("%s: expected a type's name or fields, got %.40s", at, FormatJSON(value, 0))
}

func picoTyped(kind string, value any, named *Object, at string, depth int) (any, error) {
	switch kind {
	case "array":
		items, err := picoValue(value, named, at, depth)
		return object("type", "array", "items", items), err
	case "object":
		v, err := picoValue(value, named, at, depth)
		if o, ok := v.(*Object); ok {
			return NewObject().Merged(o), err
		}
		return v, err
	case "enum":
		values, ok := value.([]any)
		if !ok || len(values) == 0 {
			return nil, fmt.Errorf("%s: expected the list of an enum's values, got %.40s", at, FormatJSON(value, 0))
		}
		return object("enum", slices.Clone(values)), nil
	}
	return nil, fmt.Errorf("%s: the type in parentheses is %q, expected array, object or enum", at, kind)
}

// nullable is a schema that takes null too, as optional fields do.
func nullable(o *Object) *Object {
	o = NewObject().Merged(o)
	if t, ok := o.values["type"].(string); ok && t != "null" {
		o.Set("type", []any{t, "null"})
	}
	if e, ok := o.values["enum"].([]any); ok && !slices.Contains(e, nil) {
		o.Set("enum", append(slices.Clone(e), nil))
	}
	return o
}
