// Command tokens encodes texts with graft's tokenizer, for peers/tokens.py, which compares the ids with other people's. It
// reads texts from standard input, each as its length in four bytes and its bytes, and writes ids in the same way. The processor
// time that encoding took, in seconds, goes to standard error.
package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
	"time"

	"graft/native/mmap"
	"graft/shared/engine"
	"graft/shared/tokenizer"
	"graft/shared/weights"
)

func main() {
	plain := flag.Bool("plain", false, "find no special tokens in texts, and no offsets")
	profile := flag.String("cpuprofile", "", "file for a profile")
	repeat := flag.Int("repeat", 1, "encode so often; the fastest counts")
	flag.Parse()
	if err := run(flag.Arg(0), *plain, *repeat, *profile); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(path string, plain bool, repeat int, profile string) error {
	runtime.GOMAXPROCS(1)
	tok, err := open(path)
	if err != nil {
		return err
	}
	texts, err := readTexts(bufio.NewReader(os.Stdin))
	if err != nil {
		return err
	}
	if profile != "" {
		f, err := os.Create(profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	ids := make([][]int32, len(texts))
	best := time.Duration(1<<63 - 1)
	for range repeat {
		start := clock()
		for i, s := range texts {
			if plain {
				ids[i] = tok.Append(nil, s)
			} else {
				ids[i] = tok.Encode(s, false).IDs
			}
		}
		best = min(best, clock()-start)
	}
	fmt.Fprintln(os.Stderr, best.Seconds())
	w := bufio.NewWriter(os.Stdout)
	for _, list := range ids {
		binary.Write(w, binary.LittleEndian, uint32(len(list)))
		binary.Write(w, binary.LittleEndian, list)
	}
	return w.Flush()
}

// open reads a tokenizer.json, a tokenizer.model or the tokenizer of a GGUF file.
func open(path string) (*tokenizer.Tokenizer, error) {
	if strings.HasSuffix(path, ".gguf") {
		f, err := mmap.Open(path)
		if err != nil {
			return nil, err
		}
		src, err := weights.OpenFile(f)
		if err != nil {
			return nil, err
		}
		return engine.GGUFTokenizer(src.(*weights.GGUF))
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(path, ".json") {
		return tokenizer.Parse(data)
	}
	return tokenizer.FromSentencePiece(data, nil)
}

func readTexts(r io.Reader) ([]string, error) {
	var texts []string
	for {
		var n uint32
		switch err := binary.Read(r, binary.LittleEndian, &n); {
		case errors.Is(err, io.EOF):
			return texts, nil
		case err != nil:
			return nil, err
		}
		b := make([]byte, n)
		if _, err := io.ReadFull(r, b); err != nil {
			return nil, err
		}
		texts = append(texts, string(b))
	}
}
