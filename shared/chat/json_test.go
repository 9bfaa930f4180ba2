package chat

import (
	"strings"
	"testing"
)

func TestParseJSON(t *testing.T) {
	for src, want := range map[string]string{
		`{"b": 1, "a": [true, false, null], "b": 2}`:                      `{'b': 2, 'a': [True, False, None]}`,
		` [1, -2, 0, 1.0, 1e3, -0.5E-2, 1e999, 12345678901234567890123] `: `[1, -2, 0, 1.0, 1000.0, -0.005, inf, 12345678901234567890123]`,
		`"a\"\\\/\b\f\n\r\t\u00e9\ud83c\udf0d"`:                           `'a"\\/\x08\x0c\n\r\té🌍'`,
		`"\ud83c x \udf0d\ud83c\u0041"`:                                   `'� x ��A'`,
		`[NaN, Infinity, -Infinity]`:                                      `[nan, inf, -inf]`,
		`[]`:                                                              `[]`,
		`{}`:                                                              `{}`,
		`{"中": "文"}`:                                                      `{'中': '文'}`,
		"\"\xff\"":                                                        `'�'`,
		`{"a":{"a":{"a":[[[1]]]}}}`:                                       `{'a': {'a': {'a': [[[1]]]}}}`,
	} {
		v, err := ParseJSON([]byte(src))
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		if got := quoted(v); got != want {
			t.Errorf("%s: got %s, want %s", src, got, want)
		}
	}
	for src, want := range map[string]string{
		``:                         "line 1, column 1: expected a value, got the end",
		"[1,\n 2":                  "line 2, column 3: expected ',' or ']', got the end",
		`{"a" 1}`:                  `column 6: expected ':', got '1'`,
		`{a: 1}`:                   `expected a key, got 'a'`,
		`[1,]`:                     `expected a value, got ']'`,
		`{"a": 1,}`:                `expected a key, got '}'`,
		`1 2`:                      `expected the end, got '2'`,
		`01`:                       `expected the end, got '1'`,
		`+1`:                       `expected a value`,
		`.5`:                       `expected a value`,
		`1.`:                       `expected a digit`,
		`1e`:                       `expected a digit`,
		`-`:                        `expected a digit`,
		`"a`:                       `expected the end of a string`,
		"\"a\nb\"":                 `control character`,
		`"\x"`:                     `expected an escape`,
		`"\u12"`:                   `four hexadecimal digits`,
		`"\u+123"`:                 `four hexadecimal digits`,
		`nul`:                      `expected a value`,
		`-Inf`:                     `expected a digit`,
		strings.Repeat("[", 1000):  `nested more than`,
		strings.Repeat("9", 10000): `too large`,
	} {
		_, err := ParseJSON([]byte(src))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.50s: got error %v, want %q", src, err, want)
		}
	}
}

func TestParseInput(t *testing.T) {
	in, err := ParseInput([]byte(`{"messages": [{"role": "user", "content": "hi"}], "tools": null, "documents": [],
		"bos_token": "<s>", "pad_token": "<p>", "eos_token": null, "add_generation_prompt": true, "x": 1, "strftime_now": "today"}`))
	if err != nil {
		t.Fatal(err)
	}
	tmpl, err := Parse(`{{ bos_token }}{{ pad_token }}{{ eos_token }}{{ messages }}{{ tools }}{{ documents }}{{ add_generation_prompt }}{{ x }}{{ strftime_now('%Y') }}{{ y is defined }}`)
	if err != nil {
		t.Fatal(err)
	}
	r, err := tmpl.Render(in)
	if err != nil {
		t.Fatal(err)
	}
	want := "<s><p>None[{'role': 'user', 'content': '(0:hi)'}]None[]True1todayFalse"
	if got := strings.ReplaceAll(strings.ReplaceAll(mark(r.Segments), "(0:role)", "role"), "(0:content)", "content"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for src, want := range map[string]string{
		`{}`:              "expected messages",
		`[]`:              "expected an object",
		`{"messages": 1}`: "messages: expected a list, got int",
		`{`:               "expected a key",
	} {
		if _, err := ParseInput([]byte(src)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got error %v, want %q", src, err, want)
		}
	}
}
