package cli

import (
	"context"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"graft/native/recipe"
	"graft/native/runs"
	"graft/native/term"
)

// repeated is what a run that was made again says of the one before.
type repeated struct {
	Run     int64    `json:"run"`
	AgainOf int64    `json:"again_of"`
	Inputs  []string `json:"inputs_that_differ"`
	Same    bool     `json:"same_weights"` // bit for bit
	Metrics []string `json:"metrics_that_differ"`
}

func (a *app) runsRerun(path *string) *cobra.Command {
	var id []int64
	var output string
	var asJSON bool
	cmd := a.command("rerun <id>", text{"repeat a run exactly, and compare what comes out", "精确重复一次运行并比较结果"},
		text{"rerun trains with the recipe, the data and the seed of a run that is recorded. On the same machine the same weights come\nout, bit for bit; if data, base or program have changed since, it says which. The exit code is 1 if the weights differ.",
			"rerun 用已记录运行的配方、数据和种子重新训练。在同一台机器上得到逐位相同的权重;\n如果数据、基座或程序已改变,会指出是哪一项。权重不同时退出码为 1。"},
		"graft runs rerun 3\ngraft runs rerun 3 --output-dir out/again --json",
		func(ctx context.Context, _ []string) error {
			return a.withBook(ctx, *path, func(b *runs.Book) error {
				was, err := b.Get(ctx, id[0])
				if err != nil {
					return err
				}
				return a.rerun(ctx, b, was, output, asJSON)
			})
		})
	cmd.Args = func(_ *cobra.Command, args []string) error { return ids(args, 1, &id) }
	f, of := cmd.Flags(), a.lang.of
	f.StringVar(&output, "output-dir", "", of(text{"where the run writes; default: rerun-<id> beside the record", "输出目录(默认为记录文件旁的 rerun-<id>)"}))
	f.BoolVar(&asJSON, "json", false, of(msgJSON))
	return cmd
}

func (a *app) rerun(ctx context.Context, b *runs.Book, was *runs.Run, output string, asJSON bool) error {
	if was.Status != runs.Finished && was.Status != runs.Stopped {
		return fmt.Errorf("run %d is %s, expected one that is %s or %s", was.ID, was.Status, runs.Finished, runs.Stopped)
	}
	r := recipe.Defaults()
	if err := recipe.Parse([]byte(was.Recipe), fmt.Sprintf("recipe of run %d", was.ID), &r); err != nil {
		return err
	}
	for _, p := range []*string{&r.Model, &r.Tokenizer, &r.Adapter, &r.TrainFile, &r.Valid, &r.Test} {
		*p = fromFolder(was.Folder, *p)
	}
	if r.OutputDir = output; output == "" {
		r.OutputDir = filepath.Join(filepath.Dir(b.Path()), fmt.Sprintf("rerun-%d", was.ID))
	}
	r.Overwrite = true
	if err := r.Check(); err != nil {
		return fmt.Errorf("run %d: %w", was.ID, err)
	}
	quiet := *a
	if asJSON { // standard output is for the answer alone
		quiet.Stdout, quiet.out = io.Discard, term.Plain(io.Discard)
	}
	t := &training{app: &quiet, recipe: r, runs: b.Path(), again: was.ID, part: was.Part}
	if was.Status == runs.Stopped {
		t.until = was.Steps
	}
	now, err := t.hashes()
	if err != nil {
		return err
	}
	out := repeated{AgainOf: was.ID, Inputs: inputsThatDiffer(was.Hashes, now), Metrics: []string{}}
	if len(out.Inputs) > 0 {
		a.warn([]string{fmt.Sprintf(a.lang.of(text{"not what run %d was made of: %s", "与运行 %d 不同的输入:%s"}), was.ID, strings.Join(out.Inputs, ", "))})
	}
	if err := t.run(ctx); err != nil {
		return err
	}
	got := t.record.run
	out.Run, out.Same = got.ID, got.Hashes.Result == was.Hashes.Result
	for _, m := range []struct {
		name     string
		was, got map[string]float64
	}{{"validation", was.Valid, got.Valid}, {"test", was.Test, got.Test}} {
		for _, name := range slices.Sorted(maps.Keys(m.got)) {
			if x, y := m.was[name], m.got[name]; x != y && !(math.IsNaN(y) && x == 0) {
				out.Metrics = append(out.Metrics, m.name+" "+name)
			}
		}
	}
	if asJSON {
		err = a.printJSON(out)
	} else if out.Same {
		_, err = fmt.Fprintf(a.Stdout, a.lang.of(text{"\nrun %d gives the weights of run %d, bit for bit\n", "\n运行 %d 得到与运行 %d 逐位相同的权重\n"}), out.Run, out.AgainOf)
	}
	if err == nil && !out.Same {
		err = fmt.Errorf("run %d gives other weights than run %d; inputs that differ: %s; metrics that differ: %s", out.Run, was.ID, listed(out.Inputs), listed(out.Metrics))
	}
	return err
}

func listed(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// fromFolder is a path that a recipe of another working directory names. A name that is no file there, as one of the hub, stays.
func fromFolder(folder, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	if there := filepath.Join(folder, path); there != path {
		if _, err := os.Stat(there); err == nil {
			return there
		}
	}
	return path
}
