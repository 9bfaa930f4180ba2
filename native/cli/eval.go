package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"graft/shared/adapter"
	"graft/shared/dataset"
)

func (a *app) eval() *cobra.Command {
	var data, positive, task string
	var maxLength int
	var columns dataset.Columns
	var asJSON bool
	var m *modelFlags
	var p *predictionFlags
	var cmd *cobra.Command
	cmd = a.command("eval", text{"measure a model on labelled data", "在带标签的数据上评估模型"},
		text{"eval classifies the rows of a file and compares the answers with its labels: accuracy, precision, recall, F1 and\nmore with 95 % intervals, the confusion matrix, latency, throughput and memory.\n--predictions scores the answers that another system left in a file.",
			"eval 对文件逐行分类并与标签比较:准确率、精确率、召回率、F1 等指标及 95 % 置信区间,\n混淆矩阵,延迟、吞吐量和内存。\n--predictions 对其他系统写入文件的预测评分。"},
		"graft eval --model base --adapter out/finance --data test.csv --json\ngraft eval --predictions predictions.csv --json",
		func(ctx context.Context, _ []string) error {
			if p.path != "" {
				return a.evalPredictions(cmd, p, positive, asJSON)
			}
			if data == "" {
				return usagef("--data names no file")
			}
			o, err := a.open(m)
			if err != nil {
				return err
			}
			defer o.Close()
			kind := adapter.TaskType(strings.ToUpper(task))
			if kind == "" && o.adapter != nil {
				kind = o.adapter.Adapter.Task()
			}
			if kind == adapter.CausalLM {
				columns.Form = dataset.CausalLM
			} else if kind != "" && kind != adapter.SeqCls {
				return usagef("--task is %q, expected %s or %s", task, adapter.SeqCls, adapter.CausalLM)
			}
			table, err := readTable(data, columns)
			if err != nil {
				return err
			}
			if kind == adapter.CausalLM {
				r, err := perplexity(ctx, o.Base, o.adapter, table, maxLength, scoreBatch)
				if err != nil {
					return err
				}
				if asJSON {
					return a.printJSON(r)
				}
				return a.printPerplexity(r)
			}
			cl, err := o.Classifier(o.adapter)
			if err != nil {
				return err
			}
			defer cl.Close()
			r, err := a.score(ctx, cl, table, positive)
			if err != nil {
				return err
			}
			if asJSON {
				return a.printJSON(r)
			}
			return a.printResult(a.out, r)
		})
	p = a.predictionFlags(cmd)
	m = a.modelFlags(cmd, 0)
	f, of := cmd.Flags(), a.lang.of
	f.StringVar(&data, "data", "", of(text{"labelled data: .csv or .jsonl", "带标签的数据:.csv 或 .jsonl"}))
	f.StringVar(&columns.Text, "text-column", "text", of(text{"column of the text", "文本所在列"}))
	f.StringVar(&columns.Label, "label-column", "label", of(text{"column of the label", "标签所在列"}))
	f.StringVar(&task, "task", "", of(text{"SEQ_CLS, or CAUSAL_LM to measure perplexity; default: the adapter's task", "SEQ_CLS,或 CAUSAL_LM(计算困惑度);默认为适配器的任务"}))
	f.IntVar(&maxLength, "max-length", 0, of(text{"longest text in tokens, for CAUSAL_LM; 0: the model's", "文本的最大 token 数(CAUSAL_LM);0 为模型上限"}))
	f.StringVar(&positive, "positive", "", of(text{"class that precision, recall and F1 are of, when there are two; default: the last", "二分类时精确率、召回率和 F1 所针对的类别(默认为最后一个)"}))
	f.BoolVar(&asJSON, "json", false, of(msgJSON))
	return cmd
}

// evalPredictions is eval of a file of answers.
func (a *app) evalPredictions(cmd *cobra.Command, p *predictionFlags, positive string, asJSON bool) error {
	for _, name := range []string{"data", "model", "adapter", "task"} {
		if cmd.Flags().Changed(name) {
			return usagef("--predictions scores answers that are there already; --%s does not go with it", name)
		}
	}
	label := ""
	if f := cmd.Flags().Lookup("label-column"); f.Changed {
		label = f.Value.String()
	}
	o, err := p.options(label, positive)
	if err != nil {
		return err
	}
	_, r, err := a.scorePredictions(p.path, o)
	if err != nil {
		return err
	}
	if asJSON {
		return a.printJSON(r)
	}
	return a.printResult(a.out, r)
}
