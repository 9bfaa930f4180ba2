package tokenizer

import "strings"

// wordPieceDecoder puts spaces between words: before every token but the first
// and those that continue a word.
type wordPieceDecoder struct {
	prefix  string // of tokens that continue a word: ##
	cleanup bool   // take out the spaces before punctuation
}

func parseWordPieceDecoder(n node) (decoder, error) {
	c := struct {
		Prefix  string `json:"prefix"`
		Cleanup bool   `json:"cleanup"`
	}{"##", true}
	err := n.decode(&c)
	return wordPieceDecoder{c.Prefix, c.Cleanup}, err
}

func (w wordPieceDecoder) decode(tokens []string) []string {
	out := make([]string, len(tokens))
	for i, t := range tokens {
		if i > 0 {
			t = w.bytes(t)
		}
		out[i] = w.clean(t)
	}
	return out
}

func (w wordPieceDecoder) bytes(token string) string {
	if rest, ok := strings.CutPrefix(token, w.prefix); ok {
		return rest
	}
	return " " + token
}

// clean makes Hugging Face's replacements, one after the other.
func (w wordPieceDecoder) clean(t string) string {
	if !w.cleanup || !strings.Contains(t, " ") {
		return t
	}
	for _, r := range [...][2]string{
		{" .", "."}, {" ?", "?"}, {" !", "!"}, {" ,", ","}, {" ' ", "'"}, {" n't", "n't"},
		{" 'm", "'m"}, {" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"},
	} {
		t = strings.ReplaceAll(t, r[0], r[1])
	}
	return t
}

// bpeDecoder reads the mark at the end of words (</w>) as a space.
type bpeDecoder struct{ suffix string }

func parseBPEDecoder(n node) (decoder, error) {
	c := struct {
		Suffix string `json:"suffix"`
	}{"</w>"}
	err := n.decode(&c)
	return bpeDecoder{c.Suffix}, err
}

func (b bpeDecoder) decode(tokens []string) []string {
	out := make([]string, len(tokens))
	for i, t := range tokens {
		space := " "
		if i == len(tokens)-1 {
			space = ""
		}
		out[i] = b.replace(t, space)
	}
	return out
}

func (b bpeDecoder) bytes(token string) string { return b.replace(token, " ") }

func (b bpeDecoder) replace(token, space string) string {
	if b.suffix == "" {
		return token
	}
	return strings.ReplaceAll(token, b.suffix, space)
}
