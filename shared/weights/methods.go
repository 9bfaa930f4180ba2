package weights

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Checkpoints that other programs have quantised look like any other: safetensors under nearly the same names. What
// follows tells them, so that the error is of the method and not of a tensor that is missing.

// method is a way of quantising that is not read.
type method struct {
	name   string   // as people call it
	config []string // quant_method in quantization_config of config.json
	parts  []string // ends of tensors' names that only it has
}

var methods = []method{
	{"LLM.int8 (bitsandbytes, 8 bits)", nil, []string{".SCB", ".weight_format"}},
	{"AWQ", []string{"awq"}, nil},
	{"EXL2", []string{"exl2", "exl3"}, []string{".q_weight", ".q_scale_max", ".trellis"}},
	{"compressed-tensors", []string{"compressed-tensors", "compressed_tensors"}, []string{".weight_packed", ".weight_zero_point"}},
	{"FP8", []string{"fp8", "fbgemm_fp8", "finegrained_fp8"}, []string{".weight_scale_inv"}},
	{"HQQ", []string{"hqq"}, []string{".W_q"}},
	{"MXFP4", []string{"mxfp4"}, []string{"_blocks"}},
	{"GPTQ", []string{"gptq"}, []string{".qweight", ".qzeros", ".g_idx"}}, // AWQ's tensors have such names too; its config.json tells
}

const otherwise = "open the checkpoint as it was before, and Graft quantises it itself (--load-in-4bit, graft quantize), or a GGUF file of the model"

// Unsupported is an error that names how a checkpoint was quantised, where that is not read. config is config.json,
// nil for none.
func Unsupported(src Source, config []byte) error {
	var c struct {
		Quantization *struct {
			Method     string `json:"quant_method"`
			LoadIn8Bit bool   `json:"load_in_8bit"`
		} `json:"quantization_config"`
	}
	json.Unmarshal(config, &c) // what is wrong with it, who builds the model says
	if q := c.Quantization; q != nil {
		switch {
		case q.LoadIn8Bit:
			return fmt.Errorf("the checkpoint is quantised by %s, which is not read: %s", methods[0].name, otherwise)
		case strings.HasPrefix(q.Method, "bitsandbytes"), q.Method == "":
		default:
			name := q.Method
			for _, m := range methods {
				for _, known := range m.config {
					if strings.EqualFold(known, q.Method) {
						name = m.name
					}
				}
			}
			return fmt.Errorf("the checkpoint is quantised by %s (quant_method %q in config.json), which is not read: %s", name, q.Method, otherwise)
		}
	}
	for _, name := range src.Names() {
		for _, m := range methods {
			for _, part := range m.parts {
				if strings.HasSuffix(name, part) {
					return fmt.Errorf("%s: the checkpoint is quantised by %s, which is not read: %s", name, m.name, otherwise)
				}
			}
		}
	}
	return nil
}
