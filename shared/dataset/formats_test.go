package dataset

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

// TestFormats reads one content from every kind of file.
func TestFormats(t *testing.T) {
	conversation := []Message{{"system", "s"}, {"user", "q"}, {"assistant", "a"}}
	for _, test := range []struct {
		name, file, data string
		o                Columns
		form             Form
		want             []Row
	}{
		{"tabs", "f.tsv", "text\tlabel\r\na, b\t1\n\"c\td\"\t0\n", Columns{}, Labelled, []Row{{Line: 2, Text: "a, b", Label: "1"}, {Line: 3, Text: "c\td", Label: "0"}}},
		{"list", "f.json", "\ufeff[\n {\"text\": \"a\",\n  \"label\": 1},\n {\"text\":\"b\",\"label\":\"x\"}]\n", Columns{}, Labelled, []Row{{Line: 2, Text: "a", Label: "1"}, {Line: 4, Text: "b", Label: "x"}}},
		{"lines in .json", "f.json", "{\"text\":\"a\",\"label\":1}\n{\"text\":\"b\",\"label\":2}", Columns{}, Labelled, []Row{{Line: 1, Text: "a", Label: "1"}, {Line: 2, Text: "b", Label: "2"}}},
		{"sharegpt", "f.json", `[{"conversations":[{"from":"system","value":"s"},{"from":"human","value":"q"},{"from":"gpt","value":"a"}]}]`, Columns{Form: CausalLM}, Chat, []Row{{Line: 1, Messages: conversation}}},
		{"openai", "f.jsonl", `{"messages":[{"role":"developer","content":"s"},{"role":"user","content":[{"type":"text","text":"q"}]},{"role":"assistant","content":"a","weight":1}]}`, Columns{Form: CausalLM}, Chat, []Row{{Line: 1, Messages: conversation}}},
		{"another key", "f.jsonl", `{"dialog":[{"from":"human","value":"q"},{"from":"gpt","value":"a"}]}`, Columns{Form: CausalLM, Messages: "dialog"}, Chat, []Row{{Line: 1, Messages: conversation[1:]}}},
		{"alpaca", "f.json", `[{"instruction":"i","input":"n","output":"o","system":"s","history":[["q","a"]]},{"instruction":"i","input":"","output":"o"}]`, Columns{Form: CausalLM}, Chat, []Row{
			{Line: 1, Prompt: "i\nn\n", Completion: "o", Messages: []Message{{"system", "s"}, {"user", "q"}, {"assistant", "a"}, {"user", "i\nn"}, {"assistant", "o"}}},
			{Line: 1, Prompt: "i\n", Completion: "o", Messages: []Message{{"user", "i"}, {"assistant", "o"}}}}},
		{"alpaca in csv", "f.csv", "prompt,completion\np,c\n", Columns{Form: CausalLM}, Completion, []Row{{Line: 2, Prompt: "p", Completion: "c"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := Read(strings.NewReader(test.data), test.file, test.o)
			if err != nil {
				t.Fatal(err)
			}
			if got.Form != test.form || !reflect.DeepEqual(got.Rows, test.want) {
				t.Errorf("got %v %+v, expected %v %+v", got.Form, got.Rows, test.form, test.want)
			}
		})
	}
}

func TestFormatErrors(t *testing.T) {
	for _, test := range []struct{ name, file, data, want string }{
		{"not a list", "f.json", "7", `f.json:1:1: file is not a JSON list, expected [{…}, …] or an object a line`},
		{"not closed", "f.json", "[{\"text\":\"a\",\"label\":1}\n", `f.json:2:1: JSON list is not closed before the file's end`},
		{"no comma", "f.json", "[{\"text\":\"a\",\"label\":1}\n {}]", `f.json:2:2: not JSON: expected comma after array element`},
		{"second row", "f.json", "[\n{\"text\":\"涨\",\"label\":1},{\"text\":\"b\",\n   \"label\":true}]", `f.json:3:12: label: a boolean, expected a string or an integer`},
		{"third row", "f.json", "[{\"text\":\"涨\",\"label\":1}, {\"text\":5,\"label\":1}]", `f.json:1:34: text: a number, expected a string`},
		{"weight", "f.jsonl", `{"messages":[{"role":"assistant","content":"a","weight":0}]}`, `f.jsonl:1:13: messages[0]: weight is 0, expected 1: every answer of the assistant is learnt; take the row apart`},
		{"tool call", "f.jsonl", `{"messages":[{"role":"assistant","content":null,"tool_calls":[]}]}`, `f.jsonl:1:13: messages[0]: calls of tools are not supported, expected text as content`},
		{"image", "f.jsonl", `{"messages":[{"role":"user","content":[{"type":"image_url"}]}]}`, `f.jsonl:1:13: messages[0] content: part 0 has the type "image_url", expected text`},
		{"sharegpt role", "f.jsonl", `{"conversations":[{"from":"cat","value":"a"}]}`, `f.jsonl:1:18: conversations[0]: role is "cat", expected one of system, user, assistant, tool`},
		{"alpaca half", "f.jsonl", `{"instruction":"a"}`, `f.jsonl:1: key "output" is missing, got "instruction"`},
		{"alpaca history", "f.jsonl", `{"instruction":"a","output":"b","history":"x"}`, `f.jsonl:1:43: history: a string, expected a list of [question, answer]`},
		{"commas in tsv", "f.tsv", "text,label\na,1\n", `f.tsv:1:1: header has no column "text", got "text,label"; fields look separated by ",", expected '\t'`},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := Columns{Form: CausalLM}
			if strings.Contains(test.data, `"label"`) {
				o.Form = Labelled
			}
			if _, err := Read(strings.NewReader(test.data), test.file, o); err == nil || err.Error() != test.want {
				t.Errorf("got\n%v\nexpected\n%s", err, test.want)
			}
		})
	}
}

func TestReadObjects(t *testing.T) {
	objects := func(list ...string) func(func([]byte, error) bool) {
		return func(yield func([]byte, error) bool) {
			for _, s := range list {
				var err error
				if s == "" {
					err = errors.New("page is damaged")
				}
				if !yield([]byte(s), err) {
					return
				}
			}
		}
	}
	got, err := ReadObjects("f.parquet", objects(`{"text":"a","label":1}`, `{"text":"b","label":0}`), Columns{})
	if err != nil || len(got.Rows) != 2 || !reflect.DeepEqual(got.Rows[1], Row{Line: 2, Text: "b", Label: "0"}) {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := ReadObjects("f.parquet", objects(`{"text":"a","label":1}`, ""), Columns{}); err == nil || err.Error() != "f.parquet: row 2: page is damaged" {
		t.Errorf("a reader's error: %v", err)
	}
	if _, err := ReadObjects("f.parquet", objects(`{"text":"a"}`), Columns{}); err == nil || err.Error() != `f.parquet:1: key "label" is missing, got "text"` {
		t.Errorf("a missing column: %v", err)
	}
}

// FuzzJSON holds lists to lines: elements that are read alone are read in a list.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{`[{"text":"a","label":1}]`, `[{"instruction":"a","output":"b","history":[["a"]]}]`, `[`, `[{}`, "[{\"conversations\":[{\"from\":\"gpt\",\"value\":[]}]}]", `{"text":"x"}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data string) {
		for _, form := range []Form{Labelled, CausalLM} {
			table, err := ReadJSON(strings.NewReader(data), "f.json", Columns{Form: form})
			if (table == nil) == (err == nil) {
				t.Fatalf("table %v with error %v", table, err)
			}
			if err != nil && !IsFault(err) {
				t.Fatalf("%v is no fault of the content", err)
			}
		}
	})
}
