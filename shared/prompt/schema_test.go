package prompt

import (
	"strings"
	"testing"
)

func TestValidate(t *testing.T) {
	for _, test := range []struct{ schema, value, want string }{
		{`{"type":"object","properties":{"age":{"type":"integer","minimum":0}},"required":["age"]}`, `{"age":3}`, ""},
		{`{"type":"object","properties":{"age":{"type":"integer","minimum":0}},"required":["age"]}`, `{"age":-1}`, "age: expected at least 0, got -1"},
		{`{"type":"object","required":["age"]}`, `{}`, "age: is missing"},
		{`{"type":"integer"}`, `1.0`, ""},
		{`{"type":"integer"}`, `1.5`, "expected integer, got 1.5"},
		{`{"type":["string","null"]}`, `null`, ""},
		{`{"type":"number"}`, `true`, "expected number, got true"},
		{`{"enum":["a",{"b":[1]}]}`, `{"b":[1]}`, ""},
		{`{"enum":["a"]}`, `"b"`, `expected one of ["a"]`},
		{`{"const":null}`, `0`, "expected null"},
		{`{"properties":{"a":{}},"additionalProperties":false}`, `{"a":1,"b":2}`, "b: is not known, expected one of a"},
		{`{"additionalProperties":{"type":"string"}}`, `{"b":2}`, "b: expected string"},
		{`{"patternProperties":{"^x_":{"type":"string"}},"additionalProperties":false}`, `{"x_a":1}`, "x_a: expected string"},
		{`{"items":{"type":"object","properties":{"n":{"maxLength":2}}}}`, `[{"n":"一二三"}]`, "[0].n: expected at most 2 characters, got 3"},
		{`{"prefixItems":[{"type":"string"}],"items":false}`, `["a",1]`, "[1]: is not allowed"},
		{`{"minItems":2,"uniqueItems":true}`, `[1]`, "at least 2 elements"},
		{`{"uniqueItems":true}`, `[{"a":1,"b":2},{"b":2,"a":1}]`, "elements 0 and 1 are equal"},
		{`{"contains":{"type":"string"}}`, `[1]`, "no element"},
		{`{"pattern":"^\\d+$"}`, `"12a"`, "matches"},
		{`{"multipleOf":0.5}`, `1.25`, "a multiple of 0.5"},
		{`{"multipleOf":0.01}`, `1.11`, ""},
		{`{"exclusiveMaximum":5}`, `5`, "less than 5"},
		{`{"anyOf":[{"type":"string"},{"minimum":3}]}`, `2`, "none of the schemas"},
		{`{"oneOf":[{"type":"integer"},{"minimum":3}]}`, `4`, "fits 2"},
		{`{"not":{"type":"null"}}`, `null`, "rules out"},
		{`{"if":{"properties":{"k":{"const":1}}},"then":{"required":["v"]},"else":{"required":["w"]}}`, `{"k":1}`, "v: is missing"},
		{`{"$defs":{"node":{"type":"object","properties":{"next":{"$ref":"#/$defs/node"}},"additionalProperties":false}},"$ref":"#/$defs/node"}`, `{"next":{"next":{"x":1}}}`, "next.next.x: is not known"},
		{`{"$ref":"#"}`, `1`, "refers to itself"},
		{`{"$ref":"http://x/y"}`, `1`, "expected a place in itself"},
		{`{"properties":{"a":true,"b":false}}`, `{"a":1,"b":1}`, "b: is not allowed"},
		{`{"minLength":1,"minItems":1,"minProperties":1}`, `5`, ""},
	} {
		schema, err := ParseJSON([]byte(test.schema))
		if err != nil {
			t.Fatal(err)
		}
		v, err := ParseJSON([]byte(test.value))
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(Validate(schema.(*Object), v), "; ")
		if (test.want == "") != (got == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s of %s: %q, expected %q", test.schema, test.value, got, test.want)
		}
	}
}

func FuzzParseJSON(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5e3,"x\u2028",null,true]}`, `[`, `{"a":1,"a":2}`, "\ufeff1", `1 2`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := ParseJSON([]byte(s))
		if err != nil {
			return
		}
		again, err := ParseJSON([]byte(FormatJSON(v, 2)))
		if err != nil || !Equal(v, again) {
			t.Errorf("%q became %q: %v", s, FormatJSON(v, 2), err)
		}
	})
}
