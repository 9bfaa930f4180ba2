package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"graft/native/term"
	"graft/shared/api"
)

func (a *app) chat() *cobra.Command {
	var r api.GenerateRequest
	var system string
	var asJSON bool
	var m *modelFlags
	var sampling *samplingFlags
	cmd := a.command("chat", text{"talk with a model", "与模型对话"},
		text{"chat reads a line, prints the model's answer, and goes on with both in mind. /new forgets the conversation,\n/exit or the end of the input ends it. Lines may come from a file too.",
			"chat 读一行、输出模型的回答,并记住上下文继续。/new 清空对话,/exit 或输入结束即退出。\n各行也可以来自文件。"},
		"graft chat --model smollm2.gguf",
		func(ctx context.Context, _ []string) error {
			var err error
			if r.ResponseFormat, err = sampling.format(); err != nil {
				return err
			}
			o, err := a.open(m)
			if err != nil {
				return err
			}
			defer o.Close()
			g, err := o.generator(sampling)
			if err != nil {
				return err
			}
			defer g.Close()
			var begin []api.Message
			if system != "" {
				begin = []api.Message{{Role: "system", Content: system}}
			}
			talk := begin
			in := bufio.NewScanner(a.Stdin)
			in.Buffer(nil, maxLine)
			for a.prompt() && in.Scan() {
				switch line := strings.TrimSpace(in.Text()); line {
				case "":
					continue
				case "/exit":
					return nil
				case "/new":
					talk = begin
					continue
				default:
					r.Messages = append(talk[:len(talk):len(talk)], api.Message{Role: "user", Content: line})
				}
				var answer strings.Builder
				for c, err := range g.Stream(ctx, r) {
					if err != nil {
						return err
					}
					answer.WriteString(c.Text)
					if !asJSON {
						io.WriteString(a.Stdout, a.shown(c.Text))
					}
				}
				reply := api.Message{Role: "assistant", Content: answer.String()}
				talk = append(r.Messages, reply)
				if asJSON {
					err = a.printJSON(reply)
				} else {
					_, err = fmt.Fprintln(a.Stdout)
				}
				if err != nil {
					return err
				}
			}
			return in.Err()
		})
	m = a.modelFlags(cmd, answering)
	cmd.Flags().StringVar(&system, "system", "", a.lang.of(text{"what the model is told before the conversation", "对话开始前给模型的系统提示"}))
	sampling = a.samplingFlags(cmd, &r)
	cmd.Flags().BoolVar(&asJSON, "json", false, a.lang.of(msgJSON))
	return cmd
}

// prompt asks for a line where a person types.
func (a *app) prompt() bool {
	if f, ok := a.Stdin.(*os.File); ok && a.err.IsTerminal() {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			fmt.Fprint(a.Stderr, a.err.Paint(term.Bold, "> "))
		}
	}
	return true
}
