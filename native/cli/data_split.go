package cli

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"graft/shared/dataset"
)

func (a *app) dataSplit() *cobra.Command {
	var data, dir string
	var valid, test float64
	var seed uint64
	var asJSON bool
	var columns func() (dataset.Columns, error)
	cmd := a.command("split", text{"split a file into training, validation and test data", "把一个文件划分为训练、验证和测试数据"},
		text{"split sets shares of a file aside. Each label gives its share, rows of the same text stay together, and the same seed\ngives the same split. It writes train, validation and test files, .csv for labelled texts and .jsonl for others.",
			"split 按比例划分一个文件:每个标签按比例划出,相同文本的行不会分开,种子相同则结果相同。\n输出 train、validation 和 test 文件:带标签的文本为 .csv,其余为 .jsonl。"},
		"graft data split --data all.csv --validation-split 0.1 --test-split 0.1 --output-dir split",
		func(context.Context, []string) error {
			c, err := columns()
			if err != nil {
				return err
			}
			if data == "" || dir == "" {
				return usagef("--data and --output-dir name the file to split and the folder for its parts")
			}
			if !(valid >= 0 && test >= 0 && valid+test > 0 && valid+test < 1) {
				return usagef("--validation-split is %g and --test-split %g, expected shares that leave something to train on", valid, test)
			}
			rest, err := a.readForeign(data, c)
			if err != nil {
				return err
			}
			ext := ".jsonl"
			if rest.Form == dataset.Labelled {
				ext = ".csv"
			}
			rest, testPart := rest.Split(test, seed)
			rest, validPart := rest.Split(valid/(1-test), seed)
			for _, part := range []struct {
				name  string
				table *dataset.Table
			}{{"test", testPart}, {"validation", validPart}, {"train", rest}} {
				if len(part.table.Rows) == 0 {
					continue
				}
				path := filepath.Join(dir, part.name+ext)
				if err := writeTable(path, part.table); err != nil {
					return err
				}
				if err := a.wrote(path, part.table, asJSON); err != nil {
					return err
				}
			}
			return nil
		})
	f, of := cmd.Flags(), a.lang.of
	f.StringVar(&data, "data", "", of(text{"file to split", "要划分的文件"}))
	f.StringVar(&dir, "output-dir", "", of(text{"folder for the parts", "输出目录"}))
	f.Float64Var(&valid, "validation-split", 0.1, of(text{"share for validation", "验证数据的比例"}))
	f.Float64Var(&test, "test-split", 0.1, of(text{"share for testing", "测试数据的比例"}))
	f.Uint64Var(&seed, "seed", 42, of(text{"one seed, one split", "随机种子;种子相同则划分相同"}))
	columns = a.columnFlags(cmd)
	f.BoolVar(&asJSON, "json", false, of(msgJSON))
	return cmd
}

// wrote says that a file was written.
func (a *app) wrote(path string, t *dataset.Table, asJSON bool) error {
	if asJSON {
		return a.printJSON(struct {
			File string `json:"file"`
			Rows int    `json:"rows"`
		}{path, len(t.Rows)})
	}
	_, err := fmt.Fprintf(a.Stdout, a.lang.of(text{"%s: %d rows\n", "%s:%d 行\n"}), path, len(t.Rows))
	return err
}
