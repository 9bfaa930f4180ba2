// Package enginetest makes small adapters for tests of hosts.
package enginetest

import (
	"bytes"
	"context"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"graft/shared/adapter"
	"graft/shared/dataset"
	"graft/shared/engine"
	"graft/shared/train"
	"graft/shared/train/traintest"
)

// Labels are the classes of the adapters, in the order of their ids.
var Labels = []string{"负面", "正面"}

const rows = "text,label\n公司净利润大幅增长,1\n公司业绩大幅下滑,0\n订单创下历史新高,1\n公司被监管部门处罚,0\n"

// Train fits an adapter on four rows for so many epochs and returns its directory.
func Train(t testing.TB, b *engine.Base, m adapter.Method, task adapter.TaskType, epochs float64) fs.FS {
	t.Helper()
	columns := dataset.Columns{}
	if task == adapter.CausalLM {
		columns.Form = dataset.Plain
	}
	table, err := dataset.ReadCSV(strings.NewReader(rows), "rows.csv", columns)
	if err != nil {
		t.Fatal(err)
	}
	labels, err := dataset.NewLabels(Labels)
	if err != nil {
		t.Fatal(err)
	}
	a := train.Defaults()
	a.LearningRate, a.NumTrainEpochs, a.PerDeviceTrainBatchSize = 5e-3, epochs, 2
	job, err := (&engine.Training{Base: b, Method: m, Task: task, Labels: labels, Train: table, Eval: table,
		MaxLength: 32, Arguments: a, Store: traintest.NewStore(), Version: "test"}).Prepare()
	if err != nil {
		t.Fatal(err)
	}
	defer job.Close()
	for _, err := range job.Run(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
	}
	files, err := job.Files(nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := fstest.MapFS{}
	for _, f := range files {
		var w bytes.Buffer
		if err := f.Write(&w); err != nil {
			t.Fatal(err)
		}
		dir[f.Name] = &fstest.MapFile{Data: w.Bytes()}
	}
	return dir
}
