package tokenizer

import (
	"encoding/json"
	"fmt"
	"slices"
)

// GGUF is t as a GGUF file's metadata has it: what FromGGUF makes the same tokenizer of. Byte-level BPE whose words are
// split as in a row of the table of tokenizer.ggml.pre can be told in such a file, and SentencePiece's BPE.
func (t *Tokenizer) GGUF() (GGUF, error) {
	m, ok := t.model.(*bpe)
	if !ok {
		return GGUF{}, fmt.Errorf("tokenizer: only BPE is written to GGUF")
	}
	if !t.isByte {
		return t.spmGGUF(m)
	}
	g := GGUF{Model: "gpt2", Tokens: make([]string, len(t.words)), Types: make([]int32, len(t.words))}
	var err error
	if g.Pre, err = t.pre(m.ignoreMerges); err != nil {
		return GGUF{}, err
	}
	for id, w := range t.words {
		g.Tokens[id], g.Types[id] = w, ggufNormal
		if w == "" {
			g.Tokens[id], g.Types[id] = fmt.Sprintf("[PAD%d]", id), ggufUnused
		}
		if a := t.byID[int32(id)]; a != nil {
			g.Types[id] = ggufUserDefined
			if a.Special {
				g.Types[id] = ggufControl
			}
		}
	}
	for _, pair := range m.fields().(bpeFields).Merges {
		g.Merges = append(g.Merges, pair[0]+" "+pair[1])
	}
	if m.unk >= 0 {
		g.Unknown = &m.unk
	}
	t.around(&g)
	return g, nil
}

// around tells g which tokens are put around a text. They show on any text.
func (t *Tokenizer) around(g *GGUF) {
	bare, whole := t.Encode("a", false).IDs, t.Encode("a", true).IDs
	if extra := len(whole) - len(bare); extra > 0 && len(bare) > 0 {
		if g.AddBOS = whole[0] != bare[0]; g.AddBOS {
			g.BOS, extra = whole[0], extra-1
		}
		if g.AddEOS = extra > 0; g.AddEOS {
			g.EOS = whole[len(whole)-1]
		}
	}
}

// Types of tokens beside those FromGGUF reads.
const (
	ggufNormal = 1
	ggufUnused = 5
)

// pre finds the row whose pipeline is t's.
func (t *Tokenizer) pre(ignoreMerges bool) (string, error) {
	mine := pipeline(t.config.normalizer, t.config.preTokenizer)
	for _, p := range ggufPres {
		row := pipeline(json.RawMessage(p.normalizer), sequenceJSON(byteLevelJSON(p.gpt2)))
		if p.split != "" {
			row = pipeline(json.RawMessage(p.normalizer), sequenceJSON(p.split, byteLevelJSON(p.gpt2)))
		}
		if p.ignoreMerges == ignoreMerges && slices.Equal(row, mine) {
			var name string
			_, err := fmt.Sscan(p.names, &name)
			return name, err
		}
	}
	return "", fmt.Errorf("tokenizer: no tokenizer.ggml.pre splits words as this one does: %s", t.config.preTokenizer)
}

// stage is what tells one component of a pipeline from another.
type stage struct {
	Type     string
	Pattern  struct{ Regex, String string }
	Prefix   bool `json:"add_prefix_space"`
	Digits   bool `json:"individual_digits"`
	Behavior string
	Invert   bool
	useRegex bool // of ByteLevel: true unless said otherwise, as Hugging Face reads it
}

// pipeline is the components in order.
func pipeline(parts ...json.RawMessage) (all []stage) {
	for _, raw := range flatten(parts...) {
		var s struct {
			stage
			UseRegex *bool `json:"use_regex"`
		}
		if json.Unmarshal(raw, &s) != nil {
			continue
		}
		s.useRegex = s.Type == "ByteLevel" && (s.UseRegex == nil || *s.UseRegex)
		if s.Behavior == "Removed" && s.Invert { // what is no match is dropped; the patterns of the table match all
			s.Behavior, s.Invert = "Isolated", false
		}
		all = append(all, s.stage)
	}
	return all
}
