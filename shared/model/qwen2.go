package model

// newQwen2 reads Qwen 2 and 2.5: Llama's layers with biases where queries, keys and values are made, and a window in
// the layers from max_window_layers on if use_sliding_window says so (Yang et al. 2024).
func newQwen2(c Config) (Model, error) {
	m, err := llamaLike(c)
	if err != nil {
		return nil, err
	}
	m.qkvBias = true
	m.windows, err = c.qwenWindows()
	return m, err
}

// qwenWindows are the windows of Qwen's layers: without use_sliding_window there are none, whatever sliding_window says.
func (c Config) qwenWindows() ([]int, error) {
	return c.layerWindows(func(i int) bool { return c.UseSlidingWindow && c.SlidingWindow != nil && i >= c.MaxWindowLayers })
}

func qwenDefaults(c *Config) {
	window := 4096
	c.SlidingWindow, c.MaxWindowLayers, c.MaxPositionEmbeddings = &window, 28, 32768
}
