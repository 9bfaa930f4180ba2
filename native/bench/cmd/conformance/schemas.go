package main

// feature is a part of JSON Schema and values that use it.
type feature struct {
	name   string
	values []string // schemas
}

// features are what answers are held to. Each schema is tried as it is, as a field that is required beside one that is not, and as
// the elements of a list.
var features = []feature{
	{"types", []string{`{"type":"string"}`, `{"type":"integer"}`, `{"type":"number"}`, `{"type":"boolean"}`, `{"type":"null"}`, `{"type":["string","null"]}`, `true`}},
	{"enum and const", []string{`{"enum":["正面","负面","中性"]}`, `{"enum":[1,2.5,null,true,"x"]}`, `{"const":"say \"hi\"\n\\ 你好 😀"}`, `{"const":{"a":[1,{"b":null}]}}`}},
	{"length of strings", []string{`{"type":"string","minLength":3,"maxLength":8}`, `{"type":"string","maxLength":0}`, `{"type":"string","minLength":12,"maxLength":12}`}},
	{"patterns", []string{`{"type":"string","pattern":"^[A-Z]{2}-\\d{4}$"}`, `{"type":"string","pattern":"(cat|dog)s?"}`, `{"type":"string","pattern":"^[\\u4e00-\\u9fff]{2,6}$"}`, `{"type":"string","pattern":"^(?i:yes|no)$"}`}},
	{"formats", []string{`{"type":"string","format":"date"}`, `{"type":"string","format":"date-time"}`, `{"type":"string","format":"email"}`, `{"type":"string","format":"ipv4"}`, `{"type":"string","format":"uuid"}`}},
	{"ranges of integers", []string{`{"type":"integer","minimum":1,"maximum":5}`, `{"type":"integer","exclusiveMinimum":-20,"exclusiveMaximum":-3}`, `{"type":"integer","minimum":0}`, `{"type":"integer","multipleOf":5,"minimum":0,"maximum":100}`}},
	{"ranges of numbers", []string{`{"type":"number","minimum":0,"maximum":1}`, `{"type":"number","exclusiveMinimum":99.5,"maximum":100}`, `{"type":"number","maximum":-0.25}`}},
	{"objects", []string{
		`{"type":"object","properties":{"name":{"type":"string","maxLength":20},"age":{"type":"integer","minimum":0,"maximum":150}},"required":["name","age"]}`,
		`{"type":"object","properties":{"a":{"type":"boolean"},"b":{"type":"boolean"},"c":{"type":"boolean"}}}`,
		`{"type":"object","properties":{"客户":{"type":"string","maxLength":12},"问题":{"enum":["物流","质量","未明确"]}},"required":["客户","问题"],"additionalProperties":false}`,
		`{"type":"object","additionalProperties":{"type":"integer","minimum":0,"maximum":9},"minProperties":1,"maxProperties":3}`,
		`{"type":"object","properties":{"a":{"type":"object","properties":{"b":{"type":"object","properties":{"c":{"enum":[1,2]}},"required":["c"]}},"required":["b"]}},"required":["a"]}`}},
	{"lists", []string{`{"type":"array","items":{"type":"integer","minimum":0,"maximum":9},"minItems":2,"maxItems":4}`, `{"type":"array","items":{"enum":["a","b"]},"maxItems":3}`,
		`{"type":"array","prefixItems":[{"type":"boolean"},{"enum":["x"]}],"items":false,"minItems":2}`, `{"type":"array","items":{"type":"array","items":{"type":"boolean"},"maxItems":2},"minItems":1,"maxItems":2}`}},
	{"anyOf, oneOf, allOf", []string{
		`{"anyOf":[{"type":"integer","minimum":0,"maximum":9},{"enum":["none"]}]}`,
		`{"oneOf":[{"type":"object","properties":{"kind":{"const":"circle"},"r":{"type":"number","minimum":0,"maximum":9}},"required":["kind","r"]},{"type":"object","properties":{"kind":{"const":"square"},"side":{"type":"number","minimum":0,"maximum":9}},"required":["kind","side"]}]}`,
		`{"allOf":[{"type":"object","properties":{"x":{"type":"boolean"}},"required":["x"]},{"type":"object","properties":{"y":{"type":"boolean"}},"required":["y"]}]}`}},
	{"references", []string{`{"$ref":"#/$defs/grade"}`, `{"$ref":"#/$defs/tree"}`}},
}

// shared are the definitions that references name; every schema has them.
const shared = `{"grade":{"enum":["A","B","C"]},"tree":{"type":"object","properties":{"v":{"type":"integer","minimum":0,"maximum":9},"next":{"anyOf":[{"$ref":"#/$defs/tree"},{"type":"null"}]}},"required":["v","next"]}}`

// wrappings are the places a value is tried in.
var wrappings = []struct{ name, before, after string }{
	{"alone", `{"$defs":` + shared + `,"allOf":[`, `]}`},
	{"field", `{"$defs":` + shared + `,"type":"object","properties":{"value":`, `,"note":{"type":"string","maxLength":6}},"required":["value"]}`},
	{"list", `{"$defs":` + shared + `,"type":"array","items":`, `,"minItems":1,"maxItems":2}`},
}

// trial is one schema to be tried.
type trial struct {
	Feature string `json:"feature"`
	Schema  string `json:"-"`
}

func trials() (all []trial) {
	for _, f := range features {
		for _, v := range f.values {
			for _, w := range wrappings {
				if v == "true" && w.name == "alone" {
					all = append(all, trial{f.name, "true"})
					continue
				}
				all = append(all, trial{f.name, w.before + v + w.after})
			}
		}
	}
	return all
}
