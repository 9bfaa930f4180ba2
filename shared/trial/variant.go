package trial

import (
	"slices"
	"strings"
	"unicode"

	"graft/shared/prompt"
)

// variant is a prompt being rewritten: its front matter and its template.
type variant struct {
	front    *prompt.Object
	template string
}

// variantOf takes a prompt apart; what is changed is not the prompt's own.
func variantOf(p *prompt.Prompt) variant {
	template, _ := p.Template()
	return variant{prompt.NewObject().Merged(p.Raw), template}
}

func (v variant) source() (string, error) { return prompt.Source(v.front, v.template) }

// chinese reports whether the prompt is written in Chinese.
func (v variant) chinese() bool {
	return strings.ContainsFunc(v.template, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// set gives a key of the front matter a value under a path of keys.
func (v variant) set(value any, path ...string) variant {
	v.front = put(v.front, value, path)
	return v
}

func put(o *prompt.Object, value any, path []string) *prompt.Object {
	out := prompt.NewObject().Merged(o)
	if len(path) > 1 {
		value = put(part(o, path[0]), value, path[1:])
	}
	out.Set(path[0], value)
	return out
}

// insert puts a text where the instructions end: before the user's turn, or before the paragraph of the first variable.
func (v variant) insert(text string) variant {
	at := len(v.template)
	if i := strings.Index(v.template, "{{role \"user\"}}"); i >= 0 {
		at = i
	} else if p, err := prompt.Parse(v.template, prompt.Options{}); err == nil {
		for _, used := range p.Variables() {
			if i := strings.Index(v.template, "{{"+used.Name); i >= 0 && used.Shown {
				at = 0
				if j := strings.LastIndex(v.template[:i], "\n\n"); j >= 0 {
					at = j + 2
				}
				break
			}
		}
	}
	before := v.template[:at]
	if before != "" && !strings.HasSuffix(before, "\n") {
		before += "\n"
	}
	v.template = before + text + "\n" + v.template[at:]
	return v
}

// withExamples shows examples, all of them or those nearest to the input. They are in input.default, where a person can mend them.
func (v variant) withExamples(examples []any, nearest int) variant {
	p, err := prompt.Parse(v.template, prompt.Options{})
	shown := err == nil && slices.ContainsFunc(p.Variables(), func(u prompt.Variable) bool { return u.Name == examplesVariable })
	if !shown {
		block := "# More examples\n{{#each examples}}\nInput: {{this.input}}\nOutput: {{this.output}}\n{{/each}}"
		if v.chinese() {
			block = "# 更多示例\n{{#each examples}}\n输入\uff1a{{this.input}}\n输出\uff1a{{this.output}}\n{{/each}}"
		}
		v = v.insert(block)
	}
	v = v.set(examples, "input", "default", examplesVariable)
	if schema := part(part(v.front, "input"), "schema"); schema != nil {
		if properties := part(schema, "properties"); properties != nil {
			v = v.set(prompt.NewObject(), "input", "schema", "properties", examplesVariable)
		} else if _, ok := schema.Get("type"); !ok {
			v = v.set("any", "input", "schema", examplesVariable+"?(array)")
		}
	}
	if nearest > 0 {
		count := prompt.NewObject()
		count.Set("nearest", float64(nearest))
		v = v.set(count, "studio.shots")
	}
	return v
}

// withVote asks so often, and takes the most frequent answer (self-consistency, arXiv 2203.11171).
func (v variant) withVote(samples int, temperature float64) variant {
	o := prompt.NewObject()
	o.Set("samples", float64(samples))
	o.Set("temperature", temperature)
	return v.set(o, "studio.vote")
}

// reasoningTokens is the room that reasoning is given before the answer.
const reasoningTokens = 160

// withReasoning asks for reasons before the answer, which comes behind a mark (chain of thought, arXiv 2201.11903).
func (v variant) withReasoning() variant {
	ask, mark := "Think first: write one or two sentences of reasons. Then begin a new line with \"Answer:\" and give the answer alone.", "Answer:"
	if v.chinese() {
		ask, mark = "先写一两句理由\uff0c再另起一行\uff0c以“答案\uff1a”开头只写出最终结果。", "答案\uff1a"
	}
	o := prompt.NewObject()
	o.Set("after", mark)
	v = v.insert(ask).set(o, "studio.answer")
	if n, ok := number(part(v.front, "config"), "maxOutputTokens"); ok {
		v = v.set(n+reasoningTokens, "config", "maxOutputTokens")
	}
	return v
}

// instructions are sentences that have made prompts better, in English and in Chinese; which of them does here is measured.
var instructions = []struct{ name, en, zh string }{
	{"answer alone", "Write the answer alone, without any explanation.", "只写答案\uff0c不要写任何解释。"},
	{"check each demand", "Before you answer, check each demand above in turn.", "作答前\uff0c逐条核对以上要求。"},
	{"mind negations", "Read the input to its end and mind words such as not, but and although.", "把输入读完\uff0c注意“不”“但是”“虽然”这样的词。"},
	{"as in the examples", "Write the answer in exactly the form of the examples.", "答案的写法与示例完全一致。"},
	{"main matter", "Decide by what the input is mainly about, not by single words.", "按输入的主要意思判断\uff0c不要只看个别词语。"},
	{"expert", "You have done this work for twenty years.", "你做这项工作已有二十年。"},
	{"exact words", "Use the words of the input where you can; do not rephrase them.", "能用原文的词就用原文的词\uff0c不要改写。"},
	{"it matters", "A wrong answer is costly here, so take care.", "这里答错的代价很高\uff0c请务必仔细。"},
}

func (v variant) withInstruction(i int) variant {
	if v.chinese() {
		return v.insert(instructions[i].zh)
	}
	return v.insert(instructions[i].en)
}
