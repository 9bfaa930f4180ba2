package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"graft/native/plot"
	"graft/native/report"
	"graft/native/term"
	"graft/shared/adapter"
	"graft/shared/dataset"
	"graft/shared/eval"
)

// comparing is one run of graft compare.
type comparing struct {
	*app
	cmd         *cobra.Command
	data        string
	columns     dataset.Columns
	positive    string
	config      string
	report      string
	asJSON      bool
	predictions *predictionFlags
	model       *modelFlags
}

func (a *app) compare() *cobra.Command {
	c := &comparing{app: a, predictions: &predictionFlags{}}
	c.cmd = a.command("compare [name=]path…", text{"compare adapters, models or predictions on the same rows", "在相同数据上比较多个适配器、模型或预测文件"},
		text{`compare lets several systems answer the same rows and says which differences are more than chance: McNemar's test with
Holm's correction, paired bootstrap of accuracy and F1, the rows that one system mends or breaks. A path is a directory
(an adapter, or a model of its own) or a file of predictions as graft eval --predictions reads it.
--config names methods to train first, those excepted that are trained already. --report leaves the chart of F1,
latency and memory with JSON, Markdown, HTML, JUnit and CSV files.`,
			`compare 让多个系统回答相同的行,并指出哪些差异超出偶然:McNemar 检验(Holm 校正)、
准确率与 F1 的配对自助法,以及被修正或变错的行。路径可以是目录(适配器或完整模型),
也可以是 graft eval --predictions 可读的预测文件。--config 列出要先训练的方法(已训练的会跳过)。
--report 写出 F1、延迟、内存的柱状图以及 JSON、Markdown、HTML、JUnit、CSV 文件。`},
		`graft compare --data test.csv lora=out/lora qlora=out/qlora --report out/compare
graft compare ours.csv theirs.csv
graft compare --config examples/finance/compare.yaml`,
		c.run)
	c.cmd.Args = cobra.ArbitraryArgs
	f, of := c.cmd.Flags(), a.lang.of
	f.StringVar(&c.config, "config", "", of(text{"YAML of recipe, output_dir and methods: what to train, and to compare", "YAML:recipe、output_dir、methods,指定要训练并比较的方法"}))
	f.StringVar(&c.data, "data", "", of(text{"labelled data, for adapters and models; default: the test_file of --config", "适配器和模型所用的带标签数据(默认为 --config 的 test_file)"}))
	f.StringVar(&c.columns.Text, "text-column", "text", of(text{"column of the text", "文本所在列"}))
	f.StringVar(&c.columns.Label, "label-column", "label", of(text{"column of the label", "标签所在列"}))
	f.StringVar(&c.positive, "positive", "", of(text{"class that precision, recall and F1 are of, when there are two", "二分类时精确率、召回率和 F1 所针对的类别"}))
	c.predictions.add(a, c.cmd)
	c.model = a.modelFlags(c.cmd, 0)
	f.StringVar(&c.report, "report", "", of(text{"directory for the report and the chart; default with --config: report in its output_dir", "报告和图表的目录(使用 --config 时默认为 output_dir 中的 report)"}))
	f.BoolVar(&c.asJSON, "json", false, of(msgJSON))
	return c.cmd
}

// entrant is a system that is to be compared.
type entrant struct {
	name, path string
	training   *report.Training // nil if it is not known
}

func (c *comparing) run(ctx context.Context, args []string) error {
	if c.model.adapter != "" {
		return usagef("adapters to compare are arguments, not --adapter")
	}
	var entrants []entrant
	if c.config != "" {
		trained, err := c.trainAll(ctx)
		if err != nil {
			return err
		}
		entrants = trained
	}
	for _, arg := range args {
		name, path, named := strings.Cut(arg, "=")
		if !named {
			path = arg
			name = strings.TrimSuffix(filepath.Base(arg), filepath.Ext(arg))
		}
		if slices.ContainsFunc(entrants, func(e entrant) bool { return e.name == name }) {
			name = path
		}
		entrants = append(entrants, entrant{name: name, path: path})
	}
	if len(entrants) < 2 {
		return usagef("%d systems, expected at least two to compare", len(entrants))
	}
	scores, err := c.score(ctx, entrants)
	if err != nil {
		return err
	}
	return c.tell(entrants, scores)
}

// score measures every entrant, and gives all the classes the same order.
func (c *comparing) score(ctx context.Context, entrants []entrant) ([]*scored, error) {
	scores := make([]*scored, len(entrants))
	for i, e := range entrants {
		info, err := os.Stat(e.path)
		if err != nil {
			return nil, err
		}
		if info.IsDir() {
			scores[i], err = c.scoreModel(ctx, e)
		} else {
			scores[i], err = c.scoreFile(e)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.name, err)
		}
		scores[i].name = e.name
		c.warn(scores[i].result.Warnings)
	}
	var classes []string
	for _, s := range scores {
		for _, name := range s.answers.Classes() {
			if !slices.Contains(classes, name) {
				classes = append(classes, name)
			}
		}
	}
	for _, s := range scores {
		if slices.Equal(s.answers.Classes(), classes) {
			continue
		}
		answers, err := s.answers.WithClasses(classes)
		if err != nil {
			return nil, err
		}
		was := s.result
		if s.result, err = answers.Score(eval.Bootstrap{}); err != nil {
			return nil, err
		}
		s.answers = answers
		s.result.Warnings, s.result.Latency, s.result.ThroughputQPS, s.result.PeakMemoryBytes = was.Warnings, was.Latency, was.ThroughputQPS, was.PeakMemoryBytes
	}
	return scores, nil
}

func (c *comparing) scoreFile(e entrant) (*scored, error) {
	label := ""
	if f := c.cmd.Flags().Lookup("label-column"); f.Changed {
		label = f.Value.String()
	}
	o, err := c.predictions.options(label, c.positive)
	if err != nil {
		return nil, err
	}
	records, err := c.readRecords(e.path)
	if err != nil {
		return nil, err
	}
	return scoreRecords(records, o)
}

// scoreModel opens a directory for itself, so that its memory is its own.
func (c *comparing) scoreModel(ctx context.Context, e entrant) (_ *scored, err error) {
	if c.data == "" {
		return nil, usagef("--data names no file to compare models on")
	}
	table, err := readTable(c.data, c.columns)
	if err != nil {
		return nil, err
	}
	m := *c.model
	if _, err := os.Stat(filepath.Join(e.path, adapter.ConfigName)); err == nil {
		m.adapter = e.path
	} else if errors.Is(err, fs.ErrNotExist) {
		m.model = e.path
	}
	debug.FreeOSMemory()
	resetPeakMemory()
	o, err := c.open(&m)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, o.Close()) }()
	cl, err := o.Classifier(o.adapter)
	if err != nil {
		return nil, err
	}
	defer cl.Close()
	fmt.Fprintf(c.Stderr, "%s\n", e.name)
	return c.app.score(ctx, cl, table, c.positive)
}

// tell compares, writes and prints.
func (c *comparing) tell(entrants []entrant, scores []*scored) error {
	d := c.document(text{"Comparison", "比较报告"})
	var systems []eval.System
	for i, s := range scores {
		d.Identity = append(d.Identity, [2]string{s.name, entrants[i].path})
		x := s.system()
		x.Training = entrants[i].training
		d.Systems = append(d.Systems, x)
		systems = append(systems, eval.System{Name: s.name, Answers: s.answers})
		if d.Items == nil {
			d.Items = s.items()
		}
	}
	if c.data != "" {
		d.Identity = append(d.Identity, [2]string{"data", c.data}, [2]string{"data sha256", hashOf(c.data)})
	}
	var err error
	if d.Comparison, err = eval.CompareSystems(systems, eval.Bootstrap{}); err != nil {
		return err
	}
	bars := barsOf(d)
	d.Chart = func() ([]byte, error) {
		var b bytes.Buffer
		err := plot.WriteBars(&b, ".svg", bars)
		at := max(bytes.Index(b.Bytes(), []byte("<svg")), 0) // in a page the declaration before it has no place
		return b.Bytes()[at:], err
	}
	if c.report != "" {
		if err := report.Save(c.report, d); err != nil {
			return err
		}
		for _, name := range []string{"compare.svg", "compare.png"} {
			if err := plot.SaveBars(filepath.Join(c.report, name), bars); err != nil {
				return err
			}
		}
	}
	if c.asJSON {
		err = c.printJSON(d)
	} else {
		err = c.print(d)
	}
	if err == nil && c.report != "" {
		c.note(text{"report: %s", "报告:%s"}, filepath.Join(c.report, "report.html"))
	}
	return err
}

// barsOf are the chart's panels: F1, and latency and memory where they were measured. Latency is the median, since systems
// are measured one after another and a machine's other work would fall on one of them. Memory is that of training if it is known
// of all, else that of answering.
func barsOf(d *report.Document) plot.Bars {
	metric := d.Comparison.Metric
	var b plot.Bars
	f1 := plot.BarPanel{Title: strings.ReplaceAll(metric, "_f1", " F1") + ", 95 % interval", Format: "%.3f"}
	if metric == "f1" {
		f1.Title = "F1, 95 % interval"
	}
	latency := plot.BarPanel{Title: "median latency of one text, ms", Format: "%.2f"}
	memory := plot.BarPanel{Title: "peak memory, MB", Format: "%.0f"}
	trained, timed := true, false
	for _, s := range d.Systems {
		trained = trained && s.Training != nil
	}
	for _, s := range d.Systems {
		r := s.Result
		b.Names = append(b.Names, s.Name)
		f1.Values = append(f1.Values, r.Values[metric])
		f1.Low, f1.High = append(f1.Low, r.Intervals[metric].Low), append(f1.High, r.Intervals[metric].High)
		ms, bytes := math.NaN(), math.NaN()
		if r.Latency != nil {
			ms, bytes, timed = r.Latency.P50, float64(r.PeakMemoryBytes), true
		}
		if trained {
			bytes = float64(s.Training.PeakMemoryBytes)
			memory.Title = "peak memory of training, MB"
		}
		latency.Values, memory.Values = append(latency.Values, ms), append(memory.Values, bytes/1e6)
	}
	if b.Panels = []plot.BarPanel{f1}; timed {
		b.Panels = append(b.Panels, latency, memory)
	}
	return b
}

// print writes the systems and their differences for a person.
func (c *comparing) print(d *report.Document) error {
	of := c.lang.of
	metric := d.Comparison.Metric
	columns := []term.Column{{Name: of(text{"system", "系统"})}}
	for _, name := range []string{of(text{"accuracy", "准确率"}), metric, of(msgInterval), of(text{"median ms", "中位延迟 ms"}), of(text{"texts/s", "文本/秒"}), of(text{"memory", "内存"}),
		of(text{"training s", "训练秒数"}), of(text{"training memory", "训练内存"}), of(text{"trained", "训练参数"})} {
		columns = append(columns, term.Column{Name: name, Right: true})
	}
	var rows [][]string
	for _, s := range d.Systems {
		r := s.Result
		row := []string{term.Clean(s.Name), fmt.Sprintf("%.4f", r.Values["accuracy"]), fmt.Sprintf("%.4f", r.Values[metric]), r.Intervals[metric].String(), "", "", "", "", "", ""}
		if r.Latency != nil {
			row[4], row[5], row[6] = fmt.Sprintf("%.2f", r.Latency.P50), fmt.Sprintf("%.0f", r.ThroughputQPS), term.Bytes(r.PeakMemoryBytes)
		}
		if t := s.Training; t != nil {
			row[7], row[8], row[9] = fmt.Sprintf("%.1f", t.Seconds), term.Bytes(t.PeakMemoryBytes), term.Count(t.Trainable)
		}
		rows = append(rows, row)
	}
	if err := c.out.Table(columns, rows); err != nil {
		return err
	}
	fmt.Fprintln(c.Stdout)
	return c.out.Table(c.pairTable(d.Comparison))
}
