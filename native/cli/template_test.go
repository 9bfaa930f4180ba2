package cli

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// shout is a template with a date, tools and special tokens.
const shout = `{{ bos_token }}{% if tools %}{{ tools | tojson }}{% endif %}{% for m in messages %}[{{ m.role }}]{{ m.content }}{{ eos_token }}{% endfor %}
{%- if add_generation_prompt %}[assistant]{% endif %}{% if date %}{{ strftime_now(date) }}{% endif %}`

func TestTemplateRender(t *testing.T) {
	dir := t.TempDir()
	file := write(t, filepath.Join(dir, "shout.jinja"), shout)
	escaped, _ := json.Marshal(shout)
	config := `{"bos_token":"<b>","eos_token":{"__type":"AddedToken","content":"<e>"},"chat_template":`
	single := write(t, filepath.Join(dir, "single", "tokenizer_config.json"), config+string(escaped)+"}")
	several := write(t, filepath.Join(dir, "several", "tokenizer_config.json"),
		config+`[{"name":"default","template":"plain"},{"name":"tool_use","template":"with tools"},{"name":"rag","template":"documents"}]}`)
	model := filepath.Join(dir, "model")
	write(t, filepath.Join(model, "tokenizer_config.json"), `{"bos_token":"<b>","chat_template":"older"}`)
	write(t, filepath.Join(model, "special_tokens_map.json"), `{"bos_token":"<old>","eos_token":"<e>"}`)
	write(t, filepath.Join(model, "chat_template.jinja"), shout)
	write(t, filepath.Join(model, "additional_chat_templates", "rag.jinja"), "rag of the model")
	hi := `{"messages":[{"role":"user","content":"hi"}]`
	for _, c := range []struct {
		name, template, input string
		flags                 []string
		want                  string
	}{
		{"undefined tokens", file, hi + `}`, nil, "[user]hi"},
		{"no newline added or lost", file, hi + `,"eos_token":"\n","bos_token":"<s>"}`, nil, "<s>[user]hi\n"},
		{"generation prompt", file, hi + `,"add_generation_prompt":true}`, nil, "[user]hi[assistant]"},
		{"truth of the generation prompt", file, hi + `,"add_generation_prompt":null}`, nil, "[user]hi"},
		{"null content", file, `{"messages":[{"role":"user","content":null}]}`, nil, "[user]None"},
		{"order and spelling of tools", file, hi + `,"tools":[{"z":1.0,"a":"\u4e2d<&>\u2028"}]}`, nil, "[{\"z\": 1.0, \"a\": \"中<&>\u2028\"}][user]hi"},
		{"date by the input", file, hi + `,"date":"%Y","strftime_now":"26 Jul 2024"}`, nil, "[user]hi26 Jul 2024"},
		{"date by the flag", file, hi + `,"date":"%d %b %Y"}`, []string{"--now", "2025-03-04"}, "[user]hi04 Mar 2025"},
		{"tokenizer_config.json", single, hi + `}`, nil, "<b>[user]hi<e>"},
		{"the input's tokens come first", single, hi + `,"bos_token":"<x>","eos_token":null}`, nil, "<x>[user]hiNone"},
		{"the default of several", several, hi + `,"tools":null}`, nil, "plain"},
		{"the one for tools", several, hi + `,"tools":[]}`, nil, "with tools"},
		{"the named one", several, hi + `,"tools":[]}`, []string{"--template-name", "rag"}, "documents"},
		{"a model", model, hi + `}`, nil, "<b>[user]hi<e>"},
		{"another one of a model", model, hi + `}`, []string{"--template-name", "rag"}, "rag of the model"},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := append([]string{"template", "render", "--chat-template", c.template, "--input", "-"}, c.flags...)
			exit, stdout, stderr := run(t, c.input, args...)
			if exit != exitOK || stdout != c.want {
				t.Errorf("exit code %d, %q, expected %q; %s", exit, stdout, c.want, stderr)
			}
		})
	}
}

func TestTemplateRenderSegments(t *testing.T) {
	file := write(t, filepath.Join(t.TempDir(), "t.jinja"), `<u>{{ messages[0].content }}{% generation %}ok{% endgeneration %}`)
	exit, stdout, stderr := run(t, `{"messages":[{"role":"user","content":"<u>"}]}`, "template", "render", "--chat-template", file, "--input", "-", "--json")
	want := `{"text":"<u>","trusted":true,"learn":false,"message":null}
{"text":"<u>","trusted":false,"learn":false,"message":0,"role":"user"}
{"text":"ok","trusted":true,"learn":true,"message":null}
`
	if exit != exitOK || stdout != want {
		t.Errorf("exit code %d, got\n%s, expected\n%s; %s", exit, stdout, want, stderr)
	}
}

func TestTemplateRenderErrors(t *testing.T) {
	dir := t.TempDir()
	file := write(t, filepath.Join(dir, "t.jinja"), `{{ raise_exception("only users, got " + messages[0].role) }}`)
	bad := write(t, filepath.Join(dir, "bad.jinja"), "a\n{% for x %}")
	endless := write(t, filepath.Join(dir, "endless.jinja"), `{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}`)
	none := write(t, filepath.Join(dir, "none.json"), `{}`)
	for _, c := range []struct {
		args   []string
		input  string
		exit   int
		stderr string
	}{
		{[]string{"--chat-template", file, "--input", "-"}, `{"messages":[{"role":"tool"}]}`, exitFailure, "only users, got tool"},
		{[]string{"--chat-template", file, "--input", "-"}, `{"messages":[{]}`, exitFailure, "json, line 1, column 15"},
		{[]string{"--chat-template", file, "--input", "-"}, `{}`, exitFailure, "expected messages"},
		{[]string{"--chat-template", bad, "--input", "-"}, `{"messages":[]}`, exitFailure, "line 2"},
		{[]string{"--chat-template", endless, "--input", "-"}, `{"messages":[]}`, exitFailure, "limit exceeded"},
		{[]string{"--chat-template", none, "--input", "-"}, `{"messages":[]}`, exitFailure, "no chat template"},
		{[]string{"--chat-template", file, "--input", "-", "--template-name", "rag"}, `{"messages":[]}`, exitFailure, `no chat template "rag", expected one of default`},
		{[]string{"--chat-template", filepath.Join(dir, "nowhere"), "--input", "-"}, `{"messages":[]}`, exitFailure, "nowhere"},
		{[]string{"--chat-template", file, "--input", "-", "--now", "noon"}, `{"messages":[]}`, exitUsage, "--now"},
		{[]string{"--input", "-"}, "", exitUsage, "--chat-template"},
		{[]string{"--chat-template", file}, "", exitUsage, "--input"},
	} {
		exit, stdout, stderr := run(t, c.input, append([]string{"template", "render"}, c.args...)...)
		if exit != c.exit || stdout != "" || !strings.Contains(stderr, c.stderr) {
			t.Errorf("%q: exit code %d, expected %d; %q; %s", c.args, exit, c.exit, stdout, stderr)
		}
	}
}

// TestTemplateCases renders templates of others, kept outside of the project, through the command line.
func TestTemplateCases(t *testing.T) {
	const cases = "../../../shared/cases/jinja"
	data, err := os.ReadFile(filepath.Join(cases, "cases.json"))
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("%s is not there", cases)
	}
	var inputs map[string]map[string]json.RawMessage
	if err := errors.Join(err, json.Unmarshal(data, &inputs)); err != nil {
		t.Fatal(err)
	}
	var expected map[string]struct{ OK *string }
	data, err = os.ReadFile(filepath.Join(cases, "expected.json"))
	if err := errors.Join(err, json.Unmarshal(data, &expected)); err != nil {
		t.Fatal(err)
	}
	identical := 0
	for key, want := range expected {
		file, name, _ := strings.Cut(key, "|")
		if want.OK == nil {
			continue // package chat tests what is refused
		}
		in := inputs[name]
		in["strftime_now"] = json.RawMessage(`"26 Jul 2024"`)
		input, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		exit, stdout, stderr := run(t, string(input), "template", "render", "--chat-template", filepath.Join(cases, "templates", file), "--input", "-")
		if exit != exitOK || stdout != *want.OK {
			t.Errorf("%s: exit code %d, got\n%q, expected\n%q; %s", key, exit, stdout, *want.OK, stderr)
			continue
		}
		identical++
	}
	if identical == 0 {
		t.Error("no case was identical")
	}
}
