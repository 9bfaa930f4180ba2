package cli

import (
	"context"

	"github.com/spf13/cobra"

	"graft/native/recipe"
)

func (a *app) train() *cobra.Command {
	var config, runs string
	var asJSON bool
	var apply func(*recipe.Recipe) error
	cmd := a.command("train", text{"fine-tune a model on your data", "在你的数据上微调模型"},
		text{"train makes an adapter (or, with --method full, a model) from a file of examples. What to do is said by a YAML\nrecipe, by flags, or both: a flag has the name of a recipe's key with dashes for underscores, and comes first.\nFiles in a recipe are looked for beside it, then in the working directory.\n\noutput_dir gets the adapter, checkpoint-<step> directories, loss.svg and loss.png, test_results.json and recipe.yaml.\nThe run is recorded in runs.db beside it: graft runs lists, compares and repeats runs.\nCtrl-C stops a run; --resume-from-checkpoint goes on and ends with the same adapter as if it had not been stopped.",
			"train 从样本文件训练适配器(--method full 则训练整个模型)。做什么由 YAML 配方、命令行选项或两者共同决定:\n选项与配方的键同名(下划线换成短横线),且优先于配方。\n配方中的文件先在配方所在目录查找,再在当前目录查找。\n\noutput_dir 中会有适配器、checkpoint-<步数> 目录、loss.svg 和 loss.png、test_results.json、recipe.yaml。\n运行会记录在其旁的 runs.db 中:graft runs 可列出、比较和重新执行。\nCtrl-C 停止训练;--resume-from-checkpoint 继续训练,所得适配器与未中断时完全相同。"},
		`graft train --config examples/finance/recipe.yaml --output-dir out/finance
graft train --model base --train-file train.csv --validation-file valid.csv --output-dir out --load-in-4bit --lora-r 16
graft train --config examples/finance/recipe.yaml --method prefix_tuning --learning-rate 0 --output-dir out/prefix`,
		func(ctx context.Context, _ []string) error {
			r := recipe.Defaults()
			if config != "" {
				if err := recipe.Load(config, &r); err != nil {
					return err
				}
			}
			if err := apply(&r); err != nil {
				return usageError{err}
			}
			if err := r.Check(); err != nil {
				return usageError{err}
			}
			t := &training{app: a, recipe: r, asJSON: asJSON, runs: runs}
			return t.run(ctx)
		})
	f := cmd.Flags()
	f.StringVar(&config, "config", "", a.lang.of(text{"recipe: a YAML file of the keys below", "配方:由下列键组成的 YAML 文件"}))
	f.BoolVar(&asJSON, "json", false, a.lang.of(text{"print every event as a line of JSON on standard output", "在标准输出以 JSON 逐行打印每个事件"}))
	a.runsFlag(f, &runs)
	apply = a.recipeFlags(f)
	return cmd
}
