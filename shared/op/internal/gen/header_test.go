package main

import (
	"bytes"
	"os"
	"testing"

	"graft/shared/op"
)

// TestCommitted fails when the table of ops has changed and ops.h has not: run "go generate ./shared/op".
func TestCommitted(t *testing.T) {
	text := header(op.Table())
	for path, want := range map[string][]byte{"include/ops.h": text, "cpu/ops_sum.h": checksum(text)} {
		have, err := os.ReadFile("../../../../kernels/" + path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(have, want) {
			t.Errorf("kernels/%s is not what the table of ops gives, expected the output of go generate ./shared/op", path)
		}
	}
}
