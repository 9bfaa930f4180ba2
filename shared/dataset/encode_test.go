package dataset

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestTruncate(t *testing.T) {
	for _, test := range []struct {
		n, tail, back int
		want          []int32
		cut, wantBack int
	}{
		{0, 1, 0, []int32{1, 2, 3, 4, 9}, 0, 0},
		{5, 1, 0, []int32{1, 2, 3, 4, 9}, 0, 0},
		{3, 0, 0, []int32{1, 2, 3}, 2, 0},
		{3, 1, 0, []int32{1, 2, 9}, 2, 0}, // [SEP] stays, and is still what is pooled
		{3, 1, 1, []int32{1, 2, 9}, 2, 1}, // the token before it was pooled, and one before it is
		{3, 0, 4, []int32{1, 2, 3}, 2, 2}, // the pooled token is kept
		{1, 2, 0, []int32{9}, 4, 0},
	} {
		whole := []int32{1, 2, 3, 4, 9}
		s := Sequence{Tokens: whole, Tail: test.tail, PoolBack: test.back}
		if cut := s.Truncate(test.n); cut != test.cut || !slices.Equal(s.Tokens, test.want) || s.PoolBack != test.wantBack {
			t.Errorf("%+v: %v with %d cut and %d back", test, s.Tokens, cut, s.PoolBack)
		}
		if !slices.Equal(whole, []int32{1, 2, 3, 4, 9}) {
			t.Fatalf("%+v: what is cut was changed to %v", test, whole)
		}
	}
}

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
