package recipe

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"graft/shared/adapter"
	"graft/shared/train"
)

// full sets a key of every type.
const full = `
# a comment
model_name_or_path: /models/tiny
train_file: train.csv
output_dir: out
labels: [负面, "1,5", no]
learning_rate: 2e-4
per_device_train_batch_size: 4
load_in_4bit: yes
bnb_4bit_use_double_quant: True
lora_r: 16
target_modules:
  - q_proj
  - v_proj
exclude_modules: '.*\.0\..*'
rank_pattern: {q_proj: 4, 'layers\.1\..*v_proj': 2}
alpha_pattern:
  q_proj: 0.5
layers_to_transform: 1
greater_is_better: false
evaluation_strategy: no
save_strategy: no
seed: 18446744073709551615
gradient_checkpointing: true
warmup_ratio: ~
`

func parsed(t *testing.T, text string) Recipe {
	t.Helper()
	r := Defaults()
	if err := Parse([]byte(text), "recipe.yaml", &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestParse(t *testing.T) {
	got, no := parsed(t, full), false
	want := Defaults()
	want.Model, want.TrainFile, want.OutputDir = "/models/tiny", "train.csv", "out"
	want.Labels = []string{"负面", "1,5", "no"}
	want.LearningRate, want.PerDeviceTrainBatchSize, want.LoadIn4Bit, want.DoubleQuant, want.R = 2e-4, 4, true, true, 16
	want.TargetModules = adapter.Names{List: []string{"q_proj", "v_proj"}}
	want.Exclude = adapter.Names{Pattern: `.*\.0\..*`}
	want.RankPattern = map[string]int{"q_proj": 4, `layers\.1\..*v_proj`: 2}
	want.AlphaPattern = map[string]float64{"q_proj": 0.5}
	want.Layers = []int{1}
	want.GreaterIsBetter, want.EvalStrategy, want.SaveStrategy, want.Seed = &no, "no", "no", 1<<64-1
	want.GradientCheckpointing = "true"
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v, expected\n%+v", got, want)
	}
	if err := got.Check(); err != nil || got.GradientCheckpointing != "full" {
		t.Errorf("Check: %v, gradient_checkpointing %q", err, got.GradientCheckpointing)
	}
	text, err := Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if again := parsed(t, string(text)); !reflect.DeepEqual(again, got) {
		t.Errorf("written as\n%s\nit reads back as\n%+v, expected\n%+v", text, again, got)
	}
}

func TestFaults(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"learning_rat: 1\n", `recipe.yaml:1: "learning_rat" is not a key; did you mean learning_rate?`},
		{"\n\nlora-alpha: 1\n", `recipe.yaml:3: "lora-alpha" is not a key; did you mean lora_alpha?`},
		{"zzzzzzzz: 1\n", `recipe.yaml:1: "zzzzzzzz" is not a key; ` + "`graft train --help` lists them all"},
		{"r: 8\nseed: 1\nlora_r: 4\n", "recipe.yaml:3: r is set already in line 1"},
		{"learning_rate: fast\n", `recipe.yaml:1: learning_rate: "fast" is not a number`},
		{"learning_rate: .nan\n", `learning_rate: ".nan" is not a number`},
		{"learning_rate: NaN\n", `learning_rate: "NaN" is not a number`},
		{"r: 2.5\n", `r: "2.5" is not a whole number`},
		{"seed: -1\n", `seed: "-1" is not a whole number from 0`},
		{"load_in_4bit: maybe\n", `load_in_4bit: "maybe" is not true or false`},
		{"r: [1]\n", "r: a list, expected int"},
		{"labels: [a, [b]]\n", "labels: item 2 is no plain value"},
		{"labels: [a, '']\n", "labels: item 2 is empty"},
		{"rank_pattern: {q: x}\n", `rank_pattern: q: "x" is not a whole number`},
		{"rank_pattern: {q: [1]}\n", `rank_pattern: line 1: expected "name: number"`},
		{"rank_pattern: [q]\n", `rank_pattern: "q", expected name=value`},
		{"- r\n", `recipe.yaml:1: expected lines of the form "key: value"`},
		{"just words\n", `recipe.yaml:1: expected lines of the form`},
		{"r: 1\n---\nr: 2\n", "recipe.yaml: more than one document"},
		{"r: \"1\n", "recipe.yaml: line 2: found unexpected end of stream"},
		{"a: 1\nb: 2\n", "recipe.yaml:2: "}, // all faults at once
		{strings.Repeat("#\n", maxFile), "recipe.yaml: larger than"},
	} {
		r := Defaults()
		err := Parse([]byte(c.text), "recipe.yaml", &r)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.60q: error %v, expected %q", c.text, err, c.want)
		}
	}
	for _, empty := range []string{"", "# nothing\n", "~\n"} {
		r := Defaults()
		if err := Parse([]byte(empty), "recipe.yaml", &r); err != nil || !reflect.DeepEqual(r, Defaults()) {
			t.Errorf("%q: error %v, recipe %+v", empty, err, r)
		}
	}
}

func TestCheck(t *testing.T) {
	const least = "model_name_or_path: m\ntrain_file: t.csv\noutput_dir: o\n"
	r := parsed(t, least+"peft_type: qlora\ntask_type: causal_lm\neval_strategy: no\n")
	if err := r.Check(); err != nil || r.Method != LoRA || !r.LoadIn4Bit || r.Task != "CAUSAL_LM" {
		t.Errorf("error %v, method %s, 4 bits %t, task %s", err, r.Method, r.LoadIn4Bit, r.Task)
	}
	for _, c := range []struct{ text, want string }{
		{"train_file: t.csv\noutput_dir: o\n", "model_name_or_path is not set"},
		{"model: m\noutput_dir: o\n", "train_file is not set"},
		{"model: m\ntrain_file: t\n", "output_dir is not set"},
		{least + "task_type: TOKEN_CLS\n", `task_type is "TOKEN_CLS", expected one of ["SEQ_CLS" "CAUSAL_LM"]`},
		{least + "peft_type: ADALORA\n", `peft_type is "ADALORA"`},
		{least + "bnb_4bit_quant_type: fp4\n", `bnb_4bit_quant_type is "fp4"`},
		{least + "bias: some\n", `bias is "some"`},
		{least + "max_length: 0\n", "max_length is 0"},
		{least + "threads: -1\n", "threads is -1"},
		{least + "method: full\nload_in_4bit: true\n", "a quantised base stays frozen"},
		{least + "from_scratch: true\n", "only a whole model (FULL) starts from random weights"},
		{least + "method: full\nadapter: a\n", "adapter_name_or_path is set and peft_type FULL"},
		{least + "resume: true\noverwrite_output_dir: true\n", "exclude each other"},
		{least + "learning_rate: -1\n", "learning_rate is -1"},
	} {
		r := parsed(t, c.text)
		if err := r.Check(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v, expected %q", c.text, err, c.want)
		}
	}
}

// TestTable: every field of the training arguments has a key, no name occurs twice, and every key has both helps.
func TestTable(t *testing.T) {
	names := map[string]bool{}
	for _, g := range Groups {
		if g.En == "" || g.Zh == "" {
			t.Errorf("group %+v has no title", g)
		}
		for _, k := range g.Keys {
			for _, n := range []string{k.Name, k.Also} {
				if n != "" && names[n] {
					t.Errorf("%s occurs twice", n)
				}
				names[n] = true
			}
			r := Defaults()
			if k.En == "" || k.Zh == "" || k.Value(&r).Type() == "" {
				t.Errorf("%s is not described", k.Name)
			}
			if s := k.Value(&r).String(); s != "" {
				if err := k.Value(&r).Set(s); err != nil || !reflect.DeepEqual(r, Defaults()) {
					t.Errorf("%s: its default %q is not read back: %v", k.Name, s, err)
				}
			}
		}
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[train.Arguments]()) {
		if !names[f.Tag.Get("yaml")] {
			t.Errorf("train.Arguments.%s has no key %q", f.Name, f.Tag.Get("yaml"))
		}
	}
	// Each key has a field of its own.
	for _, a := range keys() {
		for _, b := range keys() {
			var r Recipe
			if a.Name < b.Name && a.field(&r) == b.field(&r) {
				t.Errorf("%s and %s set the same field", a.Name, b.Name)
			}
		}
	}
}

func keys() (all []Key) {
	for _, g := range Groups {
		all = append(all, g.Keys...)
	}
	return all
}

func TestSetFromFlag(t *testing.T) {
	r := Defaults()
	for _, c := range []struct{ key, value string }{
		{"target_modules", "q_proj, k_proj"}, {"labels", "neg,pos"}, {"layers_to_transform", "0,2"}, {"rank_pattern", "q_proj=2,v_proj=4"}, {"modules_to_save", ""},
	} {
		k, ok := find(c.key)
		if !ok {
			t.Fatalf("no key %s", c.key)
		}
		if err := k.Value(&r).Set(c.value); err != nil {
			t.Errorf("%s: %v", c.key, err)
		}
	}
	if !slices.Equal(r.TargetModules.List, []string{"q_proj", "k_proj"}) || !slices.Equal(r.Labels, []string{"neg", "pos"}) ||
		!slices.Equal(r.Layers, []int{0, 2}) || r.RankPattern["v_proj"] != 4 || r.ModulesToSave != nil {
		t.Errorf("got %+v", r)
	}
	k, _ := find("target_modules")
	if err := k.Value(&r).Set("all-linear"); err != nil || r.TargetModules.Pattern != adapter.AllLinear {
		t.Errorf("all-linear: %v, %v", r.TargetModules, err)
	}
}

// TestPaths: input files are found beside the recipe; what is not there stays relative to the working directory.
func TestPaths(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "recipe.yaml")
	for name, text := range map[string]string{"recipe.yaml": "train_file: train.csv\ntest_file: elsewhere.csv\noutput_dir: train.csv\n", "train.csv": "", "valid.csv": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	r := Defaults()
	r.Valid = "valid.csv" // from before, so not the recipe's
	if err := Load(path, &r); err != nil {
		t.Fatal(err)
	}
	if r.TrainFile != filepath.Join(dir, "train.csv") || r.Test != "elsewhere.csv" || r.OutputDir != "train.csv" || r.Valid != "valid.csv" {
		t.Errorf("got %q %q %q %q", r.TrainFile, r.Test, r.OutputDir, r.Valid)
	}
	if err := Load(filepath.Join(dir, "none.yaml"), &r); !os.IsNotExist(err) {
		t.Errorf("a missing recipe: %v", err)
	}
}

// FuzzParse: whatever the text, Parse ends without a panic, and what it takes can be written and read again.
func FuzzParse(f *testing.F) {
	f.Add(full)
	f.Add("a: &a [*a]\n")
	f.Add("r: &x 1\nseed: *x\n<<: *x\n")
	f.Add("labels: [a]\n---\n")
	f.Fuzz(func(t *testing.T, text string) {
		r := Defaults()
		if Parse([]byte(text), "f", &r) != nil {
			return
		}
		data, err := Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		again := Defaults()
		if err := Parse(data, "f", &again); err != nil {
			t.Fatalf("%q was taken, but not %q: %v", text, data, err)
		}
		for _, k := range keys() {
			if a, b := k.Value(&r).String(), k.Value(&again).String(); a != b {
				t.Fatalf("%s: %q became %q", k.Name, a, b)
			}
		}
	})
}
