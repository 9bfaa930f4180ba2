package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"graft/native/runs"
	"graft/native/term"
)

// runsCommand lists the record of trainings, and has a subcommand for each thing that can be done with it.
func (a *app) runsCommand() *cobra.Command {
	var path string
	var asJSON bool
	cmd := a.command("runs", text{"list, compare and repeat the trainings of before", "列出、比较和重新执行以往的训练"},
		text{"runs lists what graft train, compare, run and advise --trial have recorded: settings, hashes of data, base and code,\nmetrics, predictions, time, memory and host.",
			"runs 列出 graft train、compare、run 和 advise --trial 的记录:设置、数据与基座及代码的哈希、\n指标、预测、时间、内存和主机。"},
		"graft runs --runs out/runs.db\ngraft runs show 3\ngraft runs compare 3 5\ngraft runs rerun 3",
		func(ctx context.Context, _ []string) error {
			return a.withBook(ctx, path, func(b *runs.Book) error { return a.listRuns(ctx, b, asJSON) })
		})
	f := cmd.PersistentFlags()
	f.StringVar(&path, "runs", "", a.lang.of(text{"file of the record; default: GRAFT_RUNS, out/runs.db or runs.db", "记录文件(默认取 GRAFT_RUNS、out/runs.db 或 runs.db)"}))
	cmd.Flags().BoolVar(&asJSON, "json", false, a.lang.of(msgJSON))
	cmd.AddCommand(a.runsShow(&path), a.runsCompare(&path), a.runsRerun(&path))
	return cmd
}

// withBook does something with a record that is there.
func (a *app) withBook(ctx context.Context, path string, do func(*runs.Book) error) (err error) {
	if path == "" {
		path = a.Getenv("GRAFT_RUNS")
	}
	if path == "" {
		for _, path = range []string{filepath.Join("out", runsName), runsName} {
			if _, err := os.Stat(path); err == nil {
				break
			}
		}
	}
	if path == noRuns {
		return usagef("GRAFT_RUNS is %s; name the file of the record with --runs", noRuns)
	}
	b, err := runs.OpenExisting(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	return do(b)
}

// ids reads the numbers of runs from a command's arguments.
func ids(args []string, n int, into *[]int64) error {
	if len(args) != n {
		return usagef("%d arguments, expected the numbers of %d runs", len(args), n)
	}
	for _, s := range args {
		id, err := strconv.ParseInt(s, 10, 64)
		if err != nil || id < 1 {
			return usagef("run %q, expected a number as graft runs lists them", s)
		}
		*into = append(*into, id)
	}
	return nil
}

var statusTexts = map[runs.Status]text{
	runs.Running: {"running", "进行中"}, runs.Finished: {"finished", "完成"}, runs.Stopped: {"stopped", "提前停止"},
	runs.Failed: {"failed", "失败"}, runs.Interrupted: {"interrupted", "被中断"},
}

func (a *app) listRuns(ctx context.Context, b *runs.Book, asJSON bool) error {
	all, err := b.List(ctx, "")
	if err != nil {
		return err
	}
	if asJSON {
		for _, r := range all {
			if err := a.printJSON(r); err != nil {
				return err
			}
		}
		return nil
	}
	of := a.lang.of
	columns := []term.Column{{Name: "ID", Right: true}, {Name: of(text{"started", "开始"})}, {Name: of(text{"run", "运行"})}, {Name: of(text{"method", "方法"})}, {Name: of(text{"state", "状态"})},
		{Name: of(text{"steps", "步数"}), Right: true}, {Name: of(text{"score", "得分"}), Right: true}, {Name: of(text{"test accuracy", "测试准确率"}), Right: true}, {Name: of(text{"time", "用时"}), Right: true}, {Name: of(text{"memory", "内存"}), Right: true}}
	var rows [][]string
	for _, r := range all {
		rows = append(rows, []string{fmt.Sprint(r.ID), r.Started.Local().Format("2006-01-02 15:04"), term.Clean(r.Name), term.Clean(r.Method), of(statusTexts[r.Status]),
			fmt.Sprintf("%d/%d", r.Steps, r.Of), score4(r.Score), metric4(r.Test, "accuracy"), short(r.Seconds), term.Bytes(r.PeakMemory)})
	}
	return a.out.Table(columns, rows)
}

func score4(s *float64) string {
	if s == nil {
		return ""
	}
	return fmt.Sprintf("%.4f", *s)
}

func metric4(m map[string]float64, name string) string {
	if v, ok := m[name]; ok {
		return fmt.Sprintf("%.4f", v)
	}
	return ""
}

func (a *app) runsShow(path *string) *cobra.Command {
	var id []int64
	var asJSON bool
	cmd := a.command("show <id>", text{"show all that is known of a run", "显示一次运行的全部记录"},
		text{"show tells what a run was made of, what it took and what came out, with every evaluation.", "show 显示一次运行的组成、开销、结果和每次评估。"},
		"graft runs show 3\ngraft runs show 3 --json",
		func(ctx context.Context, _ []string) error {
			return a.withBook(ctx, *path, func(b *runs.Book) error {
				r, err := b.Get(ctx, id[0])
				if err != nil {
					return err
				}
				evaluations, err := b.Evaluations(ctx, r.ID)
				if err != nil {
					return err
				}
				if asJSON {
					return a.printJSON(struct {
						*runs.Run
						Evaluations []runs.Evaluation `json:"evaluations"`
					}{r, evaluations})
				}
				return a.showRun(r, evaluations)
			})
		})
	cmd.Args = func(_ *cobra.Command, args []string) error { return ids(args, 1, &id) }
	cmd.Flags().BoolVar(&asJSON, "json", false, a.lang.of(msgJSON))
	return cmd
}

func (a *app) showRun(r *runs.Run, evaluations []runs.Evaluation) error {
	of := a.lang.of
	var rows [][]string
	add := func(name text, value string) {
		if value != "" {
			rows = append(rows, []string{of(name), term.Clean(value)})
		}
	}
	add(text{"run", "运行"}, fmt.Sprintf("%d %s", r.ID, r.Name))
	add(text{"state", "状态"}, of(statusTexts[r.Status]))
	add(text{"error", "错误"}, r.Error)
	if r.AgainOf > 0 {
		add(text{"repeats run", "重复自运行"}, fmt.Sprint(r.AgainOf))
	}
	add(text{"search", "搜索"}, r.Search)
	add(text{"started", "开始"}, r.Started.Local().Format(time.DateTime))
	add(text{"time", "用时"}, short(r.Seconds))
	add(text{"steps", "步数"}, fmt.Sprintf("%d/%d", r.Steps, r.Of))
	add(text{"rows", "训练行数"}, fmt.Sprint(r.Rows))
	add(text{"trained parameters", "训练参数"}, term.Count(r.Trainable))
	add(text{"memory (planned, peak of the process)", "内存(计划、进程峰值)"}, term.Bytes(r.PlannedMemory)+", "+term.Bytes(r.PeakMemory))
	add(text{"host", "主机"}, fmt.Sprintf("%s, %s, %s, %d cores, %s, %s", r.Host.Name, r.Host.Platform, r.Host.CPU, r.Host.Cores, term.Bytes(r.Host.Memory), r.Host.Device))
	add(text{"folder", "目录"}, r.Folder)
	add(text{"output", "输出"}, r.Output)
	add(text{"graft", "graft"}, r.Graft)
	for _, h := range hashRows(r.Hashes) {
		add(h.name, h.value)
	}
	add(text{"score", "得分"}, score4(r.Score))
	if err := a.out.Table([]term.Column{{Name: of(text{"what", "项目"})}, {Name: of(msgValue)}}, rows); err != nil {
		return err
	}
	if names := metricNames(r.Valid, r.Test); len(names) > 0 {
		rows = nil
		for _, name := range names {
			rows = append(rows, []string{name, metric4(r.Valid, "eval_"+name), metric4(r.Test, name)})
		}
		fmt.Fprintln(a.Stdout)
		if err := a.out.Table([]term.Column{{Name: of(msgMetric)}, {Name: of(text{"validation", "验证"}), Right: true}, {Name: of(text{"test", "测试"}), Right: true}}, rows); err != nil {
			return err
		}
	}
	if len(evaluations) > 0 {
		rows = nil
		for _, e := range evaluations {
			rows = append(rows, []string{fmt.Sprint(e.Step), metric4(e.Metrics, "eval_loss"), metric4(e.Metrics, "eval_accuracy"), metric4(e.Metrics, "eval_macro_f1")})
		}
		fmt.Fprintln(a.Stdout)
		if err := a.out.Table([]term.Column{{Name: of(text{"step", "步"}), Right: true}, {Name: "eval_loss", Right: true}, {Name: "accuracy", Right: true}, {Name: "macro_f1", Right: true}}, rows); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(a.Stdout, "\n%s\n%s", of(text{"Recipe", "配方"}), r.Recipe)
	return err
}

// namedHash is one of a run's.
type namedHash struct {
	name  text
	value string
}

func hashRows(h runs.Hashes) []namedHash {
	return []namedHash{
		{text{"training data sha256", "训练数据 sha256"}, h.Train}, {text{"validation data sha256", "验证数据 sha256"}, h.Valid}, {text{"test data sha256", "测试数据 sha256"}, h.Test},
		{text{"base sha256", "基座 sha256"}, h.Base}, {text{"adapter it began from sha256", "起始适配器 sha256"}, h.Start}, {text{"program sha256", "程序 sha256"}, h.Code},
		{text{"trained weights sha256", "训练所得权重 sha256"}, h.Result},
	}
}

// metricNames are those that a person wants to read of validation and test data, in the order of reports.
func metricNames(valid, test map[string]float64) []string {
	names := []string{"accuracy", "macro_f1", "precision", "recall", "f1", "mcc", "roc_auc", "log_loss", "ece", "loss", "perplexity"}
	return slices.DeleteFunc(names, func(name string) bool {
		_, a := valid["eval_"+name]
		_, b := test[name]
		return !a && !b
	})
}
