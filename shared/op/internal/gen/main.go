// Command gen writes kernels/include/ops.h, the command format as C sees it, from the table of ops.
// It is run by "go generate ./shared/op".
package main

import (
	"flag"
	"fmt"
	"os"

	"graft/shared/op"
)

func main() {
	out := flag.String("o", "", "file to write")
	flag.Parse()
	if err := os.WriteFile(*out, header(op.Table()), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
