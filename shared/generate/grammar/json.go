package grammar

import (
	"slices"
	"strings"

	"graft/shared/prompt"
)

// JSON is the form of any JSON value on one line.
func JSON() (*Grammar, error) { return JSONSchema(true) }

// JSONSchema is the form of values that a schema allows (2020-12; a prompt.Object, true or false), on one line, with the fields of
// objects in the order of the schema. It may be narrower than the schema: fields that are not listed are not said where some are
// listed. What cannot be held to byte by byte is refused by name.
func JSONSchema(schema any) (*Grammar, error) {
	b := newBuilder()
	b.rule()
	s := &schemaBuilder{builder: b, refs: map[string]int32{}, anything: -1}
	s.root, _ = schema.(*prompt.Object)
	p := s.value(schema, "schema")
	if b.err != nil {
		return nil, b.err
	}
	return b.grammar(p)
}

// schemaBuilder turns schemas into parts.
type schemaBuilder struct {
	*builder
	root     *prompt.Object
	refs     map[string]int32 // rules of what is referred to
	anything int32            // rule of any value, -1 until asked for
	deep     int
}

// silent are keywords that allow and forbid nothing.
var silent = strings.Fields("title description default examples $schema $id $anchor $comment $defs definitions deprecated readOnly writeOnly")

// kinds are what makes the values of each type, and the keywords it knows.
func (s *schemaBuilder) kinds() []struct {
	name     string
	make     func(schema *prompt.Object, at string) part
	keywords []string
} {
	return []struct {
		name     string
		make     func(schema *prompt.Object, at string) part
		keywords []string
	}{
		{"object", s.object, strings.Fields("properties required additionalProperties minProperties maxProperties")},
		{"array", s.array, strings.Fields("items prefixItems minItems maxItems uniqueItems")},
		{"string", s.string, strings.Fields("minLength maxLength pattern format")},
		{"integer", s.integer, strings.Fields("minimum maximum exclusiveMinimum exclusiveMaximum multipleOf")},
		{"number", s.number, strings.Fields("minimum maximum exclusiveMinimum exclusiveMaximum multipleOf")},
		{"boolean", func(*prompt.Object, string) part { return s.either(s.text("true"), s.text("false")) }, nil},
		{"null", func(*prompt.Object, string) part { return s.text("null") }, nil},
	}
}

const maxSchemaDepth = 100

// value is a value as a schema asks.
func (s *schemaBuilder) value(schema any, at string) part {
	if s.deep++; s.deep > maxSchemaDepth {
		s.fail("%s: schemas lie more than %d deep in each other", at, maxSchemaDepth)
		return s.sequence()
	}
	defer func() { s.deep-- }()
	o, ok := schema.(*prompt.Object)
	switch {
	case schema == true:
		return s.any()
	case !ok:
		s.fail("%s: expected an object or true, got %.40s", at, prompt.FormatJSON(schema, 0))
		return s.sequence()
	}
	o = spoken(o)
	if len(o.Keys()) == 0 {
		return s.any()
	}
	if v, ok := o.Get("$ref"); ok {
		if len(o.Keys()) > 1 {
			s.fail("%s: $ref beside %s is not supported", at, strings.Join(o.Keys()[1:], ", "))
		}
		return s.reference(v, at)
	}
	for _, joined := range []string{"anyOf", "oneOf", "allOf"} {
		if list, ok := o.Get(joined); ok {
			return s.combined(o, joined, list, at)
		}
	}
	if v, ok := o.Get("const"); ok {
		return s.literals(o, []any{v}, at)
	}
	if v, ok := o.Get("enum"); ok {
		list, _ := v.([]any)
		return s.literals(o, list, at)
	}
	return s.typed(o, at)
}

// spoken is a schema without its silent keywords.
func spoken(o *prompt.Object) *prompt.Object {
	out := prompt.NewObject()
	for _, k := range o.Keys() {
		if !slices.Contains(silent, k) {
			v, _ := o.Get(k)
			out.Set(k, v)
		}
	}
	return out
}

// literals are listed values, those of them that the rest of the schema allows.
func (s *schemaBuilder) literals(o *prompt.Object, values []any, at string) part {
	var parts []part
	for _, v := range values {
		if len(prompt.Validate(o, v)) == 0 {
			parts = append(parts, s.text(prompt.FormatJSON(v, 0)))
		}
	}
	if len(parts) == 0 {
		s.fail("%s: none of the listed values is allowed", at)
	}
	return s.either(parts...)
}

// typed are values of the types a schema names, or that its keywords are about.
func (s *schemaBuilder) typed(o *prompt.Object, at string) part {
	var names []any
	switch t, _ := o.Get("type"); t := t.(type) {
	case string:
		names = []any{t}
	case []any:
		names = t
	}
	var parts []part
	known := []string{"type"}
	for _, k := range s.kinds() {
		fits := slices.Contains(names, any(k.name))
		if names == nil {
			fits = k.name != "integer" && slices.ContainsFunc(o.Keys(), func(key string) bool { return slices.Contains(k.keywords, key) })
		}
		if fits {
			known = append(known, k.keywords...)
		}
	}
	for _, key := range o.Keys() {
		if !slices.Contains(known, key) && (names == nil || !s.harmless(key)) {
			s.fail("%s: %s is not supported", at, key)
			return s.sequence()
		}
	}
	for _, k := range s.kinds() {
		if names == nil && k.name == "integer" {
			continue
		}
		if slices.Contains(names, any(k.name)) || names == nil && slices.ContainsFunc(o.Keys(), func(key string) bool { return slices.Contains(k.keywords, key) }) {
			parts = append(parts, k.make(o, at))
		}
	}
	if len(parts) == 0 {
		s.fail("%s: type is %s, expected one or some of the seven JSON types", at, prompt.FormatJSON(o, 0))
	}
	return s.either(parts...)
}

// harmless reports whether a keyword is about another type than the value has.
func (s *schemaBuilder) harmless(key string) bool {
	for _, k := range s.kinds() {
		if slices.Contains(k.keywords, key) {
			return true
		}
	}
	return false
}

// reference is what stands elsewhere in the schema, as a rule, so that it may refer to itself.
func (s *schemaBuilder) reference(v any, at string) part {
	ref, _ := v.(string)
	if r, ok := s.refs[ref]; ok {
		return s.call(r)
	}
	target, ok := prompt.Resolve(s.root, ref)
	if !ok {
		s.fail("%s: $ref is %.60q, which is not in the schema", at, ref)
		return s.sequence()
	}
	r := s.rule()
	s.refs[ref] = r
	s.define(r, s.value(target, ref))
	return s.call(r)
}

// any is any JSON value.
func (s *schemaBuilder) any() part {
	if s.anything < 0 {
		s.g.named = true
		s.anything = s.rule()
		s.define(s.anything, s.either(
			s.text("null"), s.text("true"), s.text("false"), s.anyNumber(maxDigits), s.anyString(0, -1),
			s.list("[", s.call(s.anything), 0, -1, "]"),
			s.list("{", s.sequence(s.anyString(0, -1), s.colon(), s.call(s.anything)), 0, -1, "}")))
	}
	return s.call(s.anything)
}

// colon and comma may have one space behind them, as models like to write it.
func (s *schemaBuilder) colon() part { return s.sequence(s.text(":"), s.maybe(s.text(" "))) }
func (s *schemaBuilder) comma() part { return s.sequence(s.text(","), s.maybe(s.text(" "))) }

// list is least to most items between brackets; most below zero: any number.
func (s *schemaBuilder) list(open string, item part, least, most int, close string) part {
	inner := s.sequence()
	if most != 0 {
		more := -1
		if most > 0 {
			more = most - 1
		}
		inner = s.sequence(item, s.times(s.sequence(s.comma(), item), max(least-1, 0), more))
		if least == 0 {
			inner = s.maybe(inner)
		}
	}
	return s.sequence(s.text(open), inner, s.text(close))
}

// asRule is a part that is recorded once, wherever it is used.
func (s *schemaBuilder) asRule(p part) part {
	r := s.rule()
	s.define(r, p)
	return s.call(r)
}

// size reads a keyword that counts, none if it is not there.
func (s *schemaBuilder) size(o *prompt.Object, key string, none int, at string) int {
	v, ok := o.Get(key)
	if !ok {
		return none
	}
	f, _ := v.(float64)
	if n := int(f); float64(n) == f && n >= 0 {
		return n
	}
	s.fail("%s: %s is %.40s, expected a whole number", at, key, prompt.FormatJSON(v, 0))
	return none
}

// sizes reads a least and a most, which is -1 for none.
func (s *schemaBuilder) sizes(o *prompt.Object, least, most, at string) (int, int) {
	a, b := s.size(o, least, 0, at), s.size(o, most, -1, at)
	if b >= 0 && a > b {
		s.fail("%s: %s is %d, and %s is %d", at, least, a, most, b)
	}
	return a, b
}
