package dataset

import (
	"slices"
	"testing"
)

// TestPrompt holds virtual tokens to PEFT's layout: they come first, count as positions, are never learnt, and the token
// after the last of them is.
func TestPrompt(t *testing.T) {
	whole, part, class := Text([]int32{5, 6, 7}, nil), Text([]int32{5, 6, 7}, []bool{false, false, true}), Class([]int32{5, 6}, 1)
	for _, s := range []*Sequence{&whole, &part, &class} {
		s.Prompt(2)
	}
	b := Pack([]Sequence{whole, part, class}, nil)
	for _, c := range []struct {
		name      string
		got, want []int32
	}{
		{"tokens", b.Tokens, []int32{-1, -2, 5, 6, 7, -1, -2, 5, 6, 7, -1, -2, 5, 6}},
		{"positions", b.Positions, []int32{0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3}},
		{"targets", b.Targets, []int32{-1, 5, 6, 7, -1, -1, -1, -1, 7, -1, -1, -1, -1, -1}},
		{"pool", b.Pool, []int32{4, 9, 13}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s are %v, expected %v", c.name, c.got, c.want)
		}
	}
}

// TestShift leaves padding where it is, which attends nothing.
func TestShift(t *testing.T) {
	b := Pack([]Sequence{Text([]int32{5, 6}, nil), Text([]int32{7}, nil)}, func(int) int { return 4 })
	b.Shift(3)
	for _, c := range []struct {
		name      string
		got, want []int32
	}{
		{"positions", b.Positions, []int32{3, 4, 3, 0}},
		{"lo", b.Lo, []int32{3, 3, 5, 0}},
		{"hi", b.Hi, []int32{4, 5, 6, 0}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s are %v, expected %v", c.name, c.got, c.want)
		}
	}
}
