package cli

import (
	"fmt"

	"graft/native/term"
	"graft/shared/eval"
)

// printJudgement writes what an evaluation comes to, for a person: loads, calibration, review, feedback, targets.
func (a *app) printJudgement(r *eval.Result) error {
	of := a.lang.of
	if len(r.Loads) > 0 {
		fmt.Fprintln(a.Stdout)
		columns := []term.Column{{Name: of(text{"load, requests/s", "负载,请求/秒"}), Right: true}}
		for _, c := range []text{{"achieved", "达到"}, {"p50 ms", "p50 ms"}, {"p95 ms", "p95 ms"}, {"p99 ms", "p99 ms"}, {"in time", "按时完成"}, {"most waiting", "最多等待"}} {
			columns = append(columns, term.Column{Name: of(c), Right: true})
		}
		var rows [][]string
		for _, l := range r.Loads {
			rows = append(rows, []string{fmt.Sprintf("%.1f", l.OfferedQPS), fmt.Sprintf("%.1f", l.AchievedQPS), fmt.Sprintf("%.1f", l.Latency.P50), fmt.Sprintf("%.1f", l.Latency.P95),
				fmt.Sprintf("%.1f", l.Latency.P99), fmt.Sprintf("%.1f %%", 100*l.Goodput), term.Count(int64(l.MostWaiting))})
		}
		if err := a.out.Table(columns, rows); err != nil {
			return err
		}
	}
	if c := r.Calibration; c != nil {
		fmt.Fprintf(a.Stdout, "\n"+of(text{"temperature %.4f, fitted on %d rows: log loss %.4f → %.4f, ECE %.4f → %.4f\n", "温度 %.4f(由 %d 行拟合):对数损失 %.4f → %.4f,ECE %.4f → %.4f\n"}),
			c.Temperature, c.N, c.LogLoss, c.After.LogLoss, c.ECE, c.After.ECE)
	}
	if s := r.Selective; s != nil && s.Choice != nil {
		a.printThreshold(s.Choice)
	}
	if r.Feedback != nil {
		fmt.Fprintln(a.Stdout)
		if err := a.printFeedback(r.Feedback); err != nil {
			return err
		}
	}
	return a.printTargets(r.Targets)
}

// printThreshold writes what a threshold guarantees.
func (a *app) printThreshold(t *eval.Threshold) {
	of := a.lang.of
	if !t.Found {
		fmt.Fprintf(a.Stdout, "\n"+of(text{"no threshold keeps the goal with %.0f %% confidence on %d rows\n", "在 %[2]d 行上,没有阈值能以 %[1].0f %% 的置信度达到目标\n"}), 100*t.Confidence, t.N)
		return
	}
	fmt.Fprintf(a.Stdout, "\n"+of(text{"threshold %.2f: reviewed %.2f %%, at most %.2f %%; errors among the accepted %.2f %%, at most %.2f %% (confidence %.0f %%, %d rows)\n  by %s\n",
		"阈值 %.2f:人工审核 %.2f %%,至多 %.2f %%;自动通过部分的错误 %.2f %%,至多 %.2f %%(置信度 %.0f %%,%d 行)\n  方法:%s\n"}),
		t.Threshold, 100*t.ReviewRate, 100*t.ReviewBound, 100*t.ErrorRate, 100*t.ErrorBound, 100*t.Confidence, t.N, t.Method)
	if o := t.OnTest; o != nil {
		fmt.Fprintf(a.Stdout, of(text{"  on these %d rows: reviewed %.2f %%, errors %.2f %%\n", "  在这 %d 行上:人工审核 %.2f %%,错误 %.2f %%\n"}), o.N, 100*o.ReviewRate, 100*o.ErrorRate)
	}
}

// printFeedback writes what a log says.
func (a *app) printFeedback(f *eval.Feedback) error {
	of := a.lang.of
	var rows [][]string
	for _, x := range f.Arms {
		rows = append(rows, []string{term.Clean(x.Name), fmt.Sprintf("%d / %d", x.Converted, x.Users), fmt.Sprintf("%.4f", x.Rate), x.Interval.String()})
	}
	for _, s := range []struct {
		name  text
		share *eval.Share
	}{{text{"reviewed", "人工审核"}, f.Review}, {text{"correct", "正确"}, f.Correct}} {
		if s.share != nil {
			rows = append(rows, []string{of(s.name), fmt.Sprintf("%d / %d", s.share.Count, s.share.N), fmt.Sprintf("%.4f", s.share.Value), s.share.Interval.String()})
		}
	}
	if u := f.Uplift; u != nil {
		rows = append(rows, []string{of(text{"uplift, absolute", "提升(绝对)"}), "", fmt.Sprintf("%+.4f", u.Absolute), u.AbsoluteInterval.String()})
		if u.Relative != nil {
			rows = append(rows, []string{of(text{"uplift, relative", "提升(相对)"}), fmt.Sprintf("p = %.4f", u.P), fmt.Sprintf("%+.4f", *u.Relative), u.RelativeInterval.String()})
		}
		rows = append(rows, []string{of(text{"sample ratio", "样本比例"}), fmt.Sprintf("p = %.4g", f.SRM.P), "", ""})
	}
	if err := a.out.Table([]term.Column{{Name: of(text{"feedback", "反馈"})}, {Name: of(text{"count", "计数"}), Right: true}, {Name: of(msgValue), Right: true}, {Name: of(msgInterval), Right: true}}, rows); err != nil {
		return err
	}
	if f.Note != "" {
		a.warn([]string{f.Note})
	}
	if f.UsersIn2 > 0 {
		a.note(text{"%d users saw more than one arm and are left out", "%d 个用户见过多个组,已排除"}, f.UsersIn2)
	}
	return nil
}

// verdicts are what a person reads.
var verdicts = map[eval.Verdict]text{eval.Pass: {"pass", "通过"}, eval.Fail: {"fail", "未通过"},
	eval.NotEnoughData: {"not enough data", "数据不足"}, eval.NotMeasured: {"not measured", "未测量"}}

// printTargets writes a row for each target.
func (a *app) printTargets(checks []eval.Check) error {
	if len(checks) == 0 {
		return nil
	}
	of := a.lang.of
	fmt.Fprintln(a.Stdout)
	var rows [][]string
	for _, c := range checks {
		row := []string{c.Name, fmt.Sprintf("%s %g", c.Op, c.Limit), "", "", of(verdicts[c.Verdict])}
		if c.Measure != nil {
			row[2] = fmt.Sprintf("%.4g", c.Measure.Value)
			if c.Measure.Interval != nil {
				row[3] = c.Measure.Interval.String()
			}
		}
		rows = append(rows, row)
	}
	return a.out.Table([]term.Column{{Name: of(text{"target", "目标"})}, {Name: of(text{"wanted", "要求"}), Right: true}, {Name: of(msgValue), Right: true},
		{Name: of(msgInterval), Right: true}, {Name: of(text{"verdict", "结论"})}}, rows)
}
