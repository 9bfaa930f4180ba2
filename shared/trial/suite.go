package trial

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"graft/shared/prompt"
)

// Suite is a file of test cases.
type Suite struct {
	Description string
	Repeat      int // how often each case is asked; 0: once
	Cases       []Case
}

// Case is one input, and what its answer must be like.
type Case struct {
	Description string
	Vars        *prompt.Object
	Assert      []Assertion
	Threshold   *float64       // the weighted score that passes; nil: every assertion must hold
	Metadata    *prompt.Object // metadata.reference is an answer that is right
}

// Key names a case by its input, so that it is found again in another run.
func (c *Case) Key() string {
	h := fnv.New64a()
	h.Write([]byte(prompt.FormatJSON(c.Vars, 0)))
	return fmt.Sprintf("%016x", h.Sum64())
}

// Reference is an answer that is right, "" if the case has none.
func (c *Case) Reference() string {
	v, _ := c.Metadata.Get("reference")
	s, _ := v.(string)
	return s
}

// The bounds of a file of cases.
const (
	maxSuite = 8 << 20
	maxCases = 100_000
)

// ReadSuite reads a .test.yaml file: promptfoo's defaultTest and tests, or a list of tests alone.
func ReadSuite(data []byte) (*Suite, error) {
	if len(data) > maxSuite {
		return nil, fmt.Errorf("%d bytes, expected %d at most", len(data), maxSuite)
	}
	v, err := prompt.ParseYAML(data)
	if err != nil {
		return nil, err
	}
	root, ok := v.(*prompt.Object)
	if list, is := v.([]any); is {
		root, ok = prompt.NewObject(), true
		root.Set("tests", list)
	}
	if !ok {
		return nil, fmt.Errorf("expected tests, got %.40s", prompt.FormatJSON(v, 0))
	}
	// What promptfoo runs with, and what is for people, is not ours.
	if err := known(root, "the file", "description defaultTest tests evaluateOptions prompts providers tags metadata"); err != nil {
		return nil, err
	}
	s := &Suite{Description: text(root, "description")}
	if options := part(root, "evaluateOptions"); options != nil {
		n, ok := number(options, "repeat")
		if s.Repeat = int(n); ok && (n < 1 || n != float64(s.Repeat)) {
			return nil, fmt.Errorf("evaluateOptions.repeat is %g, expected a whole number from 1", n)
		}
	}
	base, err := readCase(part(root, "defaultTest"), Case{}, "defaultTest")
	if err != nil {
		return nil, err
	}
	tests, _ := root.Get("tests")
	list, ok := tests.([]any)
	if !ok || len(list) == 0 {
		return nil, fmt.Errorf("tests: expected a list of at least one, got %.40s", prompt.FormatJSON(tests, 0))
	}
	defaults := part(root, "defaultTest")
	for i, t := range list {
		o, ok := t.(*prompt.Object)
		at := fmt.Sprintf("test %d", i+1)
		if !ok {
			return nil, fmt.Errorf("%s: expected keys and values, got %.40s", at, prompt.FormatJSON(t, 0))
		}
		c, err := readCase(o, base, at)
		if err != nil {
			return nil, err
		}
		expand := true
		for _, of := range []*prompt.Object{defaults, o} {
			if v, ok := part(of, "options").Get("disableVarExpansion"); ok {
				expand = v != true
			}
		}
		if s.Cases, err = s.add(c, expand); err != nil {
			return nil, fmt.Errorf("%s: %w", at, err)
		}
	}
	return s, nil
}

// add appends a case, or one for each combination of the values that its lists offer, as promptfoo does.
func (s *Suite) add(c Case, expand bool) ([]Case, error) {
	all := []Case{c}
	for _, name := range c.Vars.Keys() {
		v, _ := c.Vars.Get(name)
		list, ok := v.([]any)
		if !expand || !ok || len(list) == 0 {
			continue
		}
		var next []Case
		for _, c := range all {
			for _, v := range list {
				one := c
				one.Vars = prompt.NewObject().Merged(c.Vars)
				one.Vars.Set(name, v)
				next = append(next, one)
			}
		}
		if all = next; len(s.Cases)+len(all) > maxCases {
			return nil, fmt.Errorf("more than %d cases", maxCases)
		}
	}
	return append(s.Cases, all...), nil
}

// readCase reads a test over the default one.
func readCase(o *prompt.Object, base Case, at string) (Case, error) {
	c := base
	c.Assert = slices.Clone(base.Assert)
	if err := known(o, at, "description vars assert threshold options metadata"); err != nil {
		return c, err
	}
	if err := known(part(o, "options"), at+": options", "disableVarExpansion"); err != nil {
		return c, err
	}
	if d := text(o, "description"); d != "" {
		c.Description = d
	}
	vars, _ := o.Get("vars")
	given, ok := vars.(*prompt.Object)
	if vars != nil && !ok {
		return c, fmt.Errorf("%s: vars: expected names and values, got %.40s", at, prompt.FormatJSON(vars, 0))
	}
	c.Vars, c.Metadata = base.Vars.Merged(given), base.Metadata.Merged(part(o, "metadata"))
	if n, ok := number(o, "threshold"); ok {
		c.Threshold = &n
	}
	list, _ := o.Get("assert")
	own, err := readAssertions(list, at)
	c.Assert = append(c.Assert, own...)
	return c, err
}

// known reports a key that means nothing here.
func known(o *prompt.Object, at, keys string) error {
	fields := strings.Fields(keys)
	for _, k := range o.Keys() {
		if !slices.Contains(fields, k) {
			return fmt.Errorf("%s: %q is not supported, expected one of %s", at, k, strings.Join(fields, ", "))
		}
	}
	return nil
}

func part(o *prompt.Object, key string) *prompt.Object {
	v, _ := o.Get(key)
	p, _ := v.(*prompt.Object)
	return p
}

func text(o *prompt.Object, key string) string {
	v, _ := o.Get(key)
	if s, ok := v.(string); ok {
		return s
	}
	if v == nil {
		return ""
	}
	return prompt.FormatJSON(v, 0)
}

func number(o *prompt.Object, key string) (float64, bool) {
	v, _ := o.Get(key)
	f, ok := v.(float64)
	return f, ok
}
