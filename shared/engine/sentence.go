package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path"
	"strings"

	"graft/shared/tensor"
	"graft/shared/weights"
)

// Sentence is how a model makes vectors of texts, as sentence-transformers writes it beside the model: modules.json and
// the folders it names.
type Sentence struct {
	Pooling       []string // of Poolings; the vectors of several are put one after the other
	Dense         []Dense
	Normalize     bool
	MaxLength     int               // tokens, 0: the model's
	Prompts       map[string]string // what is put before a text, by the prompt's name
	DefaultPrompt string            // name of the prompt that is used unless another is asked for, "" for none
	PoolPrompt    bool              // the prompt's tokens are pooled too
}

// Dense is a layer over the pooled vector.
type Dense struct {
	Weight     *tensor.Tensor // F32 [out,in]
	Bias       *tensor.Tensor // F32 [out], nil for none
	Activation func(float64) float64
}

// denseActivations are the activations that Dense layers are trained with, by the last part of PyTorch's names.
var denseActivations = map[string]func(float64) float64{
	"Identity": func(x float64) float64 { return x },
	"Tanh":     math.Tanh,
	"ReLU":     func(x float64) float64 { return max(x, 0) },
	"Sigmoid":  func(x float64) float64 { return 1 / (1 + math.Exp(-x)) },
}

// maxDense is the largest file of a Dense layer that is read, in bytes.
const maxDense = 1 << 30

// readSentence reads modules.json and what it names, nil where there is none.
func readSentence(fsys fs.FS) (*Sentence, error) {
	var modules []struct{ Path, Type string }
	if ok, err := readJSON(fsys, "modules.json", &modules); !ok {
		return nil, err
	}
	s := &Sentence{PoolPrompt: true}
	for _, m := range modules {
		var err error
		kind := m.Type[strings.LastIndexByte(m.Type, '.')+1:]
		switch kind {
		case "Transformer":
			if m.Path != "" {
				err = fmt.Errorf("the model is in the folder %q; open that", m.Path)
			}
		case "Pooling":
			err = s.pooling(fsys, path.Join(m.Path, "config.json"))
		case "Dense":
			if err = s.dense(fsys, m.Path); err == nil && s.Normalize {
				err = errors.New("a Dense layer behind the normalisation is not supported")
			}
		case "Normalize":
			s.Normalize = true
		case "Dropout":
		default:
			err = fmt.Errorf("a module of type %s is not known, expected Transformer, Pooling, Dense, Normalize or Dropout", kind)
		}
		if err != nil {
			return nil, fmt.Errorf("modules.json: %w", err)
		}
	}
	if err := s.lengths(fsys); err != nil {
		return nil, err
	}
	var prompts struct {
		Prompts map[string]string `json:"prompts"`
		Default *string           `json:"default_prompt_name"`
	}
	if _, err := readJSON(fsys, "config_sentence_transformers.json", &prompts); err != nil {
		return nil, err
	}
	s.Prompts = prompts.Prompts
	if prompts.Default != nil {
		s.DefaultPrompt = *prompts.Default
	}
	return s, nil
}

// lengths reads how long texts may be: sentence_bert_config.json says it, since version 5 tokenizer_config.json.
func (s *Sentence) lengths(fsys fs.FS) error {
	var c struct {
		MaxSeqLength   float64 `json:"max_seq_length"`
		ModelMaxLength float64 `json:"model_max_length"` // 1e30 for none
	}
	for _, name := range []string{"tokenizer_config.json", "sentence_bert_config.json"} {
		if _, err := readJSON(fsys, name, &c); err != nil {
			return err
		}
	}
	for _, n := range []float64{c.ModelMaxLength, c.MaxSeqLength} {
		if n >= 1 && n < 1<<30 {
			s.MaxLength = int(n)
		}
	}
	return nil
}

// readJSON reads a file of a directory that need not be there.
func readJSON(fsys fs.FS, name string, into any) (ok bool, err error) {
	data, err := fs.ReadFile(fsys, name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		return false, fmt.Errorf("%s: %w", name, err)
	}
	return true, nil
}

func (s *Sentence) pooling(fsys fs.FS, name string) error {
	var c map[string]any
	if ok, err := readJSON(fsys, name, &c); !ok {
		return errors.Join(err, fmt.Errorf("%s is missing", name))
	}
	for _, p := range poolings {
		if on, _ := c[p.key].(bool); on {
			s.Pooling = append(s.Pooling, p.name)
		}
	}
	switch mode := c["pooling_mode"].(type) {
	case string:
		s.Pooling = []string{mode}
	case []any:
		for _, m := range mode {
			s.Pooling = append(s.Pooling, fmt.Sprint(m))
		}
	}
	if on, ok := c["include_prompt"].(bool); ok {
		s.PoolPrompt = on
	}
	for _, mode := range s.Pooling {
		if pooling(mode) < 0 {
			return fmt.Errorf("%s: pooling_mode %q is not known, expected one of %q", name, mode, Poolings())
		}
	}
	if len(s.Pooling) == 0 {
		return fmt.Errorf("%s: no pooling_mode is on", name)
	}
	return nil
}

func (s *Sentence) dense(fsys fs.FS, dir string) error {
	c := struct {
		Activation string `json:"activation_function"`
		Residual   bool   `json:"use_residual"`
	}{Activation: "Tanh"}
	if _, err := readJSON(fsys, path.Join(dir, "config.json"), &c); err != nil {
		return err
	}
	act, ok := denseActivations[c.Activation[strings.LastIndexByte(c.Activation, '.')+1:]]
	if !ok || c.Residual {
		return fmt.Errorf("%s/config.json: activation_function %q, use_residual %v: not supported", dir, c.Activation, c.Residual)
	}
	name := path.Join(dir, "model.safetensors")
	info, err := fs.Stat(fsys, name)
	if err == nil && info.Size() > maxDense {
		err = fmt.Errorf("%s has %d bytes, expected %d at most", name, info.Size(), maxDense)
	}
	if err != nil {
		return err
	}
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return err
	}
	src, err := weights.OpenSafetensors(weights.InMemory(data))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	d := Dense{Activation: act}
	if d.Weight, err = weights.Floats(src, "linear.weight"); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if _, has := src.Spec("linear.bias"); has {
		if d.Bias, err = weights.Floats(src, "linear.bias"); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if len(d.Weight.Shape) != 2 || d.Bias != nil && !d.Bias.Shape.Equal(d.Weight.Shape[:1]) {
		return fmt.Errorf("%s: weight %v and bias %v, expected [out,in] and [out]", name, d.Weight.Spec, d.Bias)
	}
	s.Dense = append(s.Dense, d)
	return nil
}

// apply is the layer over x.
func (d Dense) apply(x []float64) []float64 {
	out, w := make([]float64, d.Weight.Shape[0]), d.Weight.Floats()
	for i := range out {
		sum := 0.0
		for j, v := range w[i*len(x):][:len(x)] {
			sum += float64(v) * x[j]
		}
		if d.Bias != nil {
			sum += float64(d.Bias.Floats()[i])
		}
		out[i] = d.Activation(sum)
	}
	return out
}
