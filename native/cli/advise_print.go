package cli

import (
	"fmt"
	"slices"

	"graft/native/advise"
	"graft/native/term"
)

// print shows the advice to a person.
func (d *advising) print() error {
	of, w := d.lang.of, d.Stdout
	say := func(t advise.Text) string { return of(text{t.En, t.Zh}) }
	fmt.Fprintf(w, of(text{"%d rows, %d classes → %s\n", "%d 行,%d 个类别 → %s\n"}), d.facts.Rows, d.facts.Labels, d.out.Paint(term.Bold, d.method()))
	for _, r := range d.advice.Reasons {
		fmt.Fprintf(w, "  • %s %s\n", say(r.Text), d.out.Paint(term.Dim, sourcesOf(r)))
	}
	if len(d.advice.Doubts) > 0 {
		fmt.Fprintln(w, "\n"+of(text{"What speaks against it, and what to try", "反面证据与值得一试的做法"}))
		for _, r := range d.advice.Doubts {
			fmt.Fprintf(w, "  • %s %s\n", say(r.Text), d.out.Paint(term.Dim, sourcesOf(r)))
		}
	}
	if err := d.printEstimate(); err != nil {
		return err
	}
	if err := d.printTrials(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\n%s\n%s", of(text{"Recipe", "配方"}), d.result.Recipe)
	fmt.Fprintln(w, "\n"+of(text{"Sources", "来源"}))
	var seen []string
	for _, r := range slices.Concat(d.advice.Reasons, d.advice.Doubts) {
		for _, s := range r.Sources {
			if !slices.Contains(seen, s.ID) {
				seen = append(seen, s.ID)
				fmt.Fprintf(w, "  [%s] %s\n", s.ID, s.Text)
			}
		}
	}
	if d.output != "" {
		d.note(text{"%s is written: graft train --config %s", "已写出 %s:graft train --config %s"}, d.output, d.output)
	}
	return nil
}

// method is the method in the words that people use.
func (d *advising) method() string {
	if d.recipe.LoadIn4Bit {
		return "QLORA"
	}
	return d.advice.Method
}

func (d *advising) printEstimate() error {
	if d.result.Plan == nil {
		return nil
	}
	of := d.lang.of
	fmt.Fprintf(d.Stdout, of(text{"\nMemory: %s planned", "\n内存:计划 %s"}), term.Bytes(int64(d.result.Total)))
	if d.memory > 0 {
		fmt.Fprintf(d.Stdout, of(text{" of %s", ",可用 %s"}), term.Bytes(d.memory))
	}
	if !d.result.Fits {
		fmt.Fprint(d.Stdout, d.out.Paint(term.Red, of(text{": it does not fit", ":放不下"})))
	}
	fmt.Fprintf(d.Stdout, of(text{"; %d parameters are trained\n", ";训练 %d 个参数\n"}), d.result.Plan.Trainable)
	e := d.result.Estimate
	if e == nil {
		return nil
	}
	_, err := fmt.Fprintf(d.Stdout, of(text{"Time: about %s for %d steps of %.3g s (%.0f tokens/s on %s, measured over %d steps)\n", "时间:约 %s,共 %d 步,每步 %.3g 秒(%.0f token/秒,设备 %s,实测 %d 步)\n"}),
		short(e.Seconds), e.Steps, e.SecondsPerStep, e.TokensPerSecond, e.Device, e.Measured)
	return err
}

func (d *advising) printTrials() error {
	if len(d.result.Trials) == 0 {
		return nil
	}
	fmt.Fprintln(d.Stdout)
	return d.tableOfTrials(d.result.Trials)
}

// tableOfTrials shows a search to a person.
func (t *training) tableOfTrials(trials []trialled) error {
	of := t.lang.of
	var rows [][]string
	for _, x := range trials {
		best := ""
		if x.Best {
			best = "←"
		}
		rows = append(rows, []string{fmt.Sprint(x.Run), term.Clean(x.Name), of(statusTexts[x.Status]), fmt.Sprintf("%d/%d", x.Steps, x.Of), score4(x.Score), fmt.Sprintf("%.4f", x.Loss), short(x.Seconds), best})
	}
	return t.out.Table([]term.Column{{Name: of(text{"run", "运行"}), Right: true}, {Name: of(text{"trial", "试验"})}, {Name: of(text{"state", "状态"})}, {Name: of(text{"steps", "步数"}), Right: true},
		{Name: t.scoreName(), Right: true}, {Name: "eval_loss", Right: true}, {Name: of(text{"time", "用时"}), Right: true}, {}}, rows)
}
