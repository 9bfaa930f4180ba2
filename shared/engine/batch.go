package engine

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"

	"graft/shared/api"
	"graft/shared/generate"
	"graft/shared/tensor"
)

// BatchOptions are the limits of a Batch; zero values have defaults.
type BatchOptions struct {
	Context   int          // room for tokens of all texts together; 0: the model's longest text
	Sequences int          // texts at once; 0: 16
	Cache     tensor.DType // of keys and values: F16, Q8_0 or F32; 0: F16
}

// Batch generates many texts at once, each with an adapter of its own. It is for use by several goroutines: texts that are
// asked for at the same time share passes.
type Batch struct {
	base   *Base
	names  []string
	reader *reader

	mu        sync.Mutex
	scheduler *generate.Scheduler
	streams   map[*generate.Sequence]chan generate.Event
	running   bool
	idle      sync.WaitGroup // the goroutine that makes passes
	ctx       context.Context
	stop      context.CancelFunc
}

// NamedAdapter is an adapter and the name requests have for it.
type NamedAdapter struct {
	Name string
	*Adapter
}

// Batch readies the base and adapters, LoRA for CAUSAL_LM, to generate many texts at once.
func (b *Base) Batch(adapters []NamedAdapter, o BatchOptions) (*Batch, error) {
	if o.Context == 0 {
		o.Context = b.Model.Config().MaxPositionEmbeddings
	}
	if o.Sequences == 0 {
		o.Sequences = 16
	}
	if o.Cache == tensor.Invalid {
		o.Cache = tensor.F16
	}
	t := &Batch{base: b, reader: newReader(b, o.Context, o.Cache), streams: map[*generate.Sequence]chan generate.Event{}}
	var err error
	t.scheduler, err = generate.NewScheduler(t.reader, generate.Limits{CacheRows: o.Context, Sequences: o.Sequences, PassRows: max(prefillRows, o.Sequences)})
	if err != nil {
		return nil, err
	}
	var all []*Adapter
	for _, a := range adapters {
		if slices.Contains(t.names, a.Name) || a.Name == "" {
			return nil, fmt.Errorf("adapter name %q: expected one that is not empty and no other's", a.Name)
		}
		t.names, all = append(t.names, a.Name), append(all, a.Adapter)
	}
	if err := t.reader.adoptAll(all); err != nil {
		return nil, errors.Join(err, t.reader.Close())
	}
	t.ctx, t.stop = context.WithCancel(context.Background())
	return t, nil
}

// Adapters are the names requests may ask for.
func (t *Batch) Adapters() []string { return t.names }

// Stream generates the answer to a request token by token, while others are generated. It ends early with ctx.
func (t *Batch) Stream(ctx context.Context, r api.GenerateRequest) iter.Seq2[api.Chunk, error] {
	return func(yield func(api.Chunk, error) bool) {
		q, events, err := t.add(r)
		if err != nil {
			yield(api.Chunk{}, err)
			return
		}
		defer t.remove(q)
		for {
			select {
			case <-ctx.Done():
				yield(api.Chunk{}, ctx.Err())
				return
			case e := <-events:
				if !yield(chunk(e.Token), e.Err) || e.Err != nil || e.Token.Finish != generate.Running {
					return
				}
			}
		}
	}
}

// Generate waits for the whole answer to a request, while others are generated.
func (t *Batch) Generate(ctx context.Context, r api.GenerateRequest) (api.Generation, error) {
	return t.base.collect(r, t.Stream(ctx, r))
}

func chunk(t generate.Token) api.Chunk {
	return api.Chunk{Text: t.Text, ID: t.ID, FinishReason: string(t.Finish)}
}

// add queues a request and sees to it that passes are made.
func (t *Batch) add(r api.GenerateRequest) (*generate.Sequence, <-chan generate.Event, error) {
	variant := -1
	if r.Adapter != "" {
		if variant = slices.Index(t.names, r.Adapter); variant < 0 {
			return nil, nil, fmt.Errorf("adapter %q is not there, expected one of %q or none", r.Adapter, t.names)
		}
	}
	req, err := t.base.request(r, t.reader.rows)
	if err != nil {
		return nil, nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.ctx.Err(); err != nil {
		return nil, nil, fmt.Errorf("the batch is closed")
	}
	q, err := t.scheduler.Add(req, variant, t.base.Tokenizer.NewDecoder(true))
	if err != nil {
		return nil, nil, err
	}
	events := make(chan generate.Event, req.MaxNewTokens+1) // never full: passes wait for no reader
	t.streams[q] = events
	if !t.running {
		t.running = true
		t.idle.Add(1)
		go t.run()
	}
	return q, events, nil
}

func (t *Batch) remove(q *generate.Sequence) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.streams[q]; ok {
		delete(t.streams, q)
		t.scheduler.Remove(q)
	}
}

// run makes passes as long as there are texts.
func (t *Batch) run() {
	defer t.idle.Done()
	for {
		t.mu.Lock()
		if !t.scheduler.Busy() {
			t.running = false
			t.mu.Unlock()
			return
		}
		events, _ := t.scheduler.Step(t.ctx) // the error is every event's
		for _, e := range events {
			t.streams[e.Sequence] <- e
			if e.Err != nil || e.Token.Finish != generate.Running {
				delete(t.streams, e.Sequence)
			}
		}
		t.mu.Unlock()
	}
}

// Close ends what is being generated and frees the batch; the base stays.
func (t *Batch) Close() error {
	t.stop()
	t.idle.Wait()
	return t.reader.Close()
}
