package tokenizer

import "unicode/utf8"

// A span is a byte range [start, end) of the source text.
type span struct{ start, end int }

// A piece is a stretch of text on its way from the source to the model. Parts of
// the pipeline replace a piece by another (normalizers) or by several
// (pre-tokenizers). It is small and passed by value.
type piece struct {
	text string
	// raw: the text is to be read as single bytes, each standing for one
	// character of the byte-level alphabet. Set by the last pre-tokenizer only.
	raw bool
	// untracked: nobody will ask where the text came from.
	untracked bool
	// inner: something of the source stands before it.
	inner bool
	// base is where text starts in the source while text is unchanged.
	base int
	// align holds the source range of every byte of text once text was changed.
	// All bytes of a character share one range. nil: see base.
	align []span
}

// slice returns the part [i, j) of p. Both ends are borders of characters.
func (p piece) slice(i, j int) piece {
	p.text = p.text[i:j]
	p.inner = p.inner || i > 0
	p.base += i
	if p.align != nil {
		p.align = p.align[i:j]
	}
	return p
}

// source returns the range of the source that the bytes [i, j) of p come from.
// A border inside a character counts as the whole character.
func (p piece) source(i, j int) span {
	if p.align == nil {
		for i > 0 && !utf8.RuneStart(p.text[i]) {
			i--
		}
		for j < len(p.text) && !utf8.RuneStart(p.text[j]) {
			j++
		}
		return span{p.base + i, p.base + j}
	}
	if i >= j {
		return span{i, j}
	}
	return span{p.align[i].start, p.align[j-1].end}
}

// alignment returns p.align, making it where text is still the source.
func (p piece) alignment() []span {
	if p.align != nil {
		return p.align
	}
	a := make([]span, len(p.text))
	for i := 0; i < len(p.text); {
		_, n := utf8.DecodeRuneInString(p.text[i:])
		for k := i; k < i+n; k++ {
			a[k] = span{p.base + i, p.base + i + n}
		}
		i += n
	}
	return a
}

// A change is one character of a new text, and how it relates to the old one:
// 0 replaces the next old character, +1 is inserted, -n replaces one and removes
// the n after it.
type change struct {
	r rune
	n int
}

// transform returns p with the text that changes spells. The first skip
// characters of the old text are removed. An inserted character takes the source
// range of the character before it, as in Hugging Face's NormalizedString.
func (p piece) transform(changes []change, skip int) piece {
	text := make([]byte, 0, len(p.text)+8)
	var align, old []span
	if !p.untracked {
		old = p.alignment()
		align = make([]span, 0, len(p.text)+8)
	}
	at := 0 // position in the old text
	next := func() {
		if at < len(p.text) {
			_, n := utf8.DecodeRuneInString(p.text[at:])
			at += n
		}
	}
	for ; skip > 0; skip-- {
		next()
	}
	for _, c := range changes {
		var from span
		if !p.untracked {
			switch {
			case c.n > 0 && at > 0:
				from = old[at-1]
			case c.n <= 0 && at < len(old):
				from = old[at]
			}
		}
		for k := c.n; k <= 0; k++ {
			next()
		}
		before := len(text)
		text = utf8.AppendRune(text, c.r)
		if !p.untracked {
			for range len(text) - before {
				align = append(align, from)
			}
		}
	}
	p.text = string(text)
	p.align = align
	return p
}

// replace returns p with every range of matches replaced by content, whose
// characters take the source range of the last character they replace. The
// ranges ascend and do not overlap; an empty one inserts.
func (p piece) replace(matches []span, content string) piece {
	if len(matches) == 0 {
		return p
	}
	var text []byte
	var align, old []span
	if !p.untracked {
		old = p.alignment()
	}
	at := 0
	keep := func(end int) {
		text = append(text, p.text[at:end]...)
		if !p.untracked {
			align = append(align, old[at:end]...)
		}
	}
	for _, m := range matches {
		keep(m.start)
		text = append(text, content...)
		if !p.untracked {
			var from span
			if m.end > 0 {
				from = old[m.end-1]
			}
			for range len(content) {
				align = append(align, from)
			}
		}
		at = m.end
	}
	keep(len(p.text))
	p.text = string(text)
	p.align = align
	return p
}

// prepend returns p with s before it. s takes the source range of p's first
// character. An empty p stays empty.
func (p piece) prepend(s string) piece {
	if p.text == "" || s == "" {
		return p
	}
	if !p.untracked {
		old := p.alignment()
		align := make([]span, 0, len(s)+len(old))
		for range len(s) {
			align = append(align, old[0])
		}
		p.align = append(align, old...)
	}
	p.text = s + p.text
	return p
}
