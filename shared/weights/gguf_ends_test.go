package weights

import (
	"slices"
	"testing"
)

// TestEnds: what ends a text is the metadata's token, then those that end a turn, if they are special.
func TestEnds(t *testing.T) {
	for _, c := range []struct {
		eos, eot int64 // -1: not there
		types    []int32
		want     []int64
	}{
		{1, -1, []int32{3, 3, 1, 3}, []int64{1, 3}},
		{3, -1, []int32{3, 3, 1, 3}, []int64{3}},
		{1, 0, []int32{3, 3, 1, 1}, []int64{1, 0}},
		{1, -1, []int32{3, 3, 1}, []int64{1}},
		{-1, 3, []int32{3, 3, 1, 3}, nil},
	} {
		var m Meta
		m.Set("tokenizer.ggml.tokens", []string{"<pad>", "<eos>", "<|im_end|>", "<end_of_turn>"})
		m.Set("tokenizer.ggml.token_type", c.types)
		if c.eos >= 0 {
			m.Set("tokenizer.ggml.eos_token_id", uint32(c.eos))
		}
		if c.eot >= 0 {
			m.Set("tokenizer.ggml.eot_token_id", uint32(c.eot))
		}
		if got := m.ends(); !slices.Equal(got, c.want) {
			t.Errorf("eos %d, eot %d, types %v: got %v, expected %v", c.eos, c.eot, c.types, got, c.want)
		}
	}
}
