package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"graft/native/store"
	"graft/native/term"
	"graft/shared/adapter"
	"graft/shared/eval"
)

// judgementFlags say what is done with the answers of an evaluation, wherever they come from.
type judgementFlags struct {
	cmd                  *cobra.Command
	targets              string
	strict               bool
	calibrate            string
	maxReview, maxError  string
	feedback, control    string
	split                []float64
	report               string
	load                 []float64
	loadSeconds, limitMS float64

	table []eval.Target
	goal  eval.ThresholdGoal
}

func (a *app) judgementFlags(cmd *cobra.Command) *judgementFlags {
	j := &judgementFlags{cmd: cmd}
	f, of := cmd.Flags(), a.lang.of
	f.StringVar(&j.targets, "targets", "", of(text{"targets: article for the default table, or a YAML or JSON file such as accuracy: \"> 90%\"", "目标:article 为默认表,或 YAML/JSON 文件,如 accuracy: \"> 90%\""}))
	f.BoolVar(&j.strict, "strict", false, of(text{"exit with 1 unless every measured target passes", "除非所有已测目标均通过,否则退出码为 1"}))
	f.StringVar(&j.calibrate, "calibrate", "", of(text{"validation data, or predictions, on which the temperature and the threshold are fitted; kept in the adapter's graft.json", "用于拟合温度和阈值的验证数据(或预测文件);结果存入适配器的 graft.json"}))
	f.StringVar(&j.maxReview, "max-review-rate", "", of(text{"find a confidence threshold that guarantees at most this share for manual review, such as 5%", "寻找保证人工审核率不超过该值(如 5%)的置信度阈值"}))
	f.StringVar(&j.maxError, "max-error", "", of(text{"find a threshold that guarantees at most this share of errors among the accepted", "寻找保证自动通过部分的错误率不超过该值的阈值"}))
	f.StringVar(&j.feedback, "feedback", "", of(text{"log of an experiment: columns variant, converted, perhaps user, reviewed", "实验日志:列 variant、converted,可选 user、reviewed"}))
	f.StringVar(&j.control, "control", "", of(text{"the arm of the log that the other is compared with", "日志中作为对照的组"}))
	f.Float64SliceVar(&j.split, "split", nil, of(text{"how users were divided, control first; default 1,1", "用户的分配比例,对照组在前(默认 1,1)"}))
	f.Float64SliceVar(&j.load, "load", nil, of(text{"offer these loads, in requests a second, and measure latency from the intended send", "以这些负载(每秒请求数)测试,延迟从计划发送时刻算起"}))
	f.Float64Var(&j.loadSeconds, "load-seconds", 10, of(text{"seconds of each load", "每个负载的秒数"}))
	f.Float64Var(&j.limitMS, "load-limit-ms", 500, of(text{"goodput counts requests answered within this", "在此毫秒数内完成的请求计入有效吞吐"}))
	f.StringVar(&j.report, "report", "", of(text{"directory for report.json, report.md, report.html, junit.xml and predictions.csv", "写出 report.json、report.md、report.html、junit.xml、predictions.csv 的目录"}))
	return j
}

// check reads what the flags say, before anything takes time.
func (j *judgementFlags) check() error {
	for _, s := range []struct {
		flag, value string
		to          *float64
	}{{"max-review-rate", j.maxReview, &j.goal.MaxReview}, {"max-error", j.maxError, &j.goal.MaxError}} {
		if s.value == "" {
			continue
		}
		number, percent := strings.CutSuffix(s.value, "%")
		v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if percent {
			v /= 100
		}
		if err != nil || !(v > 0 && v < 1) {
			return usagef("--%s is %q, expected a share such as 5%% or 0.05", s.flag, s.value)
		}
		*s.to = v
	}
	if j.strict && j.targets == "" {
		j.targets = "article"
	}
	if j.targets == "article" {
		j.table = eval.Targets
	} else if j.targets != "" {
		f, err := os.Open(j.targets)
		if err != nil {
			return err
		}
		defer f.Close()
		data, err := io.ReadAll(io.LimitReader(f, 1<<20))
		if err != nil {
			return err
		}
		if j.table, err = eval.ParseTargets(data); err != nil {
			return fmt.Errorf("%s: %w", j.targets, err)
		}
	}
	return nil
}

// judge fits, checks, writes and prints. other reads more answers of the same kind, keep stores what was fitted, if it can.
func (e *evaluation) judge(s *scored, other func(path string) (*eval.Answers, error), keep func(temperature, threshold float64) error) error {
	j := e.judgement
	if err := e.fitOn(s, other, keep); err != nil {
		return err
	}
	if j.feedback != "" {
		f, err := e.readFeedback()
		if err != nil {
			return err
		}
		s.result.Feedback = f
	}
	s.result.Targets = eval.CheckTargets(j.table, s.result.Measures())
	e.warn(s.result.Warnings)
	if j.report != "" {
		if err := e.writeReport(s); err != nil {
			return err
		}
	}
	if e.asJSON {
		if err := e.printJSON(s.result); err != nil {
			return err
		}
	} else {
		if err := e.printResult(e.out, s.result); err != nil {
			return err
		}
		if err := e.printJudgement(s.result); err != nil {
			return err
		}
	}
	return j.verdict(s.result.Targets)
}

// fitOn fits the temperature and chooses the threshold.
func (e *evaluation) fitOn(s *scored, other func(path string) (*eval.Answers, error), keep func(temperature, threshold float64) error) error {
	j, wants := e.judgement, e.judgement.goal != eval.ThresholdGoal{}
	if j.calibrate == "" && !wants {
		return nil
	}
	fitOn, temperature := s.answers, 0.0
	if j.calibrate != "" {
		valid, err := other(j.calibrate)
		if err != nil {
			return err
		}
		after, c, err := s.answers.Calibrate(valid)
		if err != nil {
			return err
		}
		r, err := after.Score(eval.Bootstrap{})
		if err != nil {
			return err
		}
		was := s.result
		r.Warnings, r.Latency, r.ThroughputQPS, r.Loads, r.PeakMemoryBytes = was.Warnings, was.Latency, was.ThroughputQPS, was.Loads, was.PeakMemoryBytes
		s.answers, s.result, fitOn, temperature = after, r, valid.AtTemperature(c.Temperature), c.Temperature
		r.Calibration = c
		if c.AtEnd() {
			r.Warnings = append(r.Warnings, fmt.Sprintf("the temperature %g is the end of what is tried: the answers of %s are all right, or no better than chance", c.Temperature, j.calibrate))
		}
	}
	threshold := 0.0
	if wants {
		t, err := fitOn.Threshold(j.goal)
		if err != nil {
			return err
		}
		if j.calibrate != "" {
			t.OnTest = t.Apply(s.answers)
		} else {
			s.result.Warnings = append(s.result.Warnings, "the threshold is chosen on the rows that are reported: its guarantee is for new rows, its rates here are too good; choose it on others with --calibrate")
		}
		if t.Found {
			threshold = t.Threshold
			s.result.Selective.Classes = s.answers.Shares(t.Threshold)
		}
		s.result.Selective.Choice = t
	}
	if keep == nil || j.calibrate == "" {
		return nil
	}
	return keep(temperature, threshold)
}

// keepCalibration multiplies the temperature of an adapter's graft.json, and sets its threshold.
func (e *evaluation) keepCalibration(temperature, threshold float64) error {
	dir := e.model.adapter
	side, err := sidecar(dir)
	if dir == "" || side == nil || err != nil {
		return err
	}
	if side.Temperature == 0 {
		side.Temperature = 1
	}
	side.Temperature *= temperature
	side.Threshold = threshold
	data, err := side.Marshal()
	if err != nil {
		return err
	}
	path := filepath.Join(dir, adapter.SidecarName)
	if err := store.WriteFile(path, func(w io.Writer) error { _, err := w.Write(data); return err }); err != nil {
		return err
	}
	e.note(text{"temperature %.4f and threshold %.2f are kept in %s", "温度 %.4f 和阈值 %.2f 已存入 %s"}, side.Temperature, side.Threshold, path)
	return nil
}

// readFeedback reads the log.
func (e *evaluation) readFeedback() (*eval.Feedback, error) {
	r, err := e.readRecords(e.judgement.feedback)
	if err != nil {
		return nil, err
	}
	return r.Feedback(eval.FeedbackOptions{Control: e.judgement.control, Split: e.judgement.split})
}

// ofFeedback is eval of nothing but a log.
func (e *evaluation) ofFeedback() error {
	f, err := e.readFeedback()
	if err != nil {
		return err
	}
	out := struct {
		*eval.Feedback
		Targets []eval.Check `json:"targets,omitempty"`
	}{f, eval.CheckTargets(e.judgement.table, f.Measures())}
	if e.asJSON {
		err = e.printJSON(out)
	} else if err = e.printFeedback(f); err == nil {
		err = e.printTargets(out.Targets)
	}
	if err != nil {
		return err
	}
	return e.judgement.verdict(out.Targets)
}

// ofTexts is eval of generated texts.
func (e *evaluation) ofTexts(records *eval.Records) error {
	g, err := records.Generation(eval.Bootstrap{})
	if err != nil {
		return err
	}
	targets := eval.CheckTargets(e.judgement.table, g.Measures())
	g.Targets = targets
	if e.asJSON {
		if err := e.printJSON(g); err != nil {
			return err
		}
		return e.judgement.verdict(targets)
	}
	of := e.lang.of
	if err := e.out.Table([]term.Column{{Name: of(msgMetric)}, {Name: of(msgValue), Right: true}, {Name: of(msgInterval), Right: true}},
		append(g.Summary(), []string{"n", term.Count(int64(g.N)), ""})); err != nil {
		return err
	}
	if err := e.printTargets(targets); err != nil {
		return err
	}
	return e.judgement.verdict(targets)
}

// verdict is an error if --strict is given and a measured target is not known to be kept.
func (j *judgementFlags) verdict(targets []eval.Check) error {
	if !j.strict {
		return nil
	}
	var missed []string
	for _, t := range targets {
		if t.Verdict == eval.Fail || t.Verdict == eval.NotEnoughData {
			missed = append(missed, fmt.Sprintf("%s %s", t.Name, t.Verdict))
		}
	}
	if len(missed) > 0 {
		return fmt.Errorf("targets: %s", strings.Join(missed, ", "))
	}
	return nil
}
