package tokenizer

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// The decoders here undo what vocabularies of SentencePiece do: ▁ for spaces,
// <0xE4> for bytes, a space before the text.

func parseReplaceDecoder(n node) (decoder, error) { return parseReplaceParts(n) }

func (x replace) decode(tokens []string) []string {
	out := make([]string, len(tokens))
	for i, t := range tokens {
		out[i] = x.bytes(t)
	}
	return out
}

func (x replace) bytes(token string) string {
	return x.normalize(piece{text: token, untracked: true}).text
}

// byteFallback reads runs of <0xHH> as UTF-8. A run that is none becomes one
// U+FFFD for each byte.
type byteFallback struct{}

func parseByteFallback(node) (decoder, error) { return byteFallback{}, nil }

func (d byteFallback) decode(tokens []string) []string {
	out := make([]string, 0, len(tokens))
	var run []byte
	flush := func() {
		switch {
		case len(run) == 0:
		case utf8.Valid(run):
			out = append(out, string(run))
		default:
			for range run {
				out = append(out, replacement)
			}
		}
		run = run[:0]
	}
	for _, t := range tokens {
		if b, ok := fallbackByte(t); ok {
			run = append(run, b)
			continue
		}
		flush()
		out = append(out, t)
	}
	flush()
	return out
}

func (byteFallback) bytes(token string) string {
	if b, ok := fallbackByte(token); ok {
		return string([]byte{b})
	}
	return token
}

// fallbackByte reads <0xHH>.
func fallbackByte(token string) (byte, bool) {
	if len(token) != 6 || !strings.HasPrefix(token, "<0x") || token[5] != '>' {
		return 0, false
	}
	b, err := strconv.ParseUint(token[3:5], 16, 8)
	return byte(b), err == nil
}

// stripDecoder removes up to start characters at the start and up to stop at the
// end of every text, as long as they are content.
type stripDecoder struct {
	content     string
	start, stop int
}

func parseStripDecoder(n node) (decoder, error) {
	var c struct {
		Content string `json:"content"`
		Start   int    `json:"start"`
		Stop    int    `json:"stop"`
	}
	if err := n.decode(&c); err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(c.Content) != 1 || c.Start < 0 || c.Stop < 0 {
		return nil, n.errorf("expected one character and counts from 0, got %q, %d, %d", c.Content, c.Start, c.Stop)
	}
	return stripDecoder{c.Content, c.Start, c.Stop}, nil
}

func (s stripDecoder) decode(tokens []string) []string {
	out := make([]string, len(tokens))
	for i, t := range tokens {
		for k := 0; k < s.start && strings.HasPrefix(t, s.content); k++ {
			t = t[len(s.content):]
		}
		for k := 0; k < s.stop && strings.HasSuffix(t, s.content); k++ {
			t = t[:len(t)-len(s.content)]
		}
		out[i] = t
	}
	return out
}

func (s stripDecoder) bytes(token string) string { return token }

func parseMetaspaceDecoder(n node) (decoder, error) { return parseMetaspaceParts(n) }

func (m metaspace) decode(tokens []string) []string {
	out := make([]string, len(tokens))
	for i, t := range tokens {
		if i == 0 && m.scheme != "never" {
			out[i] = strings.ReplaceAll(t, m.sign, "")
		} else {
			out[i] = m.bytes(t)
		}
	}
	return out
}

func (m metaspace) bytes(token string) string { return strings.ReplaceAll(token, m.sign, " ") }
