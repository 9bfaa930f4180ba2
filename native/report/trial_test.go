package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"graft/shared/prompt"
	"graft/shared/trial"
)

// tried is a report of two contenders, an error, and texts that mean something to each format.
func tried() *Trial {
	vars := prompt.NewObject()
	vars.Set("text", "<b>好</b>")
	run := func(answers ...string) *trial.Run {
		r := &trial.Run{Repeat: 1, Cases: []trial.Asked{{Key: "1", Description: "first & \x01", Vars: vars}, {Key: "2", Vars: vars}}}
		for i, a := range answers {
			if i%2 == 0 {
				r.Contenders = append(r.Contenders, trial.Entrant{Name: trial.Name{Prompt: "p", Model: string(rune('m' + i))}})
			}
			row := trial.Row{Contender: i / 2, Case: i % 2, Output: a, Pass: a == "good", MS: 5, CompletionTokens: 1, Checks: []trial.Check{{Type: "equals", Pass: a == "good", Reason: "expected good", Metric: "exact"}}}
			if a == "" {
				row.Error, row.Checks = "no <answer>", nil
			}
			r.Rows = append(r.Rows, row)
		}
		return r
	}
	before, after := run("good", "bad <script>", "good", "bad"), run("good", "good", "bad", "")
	return &Trial{Title: "t", Created: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Scores: after.Scores(), Previous: trial.Compare(before, after), Against: after.Against(), Run: after}
}

func TestTrial(t *testing.T) {
	dir := t.TempDir()
	if err := SaveTrial(dir, tried()); err != nil {
		t.Fatal(err)
	}
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	var back Trial
	if err := json.Unmarshal(read("report.json"), &back); err != nil || back.Scores[0].Passed != 2 || back.Run.Rows[3].Error == "" {
		t.Errorf("report.json: %v, %+v", err, back.Scores)
	}
	var suites junitSuites
	if err := xml.Unmarshal(read("junit.xml"), &suites); err != nil || len(suites.Suites) != 2 || suites.Suites[1].Failures != 1 || suites.Suites[1].Errors != 1 || suites.Suites[0].Failures != 0 {
		t.Errorf("junit.xml: %v, %+v", err, suites)
	}
	rows, err := csv.NewReader(bytes.NewReader(read("answers.csv"))).ReadAll()
	if err != nil || len(rows) != 5 || rows[4][9] != "no <answer>" {
		t.Errorf("answers.csv: %v, %q", err, rows)
	}
	html := string(read("report.html"))
	for _, want := range []string{"<del>bad</del>", "<ins>good</ins>", "fixed", "&lt;b&gt;好", "与上一次运行比较"} {
		if !strings.Contains(html, want) {
			t.Errorf("report.html does not have %q", want)
		}
	}
	if strings.Contains(html, "<script>") || strings.Contains(html, "<answer>") {
		t.Error("report.html has text of answers as markup")
	}
}
