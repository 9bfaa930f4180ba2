package grammar

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"graft/shared/prompt"
)

func TestRegexp(t *testing.T) {
	texts := strings.Split("|a|b|ab|abc|aab|aaa|aaaa|ABC|aBc|12|1a|2024-01-31|好|坏|好坏|é|\U0001F600|\n|a\nb|foo.bar|-1.5|1e5| |\t|zz", "|")
	for _, e := range []string{`a*b?`, `^(a|b)+$`, `[a-c]{2,3}`, `a{2}`, `(?i)abc`, `\d{4}-\d\d-\d\d`, `[好坏]`, `[^a]`, `.`, `(?s).`, `\w+\.\w+`, `-?\d+(\.\d+)?(e\d+)?`,
		`[\x{100}-\x{10ffff}]`, `[é-好]`, `\s`, `(ab|a)(bc|c)?`, `[[:upper:]]+`, ``, `\p{Han}+`, `a+?b`} {
		g, err := Regexp(e)
		if err != nil {
			t.Fatalf("%s: %v", e, err)
		}
		want := regexp.MustCompile(`\A(?:` + strings.TrimSuffix(strings.TrimPrefix(e, "^"), "$") + `)\z`)
		for _, s := range texts {
			got, err := g.Match(s)
			if err != nil || got != want.MatchString(s) {
				t.Errorf("%s of %q: %v, expected %v: %v", e, s, got, !got, err)
			}
		}
	}
	for e, want := range map[string]string{`a\bb`: `not supported`, `a(^b)`: "not supported", `(`: "missing", `[^\x00-\x{10FFFF}]`: "no text has the form", strings.Repeat("(a{1000}", 3) + strings.Repeat("){1000}", 3): ""} {
		if _, err := Regexp(e); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.30s: error %v, expected %q", e, err, want)
		}
	}
}

// TestRunes goes through ranges of characters whose UTF-8 differs in length, and their neighbours.
func TestRunes(t *testing.T) {
	edges := []rune{0, 1, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF, 'a', 'é', '好', 0x1F600}
	for _, low := range edges {
		for _, high := range edges {
			if low > high {
				continue
			}
			b := newBuilder()
			b.rule()
			g, err := b.grammar(b.runes(low, high))
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range edges {
				for _, r := range []rune{e - 1, e, e + 1} {
					if !utf8.ValidRune(r) {
						continue
					}
					if got, _ := g.Match(string(r)); got != (r >= low && r <= high) {
						t.Fatalf("%U to %U: %U is %v", low, high, r, got)
					}
				}
			}
		}
	}
}

// schemas are as people write them, each with values it allows.
var schemas = []struct {
	schema string
	values []string
}{
	{`true`, []string{`null`, `{"a":[1,-2.5,"x\n",true,{}]}`, `[]`}},
	{`{"type":"object","properties":{"sentiment":{"enum":["正面","负面"]},"confidence":{"type":"number","minimum":0,"maximum":1}},"required":["sentiment","confidence"],"additionalProperties":false}`, []string{`{"sentiment":"正面", "confidence":0.93}`, `{"sentiment": "负面","confidence":1}`}},
	{`{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"string"},"c":{"type":"boolean"}},"required":["b"]}`, []string{`{"b":""}`, `{"a":1,"b":"x"}`, `{"b":"x","c":true}`, `{"a":0,"b":"x","c":false}`}},
	{`{"type":"object","properties":{"a":{"type":"null"}}}`, []string{`{}`, `{"a":null}`}},
	{`{"type":"array","items":{"type":"integer","minimum":-5,"maximum":120},"minItems":2,"maxItems":4}`, []string{`[-5,120]`, `[0,7, 99,100]`}},
	{`{"type":"array","prefixItems":[{"type":"string"},{"type":"integer"}],"items":false}`, []string{`[]`, `["a"]`, `["a",1]`}},
	{`{"type":"array","prefixItems":[{"type":"string"}],"items":{"type":"boolean"},"minItems":2}`, []string{`["a",true]`, `["a",true,false]`}},
	{`{"type":"string","minLength":2,"maxLength":5}`, []string{`"好的"`, `"a\u00e9\"\\x"`}},
	{`{"type":"string","pattern":"^[A-Z]{2}-\\d{3}$"}`, []string{`"AB-123"`}},
	{`{"type":"string","pattern":"\"|\\\\|\n"}`, []string{`"a\"b"`, `"\\"`, `"x\n"`}},
	{`{"type":"string","format":"date"}`, []string{`"2024-02-28"`}},
	{`{"type":"string","format":"uuid"}`, nil},
	{`{"type":"string","format":"email"}`, []string{`"a.b@c.de"`}},
	{`{"type":"string","format":"date-time"}`, []string{`"2024-02-28T10:00:00Z"`}},
	{`{"type":"string","format":"ipv4"}`, []string{`"10.0.255.1"`}},
	{`{"type":["string","null"]}`, []string{`null`, `"x"`}},
	{`{"type":"integer","minimum":1000000,"exclusiveMaximum":1000003}`, []string{`1000000`, `1000002`}},
	{`{"type":"integer","minimum":-15,"maximum":-3}`, []string{`-15`, `-9`, `-3`}},
	{`{"type":"integer","exclusiveMinimum":0}`, []string{`1`, `99999`}},
	{`{"type":"number","exclusiveMinimum":0,"exclusiveMaximum":1}`, []string{`0.5`, `0.1`}},
	{`{"type":"number","minimum":0.25,"maximum":0.75}`, []string{`0.25`, `0.33`, `0.75`}},
	{`{"type":"number","minimum":-2,"maximum":3,"multipleOf":0.01}`, []string{`-1.25`, `2.5`, `3`, `0`}},
	{`{"type":"number","exclusiveMinimum":99.5,"maximum":100}`, []string{`99.6`, `100.0`}},
	{`{"type":"number","maximum":-0.25}`, []string{`-0.25`, `-0.99`, `-123.45`}},
	{`{"type":"number","minimum":-1.5,"maximum":12.25}`, []string{`-1.50`, `-0.01`, `0.00`, `9.99`, `10.00`, `12.25`}},
	{`{"type":"integer","multipleOf":5,"minimum":3,"maximum":21}`, []string{`5`, `20`}},
	{`{"type":"integer","multipleOf":7}`, []string{`0`, `-7`, `21`}},
	{`{"type":"string","pattern":"^[\\u4e00-\\u9fff]{2}\\u0021$"}`, []string{`"你好!"`}},
	{`{"type":"number"}`, []string{`0`, `-12.5`, `100`}},
	{`{"const":{"a":[1,"x"]}}`, []string{`{"a":[1,"x"]}`}},
	{`{"enum":["a","ab",1,null]}`, []string{`"a"`, `"ab"`, `1`, `null`}},
	{`{"type":"string","enum":["a",1]}`, []string{`"a"`}},
	{`{"anyOf":[{"type":"integer"},{"type":"array","items":{"type":"integer"}}]}`, []string{`5`, `[5,6]`}},
	{`{"oneOf":[{"type":"object","properties":{"kind":{"const":"a"},"n":{"type":"integer"}},"required":["kind","n"]},{"type":"object","properties":{"kind":{"const":"b"}},"required":["kind"]}]}`, []string{`{"kind":"a","n":1}`, `{"kind":"b"}`}},
	{`{"allOf":[{"properties":{"a":{"type":"string"}},"required":["a"]},{"properties":{"b":{"type":"integer"}}}],"type":"object"}`, []string{`{"a":"x","b":2}`, `{"a":"x"}`}},
	{`{"$defs":{"tree":{"type":"object","properties":{"name":{"type":"string"},"children":{"type":"array","items":{"$ref":"#/$defs/tree"}}},"required":["name"]}},"$ref":"#/$defs/tree"}`, []string{`{"name":"a","children":[{"name":"b"},{"name":"c","children":[]}]}`}},
	{`{"type":"object","additionalProperties":{"type":"integer"},"maxProperties":2}`, []string{`{}`, `{"x":1}`, `{"x":1,"y":2}`}},
	{`{"type":"object","required":["x"]}`, []string{`{"x":[1]}`}},
	{`{"description":"d","title":"t","properties":{"x":{"description":"any"}},"required":["x"]}`, []string{`{"x":{}}`}},
	{`{"type":"object","properties":{"items":{"type":"array","items":{"type":"object","properties":{"date":{"type":"string","format":"date"},"amount":{"type":"number","minimum":0},"currency":{"enum":["CNY","USD"]}},"required":["date","amount","currency"]},"minItems":1,"maxItems":3},"note":{"type":["string","null"],"maxLength":20}},"required":["items","note"]}`, []string{`{"items":[{"date":"2024-01-01","amount":12.5,"currency":"CNY"}],"note":null}`}},
}

func parse(t *testing.T, s string) any {
	t.Helper()
	v, err := prompt.ParseJSON([]byte(s))
	if err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return v
}

func TestSchemasAllow(t *testing.T) {
	for _, s := range schemas {
		schema := parse(t, s.schema)
		g, err := JSONSchema(schema)
		if err != nil {
			t.Errorf("%s: %v", s.schema, err)
			continue
		}
		for _, v := range s.values {
			if o, ok := schema.(*prompt.Object); ok && len(prompt.Validate(o, parse(t, v))) > 0 {
				t.Fatalf("%s does not allow %s", s.schema, v)
			}
			if ok, err := g.Match(v); !ok || err != nil {
				t.Errorf("%s: %s is refused: %v", s.schema, v, err)
			}
		}
	}
}

// vocabulary has a token for each byte, and longer ones that run over the borders of what a grammar says.
func vocabulary() (v *Vocabulary, bytesOf func(int32) []byte, end int32) {
	words := []string{""} // the end token says nothing
	for c := range 256 {
		words = append(words, string([]byte{byte(c)}))
	}
	words = append(words, `{"`, `":`, `", "`, `"}`, `"]`, `],`, `}]`, `[{"`, `": "`, `null`, `true`, `fal`, `123`, `0.`, `-1`, `20`, `好的`, "好\xe5", `\"`, `\u`, `}}`, `]]`, `":[`, `name`, ` `, "\n", `aa`, `":{"`)
	bytesOf = func(id int32) []byte { return []byte(words[id]) }
	return NewVocabulary(len(words), bytesOf), bytesOf, 0
}

// TestSchemasHold lets a model that knows nothing speak under each schema, with little room and with more: what it says always
// parses and is as the schema asks.
func TestSchemasHold(t *testing.T) {
	v, bytesOf, end := vocabulary()
	logits := make([]float32, v.size)
	for _, s := range schemas {
		schema := parse(t, s.schema)
		g, err := JSONSchema(schema)
		if err != nil {
			t.Fatal(err)
		}
		masks := NewMasks(g, v)
		random := rand.New(rand.NewPCG(7, 7))
		least := int(g.states[0].least)
		for run := range 30 {
			c := masks.New([]int32{end}, bytesOf)
			var said []byte
			left := least + 1 + run*4
			for {
				for i := range logits {
					if logits[i] = random.Float32(); run%2 == 1 && len(bytesOf(int32(i))) == 1 && strings.ContainsAny(string(bytesOf(int32(i))), `a",:1{`) {
						logits[i]++ // names it knows already tempt it
					}
				}
				if err := c.Mask(logits, left); err != nil {
					t.Fatalf("%s: after %q: %v", s.schema, said, err)
				}
				best := int32(0)
				for i, l := range logits {
					if l > logits[best] {
						best = int32(i)
					}
				}
				left--
				if best == end {
					break
				}
				ended, err := c.Accept(best)
				if err != nil {
					t.Fatal(err)
				}
				if said = append(said, bytesOf(best)...); ended || left == 0 {
					break
				}
			}
			value, err := prompt.ParseJSON(said)
			if err != nil {
				t.Fatalf("%s: said %s: %v", s.schema, said, err)
			}
			if o, ok := schema.(*prompt.Object); ok {
				if bad := prompt.Validate(o, value); len(bad) > 0 {
					t.Fatalf("%s: said %s: %s", s.schema, said, bad)
				}
			}
		}
	}
}

func TestSchemaErrors(t *testing.T) {
	for schema, want := range map[string]string{
		`false`:                                                         "expected an object or true",
		`{"not":{"type":"null"}}`:                                       "not is not supported",
		`{"type":"array","uniqueItems":true}`:                           "uniqueItems is not supported",
		`{"type":"array","contains":{}}`:                                "contains is not supported",
		`{"oneOf":[{"minimum":0},{"maximum":5}]}`:                       "oneOf of schemas that one value may fit together",
		`{"$ref":"#/$defs/x"}`:                                          "is not in the schema",
		`{"$ref":"#"}`:                                                  "no text has the form",
		`{"type":"integer","minimum":5,"maximum":4}`:                    "no whole number is within the bounds",
		`{"type":"integer","multipleOf":2.5}`:                           "expected a whole number for integers",
		`{"type":"text"}`:                                               "expected one or some of the seven",
		`{"enum":[]}`:                                                   "none of the listed values",
		`{"type":"string","maxLength":1000000}`:                         "places",
		`{"type":"object","patternProperties":{"a":{}}}`:                "patternProperties is not supported",
		`{"type":"string","pattern":"a\\bb"}`:                           "not supported",
		`{"properties":{"a":{"type":"array","items":{"minItems":-1}}}}`: "minItems is -1",
	} {
		if _, err := JSONSchema(parse(t, schema)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, expected %q", schema, err, want)
		}
	}
}

func TestChoice(t *testing.T) {
	g, err := Choice([]string{"正面", "负面", "中性", "中"})
	if err != nil {
		t.Fatal(err)
	}
	for s, want := range map[string]bool{"正面": true, "中": true, "中性": true, "": false, "正": false, "正面面": false} {
		if got, err := g.Match(s); got != want || err != nil {
			t.Errorf("%q: %v, %v", s, got, err)
		}
	}
	m := g.Start()
	if ok, _ := m.Write([]byte("负面")); !ok || !m.Ended() || !m.Accepts() {
		t.Error("nothing may follow a choice")
	}
	if ok, _ := m.Write([]byte("x")); ok || !m.Accepts() {
		t.Error("a byte that may not come moved the matcher")
	}
	for _, bad := range [][]string{nil, {"a", ""}} {
		if _, err := Choice(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func TestBudget(t *testing.T) {
	v, bytesOf, end := vocabulary()
	g, err := Choice([]string{"abcdef"})
	if err != nil {
		t.Fatal(err)
	}
	c := NewMasks(g, v).New([]int32{end}, bytesOf)
	if err := c.Mask(make([]float32, v.size), 5); err == nil || !strings.Contains(err.Error(), "at least 6 bytes are to come, and 5 tokens are left") {
		t.Errorf("error %v", err)
	}
}

func FuzzJSONSchema(f *testing.F) {
	for _, s := range schemas {
		f.Add(s.schema)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := prompt.ParseJSON([]byte(s))
		if err != nil {
			return
		}
		JSONSchema(v)
	})
}
