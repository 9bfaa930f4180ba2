package prompt

import (
	"strings"
)

// A piece is a stretch of a template: text or a tag. trimLeft and trimRight are the ~ of a tag.
type piece struct {
	at    int // byte offset
	kind  pieceKind
	text  string // of text; of a tag what is between its braces, without marks
	inner int    // byte offset of that

	trimLeft, trimRight bool
	indent              string // before a partial that has a line to itself
}

type pieceKind int

const (
	textPiece pieceKind = iota
	outputPiece
	openPiece    // {{#x}}
	inversePiece // {{^x}}: opens an inverted block, or is an else
	closePiece   // {{/x}}
	elsePiece    // {{else}}, {{else if x}}
	partialPiece // {{> x}}
	layoutPiece  // {{#> x}}: a partial with a block
	inlinePiece  // {{#*inline "x"}}
	commentPiece
)

// alone tells whether a tag of that kind takes the whole line if there is nothing else on it.
func (k pieceKind) alone() bool { return k != textPiece && k != outputPiece }

// split divides a template into pieces.
func split(src *source) ([]piece, error) {
	var pieces []piece
	var text strings.Builder
	textAt := 0
	flush := func(next int) {
		if text.Len() > 0 {
			pieces = append(pieces, piece{at: textAt, kind: textPiece, text: text.String()})
			text.Reset()
		}
		textAt = next
	}
	s := src.text
	for i := 0; i < len(s); {
		j := strings.Index(s[i:], "{{")
		if j < 0 {
			text.WriteString(s[i:])
			break
		}
		j += i
		text.WriteString(s[i:j])
		if n := trailingBackslashes(s[i:j]); n == 1 { // \{{ is no tag
			escaped := text.String()
			text.Reset()
			text.WriteString(escaped[:len(escaped)-1])
			end := len(s)
			if k := strings.Index(s[j+2:], "{{"); k >= 0 {
				end = j + 2 + k
				end -= min(2, trailingBackslashes(s[j+2:end]))
			}
			text.WriteString(s[j:end])
			i = end
			continue
		} else if n > 1 { // \\{{ is a backslash and a tag
			escaped := text.String()
			text.Reset()
			text.WriteString(escaped[:len(escaped)-1])
		}
		p, end, err := tag(src, j)
		if err != nil {
			return nil, err
		}
		flush(end)
		pieces = append(pieces, p)
		i = end
		textAt = end
	}
	flush(len(s))
	clean(pieces)
	return pieces, nil
}

func trailingBackslashes(s string) int { return len(s) - len(strings.TrimRight(s, `\`)) }

// tag reads the tag at s[at:], which begins with {{, and returns where it ends.
func tag(src *source, at int) (p piece, end int, err error) {
	s := src.text
	p.at = at
	if strings.HasPrefix(s[at:], "{{{{") && !strings.HasPrefix(s[at:], "{{{{{") {
		return rawBlock(src, at)
	}
	i := at + 2
	p.kind = outputPiece
	triple := strings.HasPrefix(s[i:], "{")
	if triple {
		i++
	} else {
		if strings.HasPrefix(s[i:], "~") {
			p.trimLeft = true
			i++
		}
		if strings.HasPrefix(s[i:], "!") {
			return comment(src, p, i)
		}
		for _, m := range []struct {
			mark string
			kind pieceKind
		}{{"#>", layoutPiece}, {"#*inline", inlinePiece}, {"#", openPiece}, {"^", inversePiece}, {"/", closePiece}, {">", partialPiece}, {"&", outputPiece}} {
			if strings.HasPrefix(s[i:], m.mark) {
				p.kind = m.kind
				i += len(m.mark)
				break
			}
		}
	}
	p.inner = i
	close := "}}"
	if triple {
		close = "}}}"
	}
	for ; i < len(s); i++ {
		switch s[i] {
		case '"', '\'':
			q := stringEnd(s, i)
			if q < 0 {
				return p, 0, src.errorf(i, "the string has no end")
			}
			i = q - 1
		case '[':
			q := strings.IndexByte(s[i:], ']')
			if q < 0 {
				return p, 0, src.errorf(i, "[ has no ]")
			}
			i += q
		case '{':
			return p, 0, src.errorf(i, "{ inside a tag, which has not ended; is a }} missing before?")
		case '}':
			if !strings.HasPrefix(s[i:], close) {
				return p, 0, src.errorf(at, "the tag does not end with %s", close)
			}
			p.text = s[p.inner:i]
			if strings.HasSuffix(p.text, "~") && !triple {
				p.text, p.trimRight = p.text[:len(p.text)-1], true
			}
			if p.kind == outputPiece {
				if word := strings.Fields(p.text); len(word) > 0 && word[0] == "else" && !triple {
					p.kind = elsePiece
				}
			}
			return p, i + len(close), nil
		}
	}
	return p, 0, src.errorf(at, "the tag has no end, expected %s", close)
}

// stringEnd is where the string that begins at s[i] ends, -1 if it does not.
func stringEnd(s string, i int) int {
	quote := s[i]
	for j := i + 1; j < len(s); j++ {
		switch s[j] {
		case '\\':
			if j+1 < len(s) && s[j+1] == quote {
				j++
			}
		case quote:
			return j + 1
		}
	}
	return -1
}

func comment(src *source, p piece, i int) (piece, int, error) {
	s := src.text
	p.kind = commentPiece
	close := "}}"
	if strings.HasPrefix(s[i:], "!--") {
		close = "--}}"
		if a, b := strings.Index(s[i:], "--~}}"), strings.Index(s[i:], close); a >= 0 && (b < 0 || a < b) {
			close = "--~}}"
		}
	} else if a, b := strings.Index(s[i:], "~}}"), strings.Index(s[i:], close); a >= 0 && a < b {
		close = "~}}"
	}
	n := strings.Index(s[i:], close)
	if n < 0 {
		return p, 0, src.errorf(p.at, "the comment has no end, expected %s", close)
	}
	p.trimRight = strings.Contains(close, "~")
	return p, i + n + len(close), nil
}

// rawBlock reads {{{{name}}}} text {{{{/name}}}}, whose text has no tags.
func rawBlock(src *source, at int) (piece, int, error) {
	s := src.text
	n := strings.Index(s[at:], "}}}}")
	if n < 0 {
		return piece{}, 0, src.errorf(at, "the tag has no end, expected }}}}")
	}
	name := strings.TrimSpace(s[at+4 : at+n])
	body := at + n + 4
	close := "{{{{/" + name + "}}}}"
	m := strings.Index(s[body:], close)
	if m < 0 {
		return piece{}, 0, src.errorf(at, "{{{{%s}}}} has no end, expected %s", name, close)
	}
	return piece{at: body, kind: textPiece, text: s[body : body+m]}, body + m + len(close), nil
}

// clean takes white space away that tags take with them: that beside a ~, and the rest of the line of a tag that is alone on it.
func clean(pieces []piece) {
	// What is alone is decided on the text as it was written.
	blankBefore := func(i int) (string, bool) {
		if i == 0 {
			return "", true
		}
		if pieces[i-1].kind != textPiece {
			return "", false
		}
		t := pieces[i-1].text
		line := t[strings.LastIndexByte(t, '\n')+1:]
		first := i-1 == 0 || line != t
		return line, strings.Trim(line, " \t") == "" && (first || strings.Contains(t, "\n"))
	}
	blankAfter := func(i int) (int, bool) {
		if i == len(pieces)-1 {
			return 0, true
		}
		if pieces[i+1].kind != textPiece {
			return 0, false
		}
		t := pieces[i+1].text
		n := strings.IndexByte(t, '\n')
		if n < 0 {
			return len(t), i+1 == len(pieces)-1 && strings.TrimSpace(t) == ""
		}
		return n + 1, strings.TrimSpace(t[:n]) == ""
	}
	type cut struct{ before, after int }
	cuts := make([]cut, len(pieces))
	for i := range pieces {
		if !pieces[i].kind.alone() {
			continue
		}
		line, before := blankBefore(i)
		n, after := blankAfter(i)
		if before && after {
			if pieces[i].kind == partialPiece {
				pieces[i].indent = line
			}
			cuts[i] = cut{len(line), n}
		}
	}
	for i, p := range pieces {
		if p.kind == textPiece {
			continue
		}
		if i > 0 && pieces[i-1].kind == textPiece {
			t := &pieces[i-1].text
			if p.trimLeft {
				*t = strings.TrimRight(*t, " \t\r\n")
			} else {
				*t = (*t)[:len(*t)-cuts[i].before]
			}
		}
	}
	// Text after a tag is cut last: the cut before the next tag must not reach over it.
	for i, p := range pieces {
		if p.kind == textPiece || i+1 == len(pieces) || pieces[i+1].kind != textPiece {
			continue
		}
		t := &pieces[i+1].text
		if p.trimRight {
			*t = strings.TrimLeft(*t, " \t\r\n")
		} else {
			*t = (*t)[min(cuts[i].after, len(*t)):]
		}
	}
}
