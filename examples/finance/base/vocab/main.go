// Command vocab makes the vocabulary of the tiny base model: a byte-level BPE trained on text files, a passage a line.
//
//	go run ./examples/finance/base/vocab -size 8000 -out examples/finance/base/tokenizer.json FILE...
package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"

	"graft/shared/tokenizer"
)

// The first ends texts and pads; the others frame the turns of a conversation.
var special = []string{"<|endoftext|>", "<|im_start|>", "<|im_end|>"}

func main() {
	size := flag.Int("size", 8000, "tokens of the vocabulary")
	out := flag.String("out", "tokenizer.json", "file to write")
	flag.Parse()
	if err := run(*size, *out, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "vocab:", err)
		os.Exit(1)
	}
}

func run(size int, out string, files []string) error {
	var failed error
	texts := func(yield func(string) bool) {
		for _, name := range files {
			f, err := os.Open(name)
			if err != nil {
				failed = err
				return
			}
			lines := bufio.NewScanner(f)
			lines.Buffer(nil, 1<<20)
			for lines.Scan() {
				if !yield(lines.Text()) {
					break
				}
			}
			failed = lines.Err()
			f.Close()
			if failed != nil {
				return
			}
		}
	}
	t, err := tokenizer.Train(texts, size, special, tokenizer.TrainOptions{})
	if err == nil {
		err = failed
	}
	if err != nil {
		return err
	}
	f, err := os.Create(out)
	if err != nil {
		return err
	}
	if err := t.Save(f); err != nil {
		return err
	}
	return f.Close()
}
