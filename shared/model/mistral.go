package model

// newMistral reads Mistral: Llama's layers, whose rows attend the last sliding_window keys (Jiang et al. 2023). Later
// ones say null and attend all.
func newMistral(c Config) (Model, error) {
	m, err := llamaLike(c)
	if err != nil {
		return nil, err
	}
	c.LayerTypes = nil // transformers does not read it here
	m.windows, err = c.layerWindows(func(int) bool { return c.SlidingWindow != nil })
	return m, err
}

func mistralDefaults(c *Config) {
	window := 4096
	c.SlidingWindow, c.MaxPositionEmbeddings = &window, 4096*32
}
