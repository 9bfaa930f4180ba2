package cli

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"graft/shared/engine"
	"graft/shared/prompt"
	"graft/shared/tensor"
	"graft/shared/trial"
)

func (a *app) promptRun() *cobra.Command {
	var r promptRendering
	var embedder string
	var m *modelFlags
	cmd := a.command("run [file]", text{"ask a model a prompt", "用模型运行提示词"},
		text{"run fills a prompt in and prints the model's answer as it comes. config of the front matter gives the options, output.schema\nthe form the answer is held to. A prompt that asks for votes, or for the answer behind a mark (studio.vote, studio.answer),\nis answered whole. A model without a chat template reads the messages as one text.",
			"run 填充提示词,并边生成边打印模型的回答。文件头的 config 给出生成参数,output.schema 约束回答的形式。\n提示词要求投票或取标记后的答案(studio.vote、studio.answer)时,得到完整回答后再打印。\n模型没有对话模板时,各消息合成一段文本。"},
		"graft prompt run classify.prompt --model smollm2.gguf --set 客户反馈内容=很好用\ngraft prompt run qa.prompt --input data.json --adapter out/lora --json",
		func(ctx context.Context, args []string) error {
			if len(args) > 0 && r.file == "" {
				r.file = args[0]
			}
			return a.runPrompt(ctx, r, m, embedder)
		})
	cmd.Args = cobra.MaximumNArgs(1)
	a.renderingFlags(cmd, &r)
	m = a.modelFlags(cmd, answering)
	cmd.Flags().StringVar(&embedder, "embedder", "", a.lang.of(msgEmbedder))
	return cmd
}

var msgEmbedder = text{"model that makes vectors of texts, for the nearest examples and the assertion similar", "计算文本向量的模型,用于选取最近的示例和 similar 断言"}

func (a *app) runPrompt(ctx context.Context, r promptRendering, m *modelFlags, embedder string) error {
	values, err := a.readValues(r)
	if err != nil {
		return err
	}
	c, err := a.contender(r.file)
	if err != nil {
		return err
	}
	similar, close, err := a.openEmbedder(embedder)
	if err != nil {
		return err
	}
	defer close()
	o, err := a.open(m)
	if err != nil {
		return err
	}
	defer o.Close()
	g, err := o.generator(&samplingFlags{cacheType: tensor.F16.String()})
	if err != nil {
		return err
	}
	defer g.Close()
	c.Similar, c.Runner, c.Plain = similar, g, o.ChatTemplate == ""
	studio, _ := c.Prompt.Ext.Get("studio")
	if extensions, _ := studio.(*prompt.Object); r.asJSON || len(extensions.Keys()) > 0 {
		answer, err := c.Ask(ctx, values, 0)
		if err != nil {
			return fmt.Errorf("%s: %w", r.file, err)
		}
		if r.asJSON {
			return a.printJSON(answer)
		}
		_, err = fmt.Fprintln(a.Stdout, a.shown(answer.Text))
		return err
	}
	request, err := c.Request(ctx, values)
	if err != nil {
		return fmt.Errorf("%s: %w", r.file, err)
	}
	for chunk, err := range g.Stream(ctx, request) {
		if err != nil {
			return err
		}
		if _, err := io.WriteString(a.Stdout, a.shown(chunk.Text)); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintln(a.Stdout)
	return err
}

// contender reads a prompt to be asked.
func (a *app) contender(file string) (trial.Contender, error) {
	if file == "" {
		return trial.Contender{}, usagef("no prompt is named")
	}
	source, err := a.readInput(file)
	if err != nil {
		return trial.Contender{}, err
	}
	p, err := prompt.Parse(string(source), prompt.Options{})
	if err != nil {
		return trial.Contender{}, usageError{fmt.Errorf("%s: %w", file, err)}
	}
	name := strings.TrimSuffix(filepath.Base(file), ".prompt")
	return trial.Contender{Name: trial.Name{Prompt: name}, Prompt: p, Partial: promptRendering{file: file}.partial}, nil
}

// openEmbedder opens the model that makes vectors, nil for none. close is to be called in any case.
func (a *app) openEmbedder(name string) (e trial.Embedder, close func(), err error) {
	if name == "" {
		return nil, func() {}, nil
	}
	base, device, err := a.openBase(name, "", 0, engine.Options{})
	if err != nil {
		return nil, func() {}, err
	}
	made, err := base.Embedder(nil, engine.EmbedOptions{})
	if err != nil {
		base.Close()
		device.Close()
		return nil, func() {}, err
	}
	return made, func() { made.Close(); base.Close(); device.Close() }, nil
}
