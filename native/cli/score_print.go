package cli

import (
	"fmt"

	"graft/native/term"
	"graft/shared/eval"
)

// printResult writes an evaluation as tables for a person: the metrics, the classes, and which are taken for which.
func (a *app) printResult(s *term.Screen, r *eval.Result) error {
	of := a.lang.of
	rows := append(r.Summary(), []string{"n", term.Count(int64(r.N)), ""})
	if r.Missing > 0 {
		rows = append(rows, []string{of(text{"without an answer", "没有预测的行"}), term.Count(int64(r.Missing)), ""})
	}
	if l := r.Latency; l != nil {
		rows = append(rows,
			[]string{of(text{"latency ms (mean, p50, p95, p99)", "延迟 ms(均值、p50、p95、p99)"}), fmt.Sprintf("%.1f %.1f %.1f %.1f", l.Mean, l.P50, l.P95, l.P99), ""},
			[]string{of(text{"texts a second", "每秒文本数"}), fmt.Sprintf("%.1f", r.ThroughputQPS), ""},
			[]string{of(text{"peak memory", "内存峰值"}), term.Bytes(r.PeakMemoryBytes), ""})
	}
	if err := s.Table([]term.Column{{Name: of(msgMetric)}, {Name: of(msgValue), Right: true}, {Name: of(msgInterval), Right: true}}, rows); err != nil {
		return err
	}
	if len(r.Classes) > mostPrinted {
		a.note(text{"%d classes: --json has the table of them and the confusion matrix", "共 %d 个类别:各类别的表格和混淆矩阵见 --json"}, len(r.Classes))
		return nil
	}
	fmt.Fprintln(a.Stdout)
	if err := s.Table(a.classTable(r)); err != nil {
		return err
	}
	fmt.Fprintln(a.Stdout)
	return s.Table(a.confusionTable(r))
}

// mostPrinted is the most classes whose matrix a person would read in a terminal.
const mostPrinted = 20

// classTable is a row a class.
func (a *app) classTable(r *eval.Result) ([]term.Column, [][]string) {
	of := a.lang.of
	columns := []term.Column{{Name: of(text{"class", "类别"})}}
	for _, name := range []text{{"precision", "精确率"}, {"recall", "召回率"}, {"F1", "F1"}, {"labels", "真实数"}, {"predictions", "预测数"}} {
		columns = append(columns, term.Column{Name: of(name), Right: true})
	}
	var rows [][]string
	for _, c := range r.Classes {
		rows = append(rows, []string{term.Clean(c.Class), fmt.Sprintf("%.4f", c.Precision), fmt.Sprintf("%.4f", c.Recall), fmt.Sprintf("%.4f", c.F1),
			term.Count(int64(c.Support)), term.Count(int64(c.Predicted))})
	}
	return columns, rows
}

// confusionTable is the counts, a row a true class.
func (a *app) confusionTable(r *eval.Result) ([]term.Column, [][]string) {
	columns := []term.Column{{Name: a.lang.of(text{"true \\ predicted", "真实 \\ 预测"})}}
	var rows [][]string
	for i, row := range r.Confusion {
		columns = append(columns, term.Column{Name: term.Clean(r.Labels[i]), Right: true})
		cells := []string{term.Clean(r.Labels[i])}
		for _, n := range row {
			cells = append(cells, term.Count(int64(n)))
		}
		rows = append(rows, cells)
	}
	return columns, rows
}
