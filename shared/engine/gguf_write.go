package engine

import (
	"fmt"
	"slices"
	"strings"

	"graft/shared/adapter"
	"graft/shared/tensor"
	"graft/shared/weights"
)

// GGUF is the base as a GGUF file, with a merged into it unless a is nil, its tensors in the types of mix. Metadata of a
// base that was opened from such a file is kept; else it is made of config.json, the tokenizer and the chat template.
func (b *Base) GGUF(a *Adapter, mix weights.Mixture) (meta weights.Meta, items []weights.Item, err error) {
	src := b.Source
	if a != nil {
		merged, err := b.Merge(a, tensor.F32)
		if err != nil {
			return meta, nil, err
		}
		items, err := merged.Items()
		if err != nil {
			return meta, nil, err
		}
		src = weights.Collected(items)
	}
	if items, err = weights.GGUFItems(src, b.Config, mix); err != nil {
		return meta, nil, err
	}
	if b.Meta != nil {
		for _, key := range b.Meta.Keys() {
			if v, _ := b.Meta.Value(key); !strings.HasPrefix(key, "split.") {
				meta.Set(key, v)
			}
		}
		meta.Set("general.file_type", mix.FileType)
		meta.Set("general.quantization_version", uint32(2))
		return meta, items, nil
	}
	if meta, err = weights.MetaOf(b.Config, mix); err != nil {
		return meta, nil, err
	}
	return meta, items, b.tokenizerMeta(&meta)
}

// Exportable reports by name what of the base and an adapter, which may be nil, llama.cpp has no place for.
func (b *Base) Exportable(a *Adapter) error {
	const head = "GGUF files that llama.cpp runs have no place for it; graft merge writes it with the rest as a Hugging Face directory"
	if a != nil && a.Adapter.Task() == adapter.SeqCls {
		return fmt.Errorf("the adapter's classification head (modules_to_save): %s", head)
	}
	if b.Meta != nil {
		return nil
	}
	unknown, err := weights.WithoutGGUFName(b.Source, b.Config)
	if err != nil || len(unknown) == 0 {
		return err
	}
	const most = 5
	if n := len(unknown); n > most {
		unknown = append(slices.Clone(unknown[:most]), fmt.Sprintf("and %d more", n-most))
	}
	return fmt.Errorf("%s: %s", strings.Join(unknown, ", "), head)
}

// tokenizerMeta adds the tokenizer's part of a GGUF file's metadata.
func (b *Base) tokenizerMeta(meta *weights.Meta) error {
	t, err := b.Tokenizer.GGUF()
	if err != nil {
		return err
	}
	const at = "tokenizer.ggml."
	meta.Set(at+"model", t.Model)
	if t.Pre != "" {
		meta.Set(at+"pre", t.Pre)
	}
	// The embedding may have more rows than the tokenizer has tokens; llama.cpp wants a token for each.
	for n := b.Model.Config().VocabSize; len(t.Tokens) < n; {
		t.Tokens, t.Types = append(t.Tokens, fmt.Sprintf("[PAD%d]", len(t.Tokens))), append(t.Types, ggufUnused)
		if t.Scores != nil {
			t.Scores = append(t.Scores, -1e9)
		}
	}
	if n := b.Model.Config().VocabSize; len(t.Tokens) > n { // tokens for images, of which the model has no embedding
		t.Tokens, t.Types = t.Tokens[:n], t.Types[:n]
		if t.Scores != nil {
			t.Scores = t.Scores[:n]
		}
	}
	meta.Set(at+"tokens", t.Tokens)
	if t.Scores != nil {
		meta.Set(at+"scores", t.Scores)
	}
	meta.Set(at+"token_type", t.Types)
	if t.Merges != nil {
		meta.Set(at+"merges", t.Merges)
	}
	c := b.Model.Config()
	ids := []struct {
		key string
		id  *int32
	}{{"bos", c.BOSTokenID}, {"eos", nil}, {"padding", c.PadTokenID}, {"unknown", t.Unknown}}
	if len(c.EOSTokenID) > 0 {
		ids[1].id = &c.EOSTokenID[0]
	}
	for _, id := range ids {
		if id.id != nil && *id.id >= 0 {
			meta.Set(at+id.key+"_token_id", uint32(*id.id))
		}
	}
	meta.Set(at+"add_bos_token", t.AddBOS)
	meta.Set(at+"add_eos_token", t.AddEOS)
	if t.Model == "llama" {
		meta.Set(at+"add_space_prefix", t.SpacePrefix)
	}
	if b.ChatTemplate != "" {
		meta.Set("tokenizer.chat_template", b.ChatTemplate)
	}
	return nil
}

// ggufUnused is the type of a token that stands for nothing.
const ggufUnused = 5
