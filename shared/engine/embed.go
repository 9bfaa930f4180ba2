package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"graft/shared/adapter"
	"graft/shared/dataset"
	"graft/shared/device"
	"graft/shared/graph"
	"graft/shared/model"
	"graft/shared/nn"
)

// EmbedOptions change how texts become vectors. The zero value is as the model's files say (Sentence) and, where they
// are silent, the mean of an encoder's tokens or the last one of a decoder's, as it comes.
type EmbedOptions struct {
	Pooling    string // of Poolings
	Normalize  *bool  // vectors of length 1
	MaxLength  int    // tokens; longer texts are cut
	Prompt     string // put before each text
	PromptName string // one of Sentence.Prompts
}

// Embedder makes vectors of texts.
type Embedder struct {
	base      *Base
	adapter   *Adapter
	memory    *device.Memory
	how       Sentence
	prompt    string
	maxLength int
	passes    map[int]*device.Run
}

// Embedder readies the base, and the adapter unless nil, to make vectors of texts.
func (b *Base) Embedder(a *Adapter, o EmbedOptions) (*Embedder, error) {
	e := &Embedder{base: b, adapter: a, memory: b.Memory.Child(), how: b.sentence(), passes: map[int]*device.Run{}}
	if err := e.adopt(o); err != nil {
		return nil, err
	}
	if a != nil {
		if a.Adapter.Task() == adapter.SeqCls {
			return nil, fmt.Errorf("adapter: task_type is SEQ_CLS, whose answers are classes and not vectors")
		}
		if err := b.attach(a, e.record(1), e.memory); err != nil {
			return nil, err
		}
	}
	return e, e.check()
}

// sentence is how the base makes vectors: as its files say or as models of its kind do.
func (b *Base) sentence() Sentence {
	var s Sentence
	if b.Sentence != nil {
		s = *b.Sentence
	} else {
		s.PoolPrompt = true
	}
	if len(s.Pooling) == 0 {
		s.Pooling = []string{"mean"}
		if _, ok := b.Model.(model.Decoder); ok {
			s.Pooling = []string{"lasttoken"}
		}
	}
	return s
}

func (e *Embedder) adopt(o EmbedOptions) error {
	if o.Pooling != "" {
		if pooling(o.Pooling) < 0 {
			return fmt.Errorf("pooling %q is not known, expected one of %q", o.Pooling, Poolings())
		}
		e.how.Pooling = []string{o.Pooling}
	}
	if o.Normalize != nil {
		e.how.Normalize = *o.Normalize
	}
	name := o.PromptName
	if name == "" && o.Prompt == "" {
		name = e.how.DefaultPrompt
	}
	e.prompt = o.Prompt
	if name != "" {
		prompt, ok := e.how.Prompts[name]
		if !ok {
			var known []string
			for n := range e.how.Prompts {
				known = append(known, n)
			}
			slices.Sort(known)
			return fmt.Errorf("the model has no prompt %q; it has %q", name, known)
		}
		e.prompt = prompt
	}
	if e.prompt != "" && !e.how.PoolPrompt {
		return errors.New("the model's include_prompt is false: pooling without the prompt's tokens is not supported")
	}
	e.maxLength = e.base.Model.Config().MaxPositionEmbeddings
	for _, n := range []int{e.how.MaxLength, o.MaxLength} {
		if n > 0 {
			e.maxLength = min(e.maxLength, n)
		}
	}
	return nil
}

// check holds the Dense layers to each other and to the model's width.
func (e *Embedder) check() error {
	width := len(e.how.Pooling) * e.base.Model.Config().HiddenSize
	for i, d := range e.how.Dense {
		if in := d.Weight.Shape[1]; in != width {
			return fmt.Errorf("Dense layer %d gets vectors of %d values, expected %d", i+1, width, in)
		}
		width = d.Weight.Shape[0]
	}
	return nil
}

// Dim is the number of values of a vector.
func (e *Embedder) Dim() int {
	if n := len(e.how.Dense); n > 0 {
		return e.how.Dense[n-1].Weight.Shape[0]
	}
	return len(e.how.Pooling) * e.base.Model.Config().HiddenSize
}

// Pooling names how a text's tokens become one vector, and Normalized tells whether its length is 1.
func (e *Embedder) Pooling() string  { return strings.Join(e.how.Pooling, "+") }
func (e *Embedder) Normalized() bool { return e.how.Normalize }

func (e *Embedder) record(rows int) *graph.Graph {
	g := graph.New()
	p := nn.Root(g, &nn.Scope{Hooks: e.adapter.hooks(), DType: e.base.storage(), Activations: e.base.options.Activations})
	g.Output("hidden", e.base.Model.Hidden(p, nn.NewInputs(g, rows)))
	return g
}

// embedRows is the most token rows of one pass: few enough that what a layer makes of them stays in a core's caches.
const embedRows = 512

// Embed gives the vector [Dim] of each text.
func (e *Embedder) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	seqs := make([]dataset.Sequence, len(texts))
	for i, text := range texts {
		seqs[i] = e.base.sequence(e.prompt + text)
		if len(seqs[i].Tokens) == 0 {
			return nil, fmt.Errorf("text %d is empty", i+1)
		}
		seqs[i].Truncate(e.maxLength)
	}
	out := make([][]float32, len(texts))
	for from := 0; from < len(seqs); {
		to, rows := from+1, len(seqs[from].Tokens)
		for to < len(seqs) && rows+len(seqs[to].Tokens) <= embedRows {
			rows += len(seqs[to].Tokens)
			to++
		}
		if err := e.run(ctx, seqs[from:to], out[from:to]); err != nil {
			return nil, err
		}
		from = to
	}
	return out, nil
}

func (e *Embedder) run(ctx context.Context, seqs []dataset.Sequence, out [][]float32) error {
	b := dataset.Pack(seqs, dataset.Bucket)
	pass := e.passes[len(b.Tokens)]
	if pass == nil {
		var err error
		if pass, err = e.memory.Load(e.record(len(b.Tokens))); err != nil {
			return err
		}
		e.passes[len(b.Tokens)] = pass
	}
	if err := pass.Do(ctx, b.Inputs()); err != nil {
		return err
	}
	hidden, err := pass.Output("hidden")
	if err != nil {
		return err
	}
	width, at := e.base.Model.Config().HiddenSize, 0
	for i := range seqs {
		n := len(seqs[i].Tokens) * width
		out[i] = e.vector(hidden.Floats()[at:][:n], width)
		at += n
	}
	return nil
}

// vector makes one vector of a text's hidden states.
func (e *Embedder) vector(rows []float32, width int) []float32 {
	v := make([]float64, len(e.how.Pooling)*width)
	for i, name := range e.how.Pooling {
		poolings[pooling(name)].pool(v[i*width:][:width:width], rows)
	}
	for _, d := range e.how.Dense {
		v = d.apply(v)
	}
	if e.how.Normalize {
		normalize(v)
	}
	out := make([]float32, len(v))
	for j, x := range v {
		out[j] = float32(x)
	}
	return out
}

// Close frees the embedder; the base stays.
func (e *Embedder) Close() error { return closed(e.memory, maps.Values(e.passes)) }
