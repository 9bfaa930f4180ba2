package eval

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestReadPredictions(t *testing.T) {
	for _, test := range []struct {
		name, file, data string
		o                PredictionOptions
		classes          []string
		positive         string
		labels, preds    []int32
		probs            []float64 // of the first row
		warning          string    // part of the first one; "" for none
	}{
		{name: "numbers", data: "label,pred\n0,1\n1,1\n", classes: []string{"0", "1"}, positive: "1", labels: []int32{0, 1}, preds: []int32{1, 1}},
		{name: "mark, CRLF, quotes, other columns", data: "\ufeff\"text\",\"label\",\"pred\"\r\n\"a, \"\"b\"\"\nc\",\"正面\",负面\r\nx,负面, \"负面\"\r\n\r\n",
			classes: []string{"正面", "负面"}, positive: "正面", labels: []int32{0, 1}, preds: []int32{1, 1}},
		{name: "whole numbers however written", data: "label,pred\n0,0.0\n1,1.0\n10,2\n2,01\n", classes: []string{"0", "1", "2", "10"},
			labels: []int32{0, 1, 3, 2}, preds: []int32{0, 1, 2, 1}},
		{name: "seen in one column only", data: "label,pred\na,b\nc,b\n", classes: []string{"a", "b", "c"}, labels: []int32{0, 2}, preds: []int32{1, 1}, warning: "no prediction is right"},
		{name: "probabilities by place", data: "label,pred,prob_0,prob_1,prob_2\n0,0,0.5,0.25,0.25\n1,1,0,1,0\n", classes: []string{"0", "1", "2"},
			labels: []int32{0, 1}, preds: []int32{0, 1}, probs: []float64{0.5, 0.25, 0.25}},
		{name: "columns in another order", data: "prob_1,label,prob_0,pred\n0.75,1,0.25,1\n0.25,0,0.75,0\n", classes: []string{"0", "1"}, positive: "1",
			labels: []int32{1, 0}, preds: []int32{1, 0}, probs: []float64{0.25, 0.75}},
		{name: "probabilities by name", data: "label,pred,prob_b,prob_a\nb,b,0.75,0.25\n", classes: []string{"a", "b"}, positive: "b",
			labels: []int32{1}, preds: []int32{1}, probs: []float64{0.25, 0.75}, warning: `of the class "b"`},
		{name: "classes counted from 1", data: "label,pred,prob_0,prob_1,prob_2\n1,1,1,0,0\n2,2,0,1,0\n3,3,0,0,1\n", classes: []string{"1", "2", "3"},
			labels: []int32{0, 1, 2}, preds: []int32{0, 1, 2}, probs: []float64{1, 0, 0}, warning: "prob_0 to prob_2 are taken for"},
		{name: "order of names", data: "label,pred,prob_0,prob_1\nneg,neg,0.75,0.25\npos,pos,0,1\n", classes: []string{"neg", "pos"}, positive: "pos",
			labels: []int32{0, 1}, preds: []int32{0, 1}, probs: []float64{0.75, 0.25}, warning: `the classes ["neg" "pos"]`},
		{name: "order of predictions", data: "label,pred,prob_0,prob_1\n负面,负面,0.75,0.25\n正面,正面,0,1\n", classes: []string{"正面", "负面"}, positive: "正面",
			labels: []int32{1, 0}, preds: []int32{1, 0}, probs: []float64{0.25, 0.75}, warning: `the classes ["负面" "正面"] in this order, since`},
		{name: "order of labels option", data: "label,pred,prob_0,prob_1\n负面,负面,0.75,0.25\n", o: PredictionOptions{Classes: []string{"负面", "正面"}},
			classes: []string{"负面", "正面"}, positive: "正面", labels: []int32{0}, preds: []int32{0}, probs: []float64{0.75, 0.25}},
		{name: "no pred", data: "label,prob_0,prob_1\n1,0.25,0.75\n", classes: []string{"0", "1"}, positive: "1", labels: []int32{1}, preds: []int32{1}, probs: []float64{0.25, 0.75}},
		{name: "one probability", data: "label,pred,prob_1\n1,0,0.25\n0,0,0.125\n", classes: []string{"0", "1"}, positive: "1", labels: []int32{1, 0}, preds: []int32{0, 0}, probs: []float64{0.75, 0.25}},
		{name: "probability of the positive class", data: "label,prob\n正面,0.75\n负面,0.25\n", classes: []string{"正面", "负面"}, positive: "正面",
			labels: []int32{0, 1}, preds: []int32{0, 1}, probs: []float64{0.75, 0.25}},
		{name: "missing is wrong", data: "label,pred\n1,\n0,nan\n1,1\n", o: PredictionOptions{Missing: MissingWrong}, classes: []string{"0", "1"}, positive: "1",
			labels: []int32{1, 0, 1}, preds: []int32{-1, -1, 1}, warning: "2 rows without a prediction count as wrong"},
		{name: "missing is skipped", data: "label,pred\n1,\n0,0\n1,1\n", o: PredictionOptions{Missing: MissingSkip}, classes: []string{"0", "1"}, positive: "1",
			labels: []int32{0, 1}, preds: []int32{0, 1}, warning: "1 rows without a prediction are left out"},
		{name: "rounded", data: "label,pred,prob_0,prob_1,prob_2\n0,0,0.33,0.33,0.33\n", classes: []string{"0", "1", "2"}, labels: []int32{0}, preds: []int32{0},
			probs: []float64{0.33, 0.33, 0.33}, warning: "do not sum to 1"},
		{name: "not the most probable", data: "label,pred,prob_0,prob_1\n0,0,0.25,0.75\n", classes: []string{"0", "1"}, positive: "1", labels: []int32{0}, preds: []int32{0},
			probs: []float64{0.25, 0.75}, warning: "not their most probable class"},
		{name: "JSON lines", file: "p.jsonl", data: "{\"label\": 1, \"pred\": \"0\", \"probs\": [0.75, 0.25]}\n\n{\"pred\": 1, \"label\": 1.0, \"probs\": [0, 1]}\n",
			classes: []string{"0", "1"}, positive: "1", labels: []int32{1, 1}, preds: []int32{0, 1}, probs: []float64{0.75, 0.25}},
		{name: "JSON array, probabilities by name", file: "p.json", data: `[{"label":"b","prediction":"a","probabilities":{"a":0.75,"b":0.25}}]`,
			classes: []string{"a", "b"}, positive: "b", labels: []int32{1}, preds: []int32{0}, probs: []float64{0.75, 0.25}, warning: "precision, recall"},
		{name: "JSON by its first character", file: "standard input", data: "{\"label\":1,\"pred\":1}\n{\"label\":0,\"pred\":1}\n", classes: []string{"0", "1"}, positive: "1",
			labels: []int32{1, 0}, preds: []int32{1, 1}},
		{name: "tabs", data: "label\tpred\nx, y\tz\n", classes: []string{"x, y", "z"}, positive: "z", labels: []int32{0}, preds: []int32{1}, warning: "precision, recall"},
		{name: "one class", data: "label,pred\na,a\n", classes: []string{"a"}, labels: []int32{0}, preds: []int32{0}},
		{name: "one number", data: "label,pred\n1,1\n", classes: []string{"0", "1"}, positive: "1", labels: []int32{1}, preds: []int32{1}},
		{name: "named columns", data: "a,b,label\n1,0,5\n", o: PredictionOptions{Label: "a", Pred: "b"}, classes: []string{"0", "1"}, positive: "1", labels: []int32{1}, preds: []int32{0}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.file == "" {
				test.file = "p.csv"
			}
			p, err := ReadPredictions(strings.NewReader(test.data), test.file, test.o)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(p.classes, test.classes) || !slices.Equal(p.labels, test.labels) || !slices.Equal(p.preds, test.preds) {
				t.Errorf("got classes %q, labels %v, predictions %v", p.classes, p.labels, p.preds)
			}
			if test.positive != "" && p.classes[p.Answers.positive] != test.positive {
				t.Errorf("positive class %q", p.classes[p.Answers.positive])
			}
			if !slices.Equal(p.Probs(0), test.probs) {
				t.Errorf("probabilities %v", p.Probs(0))
			}
			switch {
			case test.warning == "" && len(p.Warnings) > 0, test.warning != "" && len(p.Warnings) == 0, len(p.Warnings) > 0 && !strings.Contains(p.Warnings[0], test.warning):
				t.Errorf("warnings %q, expected %q", p.Warnings, test.warning)
			}
		})
	}
}

func TestReadPredictionsErrors(t *testing.T) {
	for _, test := range []struct {
		file, data string
		o          PredictionOptions
		want       string
	}{
		{data: "", want: "p.csv: no rows"},
		{data: "label,pred\n", want: "p.csv: no rows"},
		{data: "label,text\n1,a\n", want: `p.csv: no column "pred", got ["label" "text"]`},
		{data: "label,pred\n1,0\n", o: PredictionOptions{Label: "truth"}, want: `p.csv: no column "truth"`},
		{data: "label,pred,pred\n1,0,0\n", want: `p.csv:1: columns 2 and 3 are both named "pred"`},
		{data: "label,pred\n1,0\n1\n", want: "p.csv:3: 1 fields, expected 2 as in the header"},
		{data: "label,pred\n1,\n,0\n", want: "p.csv:2: pred is empty; with --missing wrong"},
		{data: "label,pred\n,0\n", want: "p.csv:2: label is empty, expected a class"},
		{data: "label,pred,prob_0,prob_1\n1,1,0.5,0.9\n", want: "p.csv:2: probabilities sum to 1.4, expected 1"},
		{data: "label,pred,prob_0,prob_1\n1,1,nan,0.9\n", want: `p.csv:2: prob_0 is "nan", expected a probability`},
		{data: "label,pred,prob_0,prob_1\n1,1,-0.5,1.5\n", want: "p.csv:2: probability -0.5, expected 0 to 1"},
		{data: "label,pred,prob_0,prob_1\n1,1,,\n", want: `p.csv:2: prob_0 is "", expected a probability`},
		{data: "label,pred,prob_0,prob_1,prob_2\na,b,1,0,0\n", want: `3 columns of probabilities for the 2 classes ["a" "b"]; name all classes in their order with --labels`},
		{data: "label,pred,prob_a,prob_c\na,b,1,0\n", want: `columns of probabilities are of ["a" "c"], expected one for each class of ["a" "b"]`},
		{data: "label,pred\na,b\n", o: PredictionOptions{Classes: []string{"a", "c"}}, want: `class "b" occurs, expected one of ["a" "c"]`},
		{data: "label,pred\na,b\n", o: PredictionOptions{Classes: []string{"a", "a"}}, want: `expected different names`},
		{data: "label,pred\na,b\n", o: PredictionOptions{Positive: "c"}, want: `positive class "c" is not known`},
		{data: "label,pred\n1,\"0\n", want: "p.csv:2:6: extraneous or missing"},
		{data: "label,pred\n1,\xb0\xa1\n", want: "p.csv:2: bytes that are not UTF-8"},
		{data: "\xff\xfel\x00", want: "p.csv: UTF-16, expected UTF-8"},
		{file: "p.jsonl", data: "{\"label\":1,\"pred\":1}\nnull\n", want: "p.jsonl:2: expected a JSON object: got null"},
		{file: "p.jsonl", data: "{\"label\":1,\"pred\":1} {}\n", want: "p.jsonl:1: more than one JSON object in a line"},
		{file: "p.jsonl", data: "{\"label\":1,\"pred\":\n", want: "p.jsonl:1: expected a JSON object"},
		{file: "p.jsonl", data: "{\"label\":1,\"pred\":null}\n", want: "p.jsonl:1: pred is empty"},
		{file: "p.json", data: `[{"label":1},3]`, want: "p.json: expected an array of objects"},
	} {
		if test.file == "" {
			test.file = "p.csv"
		}
		if _, err := ReadPredictions(strings.NewReader(test.data), test.file, test.o); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: got %v, expected %s", test.data, err, test.want)
		}
	}
	var many strings.Builder
	many.WriteString("label,pred\n")
	for range 15 {
		many.WriteString("1,\n")
	}
	if _, err := ReadPredictions(strings.NewReader(many.String()), "p.csv", PredictionOptions{}); err == nil || strings.Count(err.Error(), "\n") != maxFaults || !strings.HasSuffix(err.Error(), "and 5 more") {
		t.Errorf("many faults: %v", err)
	}
}

// TestNoAnswer: rows without an answer are wrong, and of no class.
func TestNoAnswer(t *testing.T) {
	a := answersOf(t, 2, 1, []int32{0, 0, 1, 1}, []int32{0, NoAnswer, 1, NoAnswer}, nil)
	r, err := a.Score(Bootstrap{Draws: 10})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float64{"accuracy": 0.5, "precision": 1, "recall": 0.5, "f1": 2.0 / 3, "micro_precision": 1, "micro_recall": 0.5, "macro_f1": 2.0 / 3} {
		if got := r.Values[name]; math.Abs(got-want) > exact {
			t.Errorf("%s is %v, expected %v", name, got, want)
		}
	}
	if r.Missing != 2 || !reflect.DeepEqual(r.Confusion, [][]int{{1, 0}, {0, 1}}) {
		t.Errorf("missing %d, confusion %v", r.Missing, r.Confusion)
	}
}

func FuzzReadPredictions(f *testing.F) {
	for _, s := range []string{"label,pred\n1,0\n", "label,pred,prob_0,prob_1\n负面,正面,0.25,0.75\n", "\ufefflabel\tprob\na\t0.5\nb\t1\n", "{\"label\":1,\"pred\":0,\"probs\":[0.5,0.5]}", `[{"label":"a","pred":null}]`} {
		for _, name := range []string{"p.csv", "p.jsonl", "p.json"} {
			f.Add(s, name)
		}
	}
	f.Fuzz(func(t *testing.T, data, name string) {
		for _, missing := range []Missing{MissingError, MissingWrong, MissingSkip} {
			p, err := ReadPredictions(strings.NewReader(data), name, PredictionOptions{Missing: missing})
			if err != nil {
				continue
			}
			r, err := p.Score(Bootstrap{Draws: 2})
			if err != nil {
				t.Fatal(err)
			}
			if v := r.Values["accuracy"]; !(v >= 0 && v <= 1) || p.Len() == 0 || len(p.Rows) != p.Len() {
				t.Errorf("accuracy %v of %d rows", v, p.Len())
			}
			if _, err := r.MarshalJSON(); err != nil {
				t.Error(err)
			}
		}
	})
}
