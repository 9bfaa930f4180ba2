package tokenizer

// A preTokenizer splits text into the words that the model sees one by one.
type preTokenizer interface {
	// split emits the words of p in order. Empty ones are dropped.
	split(p piece, emit func(piece))
}

// preTokenizers is the table of pre-tokenizers by their type in tokenizer.json.
func preTokenizers() []kind[preTokenizer] {
	return []kind[preTokenizer]{
		{"Sequence", parsePreTokenizerSequence},
		{"ByteLevel", parseByteLevel},
		{"Split", parseSplit},
		{"Digits", parseDigits},
		{"Whitespace", parseWhitespace},
		{"WhitespaceSplit", parseWhitespaceSplit},
		{"Punctuation", parsePunctuation},
		{"CharDelimiterSplit", parseCharDelimiterSplit},
		{"Metaspace", parseMetaspace},
		{"BertPreTokenizer", parseBertPreTokenizer},
	}
}

// preTokenizerSequence splits the words of each member by the next.
type preTokenizerSequence []preTokenizer

func parsePreTokenizerSequence(n node) (preTokenizer, error) {
	all, err := components(n, "pretokenizers", preTokenizers())
	return preTokenizerSequence(all), err
}

func (s preTokenizerSequence) split(p piece, emit func(piece)) {
	for i := len(s) - 1; i >= 0; i-- {
		next, then := s[i], emit
		emit = func(p piece) { next.split(p, then) }
	}
	emit(p)
}

// finishBytes tells the last pre-tokenizer, where it is ByteLevel, that the
// model takes raw bytes: the alphabet then never needs to be spelled out. It
// returns whether that is so.
func finishBytes(t preTokenizer) bool {
	switch t := t.(type) {
	case *byteLevel:
		t.last = true
		return true
	case preTokenizerSequence:
		return len(t) > 0 && finishBytes(t[len(t)-1])
	}
	return false
}
