package cli

import (
	"context"
	"fmt"
	"runtime"

	"github.com/spf13/cobra"
)

func (a *app) version() *cobra.Command {
	var asJSON bool
	cmd := a.command("version", text{"print the version and what this build runs on", "打印版本与运行环境"},
		text{"version prints graft's version, the Go version it was built with, the platform and the device.", "version 打印 graft 的版本、编译所用的 Go 版本、平台与计算设备。"},
		"graft version --json",
		func(context.Context, []string) error {
			d, err := a.OpenDevice(0)
			if err != nil {
				return err
			}
			defer d.Close()
			v := struct {
				Version  string `json:"version"`
				Go       string `json:"go"`
				Platform string `json:"platform"`
				Device   string `json:"device"`
			}{a.Version, runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH, d.Name()}
			if asJSON {
				return a.printJSON(v)
			}
			_, err = fmt.Fprintf(a.Stdout, "graft %s, %s, %s, %s\n", v.Version, v.Go, v.Platform, v.Device)
			return err
		})
	cmd.Flags().BoolVar(&asJSON, "json", false, a.lang.of(msgJSON))
	return cmd
}
