package parity

import (
	"context"
	"errors"
	"time"

	"graft/native/cpu"
	"graft/native/wazero"
	"graft/shared/device"
)

// Entry is one kind of host.
type Entry struct {
	Name string
	Open func(ctx context.Context, root string) (Host, error) // root: of the checkout
}

// Hosts has a row for each kind; the first is what the others are held to.
var Hosts = []Entry{
	{"reference", func(context.Context, string) (Host, error) {
		return OnDevice(func() (device.Device, error) { return device.Reference(), nil })
	}},
	{"native CPU, 2 threads", func(context.Context, string) (Host, error) {
		return OnDevice(func() (device.Device, error) { return cpu.Open(cpu.Options{Threads: 2}) })
	}},
	{"wazero device, 2 threads", func(context.Context, string) (Host, error) {
		return OnDevice(func() (device.Device, error) { return wazero.Open(wazero.Options{Threads: 2}) })
	}},
	{"engine.wasm on wazero", Sandbox},
	{"engine.wasm in Node", func(ctx context.Context, root string) (Host, error) { return Node(ctx, root, 1) }},
	{"engine.wasm in Node, 2 threads", func(ctx context.Context, root string) (Host, error) { return Node(ctx, root, 2) }},
	{"engine.wasm in Chromium", func(ctx context.Context, root string) (Host, error) { return Chromium(ctx, root, 1) }},
	{"engine.wasm in Chromium, 2 threads", func(ctx context.Context, root string) (Host, error) { return Chromium(ctx, root, 2) }},
	{"engine.wasm in workerd", Workerd},
}

// Ask runs the suite in a host and compares; without want there is nothing to compare with.
func (e Entry) Ask(ctx context.Context, root string, s *Suite, want []Case) (got []Case, r Row) {
	r.Host = e.Name
	start := time.Now()
	h, err := e.Open(ctx, root)
	if err == nil {
		got, err = s.Run(ctx, h)
		err = errors.Join(err, h.Close())
	}
	r.Seconds, r.Err = time.Since(start).Seconds(), err
	if err == nil && want != nil {
		r.Difference = Compare(want, got)
	}
	return got, r
}
