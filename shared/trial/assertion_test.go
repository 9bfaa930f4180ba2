package trial

import (
	"strings"
	"testing"
)

// TestAssertions holds each kind to answers that pass and that do not.
func TestAssertions(t *testing.T) {
	answer := Answer{Text: "", FinishReason: "eos", MS: 120, CompletionTokens: 9}
	for _, c := range []struct{ assert, passes, fails string }{
		{`{type: equals, value: true, weight: 2}`, "true", "yes"},
		{`{type: equals, value: "好"}`, "好", "好的"},
		{`{type: equals, value: {a: [1, null]}}`, `{"a": [1,null]}`, `{"a":[1]}`},
		{`{type: not-equals, value: a}`, "b", "a"},
		{`{type: contains, value: "{{name}}"}`, "dear Ann", "dear Bob"},
		{`{type: contains, value: 3}`, "1, 3", "1, 2"},
		{`{type: icontains, value: YES}`, "oh yes", "no"},
		{`{type: contains-all, value: [a, b]}`, "b a", "b"},
		{`{type: contains-any, value: [a, b]}`, "b", "c"},
		{`{type: icontains-all, value: [A, b]}`, "Ba", "b"},
		{`{type: icontains-any, value: [A, b]}`, "a", "c"},
		{`{type: not-contains-any, value: [a, b]}`, "c", "xb"},
		{`{type: starts-with, value: "{"}`, "{}", " {"},
		{`{type: regex, value: '^\d{4}$'}`, "2024", "24"},
		{`{type: not-regex, value: '[\u4e00-\u9fff]'}`, "a", "好"},
		{`{type: is-json}`, `[1]`, `[1`},
		{`{type: is-json, value: {type: object, required: [a]}}`, `{"a":1}`, `{"b":1}`},
		{`{type: contains-json, value: {type: object, required: [a]}}`, "so {x [1] {\"a\": {}} it is", "{\"b\":1}"},
		{`{type: not-contains-json}`, "{no}", "see []"},
		{`{type: levenshtein, value: kitten, threshold: 3}`, "sitting", "sat in"},
		{`{type: rouge-n, value: 今天天气很好}`, "今天天气很好啊", "昨天下雨"},
		{`{type: bleu, value: the cat sat on the mat}`, "the cat sat on the mat", "a dog ran off over there"},
		{`{type: similar, value: [abc, xyz], threshold: 0.9}`, "cab", "qrs"},
		{`{type: word-count, value: {min: 2, max: 4}}`, "很好 ok", "一二三四五"},
		{`{type: word-count, value: 2}`, "two words", "one"},
		{`{type: latency, threshold: 200}`, "", "-"},
		{`{type: cost, threshold: 0.01}`, "", "-"},
		{`{type: tokens, threshold: 9}`, "", "-"},
		{`{type: finish-reason, value: stop}`, "", "-"},
		{`{type: not-finish-reason, value: length}`, "", "-"},
		{`{type: assert-set, threshold: 0.5, assert: [{type: contains, value: a}, {type: contains, value: b}]}`, "a", "c"},
		{`{type: assert-set, assert: [{type: contains, value: a}, {type: contains, value: b}]}`, "ab", "a"},
		{`{type: contains, value: never, weight: 0}`, "", "-"},
	} {
		s := suite(t, "- {vars: {name: Ann}, assert: ["+c.assert+"]}")
		for text, want := range map[string]bool{c.passes: true, c.fails: false} {
			if text == "-" {
				continue
			}
			k := &checking{ctx: t.Context(), vars: s.Cases[0].Vars, answer: answer, similar: letters{}}
			k.answer.Text = text
			checks, pass, score, err := k.check(s.Cases[0].Assert, nil)
			if err != nil || pass != want || score < 0 || score > 1 || !pass && checks[0].Reason == "" {
				t.Errorf("%s of %q: %v, %+v, %v", c.assert, text, pass, checks, err)
			}
		}
	}
	late := &checking{ctx: t.Context(), answer: Answer{MS: 300, CompletionTokens: 20, FinishReason: "length"}}
	for _, a := range []string{`{type: latency, threshold: 200}`, `{type: tokens, threshold: 9}`, `{type: finish-reason, value: stop}`} {
		if _, pass, _, err := late.check(suite(t, "- {assert: ["+a+"]}").Cases[0].Assert, nil); pass || err != nil {
			t.Errorf("%s passes, %v", a, err)
		}
	}
}

// TestThreshold: the weighted score decides where a case has a threshold.
func TestThreshold(t *testing.T) {
	s := suite(t, "- {threshold: 0.7, assert: [{type: contains, value: a, weight: 3}, {type: contains, value: b}]}")
	for text, want := range map[string]float64{"a": 0.75, "b": 0.25} {
		k := &checking{ctx: t.Context(), answer: Answer{Text: text}}
		_, pass, score, err := k.check(s.Cases[0].Assert, s.Cases[0].Threshold)
		if err != nil || score != want || pass != (want >= 0.7) {
			t.Errorf("%q: score %v, passes %v, %v", text, score, pass, err)
		}
	}
}

func TestSuiteErrors(t *testing.T) {
	for source, want := range map[string]string{
		"":        "expected tests",
		"tests: ": "expected a list of at least one",
		"- {assert: [{type: llm-rubric, value: kind}]}":        "test 1: assertion 1: llm-rubric is not run here",
		"- {assert: [{type: javascript, value: x}]}":           "javascript is not run here",
		"- {assert: [{type: contain, value: x}]}":              `type "contain" is not known`,
		"- {assert: [{type: contains}]}":                       "value is null, expected a text",
		"- {assert: [{type: contains-any, value: x}]}":         "expected a list",
		"- {assert: [{type: regex, value: '('}]}":              "missing closing )",
		"- {assert: [{type: latency}]}":                        "threshold is missing",
		"- {assert: [{type: equals, value: x, transform: y}]}": `"transform" is not supported`,
		"- {assert: [{type: equals, value: x, weight: -1}]}":   "weight is -1",
		"- {assert: [{type: assert-set}]}":                     "assert-set without assert",
		"- {assert: x}":                                        "assert: expected a list",
		"- {vars: [1]}":                                        "vars: expected names",
		"- x":                                                  "test 1: expected keys",
		"{tests: [{vars: {}}], scenarios: []}":                 `"scenarios" is not supported`,
		"{evaluateOptions: {repeat: 0.5}, tests: [{}]}":        "repeat is 0.5",
		"a: [": "did not find",
	} {
		if _, err := ReadSuite([]byte(source)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, expected %q", source, err, want)
		}
	}
	if s := suite(t, "{evaluateOptions: {repeat: 3}, tests: [{vars: {a: [1, 2], b: [x, y]}}, {vars: {a: [1, 2]}, options: {disableVarExpansion: true}}]}"); s.Repeat != 3 || len(s.Cases) != 5 {
		t.Errorf("repeat %d, %d cases", s.Repeat, len(s.Cases))
	}
}

func FuzzReadSuite(f *testing.F) {
	f.Add([]byte("defaultTest: {vars: {a: 1}}\ntests: [{assert: [{type: regex, value: '{{'}]}]"))
	f.Add([]byte("- {assert: [{type: assert-set, assert: [{type: is-json, value: {}}]}]}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := ReadSuite(data)
		if err != nil {
			return
		}
		for _, c := range s.Cases {
			k := &checking{ctx: t.Context(), vars: c.Vars, answer: Answer{Text: `{"a":1} text`}}
			if _, _, score, err := k.check(c.Assert, c.Threshold); err == nil && !(score >= 0 && score <= 1) {
				t.Errorf("score %v", score)
			}
		}
	})
}
