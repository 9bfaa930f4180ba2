package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"graft/native/store"
	"graft/shared/prompt"
	"graft/shared/trial"
)

// Trial is a report of prompts that were asked test cases.
type Trial struct {
	Format   int           `json:"format"` // 1
	Title    string        `json:"title"`
	Created  time.Time     `json:"created"`
	Version  string        `json:"graft_version"`
	Platform string        `json:"platform"`
	Identity [][2]string   `json:"identity"`
	Scores   []trial.Score `json:"scores"`
	Against  []trial.Delta `json:"against_first,omitempty"`    // the others and the first contender
	Previous []trial.Delta `json:"against_previous,omitempty"` // each and itself in the run before
	Run      *trial.Run    `json:"run"`

	Chinese bool `json:"-"`
}

// trialFiles is the table of what such a report consists of.
var trialFiles = []struct {
	name  string
	write func(w io.Writer, t *Trial) error
}{
	{"report.json", func(w io.Writer, t *Trial) error { return encodeJSON(w, t) }},
	{"report.html", WriteTrialHTML},
	{"junit.xml", WriteTrialJUnit},
	{"answers.csv", WriteAnswers},
}

// SaveTrial writes all files of a report into a directory, which it makes; each is replaced whole.
func SaveTrial(dir string, t *Trial) error {
	t.Format = 1
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for _, f := range trialFiles {
		path := filepath.Join(dir, f.name)
		if err := store.WriteFile(path, func(w io.Writer) error { return f.write(w, t) }); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

// WriteTrialJUnit writes a suite for each contender, with a test for each answer.
func WriteTrialJUnit(w io.Writer, t *Trial) error {
	var all junitSuites
	for i, s := range t.Scores {
		suite := junitSuite{Name: legal(s.Name.String()), Timestamp: t.Created.UTC().Format("2006-01-02T15:04:05"), Properties: []junitProperty{
			{"pass_rate", fmt.Sprint(s.PassRate.Value)}, {"score", fmt.Sprint(s.Score.Value)}, {"agreement", fmt.Sprint(s.Agreement)}}}
		for _, row := range t.Run.Rows {
			if row.Contender != i {
				continue
			}
			c := junitCase{Name: legal(t.Run.Cases[row.Case].Title()), Class: suite.Name, Seconds: row.MS / 1000}
			if t.Run.Repeat > 1 {
				c.Name += fmt.Sprintf(" #%d", row.Repeat+1)
			}
			switch {
			case row.Error != "":
				c.Error = &junitMessage{legal(row.Error)}
				suite.Errors++
			case !row.Pass:
				c.Failure = &junitMessage{legal(reasons(row))}
				suite.Failures++
			}
			suite.Cases = append(suite.Cases, c)
		}
		suite.Tests = len(suite.Cases)
		all.Suites = append(all.Suites, suite)
	}
	return writeSuites(w, all)
}

// reasons are why an answer did not pass.
func reasons(row trial.Row) string {
	if row.Error != "" {
		return row.Error
	}
	var out []string
	for _, c := range row.Checks {
		if !c.Pass {
			out = append(out, c.Type+": "+c.Reason)
		}
	}
	return strings.Join(out, "; ")
}

// WriteAnswers writes a row for each answer.
func WriteAnswers(w io.Writer, t *Trial) error {
	c := csv.NewWriter(w)
	rows := [][]string{{"prompt", "model", "adapter", "case", "vars", "repeat", "pass", "score", "output", "reason", "ms", "completion_tokens"}}
	for _, r := range t.Run.Rows {
		name, asked := t.Run.Contenders[r.Contender], t.Run.Cases[r.Case]
		rows = append(rows, []string{name.Prompt, name.Model, name.Adapter, asked.Title(), prompt.FormatJSON(asked.Vars, 0), strconv.Itoa(r.Repeat + 1), strconv.FormatBool(r.Pass),
			strconv.FormatFloat(r.Score, 'g', -1, 64), r.Output, reasons(r), strconv.FormatFloat(r.MS, 'f', 1, 64), strconv.Itoa(r.CompletionTokens)})
	}
	return c.WriteAll(rows)
}

// WriteTrialHTML writes a page that needs nothing beside itself.
func WriteTrialHTML(w io.Writer, t *Trial) error {
	v := pageView{Lang: "en", Title: t.Title, Identity: append([][2]string{{"graft", t.Version + " " + t.Platform}, {"created", t.Created.Format(time.RFC3339)}}, t.Identity...)}
	if t.Chinese {
		v.Lang = "zh"
	}
	sections := []section{t.contenders()}
	sections = append(sections, deltas(words{"Against the run before", "与上一次运行比较"}, t.Previous)...)
	sections = append(sections, deltas(words{"Against the first", "与第一项比较"}, t.Against)...)
	v.Parts = append(v.Parts, partView{Open: true, Sections: views(append(sections, t.answers()))})
	return page.Execute(w, v)
}

func (t *Trial) contenders() section {
	s := section{title: words{"Prompts", "提示词"}, right: 1, columns: []words{{"prompt · model · adapter", "提示词 · 模型 · 适配器"}, {"passed", "通过"}, {"pass rate", "通过率"}, wInterval,
		{"score", "得分"}, {"every repeat", "每次都通过"}, {"agreement", "一致率"}, {"median ms", "中位毫秒"}, {"tokens", "token 数"}}}
	names := trial.MetricNames(t.Scores)
	for _, n := range names {
		s.columns = append(s.columns, words{n, n})
	}
	for _, x := range t.Scores {
		row := cells(x.Name.String(), fmt.Sprintf("%d / %d", x.Passed, x.Answers), number(x.PassRate.Value), x.PassRate.Interval.String(), number(x.Score.Value),
			number(x.PassAll), number(x.Agreement), fmt.Sprintf("%.0f", x.Latency.P50), fmt.Sprintf("%.1f", x.Tokens))
		for _, n := range names {
			text := "–"
			if m, ok := x.Metrics[n]; ok {
				text = number(m.Value)
			}
			row = append(row, plain(text))
		}
		s.rows = append(s.rows, row)
	}
	return s
}

// deltas are a table of differences, and the answers that changed with what changed in them.
func deltas(title words, all []trial.Delta) []section {
	if len(all) == 0 {
		return nil
	}
	s := section{title: title, right: 1, columns: []words{wPair, {"cases", "用例"}, {"Δ pass rate", "Δ 通过率"}, wInterval, {"Δ score", "Δ 得分"}, wFixed, wBroken, wHolm, wSignificant}}
	changed := section{title: words{title.en + ": answers that changed", title.zh + ":变化的回答"}, right: 9, columns: []words{{"case", "用例"}, {"verdict", "结论"}, {"answer", "回答"}}}
	for _, d := range all {
		pair := d.To.String()
		if d.From != d.To {
			pair = d.From.String() + " → " + pair
		}
		row := cells(pair, strconv.Itoa(d.Cases), fmt.Sprintf("%+.4f", d.Pass.Delta), d.Pass.Interval.String(), fmt.Sprintf("%+.4f", d.Score.Delta),
			strconv.Itoa(d.McNemar.Fixed), strconv.Itoa(d.McNemar.Broken), number(d.PHolm), "")
		row[8] = cell{text: wNo}
		if d.Significant() {
			row[8] = cell{text: wYes}
		}
		s.rows = append(s.rows, row)
		for _, c := range d.Changed {
			changed.rows = append(changed.rows, []cell{plain(c.Title), verdictOf(c.Was, c.Is), {edits: prompt.Diff(c.Before, c.After)}})
		}
	}
	if len(changed.rows) == 0 {
		return []section{s}
	}
	return []section{s, changed}
}

func verdictOf(was, is bool) cell {
	switch {
	case is && !was:
		return cell{text: wFixed, mark: "pass"}
	case was && !is:
		return cell{text: wBroken, mark: "fail"}
	case is:
		return cell{text: verdictWords["pass"], mark: "pass"}
	}
	return cell{text: verdictWords["fail"], mark: "fail"}
}

// answers are all answers, the first repeat of each.
func (t *Trial) answers() section {
	s := section{title: words{"Answers", "回答"}, right: 9, columns: []words{{"case", "用例"}}}
	for _, c := range t.Run.Contenders {
		s.columns = append(s.columns, words{c.Name.String(), c.Name.String()}, words{"", ""})
	}
	for i, c := range t.Run.Cases {
		row := []cell{plain(c.Title())}
		for j := range t.Run.Contenders {
			first, mark := plain(""), plain("")
			for _, r := range t.Run.Rows {
				if r.Case == i && r.Contender == j && r.Repeat == 0 {
					first, mark = plain(r.Output), verdictOf(r.Pass, r.Pass)
					if !r.Pass {
						first = plain(r.Output + " ⟵ " + reasons(r))
					}
				}
			}
			row = append(row, first, mark)
		}
		s.rows = append(s.rows, row)
	}
	return s
}
