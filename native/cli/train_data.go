package cli

import (
	"graft/shared/adapter"
	"graft/shared/dataset"
)

func (t *training) classifies() bool { return t.recipe.Task == string(adapter.SeqCls) }

// readData reads the data files and finds the labels.
func (t *training) readData() error {
	r := &t.recipe
	columns := dataset.Columns{Form: dataset.CausalLM, Text: r.TextColumn, Label: r.LabelColumn, Prompt: r.PromptColumn, Completion: r.CompletionColumn, Messages: r.MessagesColumn}
	if t.classifies() {
		columns.Form = dataset.Labelled
	}
	for _, f := range []struct {
		path  string
		table **dataset.Table
	}{{r.TrainFile, &t.tables.train}, {r.Valid, &t.tables.valid}, {r.Test, &t.tables.test}} {
		if f.path == "" {
			continue
		}
		var err error
		if *f.table, err = readTable(f.path, columns); err != nil {
			return err
		}
	}
	if t.tables.valid == nil && r.ValidationSplit > 0 {
		t.tables.train, t.tables.valid = t.tables.train.Split(r.ValidationSplit, r.Seed)
		t.note(text{"validation_split: %d rows to train on, %d to validate on", "validation_split:训练 %d 行,验证 %d 行"}, len(t.tables.train.Rows), len(t.tables.valid.Rows))
	}
	t.tables.train = partOf(t.tables.train, t.part, r.Seed)
	if t.tables.valid == nil && r.EvalStrategy != "no" {
		if r.LoadBestModelAtEnd || r.EarlyStoppingPatience > 0 {
			return usagef("load_best_model_at_end and early_stopping_patience want a validation_file")
		}
		t.note(text{"no validation_file: nothing is evaluated while training", "没有 validation_file:训练中不评估"})
		r.EvalStrategy = "no"
	}
	if !t.classifies() {
		return nil
	}
	return t.readLabels()
}

// partOf are n rows of a table, drawn so that labels keep their shares; 0: all.
func partOf(t *dataset.Table, n int, seed uint64) *dataset.Table {
	if n > 0 && n < len(t.Rows) {
		_, t = t.Split(float64(n)/float64(len(t.Rows)), seed)
	}
	return t
}

// nearRows is the most rows whose near repeats are looked for before a training: more would take longer than some seconds.
const nearRows = 20_000

// warnOfData tells what in the data would spoil the training or its measurement.
func (t *training) warnOfData() {
	o := dataset.CheckOptions{}
	rows := len(t.tables.train.Rows)
	for _, table := range []*dataset.Table{t.tables.valid, t.tables.test} {
		if table != nil {
			o.Against = append(o.Against, table)
			rows += len(table.Rows)
		}
	}
	o.ExactOnly = rows > nearRows
	var warnings []string
	for _, f := range t.tables.train.Check(o).Findings {
		if f.Grave || f.Code == "near_leak" || f.Code == "near_shared" {
			warnings = append(warnings, t.sentence(f))
		}
	}
	t.warn(warnings)
}

// readLabels finds the label set and holds every file to it, before the model is opened, which may take long.
func (t *training) readLabels() error {
	err := t.tables.train.CheckClasses()
	if err == nil && len(t.recipe.Labels) > 0 {
		t.labels, err = dataset.NewLabels(t.recipe.Labels)
	} else if err == nil {
		t.labels, err = dataset.LabelsOf(t.tables.train)
	}
	if err != nil {
		return err
	}
	for _, table := range []*dataset.Table{t.tables.train, t.tables.valid, t.tables.test} {
		if table == nil {
			continue
		}
		if _, err := t.labels.IDs(table); err != nil {
			return err
		}
	}
	return nil
}
