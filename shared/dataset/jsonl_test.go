package dataset

import (
	"reflect"
	"strings"
	"testing"
)

func TestReadJSONL(t *testing.T) {
	for _, test := range []struct {
		name, data string
		o          Columns
		form       Form
		want       []Row
	}{
		{"labels", "\ufeff{\"text\":\"a\",\"label\":1}\r\n\n{\"label\":\"正面\",\"x\":[1,{}],\"text\":\"b\\nc\"}", Columns{}, Labelled,
			[]Row{{Line: 1, Text: "a", Label: "1"}, {Line: 3, Text: "b\nc", Label: "正面"}}},
		{"mapping", `{"s":"a","y":-3}`, Columns{Text: "s", Label: "y"}, Labelled, []Row{{Line: 1, Text: "a", Label: "-3"}}},
		{"chat", `{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a","name":"x"}],"text":"t"}`, Columns{Form: CausalLM}, Chat,
			[]Row{{Line: 1, Messages: []Message{{"user", "q"}, {"assistant", "a"}}}}},
		{"completion", `{"prompt":"p","completion":"c"}`, Columns{Form: CausalLM}, Completion, []Row{{Line: 1, Prompt: "p", Completion: "c"}}},
		{"text", `{"text":"p","label":1}`, Columns{Form: CausalLM}, Plain, []Row{{Line: 1, Text: "p"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := Read(strings.NewReader(test.data), "f.jsonl", test.o)
			if err != nil {
				t.Fatal(err)
			}
			if got.Form != test.form || !reflect.DeepEqual(got.Rows, test.want) {
				t.Errorf("got %v %+v, expected %v %+v", got.Form, got.Rows, test.form, test.want)
			}
		})
	}
}

func TestReadJSONLErrors(t *testing.T) {
	chat := Columns{Form: Chat}
	for _, test := range []struct {
		name, data string
		o          Columns
		want       string
	}{
		{"empty", "\n", Columns{}, `f.jsonl: no rows`},
		{"not an object", "[1]", Columns{}, `f.jsonl:1:1: line is not a JSON object, expected {…}`},
		{"not JSON", `{"text":"涨", label:1}`, Columns{}, `f.jsonl:1:14: not JSON: invalid character 'l'`},
		{"cut off", `{"text":"a","label":`, Columns{}, `f.jsonl:1:21: JSON is not closed before the line's end`},
		{"cut off in a string", `{"text":"a`, Columns{}, `f.jsonl:1:11: JSON is not closed before the line's end`},
		{"two objects", `{"text":"a","label":1} {}`, Columns{}, `f.jsonl:1:24: not JSON: invalid character '{'`},
		{"key twice", `{"text":"涨","label":1,"text":"b"}`, Columns{}, `f.jsonl:1:30: key "text" occurs twice, here a second time`},
		{"missing", "{\"text\":\"a\",\"label\":1}\n{\"text\":\"a\"}", Columns{}, `f.jsonl:2: key "label" is missing, got "text"`},
		{"wrong kind", `{"text":7,"label":1}`, Columns{}, `f.jsonl:1:9: text: a number, expected a string`},
		{"null", `{"text":null,"label":1}`, Columns{}, `f.jsonl:1:9: text: null, expected a string`},
		{"fraction", `{"text":"a","label":1.5}`, Columns{}, `f.jsonl:1:21: label: the number 1.5, expected a string or an integer`},
		{"boolean", `{"text":"a","label":true}`, Columns{}, `f.jsonl:1:21: label: a boolean, expected a string or an integer`},
		{"empty text", `{"label":1,"text":" \n"}`, Columns{}, `f.jsonl:1:19: text: empty string`},
		{"NUL", `{"label":1,"text":"a\u0000"}`, Columns{}, `f.jsonl:1:19: text: NUL character, expected text`},
		{"causal, half", `{"prompt":"a"}`, Columns{Form: CausalLM}, `f.jsonl:1: key "completion" is missing, got "prompt"`},
		{"causal, nothing", `{"x":"a"}`, Columns{Form: CausalLM}, `f.jsonl:1: key "text" is missing, got "x"`},
		{"messages not a list", `{"messages":"a"}`, chat, `f.jsonl:1:13: messages: a string, expected a list of messages`},
		{"role", `{"messages":[{"role":"bot","content":"a"}]}`, chat, `f.jsonl:1:13: messages[0]: role is "bot", expected one of system, user, assistant, tool`},
		{"no role", `{"messages":[{"content":"a"}]}`, chat, `f.jsonl:1:13: messages[0]: role is none, expected one of system, user, assistant, tool`},
		{"no content", `{"messages":[{"role":"user"}]}`, chat, `f.jsonl:1:13: messages[0] content: missing, expected a string`},
		{"parts", `{"messages":[{"role":"user","content":[{}]}]}`, chat, `f.jsonl:1:13: messages[0] content: part 0 has the type "", expected text`},
		{"messages of strings", `{"messages":["a"]}`, chat, `f.jsonl:1:13: messages: a message with string as itself, expected {"role": …, "content": …} or {"from": …, "value": …}`},
		{"nothing to learn", `{"messages":[{"role":"user","content":"a"}]}`, chat, `f.jsonl:1:13: messages: 1 messages, none of the assistant's: nothing to learn`},
		{"several", "{\n{\"text\":1}\n", Columns{}, "f.jsonl:1:2: JSON is not closed before the line's end\nf.jsonl:2:9: text: a number, expected a string"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := Read(strings.NewReader(test.data), "f.jsonl", test.o)
			if err == nil {
				t.Fatalf("got %+v, expected the error %s", got, test.want)
			}
			if strings.Contains(test.want, "not JSON") { // the decoder's words may change, the place may not
				if !strings.HasPrefix(err.Error(), test.want) {
					t.Errorf("got\n%s\nexpected\n%s", err, test.want)
				}
			} else if err.Error() != test.want {
				t.Errorf("got\n%s\nexpected\n%s", err, test.want)
			}
			if !IsFault(err) {
				t.Error("not a fault of the content")
			}
		})
	}
}

func FuzzJSONL(f *testing.F) {
	for _, s := range []string{`{"text":"a","label":1}`, `{"messages":[{"role":"assistant","content":"a"}]}`, `{"prompt":"a","completion":"\ud800"}`,
		"{", `{"text":"a"}x`, `{"text":[[[[`, `{"a":1,"a":1}`, "\xff", `{"messages":[null]}`, `{"messages":[{"content":{}}]}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data string) {
		for _, form := range []Form{Labelled, CausalLM} {
			table, err := ReadJSONL(strings.NewReader(data), "f.jsonl", Columns{Form: form})
			if (table == nil) == (err == nil) {
				t.Fatalf("table %v with error %v", table, err)
			}
			if err != nil {
				if !IsFault(err) {
					t.Fatalf("%v is no fault of the content", err)
				}
				continue
			}
			for _, r := range table.Rows {
				switch {
				case r.Line < 1,
					table.Form == Labelled && (blank(r.Text) || blank(r.Label)),
					table.Form == Plain && blank(r.Text),
					table.Form == Completion && (blank(r.Prompt) || blank(r.Completion)),
					table.Form == Chat && len(r.Messages) == 0:
					t.Fatalf("%v row %+v", table.Form, r)
				}
			}
		}
	})
}
