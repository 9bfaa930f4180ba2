package cli

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"graft/shared/dataset"
)

// writeTable writes a table as .csv or .tsv, which hold texts with labels and prompts with completions, or as .jsonl, which
// holds everything. The file is there whole or not at all, and one that is there is not replaced.
func writeTable(path string, t *dataset.Table) error {
	var b bytes.Buffer
	var err error
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case ".csv", ".tsv":
		err = writeSeparated(&b, t, map[string]rune{".csv": ',', ".tsv": '\t'}[ext])
	case ".jsonl":
		err = writeLines(&b, t)
	default:
		err = fmt.Errorf("file type %q is not written, expected .csv, .tsv or .jsonl", ext)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if _, err := os.Stat(path); err == nil {
		return fmt.Errorf("%s is there already: remove it, or give another name", path)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".writing-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err = f.Write(b.Bytes()); err == nil {
		err = f.Chmod(0o644)
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func writeSeparated(b *bytes.Buffer, t *dataset.Table, comma rune) error {
	w := csv.NewWriter(b)
	w.Comma = comma
	switch t.Form {
	case dataset.Labelled:
		w.Write([]string{"text", "label"})
	case dataset.Completion:
		w.Write([]string{"prompt", "completion"})
	case dataset.Plain:
		w.Write([]string{"text"})
	default:
		return fmt.Errorf("%v do not fit a table of texts, expected a .jsonl file", t.Form)
	}
	for _, r := range t.Rows {
		switch t.Form {
		case dataset.Labelled:
			w.Write([]string{r.Text, r.Label})
		case dataset.Completion:
			w.Write([]string{r.Prompt, r.Completion})
		default:
			w.Write([]string{r.Text})
		}
	}
	w.Flush()
	return w.Error()
}

func writeLines(b *bytes.Buffer, t *dataset.Table) error {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	for _, r := range t.Rows {
		var v any
		switch t.Form {
		case dataset.Labelled:
			v = struct {
				Text  string `json:"text"`
				Label string `json:"label"`
			}{r.Text, r.Label}
		case dataset.Completion:
			v = struct {
				Prompt     string `json:"prompt"`
				Completion string `json:"completion"`
			}{r.Prompt, r.Completion}
		case dataset.Chat:
			v = struct {
				Messages []dataset.Message `json:"messages"`
			}{r.Messages}
		default:
			v = struct {
				Text string `json:"text"`
			}{r.Text}
		}
		if err := e.Encode(v); err != nil {
			return err
		}
	}
	return nil
}
