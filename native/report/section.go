package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"graft/shared/eval"
	"graft/shared/prompt"
)

// section is a table of a report, or a picture. Markdown and the page are made of the same sections.
type section struct {
	title   words
	columns []words
	right   int // columns from this one on are numbers
	rows    [][]cell
	picture func() string // SVG; drawn on the page only
}

// cell is a table's text, and how it is marked: a verdict's name, or a shade from 0 to 1 of a matrix.
type cell struct {
	text  words
	edits []prompt.Edit // in place of the text: what changed in one
	mark  string
	shade float64
}

func plain(s string) cell { return cell{text: words{s, s}} }

func cells(texts ...string) []cell {
	out := make([]cell, len(texts))
	for i, s := range texts {
		out[i] = plain(s)
	}
	return out
}

func number(v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	return fmt.Sprintf("%.4f", v)
}

func share(v float64) string { return fmt.Sprintf("%.2f %%", 100*v) }

func gigabytes(b int64) string {
	if b >= 1e9 {
		return fmt.Sprintf("%.2f GB", float64(b)/1e9)
	}
	return fmt.Sprintf("%.1f MB", float64(b)/1e6)
}

// mostErrors is how many wrong answers a report lists.
const mostErrors = 30

// sections are what is told of one system.
func (d *Document) sections(s *System) []section {
	r := s.Result
	out := []section{d.targets(r), d.metrics(r), d.classes(r), d.confusion(r)}
	if len(s.Curves) > 0 {
		out = append(out, section{title: wROC, picture: func() string { return rocChart(s.Curves) }}, section{title: wPR, picture: func() string { return prChart(s.Curves) }})
	}
	if len(r.Reliability) > 0 {
		out = append(out, section{title: wReliability, picture: func() string { return reliabilityChart(r.Reliability) }})
	}
	if c := r.Calibration; c != nil {
		out = append(out, section{title: wTemperature, columns: []words{wMetric, {"before", "之前"}, {"after", "之后"}}, right: 1, rows: [][]cell{
			cells("T", "1", number(c.Temperature)), cells("log_loss", number(c.LogLoss), number(c.After.LogLoss)), cells("ece", number(c.ECE), number(c.After.ECE))}})
	}
	if x := r.Selective; x != nil {
		out = append(out, section{title: wRisk, picture: func() string { return riskChart(x.Curve) }}, d.budgets(x))
	}
	out = append(out, d.speed(r), d.feedback(r.Feedback), d.errors(s), d.trials())
	return slices.DeleteFunc(out, func(x section) bool { return len(x.rows) == 0 && x.picture == nil })
}

// trials are those of the search, a row each.
func (d *Document) trials() section {
	t := section{title: words{"Trials", "试验"}, columns: []words{{"trial", "试验"}, {"run", "运行"}, {"state", "状态"}, {"steps", "步数"}, {d.ScoreName, d.ScoreName}, {"seconds", "秒"}}, right: 3}
	for _, x := range d.Trials {
		row := cells(x.Name, fmt.Sprint(x.Run), x.Status, fmt.Sprintf("%d/%d", x.Steps, x.Of), x.Score, fmt.Sprintf("%.1f", x.Seconds))
		if x.Best {
			row[0].mark = "pass"
		}
		t.rows = append(t.rows, row)
	}
	return t
}

func (d *Document) targets(r *eval.Result) section {
	t := section{title: wTargets, columns: []words{wTarget, wWanted, wMeasured, wInterval, wVerdict}, right: 1}
	for _, c := range r.Targets {
		row := cells(c.Name, fmt.Sprintf("%s %g", c.Op, c.Limit), "", "", "")
		if c.Measure != nil {
			row[2] = plain(fmt.Sprintf("%.4g", c.Measure.Value))
			if c.Measure.Interval != nil {
				row[3] = plain(c.Measure.Interval.String())
			}
		}
		row[4] = cell{text: verdictWords[string(c.Verdict)], mark: string(c.Verdict)}
		t.rows = append(t.rows, row)
	}
	return t
}

func (d *Document) metrics(r *eval.Result) section {
	t := section{title: wMetrics, columns: []words{wMetric, wValue, wInterval}, right: 1}
	for _, row := range r.Summary() {
		t.rows = append(t.rows, cells(row...))
	}
	t.rows = append(t.rows, cells("n", fmt.Sprint(r.N), ""))
	return t
}

func (d *Document) classes(r *eval.Result) section {
	t := section{title: wClasses, columns: []words{wClass, wPrecision, wInterval, wRecall, wInterval, wF1, wSupport, wPredicted}, right: 1}
	for _, c := range r.Classes {
		t.rows = append(t.rows, cells(c.Class, number(c.Precision), c.PrecisionInterval.String(), number(c.Recall), c.RecallInterval.String(), number(c.F1),
			fmt.Sprint(c.Support), fmt.Sprint(c.Predicted)))
	}
	return t
}

// mostShown is the most classes whose matrix is shown.
const mostShown = 30

func (d *Document) confusion(r *eval.Result) section {
	t := section{title: wConfusion, columns: []words{wTrueRow}, right: 1}
	if len(r.Labels) > mostShown {
		return t
	}
	for i, row := range r.Confusion {
		t.columns = append(t.columns, words{r.Labels[i], r.Labels[i]})
		line := cells(r.Labels[i])
		for _, n := range row {
			part := 0.0
			if s := r.Classes[i].Support; s > 0 {
				part = float64(n) / float64(s)
			}
			c := plain(fmt.Sprintf("%d (%.1f %%)", n, 100*part))
			c.mark, c.shade = "shade", part
			line = append(line, c)
		}
		t.rows = append(t.rows, line)
	}
	return t
}

func (d *Document) budgets(s *eval.Selective) section {
	t := section{title: wBudget, columns: []words{wReviewed, wThreshold, wRiskAxis, wInterval, wWrongOfAll}, right: 0}
	for _, b := range s.Budgets {
		t.rows = append(t.rows, cells("≤ "+share(b.ReviewRate), number(b.Threshold), share(b.Risk), b.Interval.String(), share(b.AllWrong)))
	}
	if c := s.Choice; c != nil && c.Found {
		row := cells(share(c.ReviewRate), number(c.Threshold), share(c.ErrorRate), "", "")
		row[3] = cell{text: words{fmt.Sprintf("guaranteed: reviewed ≤ %s, errors ≤ %s", share(c.ReviewBound), share(c.ErrorBound)),
			fmt.Sprintf("保证:审核 ≤ %s,错误 ≤ %s", share(c.ReviewBound), share(c.ErrorBound))}}
		t.rows = append(t.rows, row)
	}
	return t
}

func (d *Document) speed(r *eval.Result) section {
	t := section{title: wSpeed, columns: []words{wOffered, wAchieved, {"mean", "均值"}, {"p50 ms", "p50 ms"}, {"p95 ms", "p95 ms"}, {"p99 ms", "p99 ms"}, wInTime, wMemory}, right: 1}
	if l := r.Latency; l != nil {
		row := cells("", fmt.Sprintf("%.1f", r.ThroughputQPS), fmt.Sprintf("%.1f", l.Mean), fmt.Sprintf("%.1f", l.P50), fmt.Sprintf("%.1f", l.P95), fmt.Sprintf("%.1f", l.P99), "", gigabytes(r.PeakMemoryBytes))
		row[0] = cell{text: words{"one by one; batches for the throughput", "逐条;吞吐量为批量"}}
		t.rows = append(t.rows, row)
	}
	for _, l := range r.Loads {
		t.rows = append(t.rows, cells(fmt.Sprintf("%.1f", l.OfferedQPS), fmt.Sprintf("%.1f", l.AchievedQPS), fmt.Sprintf("%.1f", l.Latency.Mean), fmt.Sprintf("%.1f", l.Latency.P50),
			fmt.Sprintf("%.1f", l.Latency.P95), fmt.Sprintf("%.1f", l.Latency.P99), share(l.Goodput), ""))
	}
	return t
}

func (d *Document) feedback(f *eval.Feedback) section {
	t := section{title: wFeedback, columns: []words{wMethod, {"count", "计数"}, wValue, wInterval}, right: 1}
	if f == nil {
		return t
	}
	for _, a := range f.Arms {
		t.rows = append(t.rows, cells(a.Name, fmt.Sprintf("%d / %d", a.Converted, a.Users), share(a.Rate), a.Interval.String()))
	}
	if u := f.Uplift; u != nil && u.Relative != nil {
		row := cells("", fmt.Sprintf("p = %.4f", u.P), fmt.Sprintf("%+.2f %%", 100**u.Relative), u.RelativeInterval.String())
		row[0].text = wUplift
		t.rows = append(t.rows, row)
	}
	if f.SRM != nil {
		row := cells("", fmt.Sprintf("p = %.4g", f.SRM.P), "", "")
		row[0].text = wSampleRatio
		if f.SRM.Mismatch {
			row[3] = cell{text: words{"users are not divided as they should be", "用户分配比例异常"}, mark: "fail"}
		}
		t.rows = append(t.rows, row)
	}
	if f.Review != nil {
		row := cells("", fmt.Sprintf("%d / %d", f.Review.Count, f.Review.N), share(f.Review.Value), f.Review.Interval.String())
		row[0].text = wReviewed
		t.rows = append(t.rows, row)
	}
	return t
}

// errors are the wrong answers that the system was surest of.
func (d *Document) errors(s *System) section {
	a := s.Answers
	t := section{title: wErrors, columns: []words{wText, wLabel, wPred, wConfidence}, right: 3}
	if a == nil || len(d.Items) == 0 {
		return t
	}
	sure := func(i int) float64 {
		if a.Probs(i) == nil {
			return 0
		}
		return a.Confidence(i)
	}
	var wrong []int
	for i := range a.Len() {
		if !a.Right(i) {
			wrong = append(wrong, i)
		}
	}
	slices.SortStableFunc(wrong, func(x, y int) int { return cmp.Compare(sure(y), sure(x)) })
	for _, i := range wrong[:min(len(wrong), mostErrors)] {
		said, confidence := "–", "–"
		if p := a.Pred(i); p != eval.NoAnswer {
			said = a.Classes()[p]
		}
		if a.Probs(i) != nil {
			confidence = number(sure(i))
		}
		t.rows = append(t.rows, cells(d.text(i), a.Classes()[a.Label(i)], said, confidence))
	}
	return t
}
