package prompt

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// declared are the fields of the input's schema, nil if it has none.
func (p *Prompt) declared() *Object {
	fields, _ := p.InputSchema().Get("properties")
	o, _ := fields.(*Object)
	return o
}

func variablesUndeclared(l *looking) {
	fields := l.p.declared()
	if fields == nil {
		return
	}
	for _, v := range l.p.Variables() {
		if _, ok := fields.Get(v.Name); !ok {
			l.at(v.at, v.at+len(v.Name), v.Name, nil)
		}
	}
}

func variablesUnused(l *looking) {
	used := l.p.Variables()
	if strings.Contains(l.text, "{{>") || strings.Contains(l.text, "json this") {
		return // a partial or the whole input may use it
	}
	for _, name := range l.p.declared().Keys() {
		if !slices.ContainsFunc(used, func(v Variable) bool { return v.Name == name }) {
			l.whole(name)
		}
	}
}

func variablesAlike(l *looking) {
	used := l.p.Variables()
	for i, v := range used {
		for _, w := range used[:i] {
			if n := min(utf8.RuneCountInString(v.Name), utf8.RuneCountInString(w.Name)); n >= 4 && Distance(v.Name, w.Name) == 1 && !numbered(v.Name, w.Name) {
				l.at(v.at, v.at+len(v.Name), w.Name+", "+v.Name, nil)
			}
		}
	}
}

// numbered reports whether names differ in a number only, such as text1 and text2.
func numbered(a, b string) bool {
	digit := func(r rune) bool { return unicode.IsDigit(r) }
	return strings.TrimRightFunc(a, digit) == strings.TrimRightFunc(b, digit)
}

// Distance is the number of characters to add, take away or change that make b of a (Levenshtein 1966).
func Distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		before := row[0]
		row[0] = i + 1
		for j := range y {
			cost := before
			if x[i] != y[j] {
				cost++
			}
			before = row[j+1]
			row[j+1] = min(cost, row[j]+1, before+1)
		}
	}
	return row[len(y)]
}

func fullWidthTags(l *looking) {
	for _, m := range fullWidth.FindAllStringIndex(l.text, -1) {
		found := l.text[m[0]:m[1]]
		if !strings.ContainsAny(found, "｛｝") {
			continue
		}
		name := strings.TrimSpace(strings.Trim(found, "{}｛｝ "))
		l.at(m[0], m[1], found, &Fix{m[0], m[1], "{{" + name + "}}"})
	}
}

func singleBraces(l *looking) {
	for _, m := range single.FindAllStringSubmatchIndex(l.words, -1) {
		l.at(m[2], m[3], l.words[m[2]:m[3]], nil)
	}
}

// marks are what may stand around a variable to set it apart.
const marks = "\"'`“”‘’「」『』《》〈〉【】<>[]()\uff08\uff09|#*"

// variablesUndelimited looks at what stands right before and behind a variable that is shown.
func variablesUndelimited(l *looking) {
	for _, v := range l.p.Variables() {
		if !v.Shown {
			continue
		}
		open := strings.LastIndex(l.text[:v.at], "{{")
		end := strings.Index(l.text[v.at:], "}}")
		if open < 0 || end < 0 || strings.ContainsAny(l.text[open:v.at], "#>") {
			continue
		}
		before := strings.TrimRight(strings.TrimRight(l.text[:open], "{"), " ")
		after := strings.TrimLeft(strings.TrimLeft(l.text[v.at+end:], "}"), " ")
		last, _ := utf8.DecodeLastRuneInString(before)
		first, _ := utf8.DecodeRuneInString(after)
		alone := (before == "" || last == '\n' || strings.HasSuffix(before, "}}")) && (after == "" || first == '\n' || strings.HasPrefix(after, "{{"))
		if !alone && !(strings.ContainsRune(marks, last) && strings.ContainsRune(marks, first)) && !strings.ContainsRune(":\uff1a=\n", last) {
			l.at(open, v.at+end+2, v.Name, nil)
		}
	}
}

func textBeforeTask(l *looking) {
	used := l.p.Variables()
	task := taskWords.FindStringIndex(l.words)
	for _, v := range used {
		if v.Shown && task != nil && v.at < task[0] && len(strings.TrimSpace(l.words[task[0]:])) > 40 {
			l.at(v.at, v.at+len(v.Name), v.Name, nil)
			return
		}
	}
}
