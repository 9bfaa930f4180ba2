package tokenizer

// A postProcessor finishes an encoding.
type postProcessor interface {
	// process changes e in place. text is the source; without addSpecial no
	// token is added.
	process(e *Encoding, t *Tokenizer, text string, addSpecial bool)
	// adds returns the ids that process may add.
	adds() []int32
}

// postProcessors is the table of post-processors by their type in
// tokenizer.json.
func postProcessors() []kind[postProcessor] {
	return []kind[postProcessor]{
		{"Sequence", parsePostProcessorSequence},
		{"TemplateProcessing", parseTemplate},
		{"ByteLevel", parseTrimOffsets},
		{"BertProcessing", parseBertProcessing},
		{"RobertaProcessing", parseRobertaProcessing},
	}
}

// postProcessorSequence applies its members one after the other.
type postProcessorSequence []postProcessor

func parsePostProcessorSequence(n node) (postProcessor, error) {
	all, err := components(n, "processors", postProcessors())
	return postProcessorSequence(all), err
}

func (s postProcessorSequence) process(e *Encoding, t *Tokenizer, text string, addSpecial bool) {
	for _, p := range s {
		p.process(e, t, text, addSpecial)
	}
}

func (s postProcessorSequence) adds() []int32 {
	var all []int32
	for _, p := range s {
		all = append(all, p.adds()...)
	}
	return all
}
