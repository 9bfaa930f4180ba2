// Package door is the engine behind a border: it reads requests as JSON and answers them (shared/api, type Request).
//
// engine.wasm is a door whose files and memory a browser's Worker, an edge worker or a sandbox gives it; tests open one on any
// device. A door has one model open, any number of adapters, and several texts being written a step at a time, so that its
// host can stream, cancel, and do other things in between. It is for one caller at a time.
//
// A request that cannot be answered changes nothing. What is a fault of the engine itself is an answer too, of the code
// crashed: then nothing is open any more.
package door

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"runtime/debug"

	"graft/shared/api"
	"graft/shared/device"
)

// Host is what a door needs of the place it is in.
type Host struct {
	Version    string
	Files      Files
	OpenDevice func(threads int) (device.Device, error)
	// Memory is how many bytes the engine itself holds, beside the device's; nil: none are counted.
	Memory func() int64
}

// Door answers requests.
type Door struct {
	host  Host
	model *opened // nil: none
}

// New returns a door behind which nothing is open.
func New(h Host) *Door { return &Door{host: h} }

// Answer answers a request. ctx ends it early.
func (d *Door) Answer(ctx context.Context, request []byte) []byte {
	a := d.answer(ctx, request)
	b, err := encode(&a)
	if err != nil { // a number that is none, such as logits of broken weights
		b, _ = encode(&api.Answer{Error: api.From(fmt.Errorf("answer: %w", err))})
	}
	return b
}

func (d *Door) answer(ctx context.Context, request []byte) (a api.Answer) {
	defer func() {
		if fault := recover(); fault != nil {
			d.model = nil // what it holds is not to be trusted, not even to be closed
			a = api.Answer{Error: api.Errorf(api.Crashed, "engine: %v; open the model again\n%s", fault, debug.Stack())}
		}
	}()
	r, err := parse(request)
	if err == nil {
		err = d.dispatch(ctx, r, &a)
	}
	if err != nil {
		return api.Answer{Error: api.From(coded(err))}
	}
	return a
}

// coded gives errors that have none the code of what most likely is wrong: the request, or the files it names.
func coded(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return api.Wrap(api.NotFound, err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return api.Wrap(api.Cancelled, err)
	}
	return api.Wrap(api.InvalidInput, err)
}

// dispatch has a row for each request.
func (d *Door) dispatch(ctx context.Context, r *api.Request, a *api.Answer) (err error) {
	switch {
	case r.Version != nil:
		a.Version = d.version()
	case r.Inspect != nil:
		a.Inspect, err = d.inspect(r.Inspect)
	case r.Open != nil:
		a.Open, err = d.open(r.Open)
	case r.State != nil:
		a.State = d.state()
	case r.Close != nil:
		a.Close, err = &api.Nothing{}, d.Close()
	case d.model == nil:
		err = api.Errorf(api.NotFound, "no model is open")
	default:
		err = d.model.dispatch(ctx, r, a)
	}
	return err
}

// dispatch has a row for each request that is of an open model.
func (m *opened) dispatch(ctx context.Context, r *api.Request, a *api.Answer) (err error) {
	switch {
	case r.Plan != nil:
		a.Plan, err = m.plan(r.Plan)
	case r.Load != nil:
		a.Load, err = m.load(r.Load)
	case r.LoadAdapter != nil:
		a.LoadAdapter, err = m.loadAdapter(r.LoadAdapter)
	case r.UnloadAdapter != nil:
		a.UnloadAdapter, err = &api.Nothing{}, m.unloadAdapter(r.UnloadAdapter.Name)
	case r.Adapters != nil:
		a.Adapters = m.list()
	case r.Classify != nil:
		a.Classify, err = m.classify(ctx, r.Classify)
	case r.Embed != nil:
		a.Embed, err = m.embed(ctx, r.Embed)
	case r.Count != nil:
		a.Count, err = m.count(r.Count)
	case r.Render != nil:
		a.Render, err = m.render(r.Render)
	case r.Decide != nil:
		a.Decide, err = m.decide(ctx, r.Decide)
	case r.Start != nil:
		a.Start, err = m.start(r.Start)
	case r.Step != nil:
		a.Step, err = m.step(ctx, r.Step)
	case r.Cancel != nil:
		a.Cancel, err = &api.Nothing{}, m.cancel(r.Cancel.Handle)
	case r.Logits != nil:
		a.Logits, err = m.logits(ctx, r.Logits)
	default:
		panic("BUG: door: a request that parse let through")
	}
	return err
}

func (d *Door) version() *api.EngineInfo {
	v := &api.EngineInfo{Version: d.host.Version, Protocol: api.Protocol, Go: runtime.Version()}
	if d.model != nil {
		v.Device = d.model.device.Name()
	}
	return v
}

// Close closes what is open.
func (d *Door) Close() error {
	if d.model == nil {
		return nil
	}
	m := d.model
	d.model = nil
	return m.close()
}
