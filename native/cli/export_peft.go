package cli

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"graft/native/store"
	"graft/shared/adapter"
	"graft/shared/train"
	"graft/shared/weights"
)

func (a *app) exportPEFT() *cobra.Command {
	var output string
	var m *modelFlags
	cmd := a.command("peft", text{"write an adapter as a PEFT directory", "把适配器写为 PEFT 目录"},
		text{"peft writes an adapter, such as a LoRA in a GGUF file, as the directory that Hugging Face's PEFT reads.",
			"peft 把适配器(例如 GGUF 文件中的 LoRA)写为 Hugging Face PEFT 可读取的目录。"},
		"graft export peft --model base --adapter lora.gguf --output-dir lora",
		func(ctx context.Context, _ []string) (err error) {
			if m.adapter == "" || output == "" {
				return usagef("--adapter and --output-dir are both needed")
			}
			o, err := a.open(m)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, o.Close()) }()
			config, err := o.adapter.Adapter.MarshalConfig()
			if err != nil {
				return err
			}
			var items []weights.Item
			for _, name := range o.adapter.Tensors.Names() {
				item, err := weights.ItemFrom(o.adapter.Tensors, name)
				if err != nil {
					return err
				}
				items = append(items, item)
			}
			files := []train.File{fileOf(adapter.ConfigName, config), {Name: adapter.WeightsName, Write: func(w io.Writer) error {
				return weights.WriteSafetensors(w, items, map[string]string{"format": "pt"})
			}}}
			if s := o.adapter.Sidecar; s != nil {
				data, err := s.Marshal()
				if err != nil {
					return err
				}
				files = append(files, fileOf(adapter.SidecarName, data))
			}
			if err := store.Write(ctx, output, files); err != nil {
				return err
			}
			a.note(text{"saved in %s", "已保存到 %s"}, output)
			return nil
		})
	m = a.modelFlags(cmd, 0)
	cmd.Flags().StringVar(&output, "output-dir", "", a.lang.of(text{"directory to write", "要写入的目录"}))
	return cmd
}
