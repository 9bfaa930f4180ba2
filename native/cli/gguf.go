package cli

import (
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strconv"
	"strings"

	"graft/native/store"
	"graft/shared/weights"
)

// ggufOutput is a GGUF file to write, or the first of several.
type ggufOutput struct {
	path  string
	split string // --split-max-size
}

var msgSplit = text{"cut the model into files of at most this size, such as 2G or 500M", "把模型切分为不超过此大小的多个文件,如 2G 或 500M"}

// check reports what is wrong with the flags.
func (g ggufOutput) check() error {
	if !strings.EqualFold(filepath.Ext(g.path), ".gguf") {
		return usagef("--output is %q, expected a name that ends in .gguf", g.path)
	}
	_, err := g.most()
	return err
}

// most is the most bytes of a file's tensors.
func (g ggufOutput) most() (int64, error) {
	if g.split == "" {
		return math.MaxInt64, nil
	}
	digits := strings.TrimRight(g.split, "KMGkmg")
	n, err := strconv.ParseInt(digits, 10, 32)
	unit := map[string]int64{"K": 1e3, "M": 1e6, "G": 1e9}[strings.ToUpper(g.split[len(digits):])]
	if err != nil || n < 1 || unit == 0 {
		return 0, usagef("--split-max-size is %q, expected a number and K, M or G", g.split)
	}
	return n * unit, nil
}

// write writes the file or files, each whole or not at all, and gives the first one's name.
func (g ggufOutput) write(meta weights.Meta, items []weights.Item) (string, error) {
	most, err := g.most()
	if err != nil {
		return "", err
	}
	if most == math.MaxInt64 {
		return g.path, store.WriteFile(g.path, func(w io.Writer) error { return weights.WriteGGUF(w, meta, items) })
	}
	parts := weights.SplitGGUF(meta, items, most)
	name := func(i int) string { return weights.SplitName(g.path[:len(g.path)-len(".gguf")], i+1, len(parts)) }
	for i, p := range parts {
		if err := store.WriteFile(name(i), func(w io.Writer) error { return weights.WriteGGUF(w, p.Meta, p.Items) }); err != nil {
			return "", fmt.Errorf("part %d of %d: %w", i+1, len(parts), err)
		}
	}
	return name(0), nil
}
