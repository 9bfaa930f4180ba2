package main

import (
	"bytes"
	"os"
	"testing"

	"graft/shared/op"
)

// TestCommitted fails when the table of ops has changed and ops.h has not: run "go generate ./shared/op".
func TestCommitted(t *testing.T) {
	const path = "../../../../kernels/include/ops.h"
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, header(op.Table())) {
		t.Errorf("%s is not what the table of ops gives, expected the output of go generate ./shared/op", path)
	}
}
