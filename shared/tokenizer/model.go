package tokenizer

// A token is one vocabulary entry laid over a piece: its id and the bytes
// [start, end) of the piece that it stands for.
type token struct {
	id         int32
	start, end int32
}

// A model spells words in its vocabulary.
type model interface {
	// append appends the tokens of the word p to dst. With plain no special
	// token may come out, whatever the text, but the unknown token.
	append(dst []token, p piece, plain bool) []token
	// vocab is the vocabulary by id; "" marks an id not in use.
	vocab() []string
	// id returns the id of a token of the vocabulary.
	id(token string) (int32, bool)
	// forbid says which ids are special. It is called once, before append.
	forbid(special map[int32]bool)
	// fields returns the model as tokenizer.json has it, without "type".
	fields() any
}

// models is the table of models by their type in tokenizer.json.
func models() []kind[model] {
	return []kind[model]{
		{"BPE", parseBPE},
		{"Unigram", parseUnigram},
		{"WordPiece", parseWordPiece},
		{"WordLevel", parseWordLevel},
	}
}
