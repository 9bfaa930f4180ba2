package engine

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"graft/shared/adapter"
	"graft/shared/dataset"
	"graft/shared/device"
	"graft/shared/eval"
	"graft/shared/graph"
	"graft/shared/model"
	"graft/shared/nn"
	"graft/shared/tensor"
	"graft/shared/train"
	"graft/shared/weights"
)

// Training is what an adapter, or a whole model, is trained from.
type Training struct {
	Base   *Base
	Method adapter.Method // nil trains the whole model
	// LoRAPlusLRRatio is how many times the learning rate of LoRA's first matrix the second has (Hayou et al. 2024); 0: once.
	LoRAPlusLRRatio float64
	Task            adapter.TaskType
	Labels          *dataset.Labels // of SEQ_CLS
	Train           *dataset.Table
	Eval            *dataset.Table // nil: none
	MaxLength       int            // tokens; 0: the model's limit
	// Encode gives the tokens of a row of CAUSAL_LM and which are learnt; nil for plain texts and prompts with
	// completions, each ended by the model's end token, and conversations in the model's chat template.
	Encode    func(r dataset.Row) (ids []int32, learn []bool, err error)
	Arguments train.Arguments
	Store     train.Store
	Start     *Adapter // trained further, nil for a new one
	Version   string   // of graft, for graft.json

	adapter adapter.Adapter // what is trained, nil for the whole model
}

// Job is a training made ready.
type Job struct {
	*train.Trainer
	Options   train.Options
	Truncated int // rows of the training data that were cut to MaxLength
	memory    *device.Memory
}

// Prepare encodes the data and gives parameters their first values.
func (t *Training) Prepare() (*Job, error) {
	b := t.Base
	cfg := b.Model.Config()
	o := train.Options{Memory: b.Memory.Child(), Model: b.Model, Task: t.Task, DType: b.storage(), Base: b.float32s, Arguments: t.Arguments, Store: t.Store, Files: t.files}
	if t.Method != nil || t.Start != nil {
		if err := t.adapt(&o); err != nil {
			return nil, err
		}
	}
	if t.Task == adapter.SeqCls {
		o.Labels, o.Metrics = t.Labels.Names(), t.metrics
	}
	virtual := adapter.VirtualOf(t.adapter)
	if most := cfg.MaxPositionEmbeddings - virtual.Rows - virtual.Keys; t.MaxLength <= 0 || t.MaxLength > most {
		t.MaxLength = most
	}
	rows, err := t.encode(t.Train)
	if err != nil {
		return nil, err
	}
	o.Train = rows.Sequences
	if t.Eval != nil {
		e, err := t.encode(t.Eval)
		if err != nil {
			return nil, err
		}
		o.Eval = e.Sequences
	}
	tr, err := train.New(o)
	if err != nil {
		return nil, err
	}
	return &Job{Trainer: tr, Options: o, Truncated: rows.Truncated, memory: o.Memory}, nil
}

// Close frees the job; the base stays.
func (j *Job) Close() error {
	err := j.Trainer.Close()
	if e := j.memory.Close(); err == nil {
		err = e
	}
	return err
}

// absentHead lists the modules of the classification head that the base has no weights for, such as the pooler of a BERT
// that was trained without one. They are trained whole and kept with the adapter; so is the last layer, always.
func (b *Base) absentHead() []string {
	g := graph.New()
	p, head := nn.Root(g, &nn.Scope{}), model.HeadOf(b.Model)
	head.Record(p, b.Model.Hidden(p, nn.NewInputs(g, 1)), 1, 2)
	last, _, _ := strings.Cut(head.Output, ".")
	var absent []string
	g.Leaves(func(v graph.Value, k graph.Kind, name string) bool {
		module := name[:max(strings.LastIndexByte(name, '.'), 0)]
		_, have := b.Source.Spec(name)
		if k == graph.Weight && g.Data(v) == nil && !slices.Contains(b.parts.Weights, name) && !have && !strings.HasPrefix(name, last+".") && !slices.Contains(absent, module) {
			absent = append(absent, module)
		}
		return true
	})
	return absent
}

// float32s reads a base weight to start a trained copy from.
func (b *Base) float32s(name string, shape tensor.Shape) ([]float32, bool, error) {
	s, ok := b.Source.Spec(name)
	head := model.HeadOf(b.Model).Output + "."
	if !ok || strings.HasPrefix(name, head) && !s.Shape.Equal(shape) { // a head for another number of classes starts anew
		return nil, false, nil
	}
	if !s.Shape.Equal(shape) {
		return nil, false, fmt.Errorf("shape %v, expected %v", s.Shape, shape)
	}
	v, err := weights.Floats(b.Source, name)
	if err != nil {
		return nil, false, err
	}
	return v.Floats(), true, nil
}

// encode makes sequences of a table, with the adapter's virtual tokens before each.
func (t *Training) encode(table *dataset.Table) (*dataset.Encoded, error) {
	e, err := t.encodeTokens(table)
	if err != nil {
		return nil, err
	}
	for i := range e.Sequences {
		e.Sequences[i].Prompt(adapter.VirtualOf(t.adapter).Rows)
	}
	return e, nil
}

func (t *Training) encodeTokens(table *dataset.Table) (*dataset.Encoded, error) {
	if t.Task == adapter.SeqCls {
		ids, err := t.Labels.IDs(table)
		if err != nil {
			return nil, err
		}
		return dataset.Encode(table, t.MaxLength, func(i int, r dataset.Row) (dataset.Sequence, error) {
			s := t.Base.sequence(r.Text)
			s.Label = ids[i]
			if pad := t.pad(); pad != nil {
				s.PoolBefore(*pad)
			}
			return s, nil
		})
	}
	encode := t.Encode
	if encode == nil {
		encode = t.plain
	}
	return dataset.Encode(table, t.MaxLength, func(_ int, r dataset.Row) (dataset.Sequence, error) {
		ids, learn, err := encode(r)
		return dataset.Text(ids, learn), err
	})
}

// plain lays out a text, or a prompt and its completion, which alone is learnt, and ends it.
func (t *Training) plain(r dataset.Row) ([]int32, []bool, error) {
	tok, cfg := t.Base.Tokenizer, t.Base.Model.Config()
	prompt, text := r.Prompt, r.Text
	if r.Completion != "" {
		text = r.Completion
	}
	if len(r.Messages) > 0 && (t.Base.ChatTemplate != "" || r.Completion == "") {
		return t.Base.trainChat(r.Messages)
	}
	ids := tok.Encode(prompt, true).IDs
	fixed := len(ids)
	if prompt == "" {
		ids, fixed = tok.Encode(text, true).IDs, 0
	} else {
		ids = tok.Append(ids, text)
	}
	if len(cfg.EOSTokenID) > 0 && (len(ids) == 0 || ids[len(ids)-1] != cfg.EOSTokenID[0]) {
		ids = append(ids, cfg.EOSTokenID[0])
	}
	learn := make([]bool, len(ids))
	for i := range learn {
		learn[i] = i >= fixed
	}
	return ids, learn, nil
}

// pad is the padding token of the run: the model's, or its end token, which scripts set it to where there is none.
func (t *Training) pad() *int32 {
	cfg := t.Base.Model.Config()
	if cfg.PadTokenID == nil && len(cfg.EOSTokenID) > 0 {
		return &cfg.EOSTokenID[0]
	}
	return cfg.PadTokenID
}

// metrics are those of package eval, by their names.
func (t *Training) metrics(labels []int32, logits [][]float32) map[string]float64 {
	a, err := eval.NewAnswers(t.Labels.Names(), "")
	if err != nil {
		return nil
	}
	for i, row := range logits {
		p := softmax(row, 1)
		if a.Add(labels[i], argmax(p), p) != nil {
			return nil // probabilities that are no numbers: eval_loss tells
		}
	}
	return a.Values()
}

func argmax(p []float64) int32 {
	best := 0
	for i, v := range p {
		if v > p[best] {
			best = i
		}
	}
	return int32(best)
}

// files are what lies beside the trained weights: an adapter's configuration and graft.json, or a model's config.json.
func (t *Training) files(metrics map[string]float64) (map[string][]byte, error) {
	if t.adapter == nil {
		config, err := t.modelConfig()
		return map[string][]byte{"config.json": config}, err
	}
	config, err := t.adapter.MarshalConfig()
	if err != nil {
		return nil, err
	}
	fingerprint, err := t.Base.Fingerprint()
	if err != nil {
		return nil, err
	}
	s := adapter.Sidecar{GraftVersion: t.Version, MaxLength: t.MaxLength, LoadIn4Bit: t.Base.options.LoadIn4Bit, Seed: t.Arguments.Seed,
		PadTokenID: t.pad(), Base: adapter.Base{Name: t.Base.Name, ModelType: t.Base.Model.Config().ModelType, Fingerprint: fingerprint}}
	if metrics != nil {
		s.Metrics = maps.Clone(metrics)
	}
	if t.Task == adapter.SeqCls {
		s.Labels, s.Pooling = t.Labels.Names(), model.HeadOf(t.Base.Model).Pooling
	}
	if h, err := t.Base.tokenizerHash(); err == nil {
		s.TokenizerHash = h
	}
	sidecar, err := s.Marshal()
	return map[string][]byte{adapter.ConfigName: config, adapter.SidecarName: sidecar}, err
}

// tokenizerHash is the SHA-256 of the tokenizer's tokens in order, which every file of it has.
func (b *Base) tokenizerHash() (string, error) {
	h := sha256.New()
	for id := range b.Tokenizer.Len() {
		fmt.Fprintf(h, "%q\n", b.Tokenizer.Bytes(int32(id)))
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// modelConfig is the base's config.json for the model trained whole: float32 and, with classes, their names.
func (t *Training) modelConfig() ([]byte, error) {
	var c map[string]any
	if err := unmarshalExact(t.Base.Config, &c); err != nil {
		return nil, err
	}
	delete(c, "quantization_config")
	delete(c, "dtype")
	c["torch_dtype"] = "float32"
	if t.Task == adapter.SeqCls {
		id2label, label2id := map[string]string{}, map[string]int{}
		for i, n := range t.Labels.Names() {
			id2label[strconv.Itoa(i)], label2id[n] = n, i
		}
		c["id2label"], c["label2id"], c["pad_token_id"] = id2label, label2id, t.pad()
		c["architectures"] = []string{t.Base.classifierClass()}
	}
	return json.MarshalIndent(c, "", "  ")
}

// classifierClass is the name of transformers' class for the model with a classification head. It begins as the name of
// the class the checkpoint was written by does: "Llama" of "LlamaForCausalLM", "Bert" of "BertModel".
func (b *Base) classifierClass() string {
	c := b.Model.Config()
	name := c.ModelType
	if len(c.Architectures) > 0 {
		name = c.Architectures[0]
		for _, end := range []string{"For", "Model"} {
			name, _, _ = strings.Cut(name, end)
		}
	}
	return name + "ForSequenceClassification"
}

// unmarshalExact reads JSON with its numbers as they are written: transformers refuses 30 where it wants 30.0.
func unmarshalExact(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return d.Decode(into)
}
