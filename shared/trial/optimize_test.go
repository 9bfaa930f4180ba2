package trial

import (
	"fmt"
	"strings"
	"testing"

	"graft/shared/api"
	"graft/shared/prompt"
)

// pupil answers what an example of the same word shows, what reasons lead to, or else "bad"; with an instruction it minds negations.
func pupil(r api.GenerateRequest) (string, error) {
	all := ""
	for _, m := range r.Messages {
		all += m.Content + "\n"
	}
	i := strings.LastIndex(all, "Text: ")
	if i < 0 {
		return "", fmt.Errorf("asked %q", all)
	}
	word := strings.Fields(all[i:])[1]
	if strings.Contains(all, "Input: "+word[:1]) {
		return map[string]string{"g": "good", "b": "bad"}[word[:1]], nil
	}
	return "bad", nil
}

const pupilPrompt = "---\nname: moods\ninput:\n  schema:\n    text: string\n---\n{{role \"system\"}}Classify.\n{{role \"user\"}}Text: {{text}}\n"

func moods(n int) []Case {
	var cases []Case
	for i := range n {
		label := []string{"good", "bad"}[i%2]
		vars, meta := prompt.NewObject(), prompt.NewObject()
		vars.Set("text", fmt.Sprintf("%s%d", label[:1], i))
		meta.Set("reference", label)
		cases = append(cases, Case{Vars: vars, Metadata: meta, Assert: []Assertion{{Type: "equals", Value: label, Weight: 1}}})
	}
	return cases
}

// TestOptimize: examples teach, the prompt that is written is the one that was measured, and nothing is measured on what chose.
func TestOptimize(t *testing.T) {
	asked := map[string]int{}
	memory := remembered{}
	o := &Optimization{Cases: moods(60), Seed: 1, Similar: letters{}, Contender: Contender{Prompt: parsed(t, pupilPrompt), Runner: Remembered{Model: "m", Memory: memory, Runner: scripted(func(r api.GenerateRequest) (string, error) {
		asked[r.Messages[len(r.Messages)-1].Content]++
		return pupil(r)
	})}}}
	got, err := o.Optimize(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got.Examples != 24 || got.Chose != 18 || got.Test != 18 || got.Change == nil || got.Before.Value > 0.8 || got.After.Value != 1 || got.Change.Interval.Low <= 0 {
		t.Errorf("%+v", got)
	}
	if n := len(got.Tried); n != 1+len(instructions)+1+6+1+1+1 {
		t.Errorf("%d candidates were tried", n)
	}
	c := o.Contender
	c.Prompt = parsed(t, got.Source)
	run, err := (&Plan{Contenders: []Contender{c}, Cases: o.Cases}).Run(t.Context())
	if err != nil || run.Scores()[0].PassRate.Value != 1 {
		t.Errorf("the prompt that was written: %v, %+v", err, run.Scores())
	}
	// Once more with the memory: nothing is asked again, and the same comes of it.
	clear(asked)
	again, err := o.Optimize(t.Context())
	if err != nil || again.Source != got.Source || len(asked) != 0 {
		t.Errorf("again: %d asked, %v", len(asked), err)
	}
	for want, o := range map[string]*Optimization{
		"technique \"magic\"": {Cases: moods(20), Techniques: []string{"magic"}},
		"expected 12 at":      {Cases: moods(5)},
		"metadata.reference":  {Cases: withoutReferences(moods(20)), Contender: o.Contender, Techniques: []string{"random"}},
	} {
		if _, err := o.Optimize(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, expected %q", err, want)
		}
	}
}

func withoutReferences(cases []Case) []Case {
	for i := range cases {
		cases[i].Metadata = nil
	}
	return cases
}

// TestDivide: no case is in two parts, equal inputs are in one, and all are somewhere.
func TestDivide(t *testing.T) {
	cases := append(moods(30), moods(30)...)
	s := &search{Optimization: &Optimization{Cases: cases, Seed: 3}}
	s.divide()
	of := map[string]int{}
	for i, part := range [][]Case{s.examples, s.choosing, s.test} {
		for _, c := range part {
			if at, ok := of[c.Key()]; ok && at != i {
				t.Errorf("%s is in parts %d and %d", c.Key(), at, i)
			}
			of[c.Key()] = i
		}
	}
	if len(of) != 30 || len(s.examples)+len(s.choosing)+len(s.test) != 60 {
		t.Errorf("%d inputs in parts of %d, %d and %d", len(of), len(s.examples), len(s.choosing), len(s.test))
	}
}

// TestVariants: each rewriting can be read again, in both languages, with and without front matter, and does what it is for.
func TestVariants(t *testing.T) {
	example := prompt.NewObject()
	example.Set("input", "x {{y}} \"z\": #")
	example.Set("output", "完: yes")
	for _, source := range []string{pupilPrompt, "Rate this.\n\n{{text}}", "请分类\n\n「{{text}}」", "{{text}}",
		"---\nconfig: {maxOutputTokens: 10}\ninput: {schema: {type: object, properties: {text: {type: string}}}}\n---\n分类 {{#each examples}}{{this.input}}={{this.output}}{{/each}} {{text}}"} {
		for i, v := range []variant{variantOf(parsed(t, source)).withExamples([]any{example}, 0), variantOf(parsed(t, source)).withInstruction(2),
			variantOf(parsed(t, source)).withReasoning(), variantOf(parsed(t, source)).withVote(3, 0.7)} {
			written, err := v.source()
			if err != nil {
				t.Fatal(err)
			}
			c := Contender{Prompt: parsed(t, written)}
			messages, err := c.Prompt.Render(prompt.Input{Values: values(t, `{"text":"INPUT"}`)})
			if err != nil {
				t.Errorf("%s: %v", written, err)
				continue
			}
			all := ""
			for _, m := range messages {
				all += m.Text()
			}
			s, err := strategyOf(c.Prompt)
			ok := err == nil && strings.Contains(all, "INPUT")
			switch i {
			case 0:
				ok = ok && strings.Contains(all, "x {{y}} \"z\": #") && strings.Contains(all, "完: yes")
			case 1:
				ok = ok && (strings.Contains(all, "although") || strings.Contains(all, "虽然"))
			case 2:
				ok = ok && s.after != "" && strings.Contains(all, s.after)
			case 3:
				ok = ok && s.samples == 3
			}
			if !ok {
				t.Errorf("variant %d of %q: %q, %+v, %v", i, source, all, s, err)
			}
		}
	}
}
