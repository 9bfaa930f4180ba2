package trial

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"graft/shared/prompt"
)

// strategy is how a prompt is asked, beyond rendering it: the extensions studio.answer, studio.vote and studio.shots of the front matter.
type strategy struct {
	after       string // the answer stands after the last of these; "": it is all that is said
	samples     int    // votes; 0: one answer
	temperature float64
	nearest     int // examples nearest to the input that are shown; 0: all
}

// maxVotes bounds what one answer costs.
const maxVotes = 101

func strategyOf(p *prompt.Prompt) (strategy, error) {
	studio := part(p.Ext, "studio")
	s := strategy{after: text(part(studio, "answer"), "after"), temperature: 0.7}
	count := func(of, key string, most float64) (int, error) {
		o := part(studio, of)
		v, given := o.Get(key)
		n, ok := v.(float64)
		if given && (!ok || n < 1 || n > most || n != math.Trunc(n)) {
			return 0, fmt.Errorf("studio.%s: %s is %.40s, expected a whole number from 1 to %g", of, key, prompt.FormatJSON(v, 0), most)
		}
		return int(n), nil
	}
	var err error
	if s.samples, err = count("vote", "samples", maxVotes); err != nil {
		return s, err
	}
	if t, ok := number(part(studio, "vote"), "temperature"); ok {
		s.temperature = t
	}
	s.nearest, err = count("shots", "nearest", 1000)
	return s, err
}

// answer is what counts of what was said.
func (s strategy) answer(text string) string {
	if s.after != "" {
		if i := strings.LastIndex(text, s.after); i >= 0 {
			text, _, _ = strings.Cut(strings.TrimSpace(text[i+len(s.after):]), "\n")
		}
	}
	return strings.TrimSpace(text)
}

// examplesVariable is the variable that examples to be shown are in.
const examplesVariable = "examples"

// shots gives the prompt the examples nearest to the input, if it asks for them, the nearest last.
func (c *Contender) shots(ctx context.Context, values *prompt.Object) (*prompt.Object, error) {
	s, err := strategyOf(c.Prompt)
	if err != nil || s.nearest == 0 {
		return values, err
	}
	pool, _ := part(c.Prompt.Input, "default").Get(examplesVariable)
	list, _ := pool.([]any)
	if len(list) <= s.nearest {
		return values, nil
	}
	if c.Similar == nil {
		return nil, fmt.Errorf("studio.shots: %w", errNoEmbedder)
	}
	all := []string{inputText(values)}
	for _, e := range list {
		o, _ := e.(*prompt.Object)
		all = append(all, text(o, "input"))
	}
	vectors, err := c.Similar.Embed(ctx, all)
	if err != nil {
		return nil, fmt.Errorf("studio.shots: %w", err)
	}
	order := make([]int, len(list))
	near := make([]float64, len(list))
	for i := range order {
		order[i], near[i] = i, cosine(vectors[0], vectors[i+1])
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(near[b], near[a]) })
	shown := make([]any, s.nearest)
	for i := range shown {
		shown[len(shown)-1-i] = list[order[i]]
	}
	out := prompt.NewObject().Merged(values)
	out.Set(examplesVariable, shown)
	return out, nil
}

// inputText is an input as one text: its only value, or all with their names.
func inputText(values *prompt.Object) string {
	keys := slices.DeleteFunc(slices.Clone(values.Keys()), func(k string) bool { return k == examplesVariable })
	if len(keys) == 1 {
		v, _ := values.Get(keys[0])
		return said(v)
	}
	var lines []string
	for _, k := range keys {
		v, _ := values.Get(k)
		lines = append(lines, k+": "+said(v))
	}
	return strings.Join(lines, "\n")
}
