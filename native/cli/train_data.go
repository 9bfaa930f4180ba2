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
