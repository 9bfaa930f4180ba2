package train_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"graft/shared/adapter"
	"graft/shared/dataset"
	"graft/shared/device"
	"graft/shared/model"
	"graft/shared/model/modeltest"
	"graft/shared/quant"
	"graft/shared/tensor"
	"graft/shared/train"
	"graft/shared/train/traintest"
	"graft/shared/weights"
)

// formatTolerance is of float32 sums in another order, over three steps.
const formatTolerance = 2e-5

// blockScales are the places of float16 scales in a block of the formats that are read and not written.
var blockScales = map[tensor.DType][]int{tensor.IQ4_NL: {0}, tensor.Q2_K: {80, 82}, tensor.Q3_K: {108}}

// TestBaseFormats: LoRA over a base in every format learns, and losses and norms of gradients are those over the same values
// in float32. (bitsandbytes' FP4 is decoded when it is read: see TestBNB of package weights.)
func TestBaseFormats(t *testing.T) {
	var fields map[string]any
	modeltest.ReadJSON(t, filepath.Join(modeltest.Dir(), "base", "config.json"), &fields)
	maps.Copy(fields, map[string]any{"hidden_size": 256, "intermediate_size": 256, "head_dim": 64, "num_hidden_layers": 1})
	config, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.New(config)
	if err != nil {
		t.Fatal(err)
	}
	plain := random(t, m)
	for _, d := range []tensor.DType{tensor.F16, tensor.BF16, tensor.Q8_0, tensor.Q4_0, tensor.Q4_1, tensor.Q5_0, tensor.Q5_1, tensor.Q2_K, tensor.Q3_K, tensor.Q4_K,
		tensor.Q5_K, tensor.Q6_K, tensor.IQ4_NL, tensor.NF4} {
		t.Run(d.String(), func(t *testing.T) {
			src := stored(t, plain, d)
			held := src
			switch d {
			case tensor.Q5_1, tensor.Q2_K, tensor.Q3_K: // are held as Q8_0, which is not exact (quant.Widened)
				held = weights.Quantized(src, func(_ string, s tensor.Spec) tensor.DType { return quant.Widened(s.DType) })
			}
			same := weights.Quantized(held, func(string, tensor.Spec) tensor.DType { return tensor.F32 })
			losses, norms := steps(t, src, config)
			wantLosses, wantNorms := steps(t, same, config)
			modeltest.Near(t, "losses", losses, wantLosses, formatTolerance)
			modeltest.Near(t, "norms of gradients", norms, wantNorms, formatTolerance)
			if !(losses[len(losses)-1] < losses[0]) {
				t.Errorf("losses are %v: nothing is learnt", losses)
			}
		})
	}
}

// stored is src with its matrices stored as d: quantised, or of random codes where d is not written.
func stored(t *testing.T, src weights.Source, d tensor.DType) weights.Source {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	var items []weights.Item
	changed := 0
	converted := weights.Quantized(src, func(_ string, s tensor.Spec) tensor.DType {
		if len(s.Shape) == 2 {
			return d
		}
		return s.DType
	})
	for _, name := range src.Names() {
		w, err := weights.ReadTensor(converted, name)
		if err != nil {
			t.Fatal(err)
		}
		if at, only := blockScales[d]; only && len(w.Shape) == 2 {
			w = tensor.Make(tensor.Of(d, w.Shape...))
			for i := range w.Data {
				w.Data[i] = byte(r.Uint32())
			}
			for i := 0; i < len(w.Data); i += d.BlockBytes() {
				for _, k := range at {
					binary.LittleEndian.PutUint16(w.Data[i+k:], 0x1400) // 2⁻¹⁰
				}
			}
		}
		if w.DType == d {
			changed++
		}
		items = append(items, weights.Item{Name: name, Spec: w.Spec, Write: weights.ItemOf(name, w).Write})
	}
	if changed < 7 {
		t.Fatalf("%d matrices are stored as %v", changed, d)
	}
	return weights.Collected(items)
}

// steps trains a LoRA of all linear layers.
func steps(t *testing.T, src weights.Source, config []byte) (losses, norms []float32) {
	t.Helper()
	f := modeltest.OpenSource(t, device.Reference(), src, config)
	parts, err := model.PartsOf(f.Model)
	if err != nil {
		t.Fatal(err)
	}
	a, err := adapter.NewLoRA(adapter.LoRA{TaskType: adapter.CausalLM, R: 2, LoraAlpha: 4, TargetModules: adapter.Names{Pattern: adapter.AllLinear}}, parts)
	if err != nil {
		t.Fatal(err)
	}
	args := train.Defaults()
	args.PerDeviceTrainBatchSize, args.MaxSteps, args.LearningRate = 2, 3, 1e-2
	args.EvalStrategy, args.SaveStrategy, args.LRSchedulerType = "no", "no", "constant"
	first, second := []int32{5, 9, 11, 7, 20, 13}, []int32{6, 30, 4}
	rows := []dataset.Sequence{dataset.Text(first, nil), dataset.Text(second, nil)}
	tr, err := train.New(train.Options{Memory: f.Memory, Model: f.Model, Task: adapter.CausalLM, Adapter: a, Labels: []string{"a", "b"}, InOrder: true, Arguments: args,
		DType: weights.Storage(f.Source), Base: traintest.Base(f.Source), Train: rows})
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	for e, err := range tr.Run(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		losses, norms = append(losses, float32(e.Loss)), append(norms, float32(e.GradNorm))
	}
	return losses, norms
}
