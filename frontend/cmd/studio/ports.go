//go:build js && wasm

package main

import (
	"context"
	"encoding/json"
	"errors"
	"syscall/js"

	"graft/frontend/studio"
)

// await waits for a promise. It must not be called with the page's lock held, nor in a callback of JavaScript.
func await(promise js.Value) (js.Value, error) {
	type settled struct {
		v   js.Value
		err error
	}
	ch := make(chan settled, 1)
	resolve := js.FuncOf(func(_ js.Value, args []js.Value) any {
		v := js.Undefined()
		if len(args) > 0 {
			v = args[0]
		}
		ch <- settled{v: v}
		return nil
	})
	reject := js.FuncOf(func(_ js.Value, args []js.Value) any {
		ch <- settled{err: reason(args)}
		return nil
	})
	defer resolve.Release()
	defer reject.Release()
	promise.Call("then", resolve, reject)
	s := <-ch
	return s.v, s.err
}

// reason is the message of what a promise was rejected with.
func reason(args []js.Value) error {
	if len(args) == 0 || args[0].Type() != js.TypeObject {
		return errors.New("the browser gave no reason")
	}
	return errors.New(args[0].Get("message").String())
}

// store keeps bytes in IndexedDB.
type store struct{ port js.Value }

func (s store) All(kind string) (map[string][]byte, error) {
	v, err := await(s.port.Call("all", kind))
	if err != nil {
		return nil, err
	}
	var texts map[string]string
	if err := json.Unmarshal([]byte(v.String()), &texts); err != nil {
		return nil, err
	}
	all := make(map[string][]byte, len(texts))
	for name, text := range texts {
		all[name] = []byte(text)
	}
	return all, nil
}

func (s store) Put(kind, name string, data []byte) error {
	_, err := await(s.port.Call("put", kind, name, string(data)))
	return err
}

func (s store) Delete(kind, name string) error {
	_, err := await(s.port.Call("delete", kind, name))
	return err
}

// runner is the model in the page.
type runner struct{ port js.Value }

// decode waits for JSON.
func decode(promise js.Value, into any) error {
	v, err := await(promise)
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(v.String()), into)
}

func (r *runner) Open(_ context.Context, place string, threads int, progress func(studio.Progress)) (studio.ModelInfo, error) {
	onProgress := js.FuncOf(func(_ js.Value, args []js.Value) any {
		p := studio.Progress{Phase: args[0].String(), Done: int64(args[1].Float()), Total: int64(args[2].Float())}
		go progress(p)
		return nil
	})
	defer onProgress.Release()
	var info studio.ModelInfo
	err := decode(r.port.Call("open", place, threads, onProgress), &info)
	return info, err
}

func (r *runner) Answer(ctx context.Context, request studio.Request, onText func(string)) (studio.Answer, error) {
	data, err := json.Marshal(request)
	if err != nil {
		return studio.Answer{}, err
	}
	control := js.Global().Get("AbortController").New()
	defer context.AfterFunc(ctx, func() { control.Call("abort") })()
	pieces := make(chan string, 1024)
	end := make(chan struct{})
	go func() { // in order, and not in JavaScript's callback
		defer close(end)
		for p := range pieces {
			onText(p)
		}
	}()
	piece := js.FuncOf(func(_ js.Value, args []js.Value) any {
		pieces <- args[0].String()
		return nil
	})
	var answer studio.Answer
	err = decode(r.port.Call("answer", string(data), control, piece), &answer)
	piece.Release()
	close(pieces)
	<-end
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return answer, err
}

func (r *runner) AddAdapter(_ context.Context, name, place string) (info studio.ModelInfo, err error) {
	err = decode(r.port.Call("addAdapter", name, place), &info)
	return info, err
}

func (r *runner) RemoveAdapter(_ context.Context, name string) (info studio.ModelInfo, err error) {
	err = decode(r.port.Call("removeAdapter", name), &info)
	return info, err
}

// page is the browser's.
type page struct{ port js.Value }

func (p page) Select(line, column, length int) { p.port.Call("select", line, column, length) }
func (p page) Confirm(question string) bool    { return p.port.Call("confirm", question).Bool() }
func (p page) Save(name string, data []byte)   { p.port.Call("save", name, string(data)) }
func (p page) Link(fragment string) string     { return p.port.Call("link", fragment).String() }
func (p page) Copy(text string)                { p.port.Call("copy", text) }
func (p page) Apply(s studio.Settings)         { p.port.Call("apply", string(s.Language), s.Theme) }
func (p page) fragment() string                { return p.port.Call("fragment").String() }
func (p page) language() studio.Language       { return studio.Language(p.port.Call("language").String()) }
func (p page) id() string                      { return p.port.Call("id").String() }
