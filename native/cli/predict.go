package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"graft/native/term"
	"graft/shared/engine"
)

func (a *app) predict() *cobra.Command {
	var asJSON bool
	var m *modelFlags
	cmd := a.command("predict [text…]", text{"classify texts", "对文本分类"},
		text{"predict gives each text a class. Texts are arguments, or the lines of standard input.\nWith --json each answer is one line: text, label, label_id, confidence, probabilities.",
			"predict 给每条文本一个类别。文本来自命令行参数,或标准输入的各行。\n使用 --json 时每个回答占一行:text、label、label_id、confidence、probabilities。"},
		`graft predict --adapter out/finance "受宏观经济影响,公司核心业务板块出现15%的下滑"
graft predict --model base --adapter out/finance --json < texts.txt`,
		func(ctx context.Context, args []string) error {
			o, err := a.open(m)
			if err != nil {
				return err
			}
			defer o.Close()
			cl, err := o.Classifier(o.adapter)
			if err != nil {
				return err
			}
			defer cl.Close()
			if len(args) > 0 {
				return a.answer(ctx, cl, args, asJSON)
			}
			return a.answerLines(ctx, cl, asJSON)
		})
	cmd.Args = cobra.ArbitraryArgs
	m = a.modelFlags(cmd, 0)
	cmd.Flags().BoolVar(&asJSON, "json", false, a.lang.of(msgJSON))
	return cmd
}

// answerBatch is the most lines of standard input that are classified together.
const answerBatch = 32

// maxLine is the longest line of standard input, in bytes.
const maxLine = 1 << 20

// answerLines classifies the lines of standard input, together as many as are there, so that one who types gets an
// answer to every line and a pipe is read at full speed. Empty lines are passed over.
func (a *app) answerLines(ctx context.Context, cl *engine.Classifier, asJSON bool) error {
	in := bufio.NewReaderSize(a.Stdin, maxLine)
	var batch []string
	for n := 1; ; n++ {
		line, err := in.ReadSlice('\n')
		if err == bufio.ErrBufferFull {
			return fmt.Errorf("line %d of standard input is longer than %d bytes", n, maxLine)
		}
		if err != nil && err != io.EOF {
			return fmt.Errorf("standard input: %w", err)
		}
		if text := strings.TrimRight(string(line), "\r\n"); strings.TrimSpace(text) != "" {
			batch = append(batch, text)
		}
		if len(batch) == answerBatch || in.Buffered() == 0 || err == io.EOF {
			if err := a.answer(ctx, cl, batch, asJSON); err != nil {
				return err
			}
			batch = batch[:0]
		}
		if err == io.EOF {
			return nil
		}
	}
}

// answer classifies texts and prints a line for each.
func (a *app) answer(ctx context.Context, cl *engine.Classifier, texts []string, asJSON bool) error {
	if len(texts) == 0 {
		return nil
	}
	answers, err := cl.Predict(ctx, texts)
	if err != nil {
		return err
	}
	for _, p := range answers {
		if asJSON {
			if err := a.printJSON(p); err != nil {
				return err
			}
			continue
		}
		if _, err := fmt.Fprintf(a.Stdout, "%s\t%.4f\t%s\n", term.Clean(p.Label), p.Confidence, term.Clean(p.Text)); err != nil {
			return err
		}
	}
	return nil
}
