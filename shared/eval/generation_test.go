package eval

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"
)

// TestGenerationAgainstSacreBLEU: testdata/text.json is made by make_text.py with sacreBLEU and rouge_score.
func TestGenerationAgainstSacreBLEU(t *testing.T) {
	data, err := os.ReadFile("testdata/text.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []map[string]any
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		r := &Records{Name: "x", Columns: []string{"prediction", "reference_0", "reference_1"}}
		for i, row := range c["rows"].([]any) {
			texts := make([]string, 3)
			for j, s := range row.([]any) {
				texts[j] = s.(string)
			}
			r.Rows, r.Lines = append(r.Rows, texts), append(r.Lines, i+1)
		}
		g, err := r.Generation(Bootstrap{Draws: 20})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"bleu", "chrf", "rouge1", "rouge2", "rougeL", "exact_match"} {
			if want := c[name].(float64); math.Abs(g.Values[name]-want) > exact*max(1, want) {
				t.Errorf("%s: %s is %v, expected %v", c["name"], name, g.Values[name], want)
			}
			if i := g.Intervals[name]; !(i.Low <= i.High) {
				t.Errorf("%s: %s: interval %v", c["name"], name, i)
			}
		}
	}
}

func TestGenerationFiles(t *testing.T) {
	for _, test := range []struct{ name, file, data, want string }{
		{"JSON", "g.jsonl", `{"prediction":"{\"a\":1}","reference":"{\"a\":1}"}` + "\n" + `{"prediction":"{\"a\":","reference":"{}"}`, `"json_valid":0.5,`},
		{"checks", "g.csv", "prompt,pass\na,1\nb,0\nc,true\nd,1\n", `{"pass_rate":0.75,"n":4,`},
		{"nothing said", "g.csv", "prediction,reference\n,a\nb,b\n", `"exact_match":0.5,`},
		{"no reference", "g.csv", "prediction,reference\na,\n", "g.csv:2: reference is empty"},
		{"no texts", "g.csv", "reference,x\na,b\n", `expected the columns "prediction" and "reference"`},
		{"no check", "g.csv", "pass\nperhaps\n", `g.csv:2: pass is "perhaps"`},
		{"too long", "g.csv", "prediction,reference\na," + strings.Repeat("b", maxTextBytes+1) + "\n", "longer than 65536 bytes"},
	} {
		r, err := ReadRecords(strings.NewReader(test.data), test.file)
		if err != nil {
			t.Fatal(err)
		}
		if !r.IsGeneration() {
			t.Errorf("%s: taken for classes", test.name)
		}
		g, err := r.Generation(Bootstrap{Draws: 10})
		got := ""
		if err != nil {
			got = err.Error()
		} else if data, err := json.Marshal(g); err != nil {
			t.Error(err)
		} else {
			got = string(data)
		}
		if !strings.Contains(got, test.want) {
			t.Errorf("%s: %s, expected %s", test.name, got, test.want)
		}
	}
}
