package tokenizer

// byteLevelNormalizer spells text in the byte-level alphabet before it is split.
type byteLevelNormalizer struct{}

func parseByteLevelNormalizer(node) (normalizer, error) { return byteLevelNormalizer{}, nil }

func (byteLevelNormalizer) normalize(p piece) piece { return spellBytes(p) }
