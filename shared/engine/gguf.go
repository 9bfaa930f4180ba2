package engine

import (
	"fmt"

	"graft/shared/tokenizer"
	"graft/shared/weights"
)

// tokenizerOf reads the tokenizer in a GGUF file's metadata.
func tokenizerOf(g *weights.GGUF) (*tokenizer.Tokenizer, error) {
	return nil, fmt.Errorf("GGUF tokenizer")
}
