package chat

import (
	"fmt"
	"strings"
)

// tokenKind says what a token is.
type tokenKind uint8

const (
	tokEOF        tokenKind = iota
	tokData                 // text outside of tags
	tokBlockBegin           // {%
	tokBlockEnd             // %}
	tokPrintBegin           // {{
	tokPrintEnd             // }}
	tokName
	tokString // unescaped
	tokInteger
	tokFloat
	tokOperator
)

// A token is a piece of the source.
type token struct {
	kind tokenKind
	text string
	pos  place
}

// is tells whether the token is this name or operator.
func (t token) is(kind tokenKind, text string) bool { return t.kind == kind && t.text == text }

func (t token) String() string {
	switch t.kind {
	case tokEOF:
		return "'end of template'"
	case tokData:
		return "'template data / text'"
	case tokBlockBegin:
		return "'begin of statement block'"
	case tokBlockEnd:
		return "'end of statement block'"
	case tokPrintBegin:
		return "'begin of print statement'"
	case tokPrintEnd:
		return "'end of print statement'"
	case tokString:
		return "'string'"
	case tokInteger:
		return "'integer'"
	case tokFloat:
		return "'float'"
	}
	return "'" + t.text + "'"
}

// A lexer cuts a template into tokens, with white space around tags removed as
// trim_blocks, lstrip_blocks and the signs - and + in tags demand: the first
// newline after a block is dropped, and white space between the start of a line
// and a block.
type lexer struct {
	src       string
	at        int
	lineStart bool // nothing but stripped white space came before on this line
	tokens    []token
}

// normalize makes all line ends \n and drops the last, as jinja2 does.
func normalize(src string) string {
	if strings.Contains(src, "\r") {
		src = strings.ReplaceAll(strings.ReplaceAll(src, "\r\n", "\n"), "\r", "\n")
	}
	return strings.TrimSuffix(src, "\n")
}

// lex returns the tokens of a normalized source, tokEOF last.
func lex(src string) ([]token, error) {
	l := &lexer{src: src, lineStart: true}
	for l.at < len(src) {
		if err := l.data(); err != nil {
			return nil, err
		}
	}
	l.emit(tokEOF, "", len(src))
	return l.tokens, nil
}

func (l *lexer) emit(kind tokenKind, text string, pos int) {
	l.tokens = append(l.tokens, token{kind, text, place(pos)})
}

func (l *lexer) errorf(pos int, format string, args ...any) error {
	return at(l.src, place(pos), fmt.Errorf(format, args...))
}

// data reads text up to the next tag, and the tag.
func (l *lexer) data() error {
	start, tag := l.at, -1
	for i := start; i+1 < len(l.src); i++ {
		k := strings.IndexByte(l.src[i:], '{')
		if k < 0 {
			break
		}
		if i += k; i+1 < len(l.src) && strings.IndexByte("{%#", l.src[i+1]) >= 0 {
			tag = i
			break
		}
	}
	if tag < 0 {
		l.emit(tokData, l.src[start:], start)
		l.at = len(l.src)
		return nil
	}
	open := l.src[tag : tag+2]
	l.at = tag + 2
	sign := l.sign()
	text := l.strip(l.src[start:tag], sign, open != "{{")
	if text != "" {
		l.emit(tokData, text, start)
	}
	switch open {
	case "{#":
		return l.comment(tag)
	case "{{":
		l.emit(tokPrintBegin, open, tag)
		return l.inside(tokPrintEnd)
	}
	if end := rawBegin(l.src[l.at:]); end > 0 {
		l.at += end
		return l.raw(tag)
	}
	l.emit(tokBlockBegin, open, tag)
	return l.inside(tokBlockEnd)
}

// sign reads the - or + after the start of a tag.
func (l *lexer) sign() byte {
	if l.at < len(l.src) && (l.src[l.at] == '-' || l.src[l.at] == '+') {
		l.at++
		return l.src[l.at-1]
	}
	return 0
}

// strip removes white space from text before a tag.
func (l *lexer) strip(text string, sign byte, block bool) string {
	if sign == '-' {
		return strings.TrimRightFunc(text, isSpace)
	}
	if sign == '+' || !block {
		return text
	}
	line := strings.LastIndexByte(text, '\n') + 1
	if (line > 0 || l.lineStart) && strings.TrimFunc(text[line:], isSpace) == "" {
		return text[:line]
	}
	return text
}

// close moves past the end of a tag if it is here.
func (l *lexer) close(end string) bool {
	rest := l.src[l.at:]
	switch {
	case strings.HasPrefix(rest, "-"+end):
		l.at += 1 + len(end)
		l.at = len(l.src) - len(strings.TrimLeftFunc(l.src[l.at:], isSpace))
	case end == "}}":
		if !strings.HasPrefix(rest, end) {
			return false
		}
		l.at += len(end)
	case strings.HasPrefix(rest, "+"+end):
		l.at += 1 + len(end)
	case strings.HasPrefix(rest, end):
		l.at += len(end)
		if strings.HasPrefix(l.src[l.at:], "\n") {
			l.at++
		}
	default:
		return false
	}
	l.lineStart = l.src[l.at-1] == '\n'
	return true
}

func (l *lexer) comment(start int) error {
	begin := l.at
	for i := begin; ; i++ {
		k := strings.IndexByte(l.src[i:], '#')
		if k < 0 {
			return l.errorf(start, "Missing end of comment tag")
		}
		i += k
		l.at = i
		if i > begin && (l.src[i-1] == '-' || l.src[i-1] == '+') {
			l.at--
		}
		if l.close("#}") {
			return nil
		}
	}
}

// rawBegin is the length of " raw %}" at the start of s, or 0.
func rawBegin(s string) int {
	rest, ok := strings.CutPrefix(strings.TrimLeftFunc(s, isSpace), "raw")
	if !ok {
		return 0
	}
	rest = strings.TrimLeftFunc(rest, isSpace)
	if after, ok := strings.CutPrefix(rest, "-%}"); ok {
		rest = strings.TrimLeftFunc(after, isSpace)
	} else if rest, ok = strings.CutPrefix(rest, "%}"); !ok {
		return 0
	}
	return len(s) - len(rest)
}

// raw reads text up to endraw; the tag that opens it has been read.
func (l *lexer) raw(start int) error {
	begin := l.at
	l.lineStart = l.src[begin-1] == '\n'
	for i := begin; ; i++ {
		k := strings.Index(l.src[i:], "{%")
		if k < 0 {
			return l.errorf(start, "Missing end of raw directive")
		}
		i += k
		l.at = i + 2
		sign := l.sign()
		rest, ok := strings.CutPrefix(strings.TrimLeftFunc(l.src[l.at:], isSpace), "endraw")
		if !ok {
			continue
		}
		l.at = len(l.src) - len(strings.TrimLeftFunc(rest, isSpace))
		text := l.strip(l.src[begin:i], sign, true)
		if !l.close("%}") {
			continue
		}
		if text != "" {
			l.emit(tokData, text, begin)
		}
		return nil
	}
}
