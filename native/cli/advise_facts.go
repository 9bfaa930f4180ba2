package cli

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"graft/native/advise"
	"graft/shared/dataset"
	"graft/shared/model"
)

// mostImagined is how many rows stand for a file that there is not.
const mostImagined = 64

// imagine makes rows like those that the flags describe: plans and times depend on their number and length alone.
func (d *advising) imagine() {
	t := &dataset.Table{Name: "rows", Form: dataset.Labelled}
	if !d.classifies() {
		t.Form = dataset.Plain
	}
	var names []string
	for i := range d.labels {
		names = append(names, strconv.Itoa(i))
	}
	for i := range min(d.rows, mostImagined) {
		t.Rows = append(t.Rows, dataset.Row{Line: i + 1, Text: strings.Repeat("的 ", d.length/2), Label: names[i%d.labels]})
	}
	d.tables.train = t
	if d.classifies() {
		d.training.labels, _ = dataset.NewLabels(names) // numbers from 0 on are a set
	}
}

// gather makes facts of data and base.
func (d *advising) gather() error {
	f := &d.facts
	f.Task, f.Tenants, f.Budget, f.Rows = d.recipe.Task, d.tenants, d.budget, d.rows
	table := d.tables.train
	if d.recipe.TrainFile != "" {
		f.Rows = len(table.Rows)
	}
	if d.classifies() {
		f.Labels = d.training.labels.Len()
		ids, err := d.training.labels.IDs(table)
		if err != nil {
			return err
		}
		if d.recipe.TrainFile != "" {
			count := d.training.labels.Count(ids)
			f.Smallest, f.Largest = slices.Min(count), slices.Max(count)
		}
	}
	if d.base == nil {
		return nil
	}
	c := d.base.Model.Config()
	f.ModelType, f.Hidden = c.ModelType, c.HiddenSize
	parts, err := model.PartsOf(d.base.Model)
	if err != nil {
		return err
	}
	for _, name := range parts.Weights {
		s, err := parts.Shape(name)
		if err != nil {
			return err
		}
		f.Parameters += s.Len()
		if path, ok := strings.CutSuffix(name, ".weight"); ok && slices.Contains(parts.Linear, path) {
			f.PerRank += s[0] + s[1]
		}
	}
	var lengths []int
	for i := range table.Rows {
		n := len(d.base.Tokenizer.Encode(strings.TrimRight(table.Rows[i].Content(), "\n"), true).IDs)
		lengths = append(lengths, n)
		if !d.classifies() {
			f.LearntTokens += n
		}
	}
	if f.Rows > len(lengths) {
		f.LearntTokens *= f.Rows / len(lengths)
	}
	slices.Sort(lengths)
	f.LongTokens = min(lengths[len(lengths)*99/100], c.MaxPositionEmbeddings)
	return nil
}

// freeMemory is what the system says is available, 0 where it is not known.
func freeMemory() int64 {
	info, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(info)) {
		if rest, ok := strings.CutPrefix(line, "MemAvailable:"); ok {
			kib, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return kib << 10
		}
	}
	return 0
}

// sourcesOf lists what a reason rests on.
func sourcesOf(r advise.Reason) string {
	var ids []string
	for _, s := range r.Sources {
		ids = append(ids, s.ID)
	}
	return fmt.Sprintf("[%s]", strings.Join(ids, ", "))
}
