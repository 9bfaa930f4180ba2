package trial

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"graft/shared/api"
	"graft/shared/prompt"
	"graft/shared/prompt/library"
)

// scripted answers by a function of the request.
type scripted func(r api.GenerateRequest) (string, error)

func (s scripted) Generate(_ context.Context, r api.GenerateRequest) (api.Generation, error) {
	text, err := s(r)
	return api.Generation{Text: text, FinishReason: api.FinishEOS, PromptTokens: 7, CompletionTokens: len(strings.Fields(text)), FirstTokenMS: 10, TokensPerSecond: 100}, err
}

// letters embeds a text as the counts of its letters, so that alike texts are near.
type letters struct{}

func (letters) Embed(_ context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, len(texts))
	for i, s := range texts {
		out[i] = make([]float32, 512)
		for _, r := range s {
			out[i][int(r)%512]++
		}
	}
	return out, nil
}

func parsed(t *testing.T, source string) *prompt.Prompt {
	t.Helper()
	p, err := prompt.Parse(source, prompt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func suite(t *testing.T, source string) *Suite {
	t.Helper()
	s, err := ReadSuite([]byte(source))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func values(t *testing.T, source string) *prompt.Object {
	t.Helper()
	v, err := prompt.ParseJSON([]byte(source))
	if err != nil {
		t.Fatal(err)
	}
	return v.(*prompt.Object)
}

// TestLibrary asks every template of the library its cases: the reference answer of each passes all assertions, is as the output's
// schema asks, and an empty answer does not pass.
func TestLibrary(t *testing.T) {
	for _, language := range library.Languages {
		all, err := library.All(language)
		if err != nil {
			t.Fatal(err)
		}
		for _, template := range all {
			name := language + "/" + template.Name
			s, err := ReadSuite([]byte(template.Tests))
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if len(s.Cases) < 5 || len(s.Cases) > 10 {
				t.Errorf("%s: %d cases, expected 5 to 10", name, len(s.Cases))
			}
			c := Contender{Name: Name{Prompt: name}, Prompt: parsed(t, template.Source)}
			answers := map[string]string{}
			for _, k := range s.Cases {
				r, err := c.Request(t.Context(), k.Vars)
				if err != nil {
					t.Fatalf("%s: %s: %v", name, k.Description, err)
				}
				if k.Reference() == "" || k.Description == "" {
					t.Errorf("%s: a case without reference or description", name)
				}
				if schema := c.Prompt.OutputSchema(); schema != nil {
					v, err := prompt.ParseJSON([]byte(k.Reference()))
					if bad := prompt.Validate(schema, v); err != nil || len(bad) > 0 {
						t.Errorf("%s: %s: the reference is not as the schema asks: %v %v", name, k.Description, err, bad)
					}
				}
				answers[fmt.Sprint(r.Messages)] = k.Reference()
			}
			c.Runner = scripted(func(r api.GenerateRequest) (string, error) { return answers[fmt.Sprint(r.Messages)], nil })
			run, err := (&Plan{Contenders: []Contender{c}, Cases: s.Cases}).Run(t.Context())
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			for _, row := range run.Rows {
				if !row.Pass {
					t.Errorf("%s: %s: the reference fails: %+v", name, run.Cases[row.Case].Description, row.Checks)
				}
			}
			c.Runner = scripted(func(api.GenerateRequest) (string, error) { return "", nil })
			if run, err = (&Plan{Contenders: []Contender{c}, Cases: s.Cases}).Run(t.Context()); err != nil || run.Passed() || run.Scores()[0].Passed > 0 {
				t.Errorf("%s: an empty answer passes: %v", name, err)
			}
		}
	}
}

const classify = "---\nconfig: {temperature: 0, maxOutputTokens: 5, stopSequences: [x]}\noutput: {format: enum, schema: {type: string, enum: [good, bad]}}\n---\n{{role \"system\"}}Classify.{{role \"user\"}}\"{{text}}\""

func TestRequest(t *testing.T) {
	c := Contender{Prompt: parsed(t, classify)}
	r, err := c.Request(t.Context(), values(t, `{"text":"<|im_end|>"}`))
	if err != nil {
		t.Fatal(err)
	}
	got, _ := json.Marshal(r)
	const want = `{"messages":[{"role":"system","content":"Classify."},{"role":"user","content":"\"\u003c|im_end|\u003e\""}],"max_new_tokens":5,"stop":["x"],"response_format":{"choices":["good","bad"]}}`
	if string(got) != want {
		t.Errorf("got %s, expected %s", got, want)
	}
	c.Plain = true
	if r, err = c.Request(t.Context(), values(t, `{"text":"t"}`)); err != nil || r.Prompt != "Classify.\n\n\"t\"" || r.Messages != nil {
		t.Errorf("plain: %+v, %v", r, err)
	}
	for want, source := range map[string]string{
		"the variable text is missing": classify,
		"config: temperature":          "---\nconfig: {temperature: hot}\n---\nx",
		"expected enum in the schema":  "---\noutput: {format: enum}\n---\nx",
		"renders to nothing":           "  ",
		"has media":                    "{{media url=\"u\"}}",
		"studio.vote: samples is 0.5":  "---\nstudio.vote: {samples: 0.5}\n---\nx",
	} {
		c := Contender{Prompt: parsed(t, source)}
		if _, err := c.Ask(t.Context(), prompt.NewObject(), 0); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, expected %q", source, err, want)
		}
	}
}

// TestStrategies: reasoning is cut off, votes are counted with seeds of their own, and the nearest examples are shown.
func TestStrategies(t *testing.T) {
	p := parsed(t, "---\nstudio.answer: {after: \"Answer:\"}\nstudio.vote: {samples: 5, temperature: 0.9}\nstudio.shots: {nearest: 2}\n"+
		"input: {default: {examples: [{input: aaaa, output: 1}, {input: zzzz, output: 2}, {input: aaab, output: 3}]}}\n---\n"+
		"{{#each examples}}{{input}}={{output}};{{/each}}{{text}}")
	seeds := map[uint64]bool{}
	c := Contender{Prompt: p, Similar: letters{}, Runner: scripted(func(r api.GenerateRequest) (string, error) {
		if r.Messages[0].Content != "aaab=3;aaaa=1;aaaa" && r.Messages[0].Content != "aaaa=1;aaab=3;aaaa" || r.Temperature != 0.9 {
			return "", fmt.Errorf("asked %q at %v", r.Messages[0].Content, r.Temperature)
		}
		seeds[r.Seed] = true
		return fmt.Sprintf("Answer: no\nso Answer: %d \nthe end", min(len(seeds), 4)), nil
	})}
	a, err := c.Ask(t.Context(), values(t, `{"text":"aaaa"}`), 3)
	if err != nil || a.Text != "4" || a.Agreement != 0.4 || len(seeds) != 5 {
		t.Errorf("%+v of %d seeds, %v", a, len(seeds), err)
	}
	c.Similar = nil
	if _, err := c.Ask(t.Context(), values(t, `{"text":"aaaa"}`), 3); !errors.Is(err, errNoEmbedder) {
		t.Errorf("without an embedder: %v", err)
	}
}

// remembered is a memory in a map.
type remembered map[string]api.Generation

func (m remembered) Recall(key string) (api.Generation, bool) { g, ok := m[key]; return g, ok }
func (m remembered) Keep(key string, g api.Generation) error  { m[key] = g; return nil }

func TestRemembered(t *testing.T) {
	asked := 0
	r := Remembered{Model: "m", Memory: remembered{}, Runner: scripted(func(r api.GenerateRequest) (string, error) {
		asked++
		return r.Prompt, nil
	})}
	for range 2 {
		for _, p := range []string{"a", "b"} {
			if g, err := r.Generate(t.Context(), api.GenerateRequest{Prompt: p}); err != nil || g.Text != p {
				t.Errorf("%+v, %v", g, err)
			}
		}
	}
	if asked != 2 {
		t.Errorf("asked %d times, expected 2", asked)
	}
}

// TestRun: repeats, errors and intervals, and what changed to the next run.
func TestRun(t *testing.T) {
	s := suite(t, "defaultTest: {assert: [{type: equals, value: '{{want}}', metric: exact}]}\ntests:\n"+
		"  - vars: {text: [a, b, c, d], want: good}\n  - {description: last, vars: {text: e, want: bad}}")
	if len(s.Cases) != 5 || s.Cases[1].Vars.Keys()[0] != "text" {
		t.Fatalf("%d cases", len(s.Cases))
	}
	ask := func(answer func(text string, seed uint64) (string, error)) *Run {
		c := Contender{Name: Name{Prompt: "p", Model: "m"}, Prompt: parsed(t, "say {{text}}"), Runner: scripted(func(r api.GenerateRequest) (string, error) {
			return answer(strings.TrimPrefix(r.Messages[0].Content, "say "), r.Seed)
		})}
		run, err := (&Plan{Contenders: []Contender{c}, Cases: s.Cases, Repeat: 2}).Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return run
	}
	before := ask(func(text string, seed uint64) (string, error) {
		switch {
		case text == "a" || text == "b" && seed == 0:
			return "good", nil
		case text == "c":
			return "", errors.New("no model")
		}
		return " bad \n", nil
	})
	score := before.Scores()[0]
	if score.Cases != 5 || score.Answers != 10 || score.Passed != 5 || score.Errors != 2 || score.PassAny != 0.6 || score.PassAll != 0.4 || score.PassRate.Value != 0.5 ||
		score.PassRate.Interval.Low >= 0.5 || score.PassRate.Interval.High <= 0.5 || score.Agreement != 0.9 || before.Passed() {
		t.Errorf("%+v", score)
	}
	if v := score.Metrics["exact"]; v.Value != 0.625 { // of four cases: the one without an answer has none
		t.Errorf("metric %+v", v)
	}
	after := ask(func(text string, _ uint64) (string, error) {
		if text == "e" {
			return "good", nil
		}
		return "good", nil
	})
	all := Compare(before, after)
	if len(all) != 1 || all[0].Cases != 5 || all[0].McNemar.Fixed != 3 || all[0].McNemar.Broken != 1 || len(all[0].Changed) != 4 || all[0].Significant() {
		t.Errorf("%+v", all)
	}
	joined, err := Join(before, after)
	if err != nil || len(joined.Rows) != 20 || len(joined.Against()) != 1 || joined.Rows[10].Contender != 1 {
		t.Errorf("joined: %v", err)
	}
	data, err := json.Marshal(joined)
	var again Run
	if err == nil {
		err = json.Unmarshal(data, &again)
	}
	if err != nil || len(Compare(&again, joined)[0].Changed) != 0 || again.Cases[4].Title() != "last" || again.Cases[0].Key != s.Cases[0].Key() {
		t.Errorf("read again: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	c := Contender{Prompt: parsed(t, "x"), Runner: scripted(func(api.GenerateRequest) (string, error) { cancel(); return "", ctx.Err() })}
	if run, err := (&Plan{Contenders: []Contender{c}, Cases: s.Cases}).Run(ctx); !errors.Is(err, context.Canceled) || run == nil {
		t.Errorf("ended: %v", err)
	}
}
