//go:build !wasip1

// Command engine is engine.wasm and nothing else: see main.go.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "engine: this is built for WASI, as engine.wasm, by ./build.sh wasm")
	os.Exit(1)
}
