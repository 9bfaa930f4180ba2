package report

import (
	"fmt"

	"graft/shared/eval"
)

// comparisonSections are what is told of several systems: the chart, a row each, their pairs, and rows that change.
func (d *Document) comparisonSections() []section {
	if d.Comparison == nil {
		return nil
	}
	out := []section{d.systems(), d.pairs()}
	if d.Chart != nil {
		out = append([]section{{title: wComparison, picture: func() string {
			svg, err := d.Chart()
			if err != nil {
				return ""
			}
			return string(svg)
		}}}, out...)
	}
	if len(d.Items) > 0 {
		for _, p := range d.Comparison.Pairs {
			if p.From == d.Comparison.Names[0] {
				out = append(out, d.changes(p))
			}
		}
	}
	return out
}

func (d *Document) systems() section {
	t := section{title: words{"Systems", "各系统"}, columns: []words{wMethod, wAccuracy, wInterval, {d.Comparison.Metric, d.Comparison.Metric}, wInterval, wLatency, wThroughput, wMemory}, right: 1}
	trained := false
	for _, s := range d.Systems {
		trained = trained || s.Training != nil
	}
	if trained {
		t.columns = append(t.columns, words{"training s", "训练秒数"}, words{"training memory", "训练内存"}, wTrainable, wAdapterSize)
	}
	for _, s := range d.Systems {
		r := s.Result
		f1 := d.Comparison.Metric
		row := cells(s.Name, number(r.Values["accuracy"]), r.Intervals["accuracy"].String(), number(r.Values[f1]), r.Intervals[f1].String(), "", "", "")
		if r.Latency != nil {
			row[5], row[6], row[7] = plain(fmt.Sprintf("%.2f", r.Latency.P50)), plain(fmt.Sprintf("%.1f", r.ThroughputQPS)), plain(gigabytes(r.PeakMemoryBytes))
		}
		if trained {
			cost := cells("", "", "", "")
			if x := s.Training; x != nil {
				cost = cells(fmt.Sprintf("%.1f", x.Seconds), gigabytes(x.PeakMemoryBytes), fmt.Sprint(x.Trainable), gigabytes(x.AdapterBytes))
			}
			row = append(row, cost...)
		}
		t.rows = append(t.rows, row)
	}
	return t
}

func (d *Document) pairs() section {
	t := section{title: words{"Differences", "差异"}, columns: []words{wPair, {"Δ accuracy", "Δ 准确率"}, wInterval, {"Δ " + d.Comparison.Metric, "Δ " + d.Comparison.Metric}, wInterval, wFixed, wBroken, wHolm, wSignificant}, right: 1}
	for _, p := range d.Comparison.Pairs {
		row := cells(p.From+" → "+p.To, fmt.Sprintf("%+.4f", p.Accuracy.Delta), p.Accuracy.Interval.String(), fmt.Sprintf("%+.4f", p.F1.Delta), p.F1.Interval.String(),
			fmt.Sprint(p.McNemar.Fixed), fmt.Sprint(p.McNemar.Broken), fmt.Sprintf("%.4g", p.PHolm), "")
		row[8].text = wNo
		if p.Significant {
			row[8].text = wYes
		}
		t.rows = append(t.rows, row)
	}
	return t
}

// mostChanges is how many rows of a kind are listed for each pair.
const mostChanges = 8

func (d *Document) changes(p eval.Pair) section {
	t := section{title: words{wItems.en + ": " + p.From + " → " + p.To, wItems.zh + ":" + p.From + " → " + p.To}, columns: []words{{"", ""}, wText, wLabel}, right: 3}
	for _, kind := range []struct {
		name words
		rows []int
		mark string
	}{{wFixed, p.Fixed, "pass"}, {wBroken, p.Broken, "fail"}} {
		for _, i := range kind.rows[:min(len(kind.rows), mostChanges)] {
			label := ""
			if i < len(d.Items) {
				label = d.Items[i].Label
			}
			t.rows = append(t.rows, []cell{{text: kind.name, mark: kind.mark}, plain(d.text(i)), plain(label)})
		}
	}
	return t
}
