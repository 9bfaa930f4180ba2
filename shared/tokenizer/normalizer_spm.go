package tokenizer

import "strings"

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
	w := newWriter(in, len(s)+len(s)/4+8)
	const space = "▁"
	begun := false  // whether anything but spaces to be trimmed was seen
	after := n.trim // whether a space here is left out
	kept := 0       // what is before is written; from here on nothing has changed
	for i := 0; i < len(s); {
		size, text := 0, ""
		if n.table != nil && n.table.starts[s[i]] {
			size, text = n.table.find(s[i:], false)
		}
		if size == 0 {
			if s[i] != ' ' && begun {
				i += charLen(s[i])
				after = false
				continue
			}
			size = charLen(s[i])
			text = s[i : i+size]
		}
		w.copy(in, kept, i)
		var from span
		if w.tracked {
			from = in.source(i, i+size)
		}
		i += size
		kept = i
		if !begun {
			if n.trim && text == " " {
				continue
			}
			begun = true
			if n.prefix {
				w.put(space, from)
			}
		}
		for after && strings.HasPrefix(text, " ") {
			text = text[1:]
		}
		if text == "" {
			continue
		}
		after = n.trim && text[len(text)-1] == ' '
		for at := strings.IndexByte(text, ' '); at >= 0; at = strings.IndexByte(text, ' ') {
			w.put(text[:at], from)
			w.put(space, from)
			text = text[at+1:]
		}
		w.put(text, from)
	}
	w.copy(in, kept, len(s))
	out := w.piece(in)
	for n.trim && strings.HasSuffix(out.text, space) {
		out.text = strings.TrimSuffix(out.text, space)
	}
	if w.tracked {
		out.align = out.align[:len(out.text)]
	}
	return out
}
