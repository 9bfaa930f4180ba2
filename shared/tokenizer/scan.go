package tokenizer

import "unicode/utf8"

// A scanner is a split pattern written by hand. It returns the end of the match
// that starts at s[i], i < len(s). The patterns it stands for match at every
// position, so the matches cover the text without gaps. s is valid UTF-8.
//
// Each scanner follows its pattern's alternatives in order and, where the
// pattern would backtrack, says what is left after that.
type scanner func(s string, i int) int

// scanGPT2 is
//
//	's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
func scanGPT2(s string, i int) int {
	p := classes()
	if s[i] == '\'' {
		if n := contraction(s[i+1:], false); n > 0 {
			return i + 1 + n
		}
	}
	j := i
	if s[i] == ' ' && i+1 < len(s) {
		j = i + 1
	}
	c, n := p.at(s, j)
	if c < space {
		return p.run(s, j+n, c)
	}
	return scanSpace(s, i, p)
}

// scanLlama3 is the pattern of Llama 3 with runs of at most three digits:
//
//	(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|
//	 ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
func scanLlama3(s string, i int) int { return scanCL100K(s, i, 3) }

// scanQwen2 is the pattern of Qwen 2 to 3: that of Llama 3 with single digits.
func scanQwen2(s string, i int) int { return scanCL100K(s, i, 1) }

func scanCL100K(s string, i int, digits int) int {
	p := classes()
	if s[i] == '\'' {
		if n := contraction(s[i+1:], true); n > 0 {
			return i + 1 + n
		}
	}
	c, n := p.at(s, i)
	switch c {
	case letter:
		return p.run(s, i+n, letter)
	case number:
		j := i + n
		for k := 1; k < digits && j < len(s); k++ {
			c, n := p.at(s, j)
			if c != number {
				break
			}
			j += n
		}
		return j
	case newline:
		return scanSpace2(s, i, p)
	}
	// One character that is neither letter, number nor newline may stand
	// before letters.
	next, m := other, 0
	if i+n < len(s) {
		if next, m = p.at(s, i+n); next == letter {
			return p.run(s, i+n+m, letter)
		}
	}
	j := i + n
	if c == space {
		if s[i] != ' ' || m == 0 || next != other {
			return scanSpace2(s, i, p)
		}
		j += m
	}
	j = p.run(s, j, other)
	for j < len(s) && (s[j] == '\r' || s[j] == '\n') {
		j++
	}
	return j
}

// scanSpace is \s+(?!\S)|\s+ at the start of white space: all of it at the end
// of the text, otherwise all but the last character, which goes with the word
// that follows, but at least one.
func scanSpace(s string, i int, p *classPages) int {
	end, last := i, i
	for end < len(s) {
		c, n := p.at(s, end)
		if c < space {
			break
		}
		last = end
		end += n
	}
	if end == len(s) || last == i {
		return end
	}
	return last
}

// scanSpace2 is \s*[\r\n]+|\s+(?!\S)|\s+: up to the last newline of the white
// space where there is one.
func scanSpace2(s string, i int, p *classPages) int {
	line := 0
	for j := i; j < len(s); {
		c, n := p.at(s, j)
		if c < space {
			break
		}
		j += n
		if c == newline {
			line = j
		}
	}
	if line > 0 {
		return line
	}
	return scanSpace(s, i, p)
}

// contraction returns the length of s|t|re|ve|m|ll|d at the start of s, or 0.
// Under (?i) Oniguruma folds by Unicode: the long s (ſ) is an s too.
func contraction(s string, fold bool) int {
	if len(s) == 0 {
		return 0
	}
	a, b := s[0], byte(0)
	if len(s) > 1 {
		b = s[1]
	}
	if fold {
		if r, n := utf8.DecodeRuneInString(s); r == 'ſ' {
			return n
		}
		a, b = lower(a), lower(b)
	}
	switch a {
	case 's', 't', 'm', 'd':
		return 1
	case 'r', 'v':
		if b == 'e' {
			return 2
		}
	case 'l':
		if b == 'l' {
			return 2
		}
	}
	return 0
}

func lower(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}
