package cli

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"graft/shared/eval"
)

// predictionFlags say how files of predictions are read.
type predictionFlags struct {
	path    string
	pred    string
	labels  []string
	missing string
}

func (a *app) predictionFlags(cmd *cobra.Command) *predictionFlags {
	p := &predictionFlags{}
	f, of := cmd.Flags(), a.lang.of
	f.StringVar(&p.path, "predictions", "", of(text{"score this file of any system's answers instead of a model's: columns label, pred, and perhaps prob_0 prob_1 … or prob_<class>; CSV, TSV, JSON lines; - is standard input", "不运行模型,而对任意系统的预测文件评分:列 label、pred,可选 prob_0 prob_1 … 或 prob_<类别>;CSV、TSV 或 JSON lines;- 为标准输入"}))
	p.add(a, cmd)
	return p
}

// add adds the flags that files of predictions have in common.
func (p *predictionFlags) add(a *app, cmd *cobra.Command) {
	f, of := cmd.Flags(), a.lang.of
	f.StringVar(&p.pred, "pred-column", "", of(text{"column of the predictions; default: pred or another usual name", "预测所在列(默认为 pred 或其他常用名)"}))
	f.StringSliceVar(&p.labels, "labels", nil, of(text{"classes in the order of prob_0, prob_1 …; default: numbers by value, names by their characters", "类别,按 prob_0、prob_1 … 的顺序(默认数字按大小、名称按字符排序)"}))
	f.StringVar(&p.missing, "missing", string(eval.MissingError), of(text{"rows without a prediction: error, wrong (count as wrong) or skip", "没有预测的行:error(报错)、wrong(计为错误)或 skip(跳过)"}))
}

// options are those of package eval.
func (p *predictionFlags) options(label, positive string) (eval.PredictionOptions, error) {
	o := eval.PredictionOptions{Label: label, Pred: p.pred, Classes: p.labels, Positive: positive, Missing: eval.Missing(p.missing)}
	switch o.Missing {
	case eval.MissingError, eval.MissingWrong, eval.MissingSkip:
		return o, nil
	}
	return o, usagef("--missing is %q, expected %s, %s or %s", p.missing, eval.MissingError, eval.MissingWrong, eval.MissingSkip)
}

// readRecords reads a file, or standard input for "-".
func (a *app) readRecords(path string) (*eval.Records, error) {
	if path == "-" {
		return eval.ReadRecords(io.LimitReader(a.Stdin, eval.MaxRecordBytes+1), "standard input")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return eval.ReadRecords(f, path)
}

// scoreRecords scores the rows of a file of predictions.
func scoreRecords(records *eval.Records, o eval.PredictionOptions) (*scored, error) {
	p, err := records.Predictions(o)
	if err != nil {
		return nil, err
	}
	r, err := p.Score(eval.Bootstrap{})
	if err != nil {
		return nil, err
	}
	r.Warnings = append(p.Warnings, r.Warnings...)
	s := &scored{answers: p.Answers, result: r}
	if i := records.Column("text", "sentence", "content", "内容", "文本"); i >= 0 {
		for _, row := range p.Rows {
			s.texts = append(s.texts, records.At(row, i))
		}
	}
	return s, nil
}

// warn tells what an evaluation found odd.
func (a *app) warn(warnings []string) {
	for _, w := range warnings {
		fmt.Fprintf(a.Stderr, "%s %s\n", a.lang.of(text{"warning:", "注意:"}), w)
	}
}
