package engine_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"math"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"graft/shared/adapter"
	"graft/shared/dataset"
	"graft/shared/engine"
	"graft/shared/tensor"
	"graft/shared/train"
	"graft/shared/train/traintest"
	"graft/shared/weights"
)

// methods are the ways to train an adapter, and why merging one is refused, "" where it is not.
var methods = map[string]struct {
	adapter.Method
	plus   float64
	merges string
}{
	"lora":          {adapter.LoRA{R: 4}, 0, ""},
	"lora plus":     {adapter.LoRA{R: 4}, 16, ""},
	"rslora":        {adapter.LoRA{R: 4, UseRSLora: true}, 0, ""},
	"dora":          {adapter.LoRA{R: 4, UseDora: true}, 0, ""},
	"pissa":         {adapter.LoRA{R: 4, UseRSLora: true, Init: "pissa_niter_4"}, 0, ""},
	"olora":         {adapter.LoRA{R: 4, Init: "olora", RankPattern: map[string]int{"v_proj": 2}}, 0, ""},
	"embedding":     {adapter.LoRA{R: 4, TargetModules: adapter.Names{List: []string{"embed_tokens", "q_proj"}}}, 0, ""},
	"ia3":           {adapter.IA3{}, 0, ""},
	"bias":          {adapter.Bias{}, 0, "no place for"},
	"last layers":   {adapter.LastLayers{N: 1}, 0, ""},
	"prefix":        {adapter.PrefixTuning{NumVirtualTokens: 3}, 0, "can't be merged"},
	"prefix text":   {adapter.PrefixTuning{NumVirtualTokens: 5, InitText: "公司业绩"}, 0, "can't be merged"},
	"prefix zero":   {adapter.PrefixTuning{NumVirtualTokens: 3, InitWeights: "zero"}, 0, "can't be merged"},
	"projection":    {adapter.PrefixTuning{NumVirtualTokens: 3, PrefixProjection: true, EncoderHiddenSize: 16}, 0, "can't be merged"},
	"prompt":        {adapter.PromptTuning{NumVirtualTokens: 3}, 0, "can't be merged"},
	"prompt text":   {adapter.PromptTuning{NumVirtualTokens: 5, Init: adapter.Text, InitText: "公司业绩"}, 0, "can't be merged"},
	"prompt sample": {adapter.PromptTuning{NumVirtualTokens: 3, Init: adapter.SampleVocab}, 0, "can't be merged"},
	"p-tuning":      {adapter.PTuning{NumVirtualTokens: 3, EncoderHiddenSize: 16}, 0, "can't be merged"},
}

// alike is the largest difference of mean losses between two ways to compute them: the same float32 sums in another order.
const alike = 2e-5

// TestMethods trains an adapter of each method for a step, saves and loads it. As used (in packed classification, or token
// by token over a cache), trained further, and merged, it has the loss that the training measured.
func TestMethods(t *testing.T) {
	b := open(t, os.DirFS(base), engine.Options{})
	for name, m := range methods {
		for _, task := range []adapter.TaskType{adapter.SeqCls, adapter.CausalLM} {
			if name == "embedding" && task == adapter.CausalLM {
				m.merges = "are one weight" // the base ties its output layer to the table
			}
			t.Run(fmt.Sprint(name, " ", task), func(t *testing.T) {
				e := training(t, b, task)
				e.Method, e.LoRAPlusLRRatio = m.Method, m.plus
				dir, want := fit(t, e, 1)
				a, err := b.OpenAdapter(dir, false)
				if err != nil {
					t.Fatal(err)
				}
				near(t, "the adapter in use", loss(t, b, a, task), want)

				further := training(t, b, task)
				further.Start = a
				_, start := fit(t, further, 0)
				near(t, "the adapter trained further", start, want)

				merged, err := merge(t, b, a)
				if m.merges != "" {
					if err == nil || !strings.Contains(err.Error(), m.merges) {
						t.Errorf("merging: error %v, expected %q", err, m.merges)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				near(t, "the merged model", loss(t, merged, nil, task), want)
			})
		}
	}
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= alike*math.Max(1, want)) {
		t.Errorf("%s has loss %.7g, expected %.7g", what, got, want)
	}
}

// training is of two of the rows, without a method.
func training(t *testing.T, b *engine.Base, task adapter.TaskType) *engine.Training {
	t.Helper()
	columns := dataset.Columns{}
	if task == adapter.CausalLM {
		columns.Form = dataset.Plain
	}
	table, err := dataset.ReadCSV(strings.NewReader(rows), "rows.csv", columns)
	if err != nil {
		t.Fatal(err)
	}
	table.Rows = table.Rows[:2]
	labels, err := dataset.NewLabels([]string{"负面", "正面"})
	if err != nil {
		t.Fatal(err)
	}
	a := train.Defaults()
	a.LearningRate, a.LRSchedulerType, a.MaxSteps, a.PerDeviceTrainBatchSize, a.EvalStrategy, a.SaveStrategy = 2e-2, "constant", 1, 2, "no", "no"
	return &engine.Training{Base: b, Task: task, Labels: labels, Train: table, Eval: table, MaxLength: 32, Arguments: a, Version: "test",
		Encode: func(r dataset.Row) (ids []int32, learn []bool, err error) {
			ids = append(b.Tokenizer.Encode(r.Text, true).IDs, b.Model.Config().EOSTokenID[0])
			for i := range ids {
				learn = append(learn, i > 0) // the first token, too, would be learnt after a prompt's virtual ones
			}
			return ids, learn, nil
		}}
}

// fit takes steps and gives the adapter's directory and its loss on the rows.
func fit(t *testing.T, e *engine.Training, steps int) (fs.FS, float64) {
	t.Helper()
	job, err := e.Prepare()
	if err != nil {
		t.Fatal(err)
	}
	defer job.Close()
	if steps > 0 {
		for _, err := range job.Run(context.Background()) {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	metrics, err := job.Evaluate(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return directory(t, job), metrics["eval_loss"]
}

func directory(t *testing.T, job *engine.Job) fstest.MapFS {
	t.Helper()
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

// loss is the mean cross-entropy of the first two rows: of their labels, or of their tokens read one at a time.
func loss(t *testing.T, b *engine.Base, a *engine.Adapter, task adapter.TaskType) float64 {
	t.Helper()
	ctx := context.Background()
	if task == adapter.SeqCls {
		c, err := b.Classifier(a)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		p, err := c.Classify(ctx, []string{"公司净利润大幅增长", "公司业绩大幅下滑"})
		if err != nil {
			t.Fatal(err)
		}
		return -(math.Log(p[0][1]) + math.Log(p[1][0])) / 2
	}
	sum, n := 0.0, 0
	for _, text := range []string{"公司净利润大幅增长", "公司业绩大幅下滑"} {
		ids := append(b.Tokenizer.Encode(text, true).IDs, b.Model.Config().EOSTokenID[0])
		s, err := b.Session(a, len(ids), tensor.F32)
		if err != nil {
			t.Fatal(err)
		}
		for i := range ids[1:] {
			logits, err := s.Feed(ctx, ids[i:i+1])
			if err != nil {
				t.Fatal(err)
			}
			total, top := 0.0, float64(logits[ids[i+1]])
			for _, l := range logits {
				total += math.Exp(float64(l) - top)
			}
			sum, n = sum+math.Log(total), n+1
		}
		s.Close()
	}
	return sum / float64(n)
}

// merge opens what merging gives.
func merge(t *testing.T, b *engine.Base, a *engine.Adapter) (*engine.Base, error) {
	t.Helper()
	merged, err := b.Merge(a, tensor.F32)
	if err != nil {
		return nil, err
	}
	items, err := merged.Items()
	if err != nil {
		return nil, err
	}
	var w bytes.Buffer
	if err := weights.WriteSafetensors(&w, items, nil); err != nil {
		return nil, err
	}
	tok, err := os.ReadFile(base + "/tokenizer.json")
	if err != nil {
		t.Fatal(err)
	}
	return open(t, fstest.MapFS{"config.json": {Data: merged.Config}, "tokenizer.json": {Data: tok}, "model.safetensors": {Data: w.Bytes()}}, engine.Options{}), nil
}

// TestStoredMethodsResume stops runs of methods whose files are not what is trained, and goes on from the checkpoint: the
// bytes are those of a run that was not stopped.
func TestStoredMethodsResume(t *testing.T) {
	b := open(t, os.DirFS(base), engine.Options{})
	for _, name := range []string{"olora", "bias", "p-tuning"} {
		t.Run(name, func(t *testing.T) {
			run := func(store train.Store, resume bool, stop int) fstest.MapFS {
				e := training(t, b, adapter.SeqCls)
				e.Method, e.Store = methods[name].Method, store
				e.Arguments.MaxSteps, e.Arguments.SaveStrategy, e.Arguments.SaveSteps = 3, "steps", 1
				job, err := e.Prepare()
				if err != nil {
					t.Fatal(err)
				}
				defer job.Close()
				if resume {
					if name, err := job.Resume(); err != nil || name == "" {
						t.Fatalf("resumed %q: %v", name, err)
					}
				}
				for ev, err := range job.Run(context.Background()) {
					if err != nil {
						t.Fatal(err)
					}
					if ev.Kind == "checkpoint" && ev.Step == stop {
						break
					}
				}
				return directory(t, job)
			}
			whole := run(traintest.NewStore(), false, 0)
			store := traintest.NewStore()
			run(store, false, 2)
			for file, f := range run(store, true, 0) {
				if !bytes.Equal(f.Data, whole[file].Data) {
					t.Errorf("%s of the resumed run differs", file)
				}
			}
		})
	}
}
