package prompt

import (
	"regexp"
	"strings"
)

// What is looked for in a prompt's words, in both languages.
var (
	taskWords = regexp.MustCompile(`(?i)任务|请|分类|提取|抽取|判断|总结|概括|撰写|编写|写一|生成|回答|翻译|分析|改写|评估|列出|识别|` +
		`\b(task|classify|extract|summari[sz]e|write|generate|answer|translate|analy[sz]e|rewrite|judge|decide|list|identify|rate|explain|describe|complete|reply|respond|act|you are|convert|find|give|tell|say)\b`)
	contextWords = regexp.MustCompile(`(?i)背景|你是|作为|团队|电商|业务|行业|产品|来自|用户|客户|公司|场景|读者|受众|面向|用于|` +
		`\b(context|background|you are|as an?|audience|customer|user|company|reader|for (a|the|our)|from (a|the|our))\b`)
	formatWords = regexp.MustCompile(`(?i)输出|格式|json|只答|只回答|仅回答|仅输出|只输出|表格|字段|列表|不超过|字以内|markdown|` +
		`\b(output|format|json|only (answer|output|return|with)|answer (with|in)|return|table|fields?|bullets?|at most|no more than|words|one word|csv|xml|yaml)\b`)
	exampleWords = regexp.MustCompile(`(?i)示例|例子|例如|比如|样例|例[:\x{ff1a}]|\b(examples?|for instance|e\.g\.|input:|sample)\b`)
	unknownWords = regexp.MustCompile(`(?i)未明确|未提及|未提到|没有提到|未知|无法确定|不确定|缺失|为空|null|\b(unknown|not (mentioned|stated|given|found)|missing|unclear|n/a|if (there is )?no|none)\b`)
	vagueList    = regexp.MustCompile(`一些|适当|尽量|尽可能|等等|若干|大概|差不多|合适的|较好|更好地|相关的?信息|有关内容|` +
		`(?i)\b(some|several|appropriate(ly)?|suitable|as (much|many|well) as possible|etc|various|properly|nicely|good enough|relevant information|stuff|things|a few|somewhat|kind of)\b`)
	doubleNegative = regexp.MustCompile(`不要不|不能不|并非不|不是不|没有不|不得不|` + `(?i)\b(don'?t|do not|not|never) (not|fail to|omit no|avoid not|leave out no)\b|\bnot un\w+`)
	fullWidth      = regexp.MustCompile(`[{｛]{2}[^{}｛｝\n]{1,60}[}｝]{2}`)
	single         = regexp.MustCompile(`(?:^|[^{$])(\{[\p{L}_][\p{L}\p{N}_]*\})(?:[^}]|$)`)
	secretForms    = regexp.MustCompile(`\b(sk-[A-Za-z0-9_-]{20,}|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36,}|hf_[A-Za-z0-9]{30,}|xox[abprs]-[A-Za-z0-9-]{10,}|AIza[0-9A-Za-z_-]{35})\b|-----BEGIN [A-Z ]*PRIVATE KEY-----|(?i)\b(password|passwd|api[_-]?key|secret)\s*[=:]\s*["']?[^\s"'{}]{8,}|密码\s*[=:\x{ff1a}]\s*[^\s{}]{6,}`)
	personalForms  = regexp.MustCompile(`\b1[3-9]\d{9}\b|\b[1-9]\d{5}(19|20)\d{2}(0[1-9]|1[0-2])([0-2]\d|3[01])\d{3}[\dXx]\b|\b\d{3}-\d{2}-\d{4}\b|\b[\w.+-]+@(?:[\w-]+\.)+[a-z]{2,}\b`)
)

// opposites are demands that cannot both be met.
var opposites = [][2]*regexp.Regexp{
	{regexp.MustCompile(`(?i)简短|简洁|简要|一句话|\b(brief(ly)?|concise(ly)?|short|one sentence)\b`), regexp.MustCompile(`(?i)详细|详尽|全面|深入|\b(detailed|in detail|comprehensive|exhaustive|thorough(ly)?|long)\b`)},
	{regexp.MustCompile(`(?i)正式|\bformal\b`), regexp.MustCompile(`(?i)口语化|随意|俏皮|\b(informal|casual|playful)\b`)},
	{regexp.MustCompile(`(?i)(只|仅)(输出|返回) ?json|\bonly (output|return|answer with) json\b`), regexp.MustCompile(`(?i)解释(你的)?(理由|原因|推理)|逐步思考|\b(explain (your|the) (reasoning|answer)|think step by step)\b`)},
	{regexp.MustCompile(`(?i)不要(编造|猜测|推测)|\b(do not|don't|never) (guess|make up|invent|speculate)\b`), regexp.MustCompile(`(?i)(合理|大胆)(推测|猜测)|\b(use your imagination|feel free to guess|be creative)\b`)},
}

func (l *looking) has(e *regexp.Regexp) bool { return e.MatchString(l.words) }

func taskMissing(l *looking) {
	if !l.has(taskWords) {
		l.whole("")
	}
}

func contextMissing(l *looking) {
	if !l.has(contextWords) {
		l.whole("")
	}
}

func formatMissing(l *looking) {
	if format, _ := l.p.Output.Get("format"); l.p.OutputSchema() == nil && format == nil && !l.has(formatWords) {
		l.whole("")
	}
}

func examplesMissing(l *looking) {
	if len(l.p.Examples()) == 0 && !l.has(exampleWords) {
		l.whole("")
	}
}

func (l *looking) each(e *regexp.Regexp, in string) {
	for _, m := range e.FindAllStringIndex(in, -1) {
		l.at(m[0], m[1], strings.TrimSpace(in[m[0]:m[1]]), nil)
	}
}

func vagueWords(l *looking)      { l.each(vagueList, l.words) }
func doubleNegations(l *looking) { l.each(doubleNegative, l.words) }
func personalData(l *looking)    { l.each(personalForms, l.words) }

// secrets are told of without saying them again.
func secrets(l *looking) {
	for _, m := range secretForms.FindAllStringIndex(l.words, -1) {
		l.at(m[0], m[1], "", nil)
	}
}

func contradictions(l *looking) {
	for _, pair := range opposites {
		a, b := pair[0].FindStringIndex(l.words), pair[1].FindStringIndex(l.words)
		if a != nil && b != nil {
			l.at(b[0], b[1], l.words[a[0]:a[1]]+" / "+l.words[b[0]:b[1]], nil)
		}
	}
}

func unknownRuleMissing(l *looking) {
	if s := l.p.OutputSchema(); s != nil && !l.has(unknownWords) && len(keysOf(s.values["properties"])) > 1 {
		l.whole("")
	}
}

func tooLong(l *looking) {
	if n := l.o.Tokens(l.text); n > l.o.Budget {
		l.whole(number(float64(n)) + " > " + number(float64(l.o.Budget)))
	}
}
