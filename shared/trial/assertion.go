package trial

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"graft/shared/prompt"
)

// Assertion is something an answer must be. Names and meanings are promptfoo's.
type Assertion struct {
	Type      string // without not-
	Not       bool
	Value     any
	Threshold *float64
	Weight    float64 // in the score of a case; 0: it is measured, and holds whatever comes
	Metric    string  // under which scores are summed up
	Set       []Assertion
}

// Check is what came of an assertion.
type Check struct {
	Type   string  `json:"type"` // with not-
	Pass   bool    `json:"pass"`
	Score  float64 `json:"score"` // from 0 to 1
	Reason string  `json:"reason,omitempty"`
	Metric string  `json:"metric,omitempty"`
	weight float64
}

// kind is something that can be asserted.
type kind struct {
	name  string
	check func(c *checking, a *Assertion) (verdict, error)
	wants func(a *Assertion) string // what is wrong with value or threshold, "" for nothing; nil: value is a text
}

// assertions is the table of what can be asserted.
var assertions = []kind{
	{"equals", equals, anyValue},
	{"contains", contains(each, false), nil},
	{"icontains", contains(each, true), nil},
	{"contains-all", contains(all, false), listed},
	{"contains-any", contains(one, false), listed},
	{"icontains-all", contains(all, true), listed},
	{"icontains-any", contains(one, true), listed},
	{"starts-with", startsWith, nil},
	{"regex", matches, expression},
	{"is-json", isJSON, schema},
	{"contains-json", containsJSON, schema},
	{"levenshtein", levenshtein, nil},
	{"rouge-n", rouge, nil},
	{"bleu", bleu, nil},
	{"similar", similar, textOrList},
	{"word-count", wordCount, wordRange},
	{"latency", latency, threshold},
	{"cost", cost, threshold},
	{"tokens", tokens, threshold}, // ours: tokens of the answer, which is what a local model costs
	{"finish-reason", finishReason, nil},
}

// refused are those of promptfoo that need a program or another model to judge.
var refused = strings.Fields(`javascript python ruby webhook llm-rubric model-graded-closedqa model-graded-factuality factuality answer-relevance
	context-faithfulness context-recall context-relevance conversation-relevance g-eval select-best pi classifier moderation human max-score
	search-rubric agent-rubric guardrails is-refusal is-xml contains-xml is-sql contains-sql is-html contains-html perplexity perplexity-score meteor gleu
	is-valid-function-call is-valid-openai-function-call is-valid-openai-tools-call tool-call-f1 trace-error-spans trace-span-count trace-span-duration
	skill-used f-score`)

// AssertionNames are what can be asserted.
func AssertionNames() []string {
	names := []string{"assert-set"}
	for _, a := range assertions {
		names = append(names, a.name)
	}
	slices.Sort(names)
	return names
}

func readAssertions(v any, at string) ([]Assertion, error) {
	list, ok := v.([]any)
	if v == nil {
		return nil, nil
	}
	if !ok {
		return nil, fmt.Errorf("%s: assert: expected a list, got %.40s", at, prompt.FormatJSON(v, 0))
	}
	var out []Assertion
	for i, e := range list {
		at := fmt.Sprintf("%s: assertion %d", at, i+1)
		o, ok := e.(*prompt.Object)
		if !ok {
			return nil, fmt.Errorf("%s: expected keys and values, got %.40s", at, prompt.FormatJSON(e, 0))
		}
		a, err := readAssertion(o, at)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

func readAssertion(o *prompt.Object, at string) (Assertion, error) {
	a := Assertion{Weight: 1, Metric: text(o, "metric")}
	if err := known(o, at, "type value threshold weight metric assert"); err != nil {
		return a, err
	}
	a.Type, a.Not = strings.CutPrefix(text(o, "type"), "not-")
	a.Value, _ = o.Get("value")
	if t, ok := number(o, "threshold"); ok {
		a.Threshold = &t
	}
	if w, ok := number(o, "weight"); ok {
		if a.Weight = w; w < 0 {
			return a, fmt.Errorf("%s: weight is %g, expected 0 or more", at, w)
		}
	}
	if a.Type == "assert-set" {
		set, _ := o.Get("assert")
		var err error
		if a.Set, err = readAssertions(set, at); err == nil && len(a.Set) == 0 {
			err = fmt.Errorf("%s: assert-set without assert", at)
		}
		return a, err
	}
	i := slices.IndexFunc(assertions, func(k kind) bool { return k.name == a.Type })
	switch {
	case slices.Contains(refused, a.Type):
		return a, fmt.Errorf("%s: %s is not run here: it needs a program, a format or a judge that Graft does not have", at, a.Type)
	case i < 0:
		return a, fmt.Errorf("%s: type %q is not known, expected one of %s, or not- before one", at, a.Type, strings.Join(AssertionNames(), ", "))
	}
	wants := assertions[i].wants
	if wants == nil {
		wants = textValue
	}
	if bad := wants(&a); bad != "" {
		return a, fmt.Errorf("%s: %s: %s", at, a.Type, bad)
	}
	return a, nil
}

// checking is an answer being checked.
type checking struct {
	ctx     context.Context
	vars    *prompt.Object
	answer  Answer
	similar Embedder
}

// verdict is what an assertion says of an answer.
type verdict struct {
	pass   bool
	score  float64
	reason string
}

func say(pass bool, format string, args ...any) verdict {
	v := verdict{pass: pass}
	if pass {
		v.score = 1
	} else {
		v.reason = fmt.Sprintf(format, args...)
	}
	return v
}

// graded is a verdict by a score and the least that passes.
func graded(score, least float64, what string) verdict {
	return verdict{score >= least, score, fmt.Sprintf("%s is %.4g, expected at least %g", what, score, least)}
}

// check holds the answer to assertions. score is their weighted mean.
func (c *checking) check(list []Assertion, least *float64) (checks []Check, pass bool, score float64, err error) {
	pass = true
	weights := 0.0
	for i := range list {
		k, err := c.one(&list[i])
		if err != nil {
			return nil, false, 0, err
		}
		checks = append(checks, k)
		pass = pass && k.Pass
		score += k.weight * k.Score
		weights += k.weight
	}
	if weights > 0 {
		score /= weights
	} else {
		score = 1
	}
	if least != nil {
		pass = score >= *least
	}
	return checks, pass, score, nil
}

func (c *checking) one(a *Assertion) (Check, error) {
	k := Check{Type: a.Type, Metric: a.Metric, weight: a.Weight}
	var v verdict
	if a.Type == "assert-set" {
		inner, pass, score, err := c.check(a.Set, a.Threshold)
		if err != nil {
			return k, err
		}
		v = verdict{pass, score, ""}
		for _, i := range inner {
			if !i.Pass {
				v.reason = i.Type + ": " + i.Reason
				break
			}
		}
	} else {
		filled, err := c.filled(a)
		if err != nil {
			return k, fmt.Errorf("%s: %w", a.Type, err)
		}
		i := slices.IndexFunc(assertions, func(k kind) bool { return k.name == a.Type })
		if v, err = assertions[i].check(c, filled); err != nil {
			return k, fmt.Errorf("%s: %w", a.Type, err)
		}
	}
	if k.Pass, k.Score = v.pass, min(max(v.score, 0), 1); !k.Pass {
		k.Reason = v.reason
	}
	if a.Not {
		k.Type = "not-" + a.Type
		k.Pass, k.Score, k.Reason = !v.pass, 1-k.Score, ""
		if v.pass {
			k.Reason = fmt.Sprintf("%s holds: %.80s", a.Type, prompt.FormatJSON(a.Value, 0))
		}
	}
	if a.Weight == 0 {
		k.Pass = true
	}
	return k, nil
}

// filled is an assertion with the variables of its value, such as {{name}}, filled in.
func (c *checking) filled(a *Assertion) (*Assertion, error) {
	fill := func(v any) (any, error) {
		s, ok := v.(string)
		if !ok || !strings.Contains(s, "{{") || a.Type == "regex" {
			return v, nil
		}
		p, err := prompt.Parse(s, prompt.Options{})
		if err != nil {
			return nil, err
		}
		messages, err := p.Render(prompt.Input{Values: c.vars})
		if err != nil || len(messages) == 0 {
			return "", err
		}
		return messages[0].Text(), nil
	}
	out := *a
	var err error
	if list, ok := a.Value.([]any); ok {
		filled := make([]any, len(list))
		for i, v := range list {
			if filled[i], err = fill(v); err != nil {
				return nil, err
			}
		}
		out.Value = filled
		return &out, nil
	}
	out.Value, err = fill(a.Value)
	return &out, err
}
