package engine_test

import (
	"bytes"
	"context"
	"io/fs"
	"math"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"graft/shared/adapter"
	"graft/shared/api"
	"graft/shared/dataset"
	"graft/shared/device"
	"graft/shared/engine"
	"graft/shared/tensor"
	"graft/shared/train"
	"graft/shared/train/traintest"
	"graft/shared/weights"
)

const base = "../../examples/finance/base"

func open(t *testing.T, fsys fs.FS, o engine.Options) *engine.Base {
	t.Helper()
	o.Name = "base"
	b, err := engine.Open(fsys, device.Reference(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

const rows = "text,label\n公司净利润大幅增长,1\n公司业绩大幅下滑,0\n订单创下历史新高,1\n公司被监管部门处罚,0\n"

// trained fits an adapter on four rows and returns its directory and the job's own answers.
func trained(t *testing.T, b *engine.Base, task adapter.TaskType) fs.FS {
	t.Helper()
	columns := dataset.Columns{}
	if task == adapter.CausalLM {
		columns.Form = dataset.Plain
	}
	table, err := dataset.ReadCSV(strings.NewReader(rows), "rows.csv", columns)
	if err != nil {
		t.Fatal(err)
	}
	labels, err := dataset.NewLabels([]string{"负面", "正面"})
	if err != nil {
		t.Fatal(err)
	}
	a := train.Defaults()
	a.LearningRate, a.NumTrainEpochs, a.PerDeviceTrainBatchSize = 5e-3, 3, 2
	store := traintest.NewStore()
	job, err := (&engine.Training{Base: b, Method: adapter.LoRA{R: 4, LoraAlpha: 8}, Task: task, Labels: labels, Train: table, Eval: table,
		MaxLength: 32, Arguments: a, Store: store, Version: "test"}).Prepare()
	if err != nil {
		t.Fatal(err)
	}
	defer job.Close()
	var losses []float64
	for e, err := range job.Run(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == "evaluate" {
			losses = append(losses, e.Metrics["eval_loss"])
		}
	}
	if len(losses) != 3 || !(losses[2] < losses[0]) {
		t.Errorf("validation losses %v, expected three that fall", losses)
	}
	files, err := job.Files(nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := fstest.MapFS{}
	for _, f := range files {
		var w bytes.Buffer
		if err := f.Write(&w); err != nil {
			t.Fatal(err)
		}
		dir[f.Name] = &fstest.MapFile{Data: w.Bytes()}
	}
	return dir
}

var texts = []string{"公司净利润大幅增长", "公司业绩大幅下滑", "本季度公司营收同比增长20%,净利润超市场预期"}

func classify(t *testing.T, b *engine.Base, a *engine.Adapter) [][]float64 {
	t.Helper()
	c, err := b.Classifier(a)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	p, err := c.Classify(context.Background(), texts)
	if err != nil {
		t.Fatal(err)
	}
	one, err := c.Predict(context.Background(), texts[2:])
	if err != nil {
		t.Fatal(err)
	}
	if l := one[0].Label; l != "正面" && l != "负面" {
		t.Errorf("label %q", l)
	}
	if d := one[0].Probabilities["正面"] - p[2][1]; math.Abs(d) > 1e-5 {
		t.Errorf("alone a text has probability %g other than among others", d)
	}
	return p
}

// TestAdapterAnswersAlike trains an adapter, saves it, loads it, and merges it: all answer alike.
func TestAdapterAnswersAlike(t *testing.T) {
	b := open(t, os.DirFS(base), engine.Options{})
	dir := trained(t, b, adapter.SeqCls)
	a, err := b.OpenAdapter(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	want := classify(t, b, a)
	merged, err := b.Merge(a, tensor.F32)
	if err != nil {
		t.Fatal(err)
	}
	items, err := merged.Items()
	if err != nil {
		t.Fatal(err)
	}
	var w bytes.Buffer
	if err := weights.WriteSafetensors(&w, items, nil); err != nil {
		t.Fatal(err)
	}
	tok, err := os.ReadFile(base + "/tokenizer.json")
	if err != nil {
		t.Fatal(err)
	}
	whole := open(t, fstest.MapFS{"config.json": {Data: merged.Config}, "tokenizer.json": {Data: tok}, "model.safetensors": {Data: w.Bytes()}}, engine.Options{})
	// Merging rounds each weight once more; 1e-4 is far under what changes an answer.
	for i, p := range classify(t, whole, nil) {
		if math.Abs(p[1]-want[i][1]) > 1e-4 {
			t.Errorf("merged answers %g to %q, expected %g", p[1], texts[i], want[i][1])
		}
	}
}

func TestQLoRA(t *testing.T) {
	b := open(t, os.DirFS(base), engine.Options{LoadIn4Bit: true, DoubleQuant: true})
	dir := trained(t, b, adapter.SeqCls)
	a, err := b.OpenAdapter(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	if !a.Sidecar.LoadIn4Bit {
		t.Error("graft.json does not say that the base was quantised")
	}
	classify(t, b, a)
	full := open(t, os.DirFS(base), engine.Options{})
	if _, err := full.OpenAdapter(dir, false); err != nil { // the same base at another precision
		t.Error(err)
	}
}

func TestGenerate(t *testing.T) {
	b := open(t, os.DirFS(base), engine.Options{})
	a, err := b.OpenAdapter(trained(t, b, adapter.CausalLM), false)
	if err != nil {
		t.Fatal(err)
	}
	g := b.Generator(a, tensor.F16)
	defer g.Close()
	first, err := g.Generate(context.Background(), api.GenerateRequest{Prompt: "公司净利润", MaxNewTokens: 6})
	if err != nil {
		t.Fatal(err)
	}
	if first.CompletionTokens == 0 || first.PromptTokens == 0 {
		t.Errorf("generated %+v", first)
	}
	longer, err := g.Generate(context.Background(), api.GenerateRequest{Prompt: "公司净利润大幅", MaxNewTokens: 3})
	if err != nil {
		t.Fatal(err)
	}
	again, err := g.Generate(context.Background(), api.GenerateRequest{Prompt: "公司净利润", MaxNewTokens: 6})
	if err != nil || again.Text != first.Text {
		t.Errorf("after %q the first prompt gives %q, expected %q: %v", longer.Text, again.Text, first.Text, err)
	}
	if _, err := b.Classifier(a); err == nil || !strings.Contains(err.Error(), "task_type is CAUSAL_LM, expected SEQ_CLS") {
		t.Errorf("error %v", err)
	}
}

func TestRefusals(t *testing.T) {
	b := open(t, os.DirFS(base), engine.Options{})
	good := trained(t, b, adapter.SeqCls).(fstest.MapFS)
	change := func(file, old, with string) fstest.MapFS {
		m := fstest.MapFS{}
		for n, f := range good {
			m[n] = f
		}
		data := bytes.Replace(good[file].Data, []byte(old), []byte(with), 1)
		if bytes.Equal(data, good[file].Data) {
			t.Fatalf("%s has no %q", file, old)
		}
		m[file] = &fstest.MapFile{Data: data}
		return m
	}
	without := fstest.MapFS{}
	for n, f := range good {
		if n != adapter.WeightsName {
			without[n] = f
		}
	}
	var headless bytes.Buffer
	src, err := weights.OpenSafetensors(weights.InMemory(good[adapter.WeightsName].Data))
	if err != nil {
		t.Fatal(err)
	}
	var items []weights.Item
	for _, n := range src.Names() {
		if !strings.HasSuffix(n, "score.weight") {
			item, err := weights.ItemFrom(src, n)
			if err != nil {
				t.Fatal(err)
			}
			items = append(items, item)
		}
	}
	if err := weights.WriteSafetensors(&headless, items, nil); err != nil {
		t.Fatal(err)
	}
	noHead := change(adapter.ConfigName, `"r": 4`, `"r": 4 `)
	noHead[adapter.WeightsName] = &fstest.MapFile{Data: headless.Bytes()}
	for want, dir := range map[string]fs.FS{
		"adapter_model.safetensors":                           without,
		"trained on base (fingerprint 000000":                 change(adapter.SidecarName, `"fingerprint": "`, `"fingerprint": "000000`),
		"lora_A.weight: shape [4 192], expected [5":           change(adapter.ConfigName, `"r": 4`, `"r": 5`),
		"r is 0, expected a whole number":                     change(adapter.ConfigName, `"r": 4`, `"r": 0`),
		"a SEQ_CLS adapter without its head":                  noHead,
		"q_proj.lora_A.weight: the model has no place for it": change(adapter.ConfigName, `"q_proj"`, `"c_attn"`),
	} {
		a, err := b.OpenAdapter(dir, false)
		if err == nil {
			_, err = b.Classifier(a)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, expected %q", err, want)
		}
	}
	if _, err := b.Classifier(nil); err == nil || !strings.Contains(err.Error(), "has no classification head") {
		t.Errorf("error %v", err)
	}
	if _, err := engine.Open(fstest.MapFS{}, device.Reference(), engine.Options{}); err == nil {
		t.Error("an empty directory was opened")
	}
}
