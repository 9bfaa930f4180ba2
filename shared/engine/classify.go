package engine

import (
	"context"
	"fmt"
	"maps"
	"math"

	"graft/shared/adapter"
	"graft/shared/dataset"
	"graft/shared/device"
	"graft/shared/graph"
	"graft/shared/model"
	"graft/shared/nn"
	"graft/shared/tensor"
	"graft/shared/weights"
)

// Classifier gives texts a class.
type Classifier struct {
	base      *Base
	adapter   *Adapter // nil: the base has a head of its own
	memory    *device.Memory
	labels    []string
	maxLength int
	pad       int32 // -1: none
	scale     float64
	virtual   adapter.Virtual // of the adapter
	passes    map[[2]int]*device.Run
}

// maxRows is the most token rows of one pass; longer batches are split.
const maxRows = 1024

// Classifier readies the base, and the adapter unless nil, to classify.
func (b *Base) Classifier(a *Adapter) (*Classifier, error) {
	cfg := b.Model.Config()
	c := &Classifier{base: b, adapter: a, memory: b.Memory.Child(), labels: cfg.Labels(), maxLength: cfg.MaxPositionEmbeddings,
		pad: -1, scale: 1, passes: map[[2]int]*device.Run{}}
	if cfg.PadTokenID != nil {
		c.pad = *cfg.PadTokenID
	}
	head := model.HeadOf(b.Model).Output
	classes := 0
	if s, ok := b.Source.Spec(head + ".weight"); ok && len(s.Shape) == 2 {
		classes = s.Shape[0]
	}
	if a != nil {
		if a.Adapter.Task() != adapter.SeqCls {
			return nil, fmt.Errorf("adapter: task_type is %s, expected SEQ_CLS to classify", a.Adapter.Task())
		}
		if n := a.Labels(); n > 0 {
			classes = n
		}
		c.virtual = adapter.VirtualOf(a.Adapter)
		c.maxLength -= c.virtual.Rows + c.virtual.Keys
		c.adopt(a.Sidecar)
	}
	if classes == 0 {
		if a == nil {
			return nil, fmt.Errorf("%s has no classification head (%s.weight): name an adapter trained with task_type SEQ_CLS", b.Name, head)
		}
		classes = 2 // Check below reports the missing head beside every other mismatch
	}
	if len(c.labels) != classes {
		c.labels = make([]string, classes)
		for i := range c.labels {
			c.labels[i] = fmt.Sprintf("LABEL_%d", i)
		}
	}
	if a != nil {
		g, _ := c.record(1, 1)
		if err := b.attach(a, g, c.memory); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// adopt takes what graft.json says over what config.json says.
func (c *Classifier) adopt(s *adapter.Sidecar) {
	if s == nil {
		return
	}
	if len(s.Labels) > 0 {
		c.labels = s.Labels
	}
	if s.PadTokenID != nil {
		c.pad = *s.PadTokenID
	}
	if s.MaxLength > 0 {
		c.maxLength = min(c.maxLength, s.MaxLength)
	}
	if s.Temperature > 0 {
		c.scale = 1 / s.Temperature
	}
}

// attach checks an adapter against what g asks of it and writes its tensors to memory.
func (b *Base) attach(a *Adapter, g *graph.Graph, m *device.Memory) error {
	if err := g.Err(); err != nil {
		return err
	}
	if err := a.Check(g); err != nil {
		return err
	}
	for _, name := range a.Tensors.Names() {
		s, _ := a.Tensors.Spec(name)
		buf, err := m.Need(name, tensor.F32.Size(s.Shape.Len()))
		if err == nil {
			err = weights.Fill(buf, a.Tensors, name, tensor.F32)
		}
		if err != nil {
			return fmt.Errorf("adapter: %s: %w", name, err)
		}
	}
	d, ok := a.Adapter.(adapter.Deriver)
	if !ok {
		return nil
	}
	if err := adapter.Derive(d, g, b.float32s, a.Tensors, m.Write); err != nil {
		return fmt.Errorf("adapter: %w", err)
	}
	return nil
}

// hooks are the adapter's as used, not trained.
func (a *Adapter) hooks() nn.Hooks {
	if a == nil {
		return nn.Hooks{}
	}
	return a.Adapter.Hooks(graph.Weight)
}

func (c *Classifier) record(rows, items int) (*graph.Graph, error) {
	g := graph.New()
	p := nn.Root(g, &nn.Scope{Hooks: c.adapter.hooks(), DType: c.base.storage(), Activations: c.base.options.Activations})
	hidden := c.base.Model.Hidden(p, nn.NewInputs(g, rows))
	g.Output("logits", model.Score(c.base.Model, p, hidden, items, len(c.labels)))
	return g, g.Err()
}

// Labels are the names of the classes in order of their ids.
func (c *Classifier) Labels() []string { return c.labels }

// Encode gives the tokens of a text as the classifier reads it, cut on the right to the longest it reads.
func (c *Classifier) Encode(text string) (dataset.Sequence, error) {
	s := c.base.sequence(text)
	if len(s.Tokens) == 0 {
		return s, fmt.Errorf("the text is empty")
	}
	s.Truncate(c.maxLength)
	if c.pad >= 0 {
		s.PoolBefore(c.pad)
	}
	s.Prompt(c.virtual.Rows)
	return s, nil
}

// Classify returns the probabilities of the classes for each text.
func (c *Classifier) Classify(ctx context.Context, texts []string) ([][]float64, error) {
	logits, err := c.Logits(ctx, texts)
	if err != nil {
		return nil, err
	}
	return c.probabilities(logits), nil
}

func (c *Classifier) probabilities(logits [][]float32) [][]float64 {
	out := make([][]float64, len(logits))
	for i, l := range logits {
		out[i] = softmax(l, c.scale)
	}
	return out
}

// Logits returns the scores of the classes for each text, before temperature and softmax.
func (c *Classifier) Logits(ctx context.Context, texts []string) ([][]float32, error) {
	var out [][]float32
	var seqs []dataset.Sequence
	rows := 0
	flush := func() error {
		if len(seqs) == 0 {
			return nil
		}
		l, err := c.run(ctx, seqs)
		out, seqs, rows = append(out, l...), seqs[:0], 0
		return err
	}
	for i, text := range texts {
		s, err := c.Encode(text)
		if err != nil {
			return nil, fmt.Errorf("text %d: %w", i+1, err)
		}
		if rows+len(s.Tokens) > maxRows {
			if err := flush(); err != nil {
				return nil, err
			}
		}
		seqs, rows = append(seqs, s), rows+len(s.Tokens)
	}
	return out, flush()
}

func (c *Classifier) run(ctx context.Context, seqs []dataset.Sequence) ([][]float32, error) {
	b := dataset.Pack(seqs, dataset.Bucket)
	b.Shift(c.virtual.Keys)
	items := len(seqs)
	if items > 1 {
		items = dataset.Bucket(items)
	}
	key := [2]int{len(b.Tokens), items}
	pass := c.passes[key]
	if pass == nil {
		g, err := c.record(key[0], key[1])
		if err != nil {
			return nil, err
		}
		if pass, err = c.memory.Load(g); err != nil {
			return nil, err
		}
		c.passes[key] = pass
	}
	b.PadSequences(items)
	in := b.Inputs()
	in["pool"] = tensor.FromInts(b.Pool, items)
	if err := pass.Do(ctx, in); err != nil {
		return nil, err
	}
	logits, err := pass.Output("logits")
	if err != nil {
		return nil, err
	}
	out, n := make([][]float32, len(seqs)), len(c.labels)
	for i := range out {
		out[i] = logits.Floats()[i*n:][:n]
	}
	return out, nil
}

// softmax of logits times scale.
func softmax(logits []float32, scale float64) []float64 {
	most, sum := math.Inf(-1), 0.0
	for _, l := range logits {
		most = max(most, float64(l)*scale)
	}
	p := make([]float64, len(logits))
	for i, l := range logits {
		p[i] = math.Exp(float64(l)*scale - most)
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

// Close frees the classifier; the base stays.
func (c *Classifier) Close() error { return closed(c.memory, maps.Values(c.passes)) }
