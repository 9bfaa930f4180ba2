package studio

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"graft/shared/prompt"
)

// Field is a variable in the form.
type Field struct {
	Name  string
	Type  string // of the input's schema: string, number, integer, boolean, array, object; "": not said
	Shown bool   // it is written into the text
	Value string
	Error string // "": none
}

// Long reports whether the value wants more than one line.
func (f Field) Long() bool {
	return strings.Contains(f.Value, "\n") || utf8.RuneCountInString(f.Value) > 40 || f.Type == "object" || f.Type == "array"
}

// Preview is a message exactly as the model gets it.
type Preview struct {
	Role     string
	Segments []prompt.Segment
	Tokens   int // estimated unless a model counted them
}

// Problem is a mistake that keeps a prompt from being rendered.
type Problem struct {
	Line, Column int // of the file, 0: not of a place
	Message      string
}

// View is what the editor shows of a text and values. It is made anew from them at each change, in one go, and is not
// changed after that.
type View struct {
	Fields   []Field
	Messages []Preview
	Problem  *Problem
	Findings []prompt.Finding
	Tokens   int
	Model    string // that the front matter asks for
	Output   *prompt.Object
}

// Look makes the view of a text. tokens counts those of a text; nil: they are estimated from its characters.
func Look(name, text string, values map[string]string, tokens func(string) int) *View {
	v := &View{}
	p, err := prompt.Parse(text, prompt.Options{Name: name})
	if err != nil {
		v.Problem = problem(err)
		return v
	}
	if tokens == nil {
		tokens = Estimate
	}
	v.Model, v.Output = p.Model, p.OutputSchema()
	v.Findings = p.Lint(prompt.LintOptions{Tokens: tokens})
	given := prompt.NewObject()
	types := schemaTypes(p.InputSchema())
	for _, x := range p.Variables() {
		f := Field{Name: x.Name, Type: types[x.Name], Shown: x.Shown, Value: values[x.Name]}
		if f.Value != "" {
			value, err := readValue(f.Type, f.Value)
			if err != nil {
				f.Error = err.Error()
			} else {
				given.Set(f.Name, value)
			}
		}
		v.Fields = append(v.Fields, f)
	}
	messages, err := p.Render(prompt.Input{Values: given})
	if err != nil {
		v.Problem = problem(err)
		messages, _ = p.Render(prompt.Input{Values: given, Lenient: true}) // still something to see
	}
	for _, m := range messages {
		shown := Preview{Role: m.Role}
		for _, part := range m.Content {
			switch {
			case part.Media != nil:
				shown.Segments = append(shown.Segments, prompt.Segment{Text: "[" + part.Media.ContentType + " " + part.Media.URL + "]", Variable: "media"})
			case part.Segments != nil:
				shown.Segments = append(shown.Segments, part.Segments...)
			default:
				shown.Segments = append(shown.Segments, prompt.Segment{Text: part.Text})
			}
		}
		shown.Tokens = tokens(m.Text())
		v.Tokens += shown.Tokens
		v.Messages = append(v.Messages, shown)
	}
	return v
}

func problem(err error) *Problem {
	var e *prompt.Error
	if errors.As(err, &e) {
		return &Problem{Line: e.Line, Column: e.Column, Message: e.Message}
	}
	return &Problem{Message: err.Error()}
}

// schemaTypes are the types of an object schema's properties.
func schemaTypes(schema *prompt.Object) map[string]string {
	types := map[string]string{}
	if schema == nil {
		return types
	}
	v, _ := schema.Get("properties")
	properties, _ := v.(*prompt.Object)
	if properties == nil {
		return types
	}
	for _, name := range properties.Keys() {
		v, _ := properties.Get(name)
		if property, ok := v.(*prompt.Object); ok {
			t, _ := property.Get("type")
			types[name], _ = t.(string)
		}
	}
	return types
}

// readValue turns what stands in the form into a value: text as it is, anything else as JSON.
func readValue(kind, text string) (any, error) {
	if kind == "" || kind == "string" {
		return text, nil
	}
	v, err := prompt.ParseJSON([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("expected %s as JSON: %w", kind, err)
	}
	return v, nil
}

// Estimate is about how many tokens a text has: one for each Chinese character and such, one for every four others.
func Estimate(text string) int {
	wide, narrow := 0, 0
	for _, r := range text {
		if r >= 0x2E80 {
			wide++
		} else {
			narrow++
		}
	}
	return wide + (narrow+3)/4
}

// Mend makes the changes that a finding says are safe, and returns the text after it.
func Mend(text string, f prompt.Finding) (string, error) {
	p, err := prompt.Parse(text, prompt.Options{})
	if err != nil {
		return "", err
	}
	template, _ := p.Template()
	at := len(text) - len(template)
	if f.Fix == nil || !strings.HasSuffix(text, template) || f.Fix.From < 0 || f.Fix.From > f.Fix.To || f.Fix.To > len(template) {
		return "", fmt.Errorf("%s: there is no change that is safe for this text", f.Code)
	}
	return text[:at+f.Fix.From] + f.Fix.Text + text[at+f.Fix.To:], nil
}
