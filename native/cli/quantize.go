package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"graft/native/store"
	"graft/shared/engine"
	"graft/shared/model"
	"graft/shared/quant"
	"graft/shared/tensor"
	"graft/shared/train"
	"graft/shared/weights"
)

// quantization is one run of graft quantize.
type quantization struct {
	*app
	path, output string
	split        string
	doubleQuant  bool
	base         *engine.Base
}

func (a *app) quantize() *cobra.Command {
	q := quantization{app: a}
	var format, tokenizer string
	cmd := a.command("quantize", text{"store a model in fewer bits", "以更少的比特保存模型"},
		text{"quantize writes a copy of a model with smaller weights.\n  nf4                 a Hugging Face directory as transformers and bitsandbytes save it: linear layers in 4 bits\n  q8_0, q4_0, q4_k_m  a GGUF file in 8 or 4 bits, each tensor in the type that llama.cpp's quantize gives it\n  f16, bf16, f32      a GGUF file whose matrices are not quantised",
			"quantize 以更小的权重保存模型的副本。\n  nf4                 与 transformers 和 bitsandbytes 相同的 Hugging Face 目录:线性层为 4 位\n  q8_0、q4_0、q4_k_m  8 位或 4 位的 GGUF 文件,各张量类型与 llama.cpp 的 quantize 相同\n  f16、bf16、f32      矩阵不量化的 GGUF 文件"},
		`graft quantize --model base --format nf4 --bnb-4bit-use-double-quant --output base-nf4
graft quantize --model base --format q4_k_m --output base-q4_k_m.gguf`,
		func(ctx context.Context, _ []string) (err error) {
			if q.path == "" || q.output == "" {
				return usagef("--model and --output are both needed")
			}
			mix, known, ok := weights.MixtureOf(format)
			if !ok && strings.ToLower(format) != "nf4" {
				return usagef("--format is %q, expected one of nf4 %s", format, strings.Join(known, " "))
			}
			base, d, err := a.openBase(q.path, tokenizer, 0, engine.Options{})
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, base.Close(), d.Close()) }()
			q.base = base
			name := q.output
			if ok {
				name, err = q.gguf(mix)
			} else {
				err = q.directory(ctx)
			}
			if err == nil {
				a.note(text{"saved in %s", "已保存到 %s"}, name)
			}
			return err
		})
	f, of := cmd.Flags(), a.lang.of
	f.StringVar(&q.path, "model", "", of(text{"model: a Hugging Face directory or a GGUF file", "模型:Hugging Face 目录或 GGUF 文件"}))
	f.StringVar(&tokenizer, "tokenizer", "", of(text{"directory with tokenizer.json, if not the model's", "tokenizer.json 所在目录(默认用模型自带的)"}))
	f.StringVar(&format, "format", "nf4", of(text{"nf4, q8_0, q4_0, q4_k_m, f16, bf16 or f32", "nf4、q8_0、q4_0、q4_k_m、f16、bf16 或 f32"}))
	f.BoolVar(&q.doubleQuant, "bnb-4bit-use-double-quant", false, of(text{"nf4: quantise the scales too", "nf4:对缩放系数再量化"}))
	f.StringVar(&q.split, "split-max-size", "", of(msgSplit))
	f.StringVar(&q.output, "output", "", of(text{"directory (nf4) or file to write", "要写入的目录(nf4)或文件"}))
	return cmd
}

// directory writes a checkpoint in bitsandbytes' format.
func (q *quantization) directory(ctx context.Context) error {
	modules, err := model.LinearModules(q.base.Model)
	if err != nil {
		return err
	}
	linear := map[string]bool{}
	for _, m := range modules {
		linear[m+".weight"] = true
	}
	pick := func(name string, s tensor.Spec) bool { return linear[name] && !s.DType.IsBlock() }
	picked := 0
	for _, name := range q.base.Source.Names() {
		if s, _ := q.base.Source.Spec(name); pick(name, s) {
			picked++
		}
	}
	if picked == 0 {
		return fmt.Errorf("%s: no linear layer is stored in f32, f16 or bf16: the model is quantised already", q.path)
	}
	opt := quant.BNBOptions{Type: "nf4", DoubleQuant: q.doubleQuant}
	config, err := weights.BNBConfig(q.base.Config, opt, "float32", nil)
	if err != nil {
		return err
	}
	fsys, err := q.modelFS(q.path)
	if err != nil {
		return err
	}
	files, err := tokenizerOf(fsys, q.base)
	if err != nil {
		return err
	}
	return store.Write(ctx, q.output, append(files, fileOf("config.json", config),
		train.File{Name: "model.safetensors", Write: func(w io.Writer) error { return weights.WriteBNB(w, q.base.Source, pick, opt) }}))
}

// gguf writes a GGUF file and gives its name.
func (q *quantization) gguf(mix weights.Mixture) (string, error) {
	out := ggufOutput{q.output, q.split}
	if err := out.check(); err != nil {
		return "", err
	}
	meta, items, err := q.base.GGUF(nil, mix)
	if err != nil {
		return "", err
	}
	return out.write(meta, items)
}
