package chat

import (
	"encoding/json"
	"testing"
	"time"
)

// features are small templates with what transformers' jinja2 makes of them. See
// testdata/features/make.py.
type features struct {
	Context json.RawMessage
	Rows    [][]json.RawMessage
}

// now is the time that make.py gives strftime_now.
var now = time.Date(2024, 7, 6, 15, 4, 5, 0, time.UTC)

func TestFeatures(t *testing.T) {
	var f features
	readJSON(t, "testdata/features/features.json", &f)
	if len(f.Rows) < 300 {
		t.Fatalf("got %d rows, want at least 300", len(f.Rows))
	}
	in, err := ParseInput(f.Context)
	if err != nil {
		t.Fatal(err)
	}
	in.Now = now
	for _, row := range f.Rows {
		var group, src string
		var want *string
		var ranges [][2]int
		for i, into := range []any{&group, &src, &want, &ranges} {
			if i == len(row) {
				break
			}
			if err := json.Unmarshal(row[i], into); err != nil {
				t.Fatal(err)
			}
		}
		t.Run(group, func(t *testing.T) {
			tmpl, err := Parse(src)
			var r Result
			if err == nil {
				r, err = tmpl.Render(in)
			}
			got := r.String()
			switch {
			case want == nil && err == nil:
				t.Errorf("%s\ngot %q, want an error", src, got)
			case want != nil && err != nil:
				t.Errorf("%s\ngot error %v, want %q", src, err, *want)
			case want != nil && got != *want:
				t.Errorf("%s\ngot  %q\nwant %q", src, got, *want)
			}
			checkRanges(t, src, r.Segments, ranges)
		})
	}
}

// checkRanges holds what is to be learnt to the ranges of characters that
// transformers found, where those that touch are one.
func checkRanges(t *testing.T, src string, segments []Segment, want [][2]int) {
	t.Helper()
	var got, joined [][2]int
	add := func(to *[][2]int, start, end int) {
		if n := len(*to); n > 0 && (*to)[n-1][1] == start {
			(*to)[n-1][1] = end
		} else if start < end {
			*to = append(*to, [2]int{start, end})
		}
	}
	at := 0
	for _, s := range segments {
		n := len([]rune(s.Text))
		if s.Learn {
			add(&got, at, at+n)
		}
		at += n
	}
	for _, r := range want {
		add(&joined, r[0], r[1])
	}
	if len(got) != len(joined) {
		t.Errorf("%s\nlearns %v, want %v", src, got, joined)
		return
	}
	for i := range got {
		if got[i] != joined[i] {
			t.Errorf("%s\nlearns %v, want %v", src, got, joined)
		}
	}
}
