package weights

import (
	"strconv"
	"strings"
)

// ggufArch is one architecture as GGUF has it: where its file and its checkpoint differ, and how.
type ggufArch struct {
	arch      string       // general.architecture
	modelType string       // model_type of config.json
	class     string       // in architectures of config.json
	pairs     bool         // rows of query and key projections lie in llama.cpp's order (fromPairs)
	readOnly  bool         // files are read and not written
	plusOne   bool         // weights of norms are stored one larger than in the checkpoint
	top       []ggufName   // modules outside of layers
	prefix    string       // of a layer in the checkpoint, before its number
	layer     []ggufName   // modules in a layer, which GGUF puts after "blk.N."
	fields    []ggufField  // what metadata and config.json both say
	fixed     []fixedField // what config.json says and GGUF leaves to the architecture
	when      string       // a key of the metadata without which a file is of another row; "" for none
	// sized adds to fixed what follows from the sizes; nil for nothing.
	sized func(s archSizes) []fixedField
}

// archSizes are the sizes of a model that settle what GGUF leaves to the architecture.
type archSizes struct{ layers, hidden, heads, dim int }

type ggufName struct{ gguf, checkpoint string }

// ggufField pairs a key of the metadata, after the architecture's name and a dot, with one of config.json.
type ggufField struct {
	meta, config string
	kind         fieldKind
	need         bool // a GGUF file without it is not understood
	otherwise    any  // what is meant where it is missing and not needed; nil: nothing
}

type fieldKind uint8

const (
	countField fieldKind = iota // a whole number over 0; in some files an array that says it for each layer
	limitField                  // a whole number, 0 or null for no limit
	realField
)

type fixedField struct {
	config string
	value  any
}

// archOfFile is the row of a file's metadata. Files of unknown architectures, and of none, have the names of a Llama, so
// that their tensors can be listed.
func archOfFile(m Meta) (row *ggufArch, known bool) {
	name, _ := m.String("general.architecture")
	for i := range ggufArchs {
		row := &ggufArchs[i]
		if _, ok := m.Value(name + "." + row.when); row.arch == name && (ok || row.when == "") {
			return row, true
		}
	}
	return &ggufArch{top: decoderTop, prefix: decoderPrefix, layer: llamaLayer}, false
}

// archOfModel is the row of config.json's model_type, and the model types there are rows for.
func archOfModel(modelType string) (row *ggufArch, known []string) {
	for i := range ggufArchs {
		if ggufArchs[i].readOnly {
			continue
		}
		if ggufArchs[i].modelType == modelType {
			row = &ggufArchs[i]
		}
		known = append(known, ggufArchs[i].modelType)
	}
	return row, known
}

// checkpointName is the checkpoint's name of a GGUF tensor: "model.layers.0.self_attn.q_proj.weight" for
// "blk.0.attn_q.weight". A name that is in no table is its own.
func (a *ggufArch) checkpointName(gguf string) string {
	module, kind, ok := cutLast(gguf, ".")
	if !ok {
		return gguf
	}
	for _, n := range a.top {
		if n.gguf == module {
			return n.checkpoint + "." + kind
		}
	}
	if layer, rest, ok := cutLayer(module, "blk."); ok {
		for _, n := range a.layer {
			if n.gguf == rest {
				return a.prefix + layer + "." + n.checkpoint + "." + kind
			}
		}
	}
	return gguf
}

// ggufName is the reverse of checkpointName.
func (a *ggufArch) ggufName(checkpoint string) string {
	module, kind, ok := cutLast(checkpoint, ".")
	if !ok {
		return checkpoint
	}
	for _, n := range a.top {
		if n.checkpoint == module {
			return n.gguf + "." + kind
		}
	}
	if layer, rest, ok := cutLayer(module, a.prefix); ok {
		for _, n := range a.layer {
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
