package tokenizer

// A normalizer rewrites text before it is split into words.
type normalizer interface {
	normalize(p piece) piece
}

// normalizers is the table of normalizers by their type in tokenizer.json.
func normalizers() []kind[normalizer] {
	return []kind[normalizer]{
		{"Sequence", parseNormalizerSequence},
		{"NFC", parseNFC},
		{"NFD", parseNFD},
		{"NFKC", parseNFKC},
		{"NFKD", parseNFKD},
		{"Lowercase", parseLowercase},
		{"Strip", parseStrip},
		{"StripAccents", parseStripAccents},
		{"Replace", parseReplace},
		{"Prepend", parsePrepend},
		{"ByteLevel", parseByteLevelNormalizer},
		{"BertNormalizer", parseBertNormalizer},
		{"Nmt", parseNmt},
		{"Precompiled", parsePrecompiled},
	}
}

// normalizerSequence applies its members one after the other.
type normalizerSequence []normalizer

func parseNormalizerSequence(n node) (normalizer, error) {
	all, err := components(n, "normalizers", normalizers())
	return normalizerSequence(all), err
}

func (s normalizerSequence) normalize(p piece) piece {
	for _, n := range s {
		p = n.normalize(p)
	}
	return p
}
