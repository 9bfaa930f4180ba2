package chat

import (
	"fmt"
	"sort"
	"strings"
)

// eachMessage starts the loop of a built-in template: m is the message, c its text.
const eachMessage = `
{%- for m in messages -%}
	{%- set c = m.content if m.content is string else m.content|selectattr('type', 'eq', 'text')|map(attribute='text')|join -%}`

// builtins are templates for models that come without one: of well-known formats,
// and of plain text for models that have learnt none. All mark by generation
// blocks what a model is to learn.
var builtins = map[string]struct {
	needs []string // added tokens of models that know the format
	src   string
}{
	"chatml": {[]string{"<|im_start|>", "<|im_end|>"}, `
` + eachMessage + `
	{{- '<|im_start|>' + m.role + '\n' -}}
	{%- if m.role == 'assistant' -%}
		{%- generation -%}{{- c + '<|im_end|>\n' -}}{%- endgeneration -%}
	{%- else -%}
		{{- c + '<|im_end|>\n' -}}
	{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\n' -}}{%- endif -%}`},

	"llama-3": {[]string{"<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"}, `
{{- bos_token|default('<|begin_of_text|>') -}}
` + eachMessage + `
	{{- '<|start_header_id|>' + m.role + '<|end_header_id|>\n\n' -}}
	{%- if m.role == 'assistant' -%}
		{%- generation -%}{{- c|trim + '<|eot_id|>' -}}{%- endgeneration -%}
	{%- else -%}
		{{- c|trim + '<|eot_id|>' -}}
	{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|start_header_id|>assistant<|end_header_id|>\n\n' -}}{%- endif -%}`},

	"gemma": {[]string{"<start_of_turn>", "<end_of_turn>"}, `
{{- bos_token|default('<bos>') -}}
{%- set start = namespace(text='') -%}
` + eachMessage + `
	{%- if m.role == 'system' -%}
		{%- set start.text = c|trim ~ '\n\n' -%}
	{%- elif m.role == 'assistant' -%}
		{{- '<start_of_turn>model\n' -}}
		{%- generation -%}{{- c|trim + '<end_of_turn>\n' -}}{%- endgeneration -%}
	{%- else -%}
		{{- '<start_of_turn>' + m.role + '\n' + start.text + c|trim + '<end_of_turn>\n' -}}
		{%- set start.text = '' -%}
	{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<start_of_turn>model\n' -}}{%- endif -%}`},

	"mistral": {[]string{"[INST]", "[/INST]"}, `
{{- bos_token|default('<s>') -}}
{%- set start = namespace(text='') -%}
` + eachMessage + `
	{%- if m.role == 'system' -%}
		{%- set start.text = c ~ '\n\n' -%}
	{%- elif m.role == 'assistant' -%}
		{%- generation -%}{{- ' ' + c|trim + eos_token|default('</s>') -}}{%- endgeneration -%}
	{%- else -%}
		{{- '[INST] ' + start.text + c + ' [/INST]' -}}
		{%- set start.text = '' -%}
	{%- endif -%}
{%- endfor -%}`},

	"phi-3": {[]string{"<|user|>", "<|assistant|>", "<|end|>"}, `
` + eachMessage + `
	{{- '<|' + m.role + '|>\n' -}}
	{%- if m.role == 'assistant' -%}
		{%- generation -%}{{- c + '<|end|>\n' -}}{%- endgeneration -%}
	{%- else -%}
		{{- c + '<|end|>\n' -}}
	{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|assistant|>\n' -}}{%- endif -%}`},

	"plain": {nil, `
{{- bos_token -}}
` + eachMessage + `
	{{- m.role|capitalize + ':' -}}
	{%- if m.role == 'assistant' -%}
		{%- generation -%}{{- ' ' + c|trim + eos_token|default('') + '\n\n' -}}{%- endgeneration -%}
	{%- else -%}
		{{- ' ' + c|trim + '\n\n' -}}
	{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- 'Assistant:' -}}{%- endif -%}`},
}

// Builtins are the names of the templates that [Builtin] knows, sorted.
func Builtins() []string {
	var names []string
	for n := range builtins {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

// Builtin is a template by name: "chatml", "llama-3", "gemma", "mistral", "phi-3"
// or "plain".
func Builtin(name string) (*Template, error) {
	b, ok := builtins[name]
	if !ok {
		return nil, fmt.Errorf("chat template %q: expected one of %s", name, strings.Join(Builtins(), ", "))
	}
	return Parse(b.src)
}

// BuiltinFor is the name of the template for a model that comes without one: the
// first whose special tokens the model's tokenizer has, by special.
func BuiltinFor(special func(token string) (id int32, ok bool)) string {
	for _, name := range Builtins() {
		has := len(builtins[name].needs) > 0
		for _, token := range builtins[name].needs {
			_, ok := special(token)
			has = has && ok
		}
		if has {
			return name
		}
	}
	return "plain"
}
