package dataset

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"testing"
	"unicode/utf8"
)

func TestPack(t *testing.T) {
	weighted := Text([]int32{7, 8}, nil)
	weighted.Weight = 0.5
	b := Pack([]Sequence{
		Class([]int32{1, 2, 3}, 4),
		Text([]int32{4, 5, 6}, []bool{false, false, true}),
		weighted,
	}, func(n int) int { return n + 2 })
	want := Batch{
		Tokens:    []int32{1, 2, 3, 4, 5, 6, 7, 8, 0, 0},
		Positions: []int32{0, 1, 2, 0, 1, 2, 0, 1, 0, 0},
		Lo:        []int32{0, 0, 0, 3, 3, 3, 6, 6, 0, 0},
		Hi:        []int32{1, 2, 3, 4, 5, 6, 7, 8, 0, 0},
		Targets:   []int32{-1, -1, -1, -1, 6, -1, 8, -1, -1, -1},
		Weights:   []float32{0, 0, 0, 0, 1, 0, 0.5, 0, 0, 0},
		Pool:      []int32{2, 5, 7}, Labels: []int32{4, -1, -1}, LabelWeights: []float32{1, 0, 0},
		Used: 8, Sequences: 3,
	}
	if !reflect.DeepEqual(b, want) {
		t.Errorf("got\n%+v\nexpected\n%+v", b, want)
	}
	if b.TokenWeight() != 1.5 || b.LabelWeight() != 1 {
		t.Errorf("weights %v and %v, expected 1.5 and 1", b.TokenWeight(), b.LabelWeight())
	}
	b.PadSequences(4)
	if !reflect.DeepEqual(b.Pool, []int32{2, 5, 7, -1}) || !reflect.DeepEqual(b.Labels, []int32{4, -1, -1, -1}) || len(b.LabelWeights) != 4 || b.Sequences != 3 {
		t.Errorf("padded: %+v", b)
	}
}

func TestPackWithoutPaddingOrTokens(t *testing.T) {
	b := Pack([]Sequence{{Label: 1}, Class([]int32{9}, 0)}, nil)
	if !reflect.DeepEqual(b.Tokens, []int32{9}) || !reflect.DeepEqual(b.Pool, []int32{-1, 0}) || !reflect.DeepEqual(b.Labels, []int32{-1, 0}) {
		t.Errorf("got %+v", b)
	}
	if b := Pack(nil, Bucket); len(b.Tokens) != smallestBucket || b.Used != 0 || len(b.Pool) != 0 {
		t.Errorf("nothing: %+v", b)
	}
}

// transformers' rule: the rightmost position whose id is not the pad token; without one, the last.
func TestPoolBefore(t *testing.T) {
	const pad = 2
	for _, test := range []struct {
		tokens []int32
		want   int32
	}{
		{[]int32{1, 5, 6}, 2}, {[]int32{1, 5, pad}, 1}, {[]int32{1, pad, 5, pad, pad}, 2}, {[]int32{pad, pad}, 1},
	} {
		s := Class(test.tokens, 0)
		s.PoolBefore(pad)
		if b := Pack([]Sequence{s}, nil); b.Pool[0] != test.want {
			t.Errorf("%v: row %d, expected %d", test.tokens, b.Pool[0], test.want)
		}
	}
	s := Class([]int32{1, 5, 6, pad}, 0)
	s.PoolBefore(pad)
	if s.Truncate(3); s.PoolBack != 0 {
		t.Errorf("after truncation %d rows back, expected 0", s.PoolBack)
	}
}

func TestBucket(t *testing.T) {
	for _, test := range []struct{ n, want int }{
		{0, 8}, {1, 8}, {8, 8}, {9, 16}, {33, 40}, {64, 64}, {65, 72}, {81, 88}, {128, 128}, {129, 144}, {1025, 1152}, {2048, 2048},
	} {
		if got := Bucket(test.n); got != test.want {
			t.Errorf("%d rows in a bucket of %d, expected %d", test.n, got, test.want)
		}
	}
	sizes := map[int]bool{}
	for n := 1; n <= 8192; n++ {
		b := Bucket(n)
		sizes[b] = true
		if b < n || Bucket(b) != b || (n > 64 && 9*(b-n) > b) {
			t.Fatalf("%d rows in a bucket of %d", n, b)
		}
	}
	if len(sizes) > 64 {
		t.Errorf("%d sizes up to 8192 rows, expected at most 64", len(sizes))
	}
	if b := BucketUpTo(100); b(90) != 96 || b(97) != 100 || b(101) != 104 {
		t.Errorf("up to 100: %d %d %d", b(90), b(97), b(101))
	}
}

// The promise of Bucket: over whole runs less than 8 % of the rows are padding, with few sizes.
func TestBucketWaste(t *testing.T) {
	const mostWaste, mostSizes = 0.08, 32
	random := rand.New(rand.NewPCG(1, 2))
	lengths := map[string][]int{}
	for _, median := range []float64{12, 25, 60, 150, 400} { // texts' lengths are about log-normal
		name := fmt.Sprintf("log-normal, median %v", median)
		for range 4000 {
			lengths[name] = append(lengths[name], 1+int(median*math.Exp(0.5*random.NormFloat64())))
		}
	}
	for _, set := range []string{"finnews_zh", "finfe_zh", "phrasebank_en", "chnsenticorp_zh"} { // two characters a token
		if data, err := os.ReadFile("../../../shared/data/" + set + "/train.csv"); err == nil {
			table, err := ReadCSV(bytes.NewReader(data), set, Columns{})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range table.Rows {
				lengths[set] = append(lengths[set], 1+utf8.RuneCountInString(r.Text)/2)
			}
		}
	}
	for name, all := range lengths {
		for _, rows := range []int{4, 8, 16} {
			s := Schedule{Rows: len(all), BatchRows: rows, Accumulate: 1, Seed: 3}
			used, padded, sizes := 0, 0, map[int]int{}
			for _, batches := range s.Epoch(0, 0) {
				n := 0
				for _, r := range batches[0] {
					n += min(all[r], 512)
				}
				used += n
				padded += Bucket(n)
				sizes[Bucket(n)]++
			}
			waste := 1 - float64(used)/float64(padded)
			t.Logf("%s, batches of %d: %.1f %% padding, %d sizes", name, rows, 100*waste, len(sizes))
			if waste > mostWaste || len(sizes) > mostSizes {
				t.Errorf("%s, batches of %d: %.1f %% padding with %d sizes, expected at most %v and %d", name, rows, 100*waste, len(sizes), mostWaste, mostSizes)
			}
		}
	}
}
