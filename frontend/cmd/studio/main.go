//go:build js && wasm

// Command studio is the page's program, studio.wasm: it wires what the browser gives (web/ports.mjs) to the studio and has vugu
// draw it.
package main

import (
	"fmt"
	"runtime/debug"
	"syscall/js"
	"time"

	"github.com/vugu/vugu"
	"github.com/vugu/vugu/domrender"

	"graft/frontend/ui"
)

func main() {
	ports := js.Global().Get("graftPorts")
	defer func() {
		if r := recover(); r != nil {
			ports.Get("page").Call("crashed", fmt.Sprintf("%v\n%s", r, debug.Stack()))
		}
	}()
	if err := run(ports); err != nil {
		ports.Get("page").Call("crashed", err.Error())
	}
}

func run(ports js.Value) error {
	renderer, err := domrender.New("#app")
	if err != nil {
		return err
	}
	defer renderer.Release()
	env, err := vugu.NewBuildEnv(renderer.EventEnv())
	if err != nil {
		return err
	}
	p := page{ports.Get("page")}
	app, err := ui.NewApp(store{ports.Get("store")}, &runner{port: ports.Get("runner")}, p, renderer.EventEnv(), p.language(), time.Now, p.id)
	if err != nil {
		return err
	}
	app.Receive(p.fragment())
	root := &ui.Root{App: app}
	for ok := true; ok; ok = renderer.EventWait() {
		if err := renderer.Render(env.RunBuild(root)); err != nil {
			return err
		}
	}
	return nil
}
