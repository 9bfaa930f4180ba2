package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"graft/shared/adapter"
	"graft/shared/dataset"
	"graft/shared/eval"
)

// evaluation is one run of graft eval.
type evaluation struct {
	*app
	cmd          *cobra.Command
	data         string
	columns      dataset.Columns
	task         string
	maxLength    int
	generate     bool
	maxNewTokens int
	positive     string
	asJSON       bool
	model        *modelFlags
	predictions  *predictionFlags
	judgement    *judgementFlags
}

func (a *app) eval() *cobra.Command {
	e := &evaluation{app: a}
	e.cmd = a.command("eval", text{"measure a model, or any system's predictions, on labelled data", "在带标签的数据上评估模型或任意系统的预测"},
		text{`eval classifies the rows of a file and compares the answers with its labels: accuracy, precision, recall, F1, areas
under curves, calibration and more with 95 % intervals, the confusion matrix, latency, throughput and memory.
--predictions scores the answers that another system left in a file; texts with a column reference are compared by
ROUGE, BLEU and chrF, and so are a model's own with --generate. --targets gives verdicts: pass, fail, or not enough data, if the limit lies in the interval.
--feedback reads a log of who converted or was reviewed. --report leaves JSON, Markdown, HTML, JUnit and CSV files.`,
			`eval 对文件逐行分类并与标签比较:准确率、精确率、召回率、F1、曲线下面积、校准等指标及 95 % 置信区间,
混淆矩阵,延迟、吞吐量和内存。--predictions 对其他系统写入文件的预测评分;含 reference 列的文本以
ROUGE、BLEU、chrF 比较;--generate 则比较模型自己生成的回答。--targets 给出结论:pass、fail,或 not enough data(界限落在区间内)。
--feedback 读取转化或人工审核的日志。--report 写出 JSON、Markdown、HTML、JUnit 和 CSV 文件。`},
		`graft eval --adapter out/finance --data test.csv --targets article --report out/report
graft eval --predictions predictions.csv --json
graft eval --adapter out/finance --data test.csv --calibrate valid.csv --max-review-rate 5%
graft eval --adapter out/answers --data test.jsonl --generate --max-new-tokens 64
graft eval --feedback log.csv`,
		e.run)
	e.predictions = a.predictionFlags(e.cmd)
	e.model = a.modelFlags(e.cmd, 0)
	f, of := e.cmd.Flags(), a.lang.of
	f.StringVar(&e.data, "data", "", of(text{"labelled data: .csv or .jsonl", "带标签的数据:.csv 或 .jsonl"}))
	f.StringVar(&e.columns.Text, "text-column", "text", of(text{"column of the text", "文本所在列"}))
	f.StringVar(&e.columns.Label, "label-column", "label", of(text{"column of the label", "标签所在列"}))
	f.StringVar(&e.task, "task", "", of(text{"SEQ_CLS, or CAUSAL_LM to measure perplexity; default: the adapter's task", "SEQ_CLS,或 CAUSAL_LM(计算困惑度);默认为适配器的任务"}))
	f.IntVar(&e.maxLength, "max-length", 0, of(text{"longest text in tokens, for CAUSAL_LM; 0: the model's", "文本的最大 token 数(CAUSAL_LM);0 为模型上限"}))
	f.BoolVar(&e.generate, "generate", false, of(text{"for CAUSAL_LM: answer each row's prompt or messages by the likeliest text, and compare with its completion or last message", "CAUSAL_LM:对每行的提示或消息生成最可能的回答,并与其 completion 或最后一条消息比较"}))
	f.IntVar(&e.maxNewTokens, "max-new-tokens", 256, of(text{"longest answer in tokens, with --generate", "回答的最大 token 数(配合 --generate)"}))
	f.StringVar(&e.positive, "positive", "", of(text{"class that precision, recall and F1 are of, when there are two; default: the last, or one that is named so", "二分类时精确率、召回率和 F1 所针对的类别(默认为最后一个,或名称表明为正类的)"}))
	e.judgement = a.judgementFlags(e.cmd)
	f.BoolVar(&e.asJSON, "json", false, of(msgJSON))
	return e.cmd
}

func (e *evaluation) run(ctx context.Context, _ []string) error {
	if err := e.judgement.check(); err != nil {
		return err
	}
	switch {
	case e.predictions.path != "":
		return e.ofPredictions()
	case e.data == "" && e.judgement.feedback != "":
		return e.ofFeedback()
	case e.data == "":
		return usagef("--data names no file")
	}
	o, err := e.open(e.model)
	if err != nil {
		return err
	}
	defer o.Close()
	kind := adapter.TaskType(strings.ToUpper(e.task))
	if kind == "" && o.adapter != nil {
		kind = o.adapter.Adapter.Task()
	}
	if kind == adapter.CausalLM {
		e.columns.Form = dataset.CausalLM
	} else if kind != "" && kind != adapter.SeqCls {
		return usagef("--task is %q, expected %s or %s", e.task, adapter.SeqCls, adapter.CausalLM)
	}
	if e.generate && kind != adapter.CausalLM {
		return usagef("--generate is for %s; --task says otherwise, or the adapter does", adapter.CausalLM)
	}
	table, err := readTable(e.data, e.columns)
	if err != nil {
		return err
	}
	if e.generate {
		records, err := e.generated(ctx, o.Base, o.adapter, table)
		if err != nil {
			return err
		}
		return e.ofTexts(records)
	}
	if kind == adapter.CausalLM {
		r, err := perplexity(ctx, o.Base, o.adapter, table, e.maxLength, scoreBatch)
		if err != nil {
			return err
		}
		if e.asJSON {
			return e.printJSON(r)
		}
		return e.printPerplexity(r)
	}
	cl, err := o.Classifier(o.adapter)
	if err != nil {
		return err
	}
	defer cl.Close()
	s, err := e.score(ctx, cl, table, e.positive)
	if err != nil {
		return err
	}
	if err := e.loads(ctx, cl, s); err != nil {
		return err
	}
	s.name = strings.TrimRight(e.model.adapter, "/")
	if s.name == "" {
		s.name = e.model.model
	}
	s.identity = append(s.identity, [2]string{"model", e.model.model}, [2]string{"adapter", e.model.adapter}, [2]string{"data", e.data})
	other := func(path string) (*eval.Answers, error) {
		table, err := readTable(path, e.columns)
		if err != nil {
			return nil, err
		}
		answers, _, err := e.classify(ctx, cl, table, e.positive)
		return answers, err
	}
	return e.judge(s, other, e.keepCalibration)
}

// ofPredictions is eval of a file of answers.
func (e *evaluation) ofPredictions() error {
	for _, name := range []string{"data", "model", "adapter", "task", "load"} {
		if e.cmd.Flags().Changed(name) {
			return usagef("--predictions scores answers that are there already; --%s does not go with it", name)
		}
	}
	label := ""
	if f := e.cmd.Flags().Lookup("label-column"); f.Changed {
		label = f.Value.String()
	}
	o, err := e.predictions.options(label, e.positive)
	if err != nil {
		return err
	}
	records, err := e.readRecords(e.predictions.path)
	if err != nil {
		return err
	}
	if label == "" && records.IsGeneration() {
		return e.ofTexts(records)
	}
	s, err := scoreRecords(records, o)
	if err != nil {
		return err
	}
	s.name = e.predictions.path
	s.identity = append(s.identity, [2]string{"predictions", e.predictions.path})
	other := func(path string) (*eval.Answers, error) {
		r, err := e.readRecords(path)
		if err != nil {
			return nil, err
		}
		p, err := r.Predictions(o)
		if err != nil {
			return nil, err
		}
		return p.WithClasses(s.answers.Classes())
	}
	return e.judge(s, other, nil)
}
