package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"graft/native/term"
	"graft/shared/prompt/library"
)

// code is the language as the library names it.
func (l language) code() string {
	if l == chinese {
		return "zh"
	}
	return "en"
}

func (a *app) promptList() *cobra.Command {
	var asJSON bool
	cmd := a.command("list", text{"list the templates to begin with", "列出可用的模板"},
		text{"list names the templates of the library, in the language of --lang.", "list 列出模板库中的模板,语言由 --lang 决定。"},
		"graft prompt list\ngraft prompt list --lang zh --json",
		func(context.Context, []string) error {
			all, err := library.All(a.lang.code())
			if err != nil {
				return err
			}
			var rows [][]string
			for _, t := range all {
				if asJSON {
					if err := a.printJSON(t); err != nil {
						return err
					}
				}
				rows = append(rows, []string{t.Name, t.Description})
			}
			if asJSON {
				return nil
			}
			return a.out.Table([]term.Column{{Name: a.lang.of(text{"template", "模板"})}, {Name: a.lang.of(text{"is for", "用途"})}}, rows)
		})
	cmd.Flags().BoolVar(&asJSON, "json", false, a.lang.of(msgJSON))
	return cmd
}

func (a *app) promptShow() *cobra.Command {
	var tests bool
	cmd := a.command("show <template>", text{"print a template", "打印一个模板"},
		text{"show prints a template's .prompt file, or with --tests the file of its test cases.", "show 打印模板的 .prompt 文件;加 --tests 打印其测试用例文件。"},
		"graft prompt show extraction --lang zh\ngraft prompt show extraction --tests",
		func(_ context.Context, args []string) error {
			if len(args) != 1 {
				return usagef("expected the name of one template; graft prompt list has them")
			}
			t, err := library.Find(args[0], a.lang.code())
			if err != nil {
				return usageError{err}
			}
			source := t.Source
			if tests {
				source = t.Tests
			}
			_, err = fmt.Fprint(a.Stdout, source)
			return err
		})
	cmd.Args = cobra.ArbitraryArgs
	cmd.Flags().BoolVar(&tests, "tests", false, a.lang.of(text{"print the test cases", "打印测试用例"}))
	return cmd
}

func (a *app) promptNew() *cobra.Command {
	var template string
	var force bool
	cmd := a.command("new [file]", text{"begin a prompt from a template", "由模板新建提示词"},
		text{"new writes a template and its test cases to a .prompt file and a .test.yaml file beside it; without a name they are called\nas the template. Files that are there are kept unless --force.",
			"new 把模板及其测试用例写成 .prompt 文件与同目录的 .test.yaml 文件;未给出文件名时用模板名。\n已有文件不会被覆盖,除非加 --force。"},
		"graft prompt new --template classification --lang zh reviews.prompt",
		func(_ context.Context, args []string) error {
			if len(args) > 1 {
				return usagef("%q is one file too many", args[1])
			}
			t, err := library.Find(template, a.lang.code())
			if err != nil {
				return usageError{err}
			}
			path := t.Name + ".prompt"
			if len(args) == 1 {
				path = args[0]
			}
			base, ok := strings.CutSuffix(path, ".prompt")
			if !ok {
				return usagef("the file is %q, expected a name that ends in .prompt", path)
			}
			files := []struct{ path, text string }{{path, t.Source}, {base + ".test.yaml", t.Tests}}
			for _, f := range files {
				if _, err := os.Stat(f.path); !force && !errors.Is(err, fs.ErrNotExist) {
					return fmt.Errorf("%s is there already; --force replaces it", f.path)
				}
			}
			for _, f := range files {
				if err := os.MkdirAll(filepath.Dir(f.path), 0o777); err != nil {
					return err
				}
				if err := os.WriteFile(f.path, []byte(f.text), 0o666); err != nil {
					return err
				}
				fmt.Fprintln(a.Stdout, f.path)
			}
			return nil
		})
	cmd.Args = cobra.ArbitraryArgs
	f, of := cmd.Flags(), a.lang.of
	f.StringVar(&template, "template", "", of(text{"one of " + strings.Join(library.Names, ", "), "模板名:" + strings.Join(library.Names, "、")}))
	f.BoolVar(&force, "force", false, of(text{"replace files that are there", "覆盖已有文件"}))
	return cmd
}
