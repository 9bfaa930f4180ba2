//go:build js && wasm

package main

import (
	"context"
	"errors"
	"syscall/js"
)

// await waits for a promise. The functions it was given are freed when it is settled, however long the caller waits.
func await(ctx context.Context, promise js.Value) (js.Value, error) {
	type outcome struct {
		value js.Value
		err   error
	}
	done := make(chan outcome, 1)
	var then, otherwise js.Func
	free := func() {
		then.Release()
		otherwise.Release()
	}
	then = js.FuncOf(func(_ js.Value, args []js.Value) any {
		done <- outcome{value: args[0]}
		free()
		return nil
	})
	otherwise = js.FuncOf(func(_ js.Value, args []js.Value) any {
		done <- outcome{err: errors.New(args[0].Call("toString").String())}
		free()
		return nil
	})
	promise.Call("then", then, otherwise)
	select {
	case o := <-done:
		return o.value, o.err
	case <-ctx.Done():
		return js.Undefined(), ctx.Err()
	}
}
