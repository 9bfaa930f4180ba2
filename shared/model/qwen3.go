package model

// newQwen3 reads Qwen 3: Llama's layers with RMSNorm over each head's query and key before the rotation, and Qwen 2's
// windows (Yang et al. 2025).
func newQwen3(c Config) (Model, error) {
	m, err := llamaLike(c)
	if err != nil {
		return nil, err
	}
	m.qkvBias, m.oBias, m.headNorms = c.AttentionBias, c.AttentionBias, true
	m.windows, err = c.qwenWindows()
	return m, err
}

func qwen3Defaults(c *Config) {
	qwenDefaults(c)
	c.HeadDim = 128
}
