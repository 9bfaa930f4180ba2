package train_test

import (
	"testing"

	"graft/shared/adapter"
	"graft/shared/dataset"
	"graft/shared/device"
	"graft/shared/model"
	"graft/shared/tensor"
	"graft/shared/train"
)

const llama2of7B = `{"model_type":"llama","vocab_size":32000,"hidden_size":4096,"intermediate_size":11008,"num_hidden_layers":32,
	"num_attention_heads":32,"max_position_embeddings":4096,"rms_norm_eps":1e-05}`

// TestPlanOfLlama2 plans the reference recipe on a 7B model, which no test machine holds: nothing is allocated.
func TestPlanOfLlama2(t *testing.T) {
	m, err := model.New([]byte(llama2of7B))
	if err != nil {
		t.Fatal(err)
	}
	parts, err := model.PartsOf(m)
	if err != nil {
		t.Fatal(err)
	}
	a, err := adapter.NewLoRA(adapter.LoRA{TaskType: adapter.SeqCls, R: 8, LoraAlpha: 32}, parts)
	if err != nil {
		t.Fatal(err)
	}
	args := train.Defaults()
	args.PerDeviceTrainBatchSize, args.GradientCheckpointing = 4, "full"
	o := train.Options{Memory: device.NewMemory(device.Null()), Model: m, Adapter: a, Task: adapter.SeqCls, Labels: []string{"负面", "正面"}, Arguments: args,
		DType: func(name string, shape tensor.Shape) tensor.DType {
			if len(shape) > 1 && name != "model.embed_tokens.weight" {
				return tensor.NF4
			}
			return tensor.F32
		}}
	for range 8 {
		o.Train = append(o.Train, dataset.Class(make([]int32, 128), 0))
	}
	p, err := o.Plan()
	if err != nil {
		t.Fatal(err)
	}
	// 32 layers · q and v · r · (in + out), and the head of two classes.
	if want := 32*2*8*(4096+4096) + 2*4096; p.Trainable != want || want != 4194304+8192 {
		t.Errorf("%d trainable parameters, expected %d", p.Trainable, want)
	}
	if got := p.TrainableLine(); got != "trainable params: 4,202,496 || all params: 6,611,546,112 || trainable%: 0.0636" {
		t.Errorf("line %q", got)
	}
	if p.Rows != 512 || p.Parameters != 4*p.Trainable || p.Gradients != 4*p.Trainable || p.Optimizer != 8*p.Trainable {
		t.Errorf("plan %+v", p)
	}
	const eightGB = 8e9
	if p.Total() > eightGB {
		t.Errorf("the step takes %d bytes, expected 8 GB at most", p.Total())
	}
}
