package adapter

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"graft/shared/graph"
	"graft/shared/model"
	"graft/shared/nn"
	"graft/shared/op"
	"graft/shared/tensor"
	"graft/shared/weights"
)

// promptEmbeddings is the one tensor of an adapter that learns prompts: a row for each virtual token, whatever it was
// trained through.
const promptEmbeddings = "prompt_embeddings"

// maxVirtual bounds num_virtual_tokens of a file.
const maxVirtual = 1 << 16

// promptConfig is what the adapter_config.json of PREFIX_TUNING, PROMPT_TUNING and P_TUNING have in common.
type promptConfig struct {
	whole
	NumVirtualTokens  int `json:"num_virtual_tokens"`
	TokenDim          int `json:"token_dim"`
	NumSubmodules     int `json:"num_transformer_submodules"`
	NumAttentionHeads int `json:"num_attention_heads"`
	NumLayers         int `json:"num_layers"`
	EncoderHiddenSize int `json:"encoder_hidden_size"`

	rows, cols int // of prompt_embeddings
}

// parse reads the common keys, and more into v unless nil.
func (c *promptConfig) parse(config []byte, v any) error {
	c.before = wrapped
	if err := json.Unmarshal(config, c); err != nil {
		return err
	}
	if v == nil {
		return nil
	}
	return json.Unmarshal(config, v)
}

// bind checks the common keys: a file that says nothing of a size has the model's.
func (c *promptConfig) bind(m *model.Parts, tokenDim, heads int) error {
	for _, f := range []struct {
		key  string
		got  *int
		want int
	}{{"token_dim", &c.TokenDim, tokenDim}, {"num_layers", &c.NumLayers, m.Config().NumHiddenLayers}, {"num_transformer_submodules", &c.NumSubmodules, 1}} {
		if *f.got == 0 {
			*f.got = f.want
		}
		if *f.got != f.want {
			return fmt.Errorf("%s is %d, expected %d for this model", f.key, *f.got, f.want)
		}
	}
	if c.NumAttentionHeads == 0 {
		c.NumAttentionHeads = heads
	}
	if c.NumVirtualTokens < 1 || c.NumVirtualTokens > maxVirtual {
		return fmt.Errorf("num_virtual_tokens is %d, expected 1 to %d", c.NumVirtualTokens, maxVirtual)
	}
	if limit := m.Config().MaxPositionEmbeddings; limit > 0 && c.NumVirtualTokens >= limit {
		return fmt.Errorf("num_virtual_tokens is %d and leaves no position of the model's %d", c.NumVirtualTokens, limit)
	}
	c.keepHead()
	c.ModulesToSave = slices.Clip(c.ModulesToSave)
	c.rows, c.cols = c.NumVirtualTokens, c.TokenDim
	return nil
}

// marshal writes the common keys and those of more.
func (c *promptConfig) marshal(peftType string, more map[string]any) ([]byte, error) {
	m := map[string]any{"peft_type": peftType, "task_type": c.TaskType, "base_model_name_or_path": c.BaseModel, "inference_mode": true,
		"num_virtual_tokens": c.NumVirtualTokens, "token_dim": c.TokenDim, "num_transformer_submodules": c.NumSubmodules,
		"num_attention_heads": c.NumAttentionHeads, "num_layers": c.NumLayers, "revision": nil, "auto_mapping": nil}
	if len(c.ModulesToSave) > 0 && c.TaskType != SeqCls { // of SEQ_CLS PEFT adds them itself; the key is PEFT 0.17's
		m["modules_to_save"] = c.ModulesToSave
	}
	for k, v := range more {
		m[k] = v
	}
	return marshal(m)
}

// table is the adapter's rows [rows,cols] as they are stored.
func (c *promptConfig) table(g *graph.Graph, kind graph.Kind) graph.Value {
	return g.Leaf(kind, promptEmbeddings, tensor.F32, c.rows, c.cols)
}

// lay puts the rows of table in the places of virtual tokens, whose embeddings are zeros.
func lay(p nn.Params, index, x, table graph.Value) graph.Value {
	g, rows := p.Graph(), x.Shape()[0]
	if index != nn.Tokens(g, rows) {
		return x
	}
	// Token -1-i is row i of the prompt; a real token is none.
	virtual := g.Derived("virtual", func(inputs map[string]*tensor.Tensor) *tensor.Tensor {
		tokens := inputs["tokens"]
		if tokens == nil {
			return nil
		}
		v := make([]int32, rows)
		for i, t := range tokens.Ints() {
			v[i] = max(-1-t, -1)
		}
		return tensor.FromInts(v, rows)
	}, tensor.I32, rows)
	return op.Add(x, op.Gather(table, virtual))
}

// BaseName is that of a module kept whole.
func (c *promptConfig) BaseName(name string) string {
	if name == promptEmbeddings || strings.HasPrefix(name, encoderName) {
		return ""
	}
	return strings.TrimPrefix(name, wrapped)
}

// Merge is refused: no weight of a model answers like a prompt.
func (c *promptConfig) Merge(string, *tensor.Tensor, weights.Source) (bool, error) {
	return false, fmt.Errorf("an adapter of virtual tokens adds positions, not weights, so it can't be merged; use it as an adapter")
}

func errNoTokens(key string) error { return fmt.Errorf("%s has no tokens", key) }

// repeated is the first n of ids repeated, PEFT's way to start n virtual tokens from a text.
func repeated(ids []int32, n int) []int32 {
	out := make([]int32, n)
	for i := range out {
		out[i] = ids[i%len(ids)]
	}
	return out
}
