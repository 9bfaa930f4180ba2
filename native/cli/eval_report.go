package cli

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"graft/native/report"
	"graft/shared/adapter"
)

// document begins a report.
func (a *app) document(title text) *report.Document {
	return &report.Document{Title: a.lang.of(title), Created: time.Now(), Version: a.Version, Platform: runtime.GOOS + "/" + runtime.GOARCH, Chinese: a.lang == chinese}
}

// system is a part of a report.
func (s *scored) system() report.System {
	return report.System{Name: s.name, Result: s.result, Answers: s.answers, Curves: report.CurvesOf(s.answers, s.result.Positive)}
}

// items are the rows of a report.
func (s *scored) items() []report.Item {
	var out []report.Item
	for i, t := range s.texts {
		out = append(out, report.Item{Text: t, Label: s.answers.Classes()[s.answers.Label(i)]})
	}
	return out
}

// writeReport writes the files of an evaluation's report.
func (e *evaluation) writeReport(s *scored) error {
	d := e.document(text{"Evaluation", "评估报告"})
	for _, p := range s.identity {
		d.Identity = append(d.Identity, p)
		if hash := hashOf(p[1]); hash != "" {
			d.Identity = append(d.Identity, [2]string{p[0] + " sha256", hash})
		}
	}
	d.Systems, d.Items = []report.System{s.system()}, s.items()
	if err := report.Save(e.judgement.report, d); err != nil {
		return err
	}
	e.note(text{"report: %s", "报告:%s"}, filepath.Join(e.judgement.report, "report.html"))
	return nil
}

// hashOf is the SHA-256 of a file, or of an adapter's weights; "" for anything else.
func hashOf(path string) string {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, adapter.WeightsName)
	}
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return ""
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}
