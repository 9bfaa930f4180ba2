package grammar

import (
	"slices"

	"graft/shared/prompt"
)

// object is an object with its listed fields in order, those that are not required or not; without listed fields any that
// additionalProperties allows.
func (s *schemaBuilder) object(o *prompt.Object, at string) part {
	listed, _ := o.Get("properties")
	fields, _ := listed.(*prompt.Object)
	fields = prompt.NewObject().Merged(fields)
	var required []string
	if v, ok := o.Get("required"); ok {
		list, _ := v.([]any)
		for _, name := range list {
			n, _ := name.(string)
			required = append(required, n)
			if _, ok := fields.Get(n); !ok {
				rest, ok := o.Get("additionalProperties")
				if !ok {
					rest = true
				}
				fields.Set(n, rest)
			}
		}
	}
	least, most := s.sizes(o, "minProperties", "maxProperties", at)
	if len(fields.Keys()) == 0 {
		rest, ok := o.Get("additionalProperties")
		if !ok {
			rest = true
		}
		if rest == false {
			if least > 0 {
				s.fail("%s: minProperties is %d, and no field is allowed", at, least)
			}
			return s.text("{}")
		}
		if least > 1 {
			s.fail("%s: minProperties of fields that are not listed is not supported", at)
		}
		s.g.named = true
		value := s.asRule(s.value(rest, at+".additionalProperties"))
		return s.list("{", s.sequence(s.anyString(0, -1), s.colon(), value), least, most, "}")
	}
	if least > len(required) || most >= 0 && most < len(fields.Keys()) {
		s.fail("%s: minProperties and maxProperties beside optional fields are not supported", at)
	}
	return s.fields(fields, required, at)
}

// fields are named fields. Two ways lead through them: one on which none was said yet, so that the next needs no comma, and one
// on which some were.
func (s *schemaBuilder) fields(fields *prompt.Object, required []string, at string) part {
	var says []part
	for _, name := range fields.Keys() {
		v, _ := fields.Get(name)
		says = append(says, s.asRule(s.sequence(s.text(prompt.FormatJSON(name, 0)), s.colon(), s.value(v, at+"."+name))))
	}
	return func(from int32) int32 {
		none, some := s.text("{")(from), s.node()
		for i, name := range fields.Keys() {
			optional := !slices.Contains(required, name)
			nextNone, nextSome := s.node(), s.node()
			s.eps(says[i](none), nextSome)
			s.eps(s.sequence(s.comma(), says[i])(some), nextSome)
			if optional {
				s.eps(none, nextNone)
				s.eps(some, nextSome)
			}
			none, some = nextNone, nextSome
		}
		to := s.node()
		s.eps(none, to)
		s.eps(some, to)
		return s.text("}")(to)
	}
}

// array is a list, whose first elements may have schemas of their own.
func (s *schemaBuilder) array(o *prompt.Object, at string) part {
	least, most := s.sizes(o, "minItems", "maxItems", at)
	if v, _ := o.Get("uniqueItems"); v == true && most != 0 && most != 1 {
		s.fail("%s: uniqueItems is not supported", at)
	}
	items, ok := o.Get("items")
	if !ok {
		items = true
	}
	v, _ := o.Get("prefixItems")
	first, _ := v.([]any)
	if len(first) == 0 {
		if items == false {
			return s.text("[]")
		}
		return s.list("[", s.asRule(s.value(items, at+"[]")), least, most, "]")
	}
	if items == false && (most < 0 || most > len(first)) {
		most = len(first)
	}
	elements := make([]part, len(first))
	for i, f := range first {
		elements[i] = s.asRule(s.value(f, at+"[]"))
	}
	var rest part
	if items != false {
		rest = s.asRule(s.value(items, at+"[]"))
	}
	return func(from int32) int32 {
		at, end := s.text("[")(from), s.node()
		for i, e := range elements {
			if i >= least {
				s.eps(at, end)
			}
			if most >= 0 && i >= most {
				break
			}
			if i > 0 {
				at = s.comma()(at)
			}
			at = e(at)
		}
		if n := len(elements); rest != nil && (most < 0 || most > n) {
			more := -1
			if most >= 0 {
				more = most - n
			}
			at = s.times(s.sequence(s.comma(), rest), max(least-n, 0), more)(at)
		}
		s.eps(at, end)
		return s.text("]")(end)
	}
}

// combined is anyOf, oneOf or allOf, each joined with what stands beside it.
func (s *schemaBuilder) combined(o *prompt.Object, key string, v any, at string) part {
	list, _ := v.([]any)
	if len(list) == 0 {
		s.fail("%s: %s is %.40s, expected a list of schemas", at, key, prompt.FormatJSON(v, 0))
		return s.sequence()
	}
	beside := prompt.NewObject()
	for _, k := range o.Keys() {
		if k != key {
			v, _ := o.Get(k)
			beside.Set(k, v)
		}
	}
	if key == "allOf" {
		for _, sub := range list {
			beside = s.join(beside, sub, at)
		}
		return s.value(beside, at)
	}
	var parts []part
	for _, sub := range list {
		parts = append(parts, s.value(s.join(beside, sub, at), at))
	}
	if key == "oneOf" && !s.apart(list) {
		s.fail("%s: oneOf of schemas that one value may fit together is not supported; anyOf is", at)
	}
	return s.either(parts...)
}

// apart reports whether values cannot fit two of the schemas: their types differ, or a field that all require has different
// constants.
func (s *schemaBuilder) apart(list []any) bool {
	for i := range list {
		for j := range i {
			a, b := s.plain(list[i]), s.plain(list[j])
			if !s.differ(a, b) {
				return false
			}
		}
	}
	return true
}

func (s *schemaBuilder) plain(v any) *prompt.Object {
	o, _ := v.(*prompt.Object)
	if ref, ok := o.Get("$ref"); ok {
		text, _ := ref.(string)
		target, _ := prompt.Resolve(s.root, text)
		o, _ = target.(*prompt.Object)
	}
	return o
}

func (s *schemaBuilder) differ(a, b *prompt.Object) bool {
	ta, _ := a.Get("type")
	tb, _ := b.Get("type")
	x, textA := ta.(string)
	y, textB := tb.(string)
	if textA && textB && x != y && !(x == "integer" && y == "number" || x == "number" && y == "integer") {
		return true
	}
	for _, values := range [2][2]*prompt.Object{{a, b}, {b, a}} {
		if v, ok := values[0].Get("const"); ok {
			return len(prompt.Validate(values[1], v)) > 0
		}
		if v, ok := values[0].Get("enum"); ok {
			list, _ := v.([]any)
			return !slices.ContainsFunc(list, func(e any) bool { return len(prompt.Validate(values[1], e)) == 0 })
		}
	}
	ra, _ := a.Get("required")
	list, _ := ra.([]any)
	rb, _ := b.Get("required")
	other, _ := rb.([]any)
	for _, name := range list {
		n, _ := name.(string)
		if !slices.Contains(other, name) {
			continue
		}
		pa, _ := a.Get("properties")
		pb, _ := b.Get("properties")
		oa, _ := pa.(*prompt.Object)
		ob, _ := pb.(*prompt.Object)
		fa, _ := oa.Get(n)
		fb, _ := ob.Get(n)
		x, okA := fa.(*prompt.Object)
		y, okB := fb.(*prompt.Object)
		if okA && okB && s.differ(x, y) {
			return true
		}
	}
	return false
}

// join is a schema that asks what both ask.
func (s *schemaBuilder) join(a *prompt.Object, sub any, at string) *prompt.Object {
	b, ok := sub.(*prompt.Object)
	if sub == true {
		return a
	}
	if !ok {
		s.fail("%s: expected a schema, got %.40s", at, prompt.FormatJSON(sub, 0))
		return a
	}
	if len(spoken(a).Keys()) > 0 {
		b = s.plain(b)
	}
	out := prompt.NewObject().Merged(a)
	for _, k := range spoken(b).Keys() {
		v, _ := b.Get(k)
		old, both := out.Get(k)
		switch {
		case !both || prompt.Equal(old, v):
			out.Set(k, v)
		case k == "properties":
			x, _ := old.(*prompt.Object)
			y, _ := v.(*prompt.Object)
			fields := prompt.NewObject().Merged(x)
			for _, name := range y.Keys() {
				f, _ := y.Get(name)
				if g, both := fields.Get(name); both {
					inner, _ := g.(*prompt.Object)
					f = s.join(inner, f, at+"."+name)
				}
				fields.Set(name, f)
			}
			out.Set(k, fields)
		case k == "required":
			x, _ := old.([]any)
			y, _ := v.([]any)
			out.Set(k, append(slices.Clone(x), slices.DeleteFunc(slices.Clone(y), func(e any) bool { return slices.Contains(x, e) })...))
		default:
			s.fail("%s: two schemas that both ask for %s are not supported", at, k)
		}
	}
	return out
}
