package cli

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/text/encoding/simplifiedchinese"

	"graft/shared/adapter"
	"graft/shared/dataset"
)

func (a *app) data() *cobra.Command {
	cmd := a.command("data", text{"check, split, clean and convert data", "检查、划分、清洗和转换数据"},
		text{"data has the commands about training data: .csv, .tsv, .json, .jsonl, .parquet and .txt files of labelled texts,\nprompts and completions, or conversations (OpenAI's messages, ShareGPT, Alpaca).",
			"data 包含与训练数据有关的命令:.csv、.tsv、.json、.jsonl、.parquet 和 .txt 文件,\n内容为带标签的文本、提示与回答,或对话(OpenAI messages、ShareGPT、Alpaca)。"},
		"graft data check --train-file train.csv --test-file test.csv",
		func(context.Context, []string) error {
			return usagef("expected a command: check, split, clean or convert")
		})
	cmd.AddCommand(a.dataCheck(), a.dataSplit(), a.dataClean(), a.dataConvert())
	return cmd
}

// columnFlags adds the flags that say what a file holds. The function gives the columns when flags are parsed.
func (a *app) columnFlags(cmd *cobra.Command) func() (dataset.Columns, error) {
	var c dataset.Columns
	var task string
	f, of := cmd.Flags(), a.lang.of
	f.StringVar(&task, "task-type", string(adapter.SeqCls), of(text{"SEQ_CLS (texts and labels) or CAUSAL_LM", "SEQ_CLS(文本与标签)或 CAUSAL_LM"}))
	f.StringVar(&c.Text, "text-column", "text", of(text{"column of the text", "文本所在列"}))
	f.StringVar(&c.Label, "label-column", "label", of(text{"column of the label", "标签所在列"}))
	f.StringVar(&c.Prompt, "prompt-column", "prompt", of(text{"column of the prompt, for CAUSAL_LM", "提示所在列(CAUSAL_LM)"}))
	f.StringVar(&c.Completion, "completion-column", "completion", of(text{"column of the answer, for CAUSAL_LM", "回答所在列(CAUSAL_LM)"}))
	f.StringVar(&c.Messages, "messages-column", "messages", of(text{"key of the messages of a chat, for CAUSAL_LM", "对话消息的键(CAUSAL_LM)"}))
	return func() (dataset.Columns, error) {
		switch strings.ToUpper(task) {
		case string(adapter.SeqCls):
			c.Form = dataset.Labelled
		case string(adapter.CausalLM):
			c.Form = dataset.CausalLM
		default:
			return c, usagef("--task-type is %q, expected %s or %s", task, adapter.SeqCls, adapter.CausalLM)
		}
		return c, nil
	}
}

// readForeign is readTable for files in GB18030, too.
func (a *app) readForeign(path string, c dataset.Columns) (*dataset.Table, error) {
	t, err := readTable(path, c)
	if err == nil || !strings.Contains(err.Error(), "looks like GB18030") {
		return t, err
	}
	f, openErr := os.Open(path)
	if openErr != nil {
		return nil, openErr
	}
	defer f.Close()
	if t, err = dataset.Read(simplifiedchinese.GB18030.NewDecoder().Reader(f), path, c); err != nil {
		return nil, fmt.Errorf("read as GB18030: %w", err)
	}
	a.note(text{"%s is in GB18030", "%s 的编码是 GB18030"}, path)
	return t, nil
}
