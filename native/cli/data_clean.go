package cli

import (
	"context"

	"github.com/spf13/cobra"

	"graft/shared/dataset"
)

func (a *app) dataClean() *cobra.Command {
	var data, output string
	var against []string
	var clean dataset.Clean
	var asJSON bool
	var columns func() (dataset.Columns, error)
	cmd := a.command("clean", text{"leave duplicates, leaks and conflicts out", "去除重复、泄漏和标签冲突"},
		text{"clean writes a file without the rows that repeat an earlier one and, if asked, without near duplicates, rows whose\ntexts have different labels, and rows that test data has, too.",
			"clean 写出一个去掉重复行的文件;还可去掉近似重复、标签冲突的行,以及测试数据中也有的行。"},
		"graft data clean --data train.csv --near --conflicts --against test.csv --output clean.csv",
		func(context.Context, []string) error {
			c, err := columns()
			if err != nil {
				return err
			}
			if data == "" || output == "" {
				return usagef("--data and --output name the file to clean and the one to write")
			}
			table, err := a.readForeign(data, c)
			if err != nil {
				return err
			}
			for _, path := range against {
				t, err := a.readForeign(path, c)
				if err != nil {
					return err
				}
				clean.Against = append(clean.Against, t)
			}
			kept, removed := table.Cleaned(clean)
			if err := writeTable(output, kept); err != nil {
				return err
			}
			a.note(text{"%d of %d rows were left out", "去掉了 %d 行(共 %d 行)"}, len(removed), len(table.Rows))
			return a.wrote(output, kept, asJSON)
		})
	f, of := cmd.Flags(), a.lang.of
	f.StringVar(&data, "data", "", of(text{"file to clean", "要清洗的文件"}))
	f.StringVar(&output, "output", "", of(text{"file to write: .csv, .tsv or .jsonl", "输出文件:.csv、.tsv 或 .jsonl"}))
	f.BoolVar(&clean.Near, "near", false, of(text{"leave near duplicates out, too", "也去掉近似重复的行"}))
	f.BoolVar(&clean.Conflicts, "conflicts", false, of(text{"leave all rows out whose text has different labels", "去掉标签冲突的所有行"}))
	f.StringArrayVar(&against, "against", nil, of(text{"file whose rows are left out, such as test data; may be repeated", "其中的行也要去掉的文件,如测试数据;可重复"}))
	columns = a.columnFlags(cmd)
	f.BoolVar(&asJSON, "json", false, of(msgJSON))
	return cmd
}
