package tokenizer

import (
	"encoding/json"
	"fmt"
	"slices"
)

// GGUF is t as a GGUF file's metadata has it: what FromGGUF makes the same tokenizer of. Only byte-level BPE whose
// words are split as in a row of the table of tokenizer.ggml.pre can be told in such a file.
func (t *Tokenizer) GGUF() (GGUF, error) {
	m, ok := t.model.(*bpe)
	if !ok || !t.isByte {
		return GGUF{}, fmt.Errorf("tokenizer: only byte-level BPE is written to GGUF")
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
	// What is put around a text shows on any text.
	bare, whole := t.Encode("a", false).IDs, t.Encode("a", true).IDs
	if extra := len(whole) - len(bare); extra > 0 && len(bare) > 0 {
		if g.AddBOS = whole[0] != bare[0]; g.AddBOS {
			g.BOS, extra = whole[0], extra-1
		}
		if g.AddEOS = extra > 0; g.AddEOS {
			g.EOS = whole[len(whole)-1]
		}
	}
	return g, nil
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

// pipeline is the components in order, sequences laid flat.
func pipeline(parts ...json.RawMessage) (all []stage) {
	for _, raw := range parts {
		var s struct {
			stage
			UseRegex      *bool             `json:"use_regex"`
			PreTokenizers []json.RawMessage `json:"pretokenizers"`
			Normalizers   []json.RawMessage `json:"normalizers"`
		}
		if len(raw) == 0 || json.Unmarshal(raw, &s) != nil || s.Type == "" {
			continue
		}
		if s.Type == "Sequence" {
			all = append(all, pipeline(append(s.PreTokenizers, s.Normalizers...)...)...)
			continue
		}
		s.useRegex = s.Type == "ByteLevel" && (s.UseRegex == nil || *s.UseRegex)
		all = append(all, s.stage)
	}
	return all
}
