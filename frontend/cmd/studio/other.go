//go:build !js || !wasm

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "studio: this program is for a browser: build it with GOOS=js GOARCH=wasm, or run graft studio")
	os.Exit(2)
}
