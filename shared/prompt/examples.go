package prompt

import "strings"

// Example is an input and the answer that is right for it, kept under studio.examples in the front matter.
type Example struct {
	Input  *Object
	Output any
}

// Examples are the prompt's worked examples.
func (p *Prompt) Examples() []Example {
	studio, _ := p.Ext.Get("studio")
	v, _ := field(studio, "examples")
	list, _ := v.([]any)
	var out []Example
	for _, e := range list {
		o, ok := e.(*Object)
		if !ok {
			continue
		}
		in, _ := o.Get("input")
		values, _ := in.(*Object)
		answer, _ := o.Get("output")
		out = append(out, Example{values, answer})
	}
	return out
}

func examplesBreakSchema(l *looking) {
	schema := l.p.OutputSchema()
	if schema == nil {
		return
	}
	for i, e := range l.p.Examples() {
		answer := e.Output
		if text, ok := answer.(string); ok && strings.HasPrefix(strings.TrimSpace(text), "{") {
			v, err := ParseJSON([]byte(text))
			if err != nil {
				l.whole(number(float64(i+1)) + ": " + err.Error())
				continue
			}
			answer = v
		}
		if bad := Validate(schema, answer); len(bad) > 0 {
			l.whole(number(float64(i+1)) + ": " + bad[0])
		}
	}
}

func schemaFieldsUnnamed(l *looking) {
	schema := l.p.OutputSchema()
	required, _ := schema.Get("required")
	names, _ := required.([]any)
	for _, n := range names {
		if name, _ := n.(string); !strings.Contains(l.text, name) {
			l.whole(name)
		}
	}
}
