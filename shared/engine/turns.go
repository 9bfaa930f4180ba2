package engine

import "graft/shared/tokenizer"

// turns has a row for each way of marking turns that the special tokens of a vocabulary give away. Many GGUF files have
// no chat template; theirs is then the plain one of those tokens.
var turns = []struct{ start, end, template string }{
	{"<start_of_turn>", "<end_of_turn>", `{{ bos_token }}{% set ns = namespace(system='') %}{% for m in messages %}{% if m.role == 'system' %}` +
		`{% set ns.system = m.content + '\n\n' %}{% else %}<start_of_turn>{{ 'model' if m.role == 'assistant' else m.role }}
{{ ns.system }}{{ m.content | trim }}<end_of_turn>
{% set ns.system = '' %}{% endif %}{% endfor %}{% if add_generation_prompt %}<start_of_turn>model
{% endif %}`},
	{"<|im_start|>", "<|im_end|>", `{% for m in messages %}<|im_start|>{{ m.role }}
{{ m.content }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}`},
}

// turnsOf is the template of the tokens that mark turns, "" if there are none.
func turnsOf(t *tokenizer.Tokenizer) string {
	for _, row := range turns {
		_, start := t.Special(row.start)
		_, end := t.Special(row.end)
		if start && end {
			return row.template
		}
	}
	return ""
}
