package cli

import (
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/tetratelabs/wazero"
)

// edge has a subcommand for each thing one does with the engine of the web and the edge.
func (a *app) edge() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "edge",
		Short: a.lang.of(text{"run models at the edge", "在边缘运行模型"}),
		Example: `graft edge run --adapter out/finance "公司营收同比增长20%"
graft edge build --adapter out/finance --output-dir worker`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.edgeRun(), a.edgeBuild())
	return cmd
}

// wasmCache keeps what wazero compiles, so that only the first run waits for it; nil where there is no place for it.
func (a *app) wasmCache() wazero.CompilationCache {
	dir, err := os.UserCacheDir()
	if err != nil {
		return nil
	}
	c, err := wazero.NewCompilationCacheWithDir(filepath.Join(dir, "graft", "wasm"))
	if err != nil {
		return nil
	}
	return c
}
