// Command measure is graft's side of a benchmark: it does one piece of work in this process and prints what it took as
// a line of JSON, under the names that the scripts in native/bench/peers use.
//
//	measure speed --model m.gguf --threads 2      answering: prefill and decode, as peers/llama_cpp_run.py speed
//	measure train --model dir --train-file f.csv  training a classifier, as peers/peft_train.py
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"graft/native/mmap"
)

// verbs is the table of what can be measured.
var verbs = []struct {
	name string
	run  func(ctx context.Context, args []string) (result any, err error)
}{
	{"speed", speed},
	{"train", training},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	for _, v := range verbs {
		if len(args) == 0 || args[0] != v.name {
			continue
		}
		result, err := v.run(ctx, args[1:])
		if err != nil {
			return fmt.Errorf("%s: %w", v.name, err)
		}
		return json.NewEncoder(os.Stdout).Encode(result)
	}
	return fmt.Errorf("usage: measure speed|train flags")
}

// modelFS is a model's directory, or that of a GGUF file, which must be the only one there.
func modelFS(path string) fs.FS {
	if strings.EqualFold(filepath.Ext(path), ".gguf") {
		path = filepath.Dir(path)
	}
	return mmap.FS(path)
}
