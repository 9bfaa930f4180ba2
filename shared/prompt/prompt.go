package prompt

import (
	"fmt"
	"slices"
	"strings"
)

// Prompt is a .prompt file that has been read. It may be rendered by several goroutines at once.
type Prompt struct {
	Metadata
	source *source
	nodes  []node
}

// Metadata is what front matter says. Keys with a dot, such as studio.tests, are extensions: Ext["studio"]["tests"].
type Metadata struct {
	Name, Description, Variant, Version, Model string

	Tools, ToolDefs any
	Config          *Object // of the model, such as temperature
	Input           *Object // default, schema
	Output          *Object // format, schema
	Ext             *Object
	Raw             *Object // the front matter as written; nil: there is none
}

// Describe is the metadata with its keys as in front matter; what is not said is left out.
func (m *Metadata) Describe() *Object {
	o := object("name", orNil(m.Name), "description", orNil(m.Description), "variant", orNil(m.Variant), "version", orNil(m.Version),
		"model", orNil(m.Model), "tools", m.Tools, "toolDefs", m.ToolDefs)
	for _, part := range []struct {
		key   string
		value *Object
	}{{"config", m.Config}, {"input", m.Input}, {"output", m.Output}, {"ext", m.Ext}, {"raw", m.Raw}} {
		if part.value != nil {
			o.Set(part.key, part.value)
		}
	}
	return o
}

// Options are what a prompt is read with.
type Options struct {
	Name    string  // of the file, for messages
	Schemas *Object // by the names that schemas may have
}

// Parse reads a .prompt file, or a template alone.
func Parse(text string, o Options) (*Prompt, error) {
	d, err := parseDocument(o.Name, text)
	if err != nil {
		return nil, err
	}
	p := &Prompt{source: d.template}
	if err := p.describe(d.front, o.Schemas); err != nil {
		return nil, fmt.Errorf("front matter: %w", err)
	}
	p.nodes, err = parseTemplate(d.template)
	return p, err
}

// Template is the template as written, and the number of lines of the file before it.
func (p *Prompt) Template() (text string, line int) { return p.source.text, p.source.line }

func (p *Prompt) describe(front *Object, schemas *Object) error {
	p.Raw = front
	texts := map[string]*string{"name": &p.Name, "description": &p.Description, "variant": &p.Variant, "version": &p.Version, "model": &p.Model}
	objects := map[string]**Object{"config": &p.Config, "input": &p.Input, "output": &p.Output, "ext": &p.Ext}
	for _, key := range front.Keys() {
		v, _ := front.Get(key)
		if v == nil {
			continue
		}
		if dot := strings.LastIndexByte(key, '.'); dot > 0 {
			p.extend(key[:dot], key[dot+1:], v)
			continue
		}
		switch {
		case key == "tools":
			p.Tools = v
		case key == "toolDefs":
			p.ToolDefs = v
		case texts[key] != nil:
			if _, ok := v.(*Object); ok {
				return fmt.Errorf("%s: expected a text, got %.40s", key, FormatJSON(v, 0))
			}
			*texts[key] = display(v)
		case objects[key] != nil:
			o, ok := v.(*Object)
			if !ok {
				return fmt.Errorf("%s: expected keys and values, got %.40s", key, FormatJSON(v, 0))
			}
			*objects[key] = (*objects[key]).Merged(o)
		}
	}
	for key, o := range map[string]**Object{"input": &p.Input, "output": &p.Output} {
		schema, ok := (*o).Get("schema")
		if !ok {
			continue
		}
		expanded, err := ExpandSchema(schema, schemas)
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		*o = (*o).Merged(object("schema", expanded))
	}
	return nil
}

// extend sets an extension's key.
func (p *Prompt) extend(space, key string, v any) {
	if p.Ext == nil {
		p.Ext = NewObject()
	}
	o, _ := p.Ext.Get(space)
	part, ok := o.(*Object)
	if !ok {
		part = NewObject()
		p.Ext.Set(space, part)
	}
	part.Set(key, v)
}

// InputSchema is the JSON Schema of the input, nil if there is none; OutputSchema that of the answer.
func (p *Prompt) InputSchema() *Object  { return schemaOf(p.Input) }
func (p *Prompt) OutputSchema() *Object { return schemaOf(p.Output) }

func schemaOf(o *Object) *Object {
	v, _ := o.Get("schema")
	s, _ := v.(*Object)
	return s
}

// Input is what a prompt is rendered with.
type Input struct {
	Values   *Object   // of the variables
	Default  *Object   // of variables that neither Values nor the prompt's own input.default has; the prompt's come first
	Context  *Object   // of @state, @auth and the like
	Messages []Message // the conversation so far
	// Partial gives the text of a partial; ok is false where there is none. nil: there are none.
	Partial func(name string) (text string, ok bool, err error)
	// Lenient shows nothing for a missing variable, and does not hold the values against the input's schema.
	Lenient bool
}

// Render fills the template in. A variable that is shown must be given, unless the input's schema says that it is optional.
func (p *Prompt) Render(in Input) ([]Message, error) {
	defaults, _ := p.Input.Get("default")
	own, _ := defaults.(*Object)
	values := in.Default.Merged(own).Merged(in.Values)
	schema := p.InputSchema()
	if schema != nil && !in.Lenient {
		if bad := Validate(schema, values); len(bad) > 0 {
			return nil, fmt.Errorf("input: %s", strings.Join(bad, "; "))
		}
	}
	properties, _ := schema.Get("properties")
	declared, _ := properties.(*Object)
	r := &renderer{w: newWriter(in.Messages), src: p.source, partials: map[string]*parsed{}, lenient: in.Lenient,
		optional: func(name string) bool {
			_, ok := declared.Get(name)
			return ok // a required one is there, or Validate had said so
		},
		lookup: func(name string) (*source, error) {
			if in.Partial == nil {
				return nil, nil
			}
			text, ok, err := in.Partial(name)
			if err != nil || !ok {
				return nil, err
			}
			if len(text) > maxFile {
				return nil, fmt.Errorf("the partial %q has %d bytes, expected %d at most", name, len(text), maxFile)
			}
			return &source{name: name, text: text}, nil
		}}
	data := in.Context.Merged(object("root", values))
	if err := r.nodes(p.nodes, &scope{this: values, data: data}); err != nil {
		return nil, err
	}
	return r.w.end(), nil
}

// Roles are those messages may have.
var Roles = []string{"system", "user", "model", "tool"}

// ParseMessages reads a conversation: a list of objects with role and content, which is a text or a list of parts.
func ParseMessages(v any) ([]Message, error) {
	if v == nil {
		return nil, nil
	}
	list, ok := v.([]any)
	if !ok {
		return nil, fmt.Errorf("messages: expected a list, got %.40s", FormatJSON(v, 0))
	}
	var out []Message
	for i, e := range list {
		o, _ := e.(*Object)
		role, _ := o.Get("role")
		m := Message{Role: display(role)}
		if m.Role == "assistant" { // as others call it
			m.Role = "model"
		}
		if !slices.Contains(Roles, m.Role) {
			return nil, fmt.Errorf("message %d: role is %s, expected one of %q", i+1, FormatJSON(role, 0), Roles)
		}
		content, _ := o.Get("content")
		switch c := content.(type) {
		case string:
			m.Content = []Part{{Text: c, Segments: []Segment{{c, "messages"}}}}
		case []any:
			for _, p := range c {
				part, ok := p.(*Object)
				if !ok {
					return nil, fmt.Errorf("message %d: expected a part such as {\"text\": …}, got %.40s", i+1, FormatJSON(p, 0))
				}
				m.Content = append(m.Content, parsePart(part))
			}
		default:
			return nil, fmt.Errorf("message %d: content is %.40s, expected a text or a list of parts", i+1, FormatJSON(content, 0))
		}
		if meta, _ := o.Get("metadata"); isObject(meta) {
			m.Metadata = meta.(*Object)
		}
		out = append(out, m)
	}
	return out, nil
}

func parsePart(o *Object) Part {
	if text, ok := o.values["text"].(string); ok && len(o.keys) == 1 {
		return Part{Text: text, Segments: []Segment{{text, "messages"}}}
	}
	return Part{Other: o}
}
