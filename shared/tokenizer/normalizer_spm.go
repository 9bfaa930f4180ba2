package tokenizer

import (
	"strings"
	"unicode/utf8"
)

// spmNormalizer is what SentencePiece itself does to text before its model sees
// it, in one pass: replaces characters by a table, leaves out superfluous spaces,
// writes ▁ for the others and puts one before the text. tokenizer.json has steps
// that come close; they part where a replacement spans characters or brings
// spaces.
type spmNormalizer struct {
	table  *precompiled // nil: none
	prefix bool         // a space before the text
	trim   bool         // no spaces at the ends or beside others
}

func (n spmNormalizer) normalize(in piece) piece {
	s := in.text
	w := writer{text: make([]byte, 0, len(s)+len(s)/4+8)}
	if !in.untracked {
		w.align = make([]span, 0, cap(w.text))
	}
	const space = "▁"
	put := func(text string, from span) {
		w.text = append(w.text, text...)
		if w.align != nil {
			for range len(text) {
				w.align = append(w.align, from)
			}
		}
	}
	begun := false  // whether anything but spaces to be trimmed was seen
	after := n.trim // whether a space here is left out
	for i := 0; i < len(s); {
		size, text := n.next(s[i:])
		var from span
		if w.align != nil {
			from = in.source(i, i+size)
		}
		i += size
		if !begun {
			if n.trim && text == " " {
				continue
			}
			begun = true
			if n.prefix {
				put(space, from)
			}
		}
		for after && strings.HasPrefix(text, " ") {
			text = text[1:]
		}
		if text == "" {
			continue
		}
		after = n.trim && text[len(text)-1] == ' '
		for {
			at := strings.IndexByte(text, ' ')
			if at < 0 {
				put(text, from)
				break
			}
			put(text[:at], from)
			put(space, from)
			text = text[at+1:]
		}
	}
	for n.trim && strings.HasSuffix(string(w.text), space) {
		w.text = w.text[:len(w.text)-len(space)]
		if w.align != nil {
			w.align = w.align[:len(w.text)]
		}
	}
	in.text, in.align = string(w.text), w.align
	return in
}

// next returns how much of s is read as one, and what it becomes: the longest
// entry of the table, or a character that starts none.
func (n spmNormalizer) next(s string) (size int, text string) {
	if n.table != nil {
		if size, text = n.table.find(s, false); size > 0 {
			return size, text
		}
	}
	_, size = utf8.DecodeRuneInString(s)
	return size, s[:size]
}
