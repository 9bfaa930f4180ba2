package weights

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"graft/shared/quant"
	"graft/shared/tensor"
)

// WriteBNB writes src as a safetensors file in which the weights that pick chooses are quantised to 4 bits, with the
// names and bytes that transformers and bitsandbytes would save. The other tensors are written as they are. Each
// chosen weight is quantised twice, first for its scales, so that no more than one is in memory.
func WriteBNB(w io.Writer, src Source, pick func(name string, s tensor.Spec) bool, opt quant.BNBOptions) error {
	var items []Item
	for _, name := range src.Names() {
		s, _ := src.Spec(name)
		if !s.DType.IsFloat() || !pick(name, s) {
			item, err := ItemFrom(src, name)
			if err != nil {
				return fmt.Errorf("bitsandbytes: %w", err)
			}
			items = append(items, item)
			continue
		}
		packed, err := bnbItems(src, name, s, opt)
		if err != nil {
			return fmt.Errorf("bitsandbytes: %s: %w", name, err)
		}
		items = append(items, packed...)
	}
	return WriteSafetensors(w, items, map[string]string{"format": "pt"})
}

// bnbItems quantises a weight and returns what is stored of it. The codes are made again when they are written.
func bnbItems(src Source, name string, s tensor.Spec, opt quant.BNBOptions) ([]Item, error) {
	values, err := Floats(src, name)
	if err != nil {
		return nil, err
	}
	b, err := quant.QuantizeBNB(values.Floats(), opt)
	if err != nil {
		return nil, err
	}
	codes := Item{name, tensor.Of(tensor.U8, len(b.Codes), 1), func(w io.Writer) error {
		values, err := Floats(src, name)
		if err != nil {
			return err
		}
		opt := opt
		opt.DoubleQuant = false // the scales are written already
		b, err := quant.QuantizeBNB(values.Floats(), opt)
		if err != nil {
			return err
		}
		_, err = w.Write(b.Codes)
		return err
	}}
	state := []byte(stateJSON(b, s))
	items := []Item{codes,
		itemOfBytes(name+stateInfix+b.Type, tensor.Of(tensor.U8, len(state)), state),
		floatItem(name+".quant_map", b.QuantMap)}
	if n := b.Nested; n != nil {
		items = append(items, itemOfBytes(name+".absmax", tensor.Of(tensor.U8, len(n.Codes)), n.Codes),
			floatItem(name+".nested_absmax", n.AbsMax), floatItem(name+".nested_quant_map", n.QuantMap))
	} else {
		items = append(items, floatItem(name+".absmax", b.AbsMax))
	}
	return items, nil
}

func floatItem(name string, v []float32) Item { return ItemOf(name, tensor.FromFloats(v, len(v))) }

// stateJSON is the quant_state as Python's json.dumps writes it.
func stateJSON(b *quant.BNB, s tensor.Spec) string {
	dtype := "float32"
	for name, d := range bnbDTypes {
		if d == s.DType {
			dtype = name
		}
	}
	dims := make([]string, len(s.Shape))
	for i, n := range s.Shape {
		dims[i] = strconv.Itoa(n)
	}
	var j strings.Builder
	fmt.Fprintf(&j, `{"quant_type": "%s", "blocksize": %d, "dtype": "%s", "shape": [%s]`, b.Type, b.BlockSize, dtype, strings.Join(dims, ", "))
	if n := b.Nested; n != nil {
		fmt.Fprintf(&j, `, "nested_blocksize": %d, "nested_dtype": "float32", "nested_offset": %s`, n.BlockSize, pythonFloat(float64(n.Offset)))
	}
	j.WriteByte('}')
	return j.String()
}

// pythonFloat is the repr of a Python float: shortest, with an exponent below 1e-4 and from 1e16 on.
func pythonFloat(v float64) string {
	if a := max(v, -v); a != 0 && (a < 1e-4 || a >= 1e16) {
		return strconv.FormatFloat(v, 'e', -1, 64)
	}
	s := strconv.FormatFloat(v, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// BNBConfig is config.json with the quantization_config that makes transformers load what WriteBNB wrote.
// computeDType is the type it shall compute in: "bfloat16", "float16" or "float32". skip are the linear layers that
// are not quantised; nil leaves them to transformers, which skips the output embedding or the score head.
func BNBConfig(config []byte, opt quant.BNBOptions, computeDType string, skip []string) ([]byte, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(config, &fields); err != nil {
		return nil, fmt.Errorf("config.json: %w", err)
	}
	if fields == nil {
		return nil, fmt.Errorf("config.json: got null, expected an object")
	}
	kind := opt.Type
	if kind == "" {
		kind = "nf4"
	}
	q, err := json.Marshal(map[string]any{
		"quant_method": "bitsandbytes", "load_in_4bit": true, "load_in_8bit": false, "_load_in_4bit": true, "_load_in_8bit": false,
		"bnb_4bit_quant_type": kind, "bnb_4bit_use_double_quant": opt.DoubleQuant, "bnb_4bit_compute_dtype": computeDType,
		"bnb_4bit_quant_storage": "uint8", "llm_int8_threshold": json.RawMessage("6.0"), // an integer is refused
		"llm_int8_has_fp16_weight":         false,
		"llm_int8_enable_fp32_cpu_offload": false, "llm_int8_skip_modules": skip,
	})
	if err != nil {
		return nil, fmt.Errorf("config.json: %w", err)
	}
	fields["quantization_config"] = q
	b, err := json.MarshalIndent(fields, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("config.json: %w", err)
	}
	return append(b, '\n'), nil
}
