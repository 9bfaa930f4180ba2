package chat

import (
	"strings"
	"testing"
)

// learnt is the text that is to be learnt, parts separated by |.
func learnt(segments []Segment) string {
	var b strings.Builder
	before := true
	for _, s := range segments {
		if !s.Learn {
			before = false
			continue
		}
		if !before && b.Len() > 0 {
			b.WriteByte('|')
		}
		b.WriteString(s.Text)
		before = true
	}
	return b.String()
}

// Templates without generation blocks still tell what assistants said.
func TestRenderLearn(t *testing.T) {
	call := List(NewDict().Set("name", String("f")).Set("arguments", NewDict().Set("x", Int(1)).Set("y", String("q"))))
	in := Input{
		Messages: []Value{
			Message("user", "hi"), Message("assistant", " Hello! "), Message("user", "again"),
			Message("assistant", "").Set("tool_calls", call), Message("tool", "result"), Message("assistant", "done"),
		},
		EOSToken: "</s>",
	}
	const prompt = "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
	for name, c := range map[string]struct{ src, want string }{
		"chatml": {
			`{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content }}` +
				`{% for c in m.tool_calls %}{{ '<call>{"name": "' + c.name + '", "arguments": ' + (c.arguments|tojson) + '}</call>' }}{% endfor %}` +
				`{{ '<|im_end|>\n' }}{% endfor %}` + prompt,
			` Hello! <|im_end|>|<call>{"name": "f", "arguments": {"x": 1, "y": "q"}}</call><|im_end|>|done<|im_end|>`,
		},
		"no prompt": {
			`{% for m in messages %}{% if m.role == 'assistant' %}{{ ' ' + m.content|trim + eos_token }}{% else %}{{ '[INST] ' + m.content + ' [/INST]' }}{% endif %}{% endfor %}`,
			"Hello!</s>|done</s>",
		},
		"thinking prompt": {
			`{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}` +
				"{% if add_generation_prompt %}{{ '<|im_start|>assistant\n<think>\n' }}{% endif %}",
			` Hello! <|im_end|>|done<|im_end|>`, // the empty message brings nothing that could be found
		},
		"eos without prompt": {
			`{% for m in messages %}{{ '<|' + m.role + '|>\n' + m.content + '<|end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% else %}{{ eos_token }}{% endif %}`,
			" Hello! <|end|>|done<|end|>",
		},
		"generation blocks": {
			`{% for m in messages %}{{ m.role }}{% if m.role == 'assistant' %}{% generation %}{{ m.content }}.{% endgeneration %}{% endif %}{% endfor %}`,
			" Hello! .|.|done.",
		},
	} {
		tmpl, err := Parse(c.src)
		if err != nil {
			t.Fatal(name, err)
		}
		r, err := tmpl.RenderLearn(in)
		if err != nil {
			t.Fatal(name, err)
		}
		if got := learnt(r.Segments); got != c.want {
			t.Errorf("%s: learns\n%q, want\n%q", name, got, c.want)
		}
		plain, err := tmpl.Render(in)
		if err != nil || plain.String() != r.String() {
			t.Errorf("%s: text\n%q, want\n%q", name, r, plain)
		}
		if r.Marked != (name == "generation blocks") || tmpl.Learns() != r.Marked {
			t.Errorf("%s: marked %v", name, r.Marked)
		}
	}
}

// The ends of turns may be given.
func TestRenderLearnEnds(t *testing.T) {
	tmpl, err := Parse(`{% for m in messages %}{{ m.content }}[stop]{% endfor %}`)
	if err != nil {
		t.Fatal(err)
	}
	in := Input{Messages: []Value{Message("user", "a"), Message("assistant", "b")}}
	for _, c := range []struct{ end, want string }{{"[stop]", "b[stop]"}, {"<none>", "b"}} {
		r, err := tmpl.RenderLearn(in, c.end)
		if err != nil {
			t.Fatal(err)
		}
		if got := learnt(r.Segments); got != c.want {
			t.Errorf("%s: learns %q, want %q", c.end, got, c.want)
		}
	}
}
