package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/spf13/cobra"

	"graft/native/store"
	"graft/shared/adapter"
	"graft/shared/engine"
	"graft/shared/tensor"
	"graft/shared/train"
	"graft/shared/weights"
)

// mergeType is a type that weights can be merged in.
type mergeType struct {
	name  string
	dtype tensor.DType
}

// mergeTypes has a row for each --dtype, under transformers' names.
var mergeTypes = []mergeType{{"float32", tensor.F32}, {"float16", tensor.F16}, {"bfloat16", tensor.BF16}}

func (a *app) merge() *cobra.Command {
	var output, dtype string
	var verify, asJSON bool
	var m *modelFlags
	cmd := a.command("merge", text{"add an adapter into its base", "把适配器并入基础模型"},
		text{"merge writes a Hugging Face directory in which the adapter is part of the weights, for programs that know no\nadapters. --verify opens it and compares its logits with those of base and adapter.",
			"merge 写出一个 Hugging Face 目录,适配器已并入权重,供不支持适配器的程序使用。\n--verify 会打开结果并与基础模型加适配器的 logits 比较。"},
		"graft merge --model base --adapter out/finance --output-dir merged --verify",
		func(ctx context.Context, _ []string) (err error) {
			if m.adapter == "" || output == "" {
				return usagef("--adapter and --output-dir are both needed")
			}
			to := tensor.Invalid
			var known []string
			for _, t := range mergeTypes {
				known = append(known, t.name)
				if t.name == strings.ToLower(dtype) {
					to = t.dtype
				}
			}
			if to == tensor.Invalid {
				return usagef("--dtype is %q, expected one of %s", dtype, strings.Join(known, " "))
			}
			o, err := a.open(m)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, o.Close()) }()
			if err := a.writeMerged(ctx, o, m, output, to); err != nil {
				return err
			}
			a.note(text{"saved in %s", "已保存到 %s"}, output)
			if !verify {
				return nil
			}
			diff, err := a.verifyMerged(ctx, o, m, output)
			if err != nil {
				return err
			}
			if asJSON {
				return a.printJSON(diff)
			}
			_, err = fmt.Fprintf(a.Stdout, a.lang.of(text{"largest difference of a logit: %.3g over %d texts; largest logit: %.3g\n", "logit 最大差异:%.3g(%d 条文本);最大 logit:%.3g\n"}), diff.Largest, diff.Texts, diff.Logit)
			return err
		})
	m = a.modelFlags(cmd, 0)
	f, of := cmd.Flags(), a.lang.of
	f.StringVar(&output, "output-dir", "", of(text{"directory to write", "要写入的目录"}))
	f.StringVar(&dtype, "dtype", "float32", of(text{"type of the merged weights: float32, float16 or bfloat16", "合并后权重的类型:float32、float16 或 bfloat16"}))
	f.BoolVar(&verify, "verify", false, of(text{"compare logits before and after", "比较合并前后的 logits"}))
	f.BoolVar(&asJSON, "json", false, of(msgJSON))
	return cmd
}

func (a *app) writeMerged(ctx context.Context, o *opened, m *modelFlags, output string, dtype tensor.DType) error {
	merged, err := o.Merge(o.adapter, dtype)
	if err != nil {
		return err
	}
	items, err := merged.Items()
	if err != nil {
		return err
	}
	fsys, err := a.modelFS(m.model)
	if err != nil {
		return err
	}
	files, err := tokenizerOf(fsys, o.Base)
	if err != nil {
		return err
	}
	return store.Write(ctx, output, append(files, fileOf("config.json", merged.Config),
		train.File{Name: "model.safetensors", Write: func(w io.Writer) error {
			return weights.WriteSafetensors(w, items, map[string]string{"format": "pt"})
		}}))
}

// difference is what merging has changed.
type difference struct {
	Largest float64 `json:"largest_difference"` // of a logit
	Logit   float64 `json:"largest_logit"`
	Texts   int     `json:"texts"`
}

// verifyTexts are what a merged model is compared on.
var verifyTexts = []string{
	"本季度公司营收同比增长20%,净利润超市场预期",
	"The quick brown fox jumps over the lazy dog.",
	"1 + 1 = 2",
}

// verifyMerged compares the logits of a merged model with those of its base and adapter. Of a classifier they are
// compared up to a constant, which changes no probability.
func (a *app) verifyMerged(ctx context.Context, o *opened, m *modelFlags, output string) (difference, error) {
	base, d, err := a.openBase(output, "", m.threads, engine.Options{})
	if err != nil {
		return difference{}, err
	}
	defer func() { base.Close(); d.Close() }()
	logits := tokenLogits
	if o.adapter.Adapter.Task() == adapter.SeqCls {
		logits = classLogits
	}
	diff := difference{Texts: len(verifyTexts)}
	for _, text := range verifyTexts {
		want, err := logits(ctx, o.Base, o.adapter, text)
		if err != nil {
			return diff, err
		}
		got, err := logits(ctx, base, nil, text)
		if err != nil {
			return diff, err
		}
		for i := range want {
			diff.Largest = max(diff.Largest, math.Abs(want[i]-got[i]))
			diff.Logit = max(diff.Logit, math.Abs(want[i]))
		}
	}
	return diff, nil
}

// tokenLogits are those of the token after a text.
func tokenLogits(ctx context.Context, b *engine.Base, ad *engine.Adapter, text string) ([]float64, error) {
	ids := b.Tokenizer.Encode(text, true).IDs
	s, err := b.Session(ad, len(ids), tensor.F32)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	logits, err := s.Feed(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(logits))
	for i, l := range logits {
		out[i] = float64(l)
	}
	return out, nil
}

// classLogits are those of the classes less their mean.
func classLogits(ctx context.Context, b *engine.Base, ad *engine.Adapter, text string) ([]float64, error) {
	c, err := b.Classifier(ad)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	p, err := c.Classify(ctx, []string{text})
	if err != nil {
		return nil, err
	}
	scale, mean := 1.0, 0.0
	if ad != nil && ad.Sidecar != nil && ad.Sidecar.Temperature > 0 {
		scale = ad.Sidecar.Temperature
	}
	out := make([]float64, len(p[0]))
	for i, v := range p[0] {
		out[i] = scale * math.Log(v)
		mean += out[i] / float64(len(out))
	}
	for i := range out {
		out[i] -= mean
	}
	return out, nil
}
