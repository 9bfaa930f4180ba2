package chat

import (
	"slices"
	"strings"
	"testing"
)

func TestBuiltins(t *testing.T) {
	in := Input{
		Messages: []Value{
			Message("system", "S"), Message("user", "U"), Message("assistant", " A "),
			NewDict().Set("role", String("user")).Set("content", List(NewDict().Set("type", String("text")).Set("text", String("part")))),
		},
		BOSToken: "<s>", EOSToken: "</s>", AddGenerationPrompt: true,
	}
	for name, want := range map[string]string{
		"chatml": "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nU<|im_end|>\n<|im_start|>assistant\n{ A <|im_end|>\n}" +
			"<|im_start|>user\npart<|im_end|>\n<|im_start|>assistant\n",
		"llama-3": "<s><|start_header_id|>system<|end_header_id|>\n\nS<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nU<|eot_id|>" +
			"<|start_header_id|>assistant<|end_header_id|>\n\n{A<|eot_id|>}<|start_header_id|>user<|end_header_id|>\n\npart<|eot_id|>" +
			"<|start_header_id|>assistant<|end_header_id|>\n\n",
		"gemma": "<s><start_of_turn>user\nS\n\nU<end_of_turn>\n<start_of_turn>model\n{A<end_of_turn>\n}" +
			"<start_of_turn>user\npart<end_of_turn>\n<start_of_turn>model\n",
		"mistral": "<s>[INST] S\n\nU [/INST]{ A</s>}[INST] part [/INST]",
		"phi-3":   "<|system|>\nS<|end|>\n<|user|>\nU<|end|>\n<|assistant|>\n{ A <|end|>\n}<|user|>\npart<|end|>\n<|assistant|>\n",
		"plain":   "<s>System: S\n\nUser: U\n\nAssistant:{ A</s>\n\n}User: part\n\nAssistant:",
	} {
		tmpl, err := Builtin(name)
		if err != nil {
			t.Fatal(err)
		}
		r, err := tmpl.Render(in)
		if err != nil {
			t.Fatal(name, err)
		}
		if want := strings.NewReplacer("{", "", "}", "").Replace(want); r.String() != want {
			t.Errorf("%s:\n%q, want\n%q", name, r, want)
		}
		_, rest, _ := strings.Cut(want, "{")
		if want, _, _ := strings.Cut(rest, "}"); learnt(r.Segments) != want {
			t.Errorf("%s: learns %q, want %q", name, learnt(r.Segments), want)
		}
		needs := builtins[name].needs
		if got := BuiltinFor(func(s string) (int32, bool) { return 0, slices.Contains(needs, s) }); got != name {
			t.Errorf("tokens %v: got template %s, want %s", needs, got, name)
		}
	}
	if len(Builtins()) != 6 {
		t.Errorf("there are %v", Builtins())
	}
	if _, err := Builtin("nope"); err == nil || !strings.Contains(err.Error(), "chatml") {
		t.Errorf("got error %v", err)
	}
}

func TestParseConfig(t *testing.T) {
	for src, want := range map[string]string{
		`{"chat_template": "A", "bos_token": "<s>", "eos_token": {"content": "</s>", "lstrip": false}, "pad_token": null}`:        "default=A bos_token=<s> eos_token=</s>",
		`{"chat_template": [{"name": "default", "template": "D"}, {"name": "tool_use", "template": "T"}], "add_bos_token": true}`: "default=D tool_use=T",
		`{}`: "",
	} {
		c, err := ParseConfig([]byte(src))
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		var parts []string
		for _, m := range []map[string]string{c.Templates, c.Tokens} {
			var some []string
			for k, v := range m {
				some = append(some, k+"="+v)
			}
			slices.Sort(some)
			parts = append(parts, some...)
		}
		if got := strings.Join(parts, " "); got != want {
			t.Errorf("%s: got %s, want %s", src, got, want)
		}
	}
	for _, src := range []string{`[]`, `{"chat_template": 1}`, `{"chat_template": [1]}`, `{"chat_template": [{"name": "x"}]}`, `{`} {
		if _, err := ParseConfig([]byte(src)); err == nil {
			t.Errorf("%s: no error", src)
		}
	}
}
