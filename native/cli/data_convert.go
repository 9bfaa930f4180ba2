package cli

import (
	"context"

	"github.com/spf13/cobra"

	"graft/shared/dataset"
)

func (a *app) dataConvert() *cobra.Command {
	var data, output string
	var asJSON bool
	var columns func() (dataset.Columns, error)
	cmd := a.command("convert", text{"write data in another format", "把数据转换为另一种格式"},
		text{"convert reads any format graft knows and writes .csv, .tsv or .jsonl in UTF-8 under the usual names: text and label, prompt\nand completion, or messages (of ShareGPT and Alpaca, too). Files in GB18030 are recognised.",
			"convert 读取 graft 支持的任意格式,以 UTF-8 写出 .csv、.tsv 或 .jsonl,列名统一为 text 和 label、\nprompt 和 completion,或 messages(ShareGPT 与 Alpaca 亦转换为 messages)。能识别 GB18030 编码的文件。"},
		"graft data convert --data train.parquet --output train.csv\ngraft data convert --data alpaca.json --task-type CAUSAL_LM --output chat.jsonl",
		func(context.Context, []string) error {
			c, err := columns()
			if err != nil {
				return err
			}
			if data == "" || output == "" {
				return usagef("--data and --output name the file to read and the one to write")
			}
			t, err := a.readForeign(data, c)
			if err != nil {
				return err
			}
			if err := writeTable(output, t); err != nil {
				return err
			}
			return a.wrote(output, t, asJSON)
		})
	f, of := cmd.Flags(), a.lang.of
	f.StringVar(&data, "data", "", of(text{"file to read", "要读取的文件"}))
	f.StringVar(&output, "output", "", of(text{"file to write: .csv, .tsv or .jsonl", "输出文件:.csv、.tsv 或 .jsonl"}))
	columns = a.columnFlags(cmd)
	f.BoolVar(&asJSON, "json", false, of(msgJSON))
	return cmd
}
