package bench

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"

	"graft/shared/dataset"
)

// rowsSeed makes the sample of rows the same on every machine.
const rowsSeed = 42

// sampleRows writes n rows of a CSV file, picked at random, for all programs to read in the order of the file.
func sampleRows(from, to string, n int) error {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	table, err := dataset.Read(f, from, dataset.Columns{Form: dataset.Labelled})
	if err != nil {
		return err
	}
	if len(table.Rows) < n {
		return fmt.Errorf("%s: %d rows, and %d are wanted: take fewer steps or a smaller batch", from, len(table.Rows), n)
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Write([]string{"text", "label"})
	for _, i := range dataset.Order(len(table.Rows), rowsSeed, 0)[:n] {
		w.Write([]string{table.Rows[i].Text, table.Rows[i].Label})
	}
	if w.Flush(); w.Error() != nil {
		return w.Error()
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
		return err
	}
	return os.WriteFile(to, b.Bytes(), 0o666)
}
