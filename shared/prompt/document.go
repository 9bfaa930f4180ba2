package prompt

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// maxFile is the longest .prompt file, in bytes.
const maxFile = 4 << 20

// document is a file taken apart.
type document struct {
	front    *Object // nil: there is none
	template *source
}

// opening is what may stand before front matter: comments and empty lines.
var opening = regexp.MustCompile(`\A(?:(?:#[^\n]*|[ \t\r]*)\n)*---[ \t\r]*\n`)

// closing ends front matter.
var closing = regexp.MustCompile(`(?m)^---[ \t\r]*(?:\n|\z)`)

// parseDocument divides a file into front matter and template. With front matter the template has no white space around it.
func parseDocument(name, text string) (*document, error) {
	text = strings.TrimPrefix(text, "\ufeff")
	whole := &source{name: name, text: text}
	if len(text) > maxFile {
		return nil, fmt.Errorf("the prompt has %d bytes, expected %d at most", len(text), maxFile)
	}
	if i := invalid(text); i >= 0 {
		return nil, whole.errorf(i, "expected UTF-8, got the byte %#x", text[i])
	}
	head := opening.FindStringIndex(text)
	if head == nil {
		return &document{template: whole}, nil
	}
	end := closing.FindStringIndex(text[head[1]:])
	if end == nil {
		return nil, whole.errorf(head[1]-4, "front matter has no end, expected a line ---")
	}
	v, err := ParseYAML([]byte(text[head[1] : head[1]+end[0]]))
	before := strings.Count(text[:head[1]], "\n")
	if err != nil {
		return nil, fmt.Errorf("front matter: %w (lines counted from the first ---, which is line %d)", err, before)
	}
	front, ok := v.(*Object)
	if !ok && v != nil {
		return nil, whole.errorf(head[1], "front matter: expected keys and values, got %.40s", FormatJSON(v, 0))
	}
	if front == nil {
		front = NewObject()
	}
	body := text[head[1]+end[1]:]
	trimmed := strings.TrimLeft(body, " \t\r\n")
	line := strings.Count(text[:len(text)-len(trimmed)], "\n")
	return &document{front, &source{name: name, text: strings.TrimRight(trimmed, " \t\r\n"), line: line}}, nil
}

// invalid is where text is no UTF-8, -1 for nowhere.
func invalid(text string) int {
	if utf8.ValidString(text) {
		return -1
	}
	for i, r := range text {
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(text[i:]); n == 1 {
				return i
			}
		}
	}
	return -1
}
