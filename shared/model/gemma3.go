package model

import "fmt"

// newGemma3 reads the text part of Gemma 3 (Gemma Team 2025): Gemma 2 without the cap of scores, with norms over heads,
// and of sliding_window_pattern layers (6) the last attends all, with a rotation of its own.
func newGemma3(c Config) (Model, error) {
	if c.SlidingWindowPattern < 1 {
		return nil, fmt.Errorf("config.json: sliding_window_pattern is %d, expected 1 or more", c.SlidingWindowPattern)
	}
	m, err := gemmaLike(c, func(i int) bool { return (i+1)%c.SlidingWindowPattern != 0 })
	m.headNorms = true
	return m, err
}

func gemma3Defaults(c *Config) {
	window := 4096
	c.SlidingWindow, c.SlidingWindowPattern = &window, 6
	c.RopeTheta, c.RopeLocalBaseFreq = 1e6, 1e4
	c.HeadDim, c.QueryPreAttnScalar, c.HiddenActivation = 256, 256, "gelu_pytorch_tanh"
	c.MaxPositionEmbeddings, c.TieWordEmbeddings = 131072, true
}

// gemma3VisionDefaults are those of text_config in a Gemma 3 that also sees, where transformers leaves out what is its
// class's own.
func gemma3VisionDefaults(c *Config) {
	gemma3Defaults(c)
	c.VocabSize, c.HiddenSize, c.IntermediateSize, c.NumHiddenLayers = 262208, 2304, 9216, 26
	c.NumAttentionHeads, c.NumKeyValueHeads = 8, 4
}
