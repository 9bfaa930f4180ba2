package tokenizer

import "strings"

// A decoder turns tokens back into text.
type decoder interface {
	// decode maps tokens, as the vocabulary spells them, to texts whose
	// concatenation is the decoded text.
	decode(tokens []string) []string
	// bytes returns what a token in the middle of others adds to the text.
	bytes(token string) string
}

// decoders is the table of decoders by their type in tokenizer.json.
func decoders() []kind[decoder] {
	return []kind[decoder]{
		{"Sequence", parseDecoderSequence},
		{"ByteLevel", parseByteLevelDecoder},
		{"Replace", parseReplaceDecoder},
		{"ByteFallback", parseByteFallback},
		{"Fuse", parseFuse},
		{"Strip", parseStripDecoder},
		{"Metaspace", parseMetaspaceDecoder},
		{"WordPiece", parseWordPieceDecoder},
		{"BPEDecoder", parseBPEDecoder},
	}
}

// decoderSequence applies its members one after the other.
type decoderSequence []decoder

func parseDecoderSequence(n node) (decoder, error) {
	all, err := components(n, "decoders", decoders())
	return decoderSequence(all), err
}

func (s decoderSequence) decode(tokens []string) []string {
	for _, d := range s {
		tokens = d.decode(tokens)
	}
	return tokens
}

func (s decoderSequence) bytes(token string) string {
	for _, d := range s {
		token = d.bytes(token)
	}
	return token
}

// byteLevelDecoder reads the byte-level alphabet. Bytes that are no UTF-8 become
// U+FFFD.
type byteLevelDecoder struct{}

func parseByteLevelDecoder(node) (decoder, error) { return byteLevelDecoder{}, nil }

func (d byteLevelDecoder) decode(tokens []string) []string {
	var b []byte
	for _, t := range tokens {
		b = append(b, d.bytes(t)...)
	}
	return []string{lossy(b)}
}

func (byteLevelDecoder) bytes(token string) string {
	s, _ := fromByteChars(token)
	return s
}

// fuse joins all texts to one.
type fuse struct{}

func parseFuse(node) (decoder, error) { return fuse{}, nil }

func (fuse) decode(tokens []string) []string { return []string{strings.Join(tokens, "")} }
func (fuse) bytes(token string) string       { return token }
