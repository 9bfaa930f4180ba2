package cli

import (
	"context"

	"github.com/spf13/cobra"
)

func (a *app) promptCommand() *cobra.Command {
	cmd := a.command("prompt", text{"write and check prompts", "编写和检查提示词"},
		text{"prompt has the commands about .prompt files: YAML front matter and a Handlebars template (the Dotprompt format), or a\ntemplate alone.",
			"prompt 包含与 .prompt 文件有关的命令:YAML 头与 Handlebars 模板(Dotprompt 格式),也可以只有模板。"},
		"graft prompt render --file classify.prompt --input data.json",
		func(context.Context, []string) error {
			return usagef("expected a command: list, show, new, render, lint, run, test, diff or optimize")
		})
	cmd.AddCommand(a.promptList(), a.promptShow(), a.promptNew(), a.promptRender(), a.promptLint(), a.promptRun(), a.promptTest(), a.promptDiff(), a.promptOptimize())
	return cmd
}
