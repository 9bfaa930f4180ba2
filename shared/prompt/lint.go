package prompt

import (
	"cmp"
	"slices"
)

// Finding is something a prompt could do better.
type Finding struct {
	Code      string    `json:"code"`
	Severity  Severity  `json:"severity"`
	Principle Principle `json:"principle"`
	Line      int       `json:"line"` // of the file, from 1
	Column    int       `json:"column"`
	Length    int       `json:"length"` // characters it is about, 0 for the place alone
	Message   Bilingual `json:"message"`
	Why       Bilingual `json:"why"`
	Fix       *Fix      `json:"fix,omitempty"` // nil: a person must decide
}

// Severity says how much a finding matters.
type Severity string

const (
	SeverityError   Severity = "error"   // the prompt does not do what it says
	SeverityWarning Severity = "warning" // answers will be worse
	SeverityNote    Severity = "note"    // a habit that pays
)

// Principle is what a rule is for.
type Principle string

const (
	StateTask    Principle = "task"     // say what is to be done
	GiveContext  Principle = "context"  // say what one must know for it
	FixFormat    Principle = "format"   // say what the answer looks like
	ShowExamples Principle = "examples" // show answers
	BePrecise    Principle = "precise"  // use words with one meaning
	Structure    Principle = "structure"
	Safety       Principle = "safety"
	Budget       Principle = "budget"
)

// Bilingual is a text in both languages of the product.
type Bilingual struct {
	En string `json:"en"`
	Zh string `json:"zh"`
}

// Fix is a change of the template that is safe to make without asking.
type Fix struct {
	From, To int    // bytes of the template that are replaced
	Text     string `json:"text"`
}

// LintOptions are what a prompt is looked at with.
type LintOptions struct {
	// Tokens counts the tokens of a text; nil: they are estimated from its characters.
	Tokens func(text string) int
	// Budget is how many tokens the template may have itself; 0: 2,000.
	Budget int
}

// defaultBudget is room for a prompt beside its input in the context of small models.
const defaultBudget = 2000

// looking is a prompt being looked at.
type looking struct {
	p       *Prompt
	o       LintOptions
	text    string // the template
	words   string // the template's own words: tags are blanks of the same length
	found   []Finding
	current rowOfRules
}

type rowOfRules struct {
	code      string
	severity  Severity
	principle Principle
	message   Bilingual
	why       Bilingual
	check     func(l *looking)
}

// Lint looks at a prompt by every rule and returns what it found in the order of the file.
func (p *Prompt) Lint(o LintOptions) []Finding {
	if o.Budget == 0 {
		o.Budget = defaultBudget
	}
	if o.Tokens == nil {
		o.Tokens = EstimateTokens
	}
	l := &looking{p: p, o: o, text: p.source.text, words: ownWords(p.source)}
	for _, r := range rules() {
		l.current = r
		r.check(l)
	}
	slices.SortStableFunc(l.found, func(a, b Finding) int { return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column)) })
	return l.found
}

// at adds a finding of the current rule about text[from:to]; more completes its message, in both languages.
func (l *looking) at(from, to int, more string, fix *Fix) {
	place := l.p.source.errorf(from, "")
	message := l.current.message
	if more != "" {
		message = Bilingual{message.En + ": " + more, message.Zh + ":" + more}
	}
	l.found = append(l.found, Finding{Code: l.current.code, Severity: l.current.severity, Principle: l.current.principle,
		Line: place.Line, Column: place.Column, Length: len([]rune(l.text[from:to])), Message: message, Why: l.current.why, Fix: fix})
}

// whole adds a finding about the prompt as a whole.
func (l *looking) whole(more string) { l.at(0, 0, more, nil) }

// ownWords is a template with its tags blanked out.
func ownWords(src *source) string {
	out := []byte(src.text)
	for i := 0; i+1 < len(out); {
		if out[i] != '{' || out[i+1] != '{' {
			i++
			continue
		}
		p, end, err := tag(src, i)
		if err != nil {
			break
		}
		if p.kind == textPiece { // a raw block's text stays
			i = end
			continue
		}
		for j := i; j < end; j++ {
			if out[j] != '\n' {
				out[j] = ' '
			}
		}
		i = end
	}
	return string(out)
}

// EstimateTokens is about what tokenizers of today make of a text: a token for a Chinese character, one for four letters of others.
func EstimateTokens(text string) int {
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
