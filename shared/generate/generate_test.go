package generate

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// pieces decodes token i as its i-th string.
type pieces struct {
	text []string
	rest string // what Flush gives
}

func (p *pieces) Next(id int32) string { return p.text[id] }
func (p *pieces) Flush() string        { return p.rest }

// says is a model that says the given tokens one after another and remembers what it was fed.
func says(fed *[][]int32, ids ...int32) Step {
	return func(_ context.Context, in []int32) ([]float32, error) {
		*fed = append(*fed, slices.Clone(in))
		logits := make([]float32, 10)
		logits[ids[len(*fed)-1]] = 1
		return logits, nil
	}
}

func TestGenerate(t *testing.T) {
	words := []string{"the ", "cat", " sat", "\n", "STO", "P it", "ST", " up", "<end>", "U"}
	for _, test := range []struct {
		name   string
		ids    []int32
		r      Request
		rest   string
		stream []string
		finish Finish
	}{
		{"length", []int32{0, 1, 2}, Request{MaxNewTokens: 3}, "", []string{"the ", "cat", " sat"}, Length},
		{"length within a character", []int32{0, 1}, Request{MaxNewTokens: 2}, "\ufffd", []string{"the ", "cat\ufffd"}, Length},
		{"end token", []int32{0, 1, 8}, Request{MaxNewTokens: 9, EOS: []int32{7, 8}}, "", []string{"the ", "cat", ""}, EOS},
		{"end token after a held beginning", []int32{0, 6, 8}, Request{MaxNewTokens: 9, EOS: []int32{8}, Stop: []string{"STOP"}}, "", []string{"the ", "", "ST"}, EOS},
		{"stop string across tokens", []int32{0, 4, 5}, Request{MaxNewTokens: 9, Stop: []string{"STOP"}}, "", []string{"the ", "", ""}, Stop},
		{"what might have been one", []int32{6, 9, 4, 7}, Request{MaxNewTokens: 4, Stop: []string{"STOP"}}, "", []string{"", "STU", "", "STO up"}, Length},
		{"stop at the last token", []int32{0, 3}, Request{MaxNewTokens: 2, Stop: []string{"\n"}}, "", []string{"the ", ""}, Stop},
		{"stop string in the rest", []int32{0}, Request{MaxNewTokens: 1, Stop: []string{"x"}}, "axb", []string{"the a"}, Stop},
		{"first of two", []int32{1, 2}, Request{MaxNewTokens: 9, Stop: []string{"sat", "t s"}}, "", []string{"ca", ""}, Stop},
	} {
		t.Run(test.name, func(t *testing.T) {
			var fed [][]int32
			test.r.Prompt = []int32{5, 6}
			var stream []string
			var ids []int32
			var finish Finish
			for token, err := range Generate(t.Context(), says(&fed, test.ids...), &pieces{words, test.rest}, test.r) {
				if err != nil {
					t.Fatal(err)
				}
				stream = append(stream, token.Text)
				ids = append(ids, token.ID)
				finish = token.Finish
			}
			if !slices.Equal(stream, test.stream) || finish != test.finish || !slices.Equal(ids, test.ids) {
				t.Errorf("got %q %q %v, expected %q %q %v", stream, finish, ids, test.stream, test.finish, test.ids)
			}
			if !slices.Equal(fed[0], test.r.Prompt) || len(fed) != len(ids) || (len(fed) > 1 && !slices.Equal(fed[1], ids[:1])) {
				t.Errorf("fed %v", fed)
			}
		})
	}
}

func TestCollectAndLeave(t *testing.T) {
	var fed [][]int32
	r := Request{Prompt: []int32{0}, MaxNewTokens: 5, EOS: []int32{2}}
	out, err := Collect(Generate(t.Context(), says(&fed, 0, 1, 2), &pieces{text: []string{"a", "b", "c"}}, r))
	if err != nil || out.Text != "ab" || out.Finish != EOS || !slices.Equal(out.IDs, []int32{0, 1, 2}) {
		t.Errorf("got %+v, %v", out, err)
	}
	fed = nil
	for range Generate(t.Context(), says(&fed, 0, 1, 2), &pieces{text: []string{"a", "b", "c"}}, r) {
		break
	}
	if len(fed) != 1 {
		t.Errorf("%d steps after leaving at the first token", len(fed))
	}
}

func TestGenerateErrors(t *testing.T) {
	broken := errors.New("device lost")
	good := func(context.Context, []int32) ([]float32, error) { return []float32{1}, nil }
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, test := range []struct {
		name string
		ctx  context.Context
		step Step
		r    Request
		want string
	}{
		{"no prompt", t.Context(), good, Request{MaxNewTokens: 1}, "prompt has no tokens"},
		{"no length", t.Context(), good, Request{Prompt: []int32{1}}, "max_new_tokens is 0, expected at least 1"},
		{"empty stop", t.Context(), good, Request{Prompt: []int32{1}, MaxNewTokens: 1, Stop: []string{""}}, "stop string is empty"},
		{"sampling", t.Context(), good, Request{Prompt: []int32{1}, MaxNewTokens: 1, Sampling: Sampling{TopP: 2}}, "top_p is 2, expected 0 to 1"},
		{"step", t.Context(), func(context.Context, []int32) ([]float32, error) { return nil, broken }, Request{Prompt: []int32{1}, MaxNewTokens: 1}, "device lost"},
		{"logits", t.Context(), func(context.Context, []int32) ([]float32, error) { return nil, nil }, Request{Prompt: []int32{1}, MaxNewTokens: 1}, "token 1: logits forbid every token"},
		{"cancelled", cancelled, good, Request{Prompt: []int32{1}, MaxNewTokens: 1}, "context canceled"},
	} {
		out, err := Collect(Generate(test.ctx, test.step, &pieces{text: []string{"a"}}, test.r))
		if err == nil || err.Error() != test.want || len(out.IDs) > 0 {
			t.Errorf("%s: got %+v, %v, expected %s", test.name, out, err, test.want)
		}
	}
}

// However a text is cut, what comes out and where it stops is the same, and nothing of a stop string is shown.
func TestStopperDoesNotDependOnCuts(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 4))
	run := func(stops []string, cuts []string) (text string, stopped bool) {
		s := stopper{stops: stops}
		for _, piece := range cuts {
			out, stop := s.push(piece)
			text += out
			if stop {
				return text, true
			}
		}
		return text + s.flush(), false
	}
	letters := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteByte("ab"[random.IntN(2)])
		}
		return b.String()
	}
	stoppedCases := 0
	for range 2000 {
		stops := []string{letters(2 + random.IntN(4)), letters(2 + random.IntN(4))}
		whole := letters(random.IntN(16))
		want, wantStop := run(stops, []string{whole})
		var cuts []string
		for rest := whole; rest != ""; {
			n := 1 + random.IntN(len(rest))
			cuts = append(cuts, rest[:n])
			rest = rest[n:]
		}
		got, gotStop := run(stops, cuts)
		if got != want || gotStop != wantStop {
			t.Fatalf("%q with stops %q: %q %v cut as %q, %q %v whole", whole, stops, got, gotStop, cuts, want, wantStop)
		}
		if !wantStop && got != whole {
			t.Fatalf("%q with stops %q came out as %q", whole, stops, got)
		}
		if wantStop {
			stoppedCases++
			for _, stop := range stops {
				if strings.Contains(got, stop) {
					t.Fatalf("%q shows the stop string %q", got, stop)
				}
			}
		}
	}
	if stoppedCases < 200 {
		t.Errorf("only %d of 2000 texts stopped", stoppedCases)
	}
}
