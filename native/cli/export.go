package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"graft/shared/tensor"
	"graft/shared/weights"
)

// export has a subcommand for each format of other programs.
func (a *app) export() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export",
		Short: a.lang.of(text{"write a model or an adapter for other programs", "为其他程序导出模型或适配器"}),
		Example: `graft export gguf --model base --adapter out/finance --outtype q4_k_m --output finance.gguf
graft export gguf --adapter out/finance --adapter-only --output finance-lora.gguf
graft export peft --model base --adapter lora.gguf --output-dir lora`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.exportGGUF(), a.exportPEFT())
	return cmd
}

// ggufExport is one run of graft export gguf.
type ggufExport struct {
	model       *modelFlags
	outtype     string
	output      ggufOutput
	adapterOnly bool
}

func (a *app) exportGGUF() *cobra.Command {
	var x ggufExport
	cmd := a.command("gguf", text{"write a model or an adapter as GGUF, for llama.cpp", "导出 GGUF 格式的模型或适配器,供 llama.cpp 使用"},
		text{"gguf writes one file with the weights, the tokenizer, the chat template and the rotary scaling, which llama.cpp and\nwhat is built on it run. An adapter is merged into the weights, or with --adapter-only written alone, to be laid over\nthe base's own GGUF file. What the format has no place for is refused by name.",
			"gguf 写出一个文件,包含权重、分词器、对话模板和旋转位置缩放,可由 llama.cpp 及其衍生程序运行。\n适配器会并入权重;使用 --adapter-only 时单独写出,叠加在基础模型的 GGUF 文件上使用。\n该格式无法容纳的内容会按名称报错。"},
		`graft export gguf --model base --outtype f16 --output base-f16.gguf
graft export gguf --model base --adapter out/finance --outtype q4_k_m --output finance-q4_k_m.gguf
graft export gguf --model base --adapter out/finance --adapter-only --output finance-lora.gguf`,
		func(_ context.Context, _ []string) error { return a.writeGGUF(&x) })
	x.model = a.modelFlags(cmd, 0)
	f, of := cmd.Flags(), a.lang.of
	f.StringVar(&x.outtype, "outtype", "f16", of(text{"f32, f16, bf16, q8_0, q4_0 or q4_k_m; of an adapter alone f32, f16 or bf16, and f32 by default", "f32、f16、bf16、q8_0、q4_0 或 q4_k_m;单独的适配器为 f32(默认)、f16 或 bf16"}))
	f.BoolVar(&x.adapterOnly, "adapter-only", false, of(text{"write the adapter alone, as a GGUF LoRA", "只写出适配器(GGUF LoRA)"}))
	f.StringVar(&x.output.path, "output", "", of(text{"file to write", "要写入的文件"}))
	f.StringVar(&x.output.split, "split-max-size", "", of(msgSplit))
	return cmd
}

func (a *app) writeGGUF(x *ggufExport) (err error) {
	if x.adapterOnly && !x.model.cmd.Flags().Changed("outtype") {
		x.outtype = "f32"
	}
	mix, known, ok := weights.MixtureOf(x.outtype)
	switch {
	case !ok:
		return usagef("--outtype is %q, expected one of %s", x.outtype, strings.Join(known, " "))
	case x.adapterOnly && x.model.adapter == "":
		return usagef("--adapter-only writes an adapter, and --adapter names none")
	case x.model.load4:
		return usagef("--load-in-4bit quantises what --outtype would quantise again")
	}
	if err := x.output.check(); err != nil {
		return err
	}
	o, err := a.open(x.model)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.Close()) }()
	meta, items, err := a.ggufParts(x, o, mix)
	if err != nil {
		return err
	}
	file, err := x.output.write(meta, items)
	if err == nil {
		a.note(text{"saved in %s", "已保存到 %s"}, file)
	}
	return err
}

func (a *app) ggufParts(x *ggufExport, o *opened, mix weights.Mixture) (weights.Meta, []weights.Item, error) {
	if x.adapterOnly {
		d, err := tensor.ParseDType(mix.Name)
		if err != nil || d.IsBlock() {
			return weights.Meta{}, nil, usagef("--outtype is %q, expected f32, f16 or bf16 of an adapter alone", x.outtype)
		}
		return o.adapter.GGUF(o.Config, d)
	}
	if err := o.Exportable(o.adapter); err != nil {
		return weights.Meta{}, nil, err
	}
	return o.GGUF(o.adapter, mix)
}
