// Package engine is the one door hosts use: open a model, attach an adapter, then classify, generate, train, merge.
//
// A Base is a model's weights on a device, shared by everything made from it. A Classifier and a Generator answer
// with a base and at most one adapter each; a Training makes an adapter. None of them knows files: models, adapters
// and checkpoints come as fs.FS and train.Store.
package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"graft/shared/adapter"
	"graft/shared/chat"
	"graft/shared/dataset"
	"graft/shared/device"
	"graft/shared/model"
	"graft/shared/tensor"
	"graft/shared/tokenizer"
	"graft/shared/weights"
)

// Options change how a base is opened.
type Options struct {
	Name string // of the model, for messages and for base_model_name_or_path
	// LoadIn4Bit quantises the linear layers to NF4 while they are read, as bitsandbytes does; the output layer,
	// embeddings and norms stay.
	LoadIn4Bit  bool
	DoubleQuant bool // bnb_4bit_use_double_quant: block maxima are stored in 8 bits
	// Activations is the precision of activations in products with quantised weights when answering: 0 for float32, or
	// 8 for block-scaled integers, which are several times as fast.
	Activations int
	// Scratch opens a model without weights, of which there need be none, to be trained from random ones.
	Scratch bool
}

// Base is an opened model.
type Base struct {
	Name      string
	Config    []byte // config.json
	Model     model.Model
	Tokenizer *tokenizer.Tokenizer
	Source    weights.Source
	Meta      *weights.Meta // of the GGUF file the model was opened from, else nil
	Memory    *device.Memory
	// ChatTemplate is the model's own template of conversations, "" if it has none.
	ChatTemplate string
	// Sentence is how the model makes vectors of texts, nil where its files do not say.
	Sentence *Sentence

	options Options
	forms   forms
	parts   *model.Parts
}

// Open opens the model in a directory: config.json, tokenizer.json and safetensors as on the Hugging Face hub, or one
// GGUF file, which holds all three. Weights are read when they are first needed.
func Open(fsys fs.FS, d device.Device, o Options) (*Base, error) {
	var src weights.Source = weights.None{}
	if !o.Scratch {
		var err error
		if src, err = weights.Open(fsys); err != nil {
			return nil, err
		}
	}
	b := &Base{Name: o.Name, Source: src, Memory: device.NewMemory(d), options: o}
	if err := b.describe(fsys); err != nil {
		src.Close()
		return nil, err
	}
	b.Source = model.Checkpoint(b.Model, src)
	if o.LoadIn4Bit {
		b.Source = weights.Quantizer{Want: b.quantize, DoubleQuant: o.DoubleQuant}.View(b.Source)
	}
	b.Memory.Fetch = weights.Loader(b.Source, d)
	return b, nil
}

// describe reads what the model is from the directory or the GGUF file's metadata.
func (b *Base) describe(fsys fs.FS) error {
	var err error
	g, isGGUF := b.Source.(*weights.GGUF)
	if isGGUF {
		b.Meta = &g.Meta
	}
	if isGGUF {
		b.Config, err = g.Config()
	} else {
		b.Config, err = fs.ReadFile(fsys, "config.json")
	}
	if err == nil {
		b.Config, err = model.TextConfig(b.Config)
	}
	if err != nil {
		return err
	}
	if b.Model, err = model.New(b.Config); err != nil {
		return err
	}
	if b.parts, err = model.PartsOf(b.Model); err != nil {
		return err
	}
	switch data, err := fs.ReadFile(fsys, "tokenizer.json"); {
	case err == nil:
		if b.Tokenizer, err = tokenizer.Parse(data); err != nil {
			return err
		}
	case isGGUF:
		if b.Tokenizer, err = GGUFTokenizer(g); err != nil {
			return err
		}
	case errors.Is(err, fs.ErrNotExist):
		if b.Tokenizer, err = sentencePiece(fsys); err != nil {
			return err
		}
	default:
		return err
	}
	// Gemma's tokenizers have special tokens for images, which its models for text alone have no embedding of.
	if n := b.Tokenizer.Len(); n > b.Model.Config().VocabSize && !b.allSpecial(b.Model.Config().VocabSize, n) {
		return fmt.Errorf("tokenizer.json: %d tokens, and config.json: vocab_size %d", n, b.Model.Config().VocabSize)
	}
	if b.Sentence, err = readSentence(fsys); err != nil {
		return err
	}
	if isGGUF && b.Sentence == nil {
		b.Sentence = sentenceOf(g)
	}
	return b.template(fsys, g)
}

func (b *Base) allSpecial(from, to int) bool {
	for id := from; id < to; id++ {
		if !b.Tokenizer.IsSpecial(int32(id)) {
			return false
		}
	}
	return true
}

// template finds the chat template, in the files beside the weights or in GGUF metadata.
func (b *Base) template(fsys fs.FS, g *weights.GGUF) error {
	if g != nil {
		b.ChatTemplate, _ = g.Meta.String("tokenizer.chat_template")
	}
	c, err := chat.ReadConfig(fsys)
	if err != nil {
		return err
	}
	if src, ok := c.Templates["default"]; ok {
		b.ChatTemplate = src
	}
	if b.ChatTemplate == "" {
		b.ChatTemplate = turnsOf(b.Tokenizer)
	}
	return nil
}

// quantize says which weights LoadIn4Bit stores as NF4: those of the linear layers whose rows divide into blocks.
func (b *Base) quantize(name string, s tensor.Spec) tensor.DType {
	path, ok := strings.CutSuffix(name, ".weight")
	if ok && slices.Contains(b.parts.Linear, path) && !s.DType.IsBlock() && s.Shape.Cols()%tensor.NF4.BlockValues() == 0 {
		return tensor.NF4
	}
	return s.DType
}

// storage is the type programs hold weights in.
func (b *Base) storage() func(string, tensor.Shape) tensor.DType { return weights.Storage(b.Source) }

// sequence gives the tokens of a text with those the tokenizer puts around it; the ones behind it stay when it is cut.
func (b *Base) sequence(text string) dataset.Sequence {
	e := b.Tokenizer.Encode(text, true)
	s := dataset.Sequence{Tokens: e.IDs, Label: -1}
	for i := len(e.Offsets) - 1; i >= 0 && e.Offsets[i] == [2]int{}; i-- { // put there, of no place in the text
		s.Tail++
	}
	return s
}

// Activations is the precision of activations in products with quantised weights; see Options.
func (b *Base) Activations() int { return b.options.Activations }

// Device is where the base is.
func (b *Base) Device() device.Device { return b.Memory.Device() }

// Close frees the weights. What was made from the base is closed before.
func (b *Base) Close() error {
	err := b.Memory.Close()
	if e := b.Source.Close(); err == nil {
		err = e
	}
	return err
}

// Adapter is an adapter's directory read for a base.
type Adapter struct {
	*adapter.Directory
}

// OpenAdapter reads an adapter for the base: a PEFT directory, or one that holds a LoRA in a GGUF file. One that was
// trained on another base is refused unless anyBase.
func (b *Base) OpenAdapter(fsys fs.FS, anyBase bool) (*Adapter, error) {
	if files, _ := fs.Glob(fsys, "*.gguf"); len(files) == 1 && !exists(fsys, adapter.ConfigName) {
		return b.openGGUFAdapter(fsys)
	}
	d, err := adapter.Open(fsys, b.parts)
	if err != nil {
		return nil, err
	}
	if s := d.Sidecar; s != nil && s.Base.Fingerprint != "" && !anyBase {
		mine, err := b.Fingerprint()
		if err != nil {
			return nil, err
		}
		if mine != s.Base.Fingerprint {
			return nil, fmt.Errorf("adapter: %s says it was trained on %s (fingerprint %.12s), and this base is %s (%.12s); --any-base uses it all the same",
				adapter.SidecarName, s.Base.Name, s.Base.Fingerprint, b.Name, mine)
		}
	}
	return &Adapter{d}, nil
}
