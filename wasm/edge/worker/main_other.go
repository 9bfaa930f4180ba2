//go:build !(js && wasm)

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "worker: a Cloudflare Worker runs this program: build it with GOOS=js GOARCH=wasm")
	os.Exit(2)
}
