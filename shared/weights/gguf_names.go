package weights

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"graft/shared/tensor"
)

// ggufNames pairs the names of GGUF with those of checkpoints. The second table has the names within a layer, which
// GGUF puts after "blk.N." and checkpoints after "model.layers.N.".
var (
	ggufNames = []struct{ gguf, checkpoint string }{
		{"token_embd", "model.embed_tokens"},
		{"output_norm", "model.norm"},
		{"output", "lm_head"},
		{"cls.output", "score"},
	}
	ggufLayerNames = []struct{ gguf, checkpoint string }{
		{"attn_norm", "input_layernorm"},
		{"attn_q", "self_attn.q_proj"},
		{"attn_k", "self_attn.k_proj"},
		{"attn_v", "self_attn.v_proj"},
		{"attn_output", "self_attn.o_proj"},
		{"attn_q_norm", "self_attn.q_norm"},
		{"attn_k_norm", "self_attn.k_norm"},
		{"ffn_norm", "post_attention_layernorm"},
		{"ffn_gate", "mlp.gate_proj"},
		{"ffn_up", "mlp.up_proj"},
		{"ffn_down", "mlp.down_proj"},
	}
)

// CheckpointName is the checkpoint's name of a GGUF tensor: "model.layers.0.self_attn.q_proj.weight" for
// "blk.0.attn_q.weight". A name that is in no table is its own.
func CheckpointName(gguf string) string {
	module, kind, ok := cutLast(gguf, ".")
	if !ok {
		return gguf
	}
	for _, n := range ggufNames {
		if n.gguf == module {
			return n.checkpoint + "." + kind
		}
	}
	if layer, rest, ok := cutLayer(module, "blk."); ok {
		for _, n := range ggufLayerNames {
			if n.gguf == rest {
				return "model.layers." + layer + "." + n.checkpoint + "." + kind
			}
		}
	}
	return gguf
}

// GGUFName is the reverse of CheckpointName.
func GGUFName(checkpoint string) string {
	module, kind, ok := cutLast(checkpoint, ".")
	if !ok {
		return checkpoint
	}
	for _, n := range ggufNames {
		if n.checkpoint == module {
			return n.gguf + "." + kind
		}
	}
	if layer, rest, ok := cutLayer(module, "model.layers."); ok {
		for _, n := range ggufLayerNames {
			if n.checkpoint == rest {
				return "blk." + layer + "." + n.gguf + "." + kind
			}
		}
	}
	return checkpoint
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// cutLayer cuts "blk.12.attn_q" into "12" and "attn_q".
func cutLayer(module, prefix string) (layer, rest string, ok bool) {
	s, ok := strings.CutPrefix(module, prefix)
	if !ok {
		return "", "", false
	}
	layer, rest, ok = strings.Cut(s, ".")
	n, err := strconv.ParseUint(layer, 10, 31)
	return layer, rest, ok && err == nil && strconv.FormatUint(n, 10) == layer
}

// Rope pairs. Hugging Face rotates value i of a head with value i + half; llama.cpp's converter for the
// architecture "llama" puts the two side by side instead, by reordering the rows of the projections that make
// queries and keys. Whole rows move, so that blocks stay as they are.

func permutedRows(arch string) bool { return arch == "llama" }

func isQuery(checkpoint string) bool { return strings.Contains(checkpoint, ".self_attn.q_proj.") }
func isKey(checkpoint string) bool   { return strings.Contains(checkpoint, ".self_attn.k_proj.") }

// rowsOf is what is reordered: the rows of a weight, the values of a bias.
func rowsOf(s tensor.Spec) int {
	if len(s.Shape) == 1 {
		return s.Shape[0]
	}
	return s.Shape.Rows()
}

// fromPairs copies rows from llama.cpp's order to Hugging Face's, toPairs the other way.
func fromPairs(dst, src []byte, rows, heads int) {
	movePairs(len(src)/rows, rows, heads, func(pair, half, size int) { copy(dst[half:half+size], src[pair:]) })
}

func toPairs(dst, src []byte, rows, heads int) {
	movePairs(len(src)/rows, rows, heads, func(pair, half, size int) { copy(dst[pair:pair+size], src[half:]) })
}

// movePairs calls move with the offset of each row of size bytes in both orders.
func movePairs(size, rows, heads int, move func(pair, half, size int)) {
	head := rows / heads
	for r := range rows {
		h, i := r/head, r%head
		pair := h*head + i%(head/2)*2 + i/(head/2)
		move(pair*size, r*size, size)
	}
}

// ggufHeads are the numbers of query and of key heads, which the order of rows needs. Both are 0 where the file
// does not say, as in a file of weights only.
func ggufHeads(m Meta, arch string) (q, kv int, err error) {
	count := func(key string) (int, error) {
		v, ok := m.Int(key)
		if per, isArray := m.Ints(key); isArray && len(per) > 0 {
			if slices.Min(per) != slices.Max(per) {
				return 0, fmt.Errorf("metadata %s differs between layers, which is not read", key)
			}
			v, ok = per[0], true
		}
		if ok && (v < 1 || v > 1<<16) {
			return 0, fmt.Errorf("metadata %s is %d, expected a number of heads", key, v)
		}
		return int(v), nil
	}
	if q, err = count(arch + ".attention.head_count"); err != nil {
		return 0, 0, err
	}
	if kv, err = count(arch + ".attention.head_count_kv"); err != nil {
		return 0, 0, err
	}
	if kv == 0 {
		kv = q
	}
	return q, kv, nil
}
