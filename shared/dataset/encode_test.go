package dataset

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

// letters makes a token of each byte.
func letters(s string) []int32 {
	var ids []int32
	for i := range len(s) {
		ids = append(ids, int32(s[i]))
	}
	return ids
}

func TestEncode(t *testing.T) {
	table := &Table{Name: "f.csv", Rows: []Row{{Line: 2, Text: "abc"}, {Line: 3, Text: "abcdef"}, {Line: 4, Text: "abcdefgh"}}}
	e, err := Encode(table, 5, func(i int, r Row) (Sequence, error) { return Class(letters(r.Text), int32(i)), nil })
	if err != nil {
		t.Fatal(err)
	}
	if e.Tokens != 13 || e.Longest != 5 || e.Truncated != 2 || e.Cut != 4 || e.Dropped != 0 {
		t.Errorf("got %+v", e)
	}
	if want := letters("abcde"); !reflect.DeepEqual(e.Sequences[2].Tokens, want) || e.Sequences[2].Label != 2 {
		t.Errorf("got %+v, expected the left of the text, %v", e.Sequences[2], want)
	}
}

func TestEncodeDropsWhatCannotBeLearnt(t *testing.T) {
	table := &Table{Name: "f.jsonl", Form: Completion, Rows: []Row{{Line: 1, Prompt: "ab", Completion: "cd"}, {Line: 2, Prompt: "abcde", Completion: "f"}}}
	tokens := func(i int, r Row) (Sequence, error) {
		s := Text(letters(r.Prompt+r.Completion), nil)
		s.Learn = make([]bool, len(s.Tokens))
		for i := len(r.Prompt); i < len(s.Learn); i++ {
			s.Learn[i] = true
		}
		return s, nil
	}
	e, err := Encode(table, 4, tokens)
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Sequences) != 1 || e.Dropped != 1 || !reflect.DeepEqual(e.Rows, []int{0}) || e.Truncated != 1 {
		t.Errorf("got %+v", e)
	}
	if _, err := Encode(table, 2, tokens); err == nil || err.Error() != "f.jsonl: no row has anything to learn within max_length 2" {
		t.Errorf("got %v", err)
	}
}

func TestEncodeErrors(t *testing.T) {
	table := &Table{Name: "f.csv", Rows: []Row{{Line: 2, Text: "a"}, {Line: 4}}}
	odd := errors.New("odd")
	for _, test := range []struct {
		tokens func(i int, r Row) (Sequence, error)
		want   string
	}{
		{func(i int, r Row) (Sequence, error) { return Class(letters(r.Text), 0), nil }, "f.csv:4: text has no tokens"},
		{func(i int, r Row) (Sequence, error) { return Text([]int32{1}, nil), nil }, "f.csv:2: nothing to learn in 1 tokens"},
		{func(i int, r Row) (Sequence, error) { return Text([]int32{1, 2}, []bool{true}), nil }, "f.csv:2: 2 tokens with 1 learn marks"},
		{func(i int, r Row) (Sequence, error) { return Sequence{}, odd }, "f.csv:2: odd"},
	} {
		if _, err := Encode(table, 0, test.tokens); err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("got %v, expected %s", err, test.want)
		}
	}
	if _, err := Encode(table, 0, func(i int, r Row) (Sequence, error) { return Sequence{}, odd }); !errors.Is(err, odd) {
		t.Errorf("%v does not wrap the tokenizer's error", err)
	}
}
