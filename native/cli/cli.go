// Package cli is the command line of graft: one file a subcommand, over package engine.
//
// A result goes to standard output, and with --json as lines for machines, nothing else. Progress, notes and errors go
// to standard error. Help and notes are in English or Chinese (language.go); errors of packages stay English.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"graft/native/edge"
	"graft/native/term"
	"graft/native/web"
	"graft/shared/device"
)

// Host is what the process gives the command line.
type Host struct {
	Version        string
	OpenDevice     func(threads int) (device.Device, error) // 0 threads: one for each core
	Web            web.Files                                // the page of graft web and its runtime
	Studio         web.Files                                // the same of graft studio
	Edge           edge.Runtime                             // what graft edge build puts into a Worker
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(string) string
}

// Exit codes.
const (
	exitOK          = 0
	exitFailure     = 1
	exitUsage       = 2
	exitInterrupted = 130 // as shells report a process that Ctrl-C ended
)

// usageError is a mistake in the command line itself.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, a ...any) error { return usageError{fmt.Errorf(format, a...)} }

// errInterrupted ends a command that was told to stop and has said what there is to say.
var errInterrupted = errors.New("interrupted")

// app is one run of the command line.
type app struct {
	Host
	lang   language
	ctx    context.Context
	err    *term.Screen // standard error
	out    *term.Screen // standard output
	models *downloads   // nil until it is needed
}

// Run runs the command that args name, without the program's name, and returns the exit code. Canceling ctx ends the
// command cleanly.
func (h Host) Run(ctx context.Context, args []string) int {
	a := &app{Host: h, ctx: ctx, lang: languageOf(args, h.Getenv), err: screen(h.Stderr), out: screen(h.Stdout)}
	root := a.root()
	root.SetArgs(args)
	root.SetIn(h.Stdin)
	root.SetOut(h.Stdout)
	root.SetErr(h.Stderr)
	cmd, err := root.ExecuteContextC(ctx)
	var usage usageError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errInterrupted):
		return exitInterrupted
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		a.note(msgStopped)
		return exitInterrupted
	case errors.As(err, &usage):
		fmt.Fprintf(h.Stderr, "%s: %v\n", cmd.CommandPath(), err)
		a.note(msgSeeHelp, cmd.CommandPath())
		return exitUsage
	}
	fmt.Fprintf(h.Stderr, "%s %s: %v\n", a.err.Paint(term.Red, a.lang.of(msgError)), cmd.CommandPath(), err)
	return exitFailure
}

func screen(w io.Writer) *term.Screen {
	if f, ok := w.(*os.File); ok {
		return term.New(f)
	}
	return term.Plain(w)
}

// note tells a person something, on standard error.
func (a *app) note(t text, args ...any) {
	fmt.Fprintf(a.Stderr, a.lang.of(t)+"\n", args...)
}

// root is the command graft itself.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "graft",
		Short: a.lang.of(text{"fine-tune language models and use the adapters everywhere", "微调语言模型,并在各处使用适配器"}),
		Long: a.lang.of(text{
			"graft fine-tunes language models on this machine and runs the adapters it makes.\nAdapters are Hugging Face PEFT directories.",
			"graft 在本机微调语言模型,并运行得到的适配器。\n适配器采用 Hugging Face PEFT 的目录格式。"}),
		Example: `graft train --config examples/finance/recipe.yaml --output-dir out/finance
graft predict --adapter out/finance "本季度公司营收同比增长20%,净利润超市场预期"`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
				return usagef("%q is not a command; did you mean %s?", args[0], near[0])
			}
			return usagef("%q is not a command", args[0])
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SuggestionsMinimumDistance = 2
	root.PersistentFlags().String("lang", "", a.lang.of(text{"language of help and notes: en or zh; default: of LC_ALL or LANG", "帮助和提示的语言:en 或 zh(默认取自 LC_ALL 或 LANG)"}))
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { a.help(cmd) })
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(
		a.train(),
		a.run(),
		a.eval(),
		a.compare(),
		a.predict(),
		a.embed(),
		a.generate(),
		a.batch(),
		a.chat(),
		a.decide(),
		a.inspect(),
		a.memory(),
		a.web(),
		a.studio(),
		a.quantize(),
		a.merge(),
		a.export(),
		a.pull(), a.push(), a.template(),
		a.promptCommand(),
		a.data(),
		a.runsCommand(),
		a.advise(),
		a.edge(),
		a.version(),
	)
	root.SetHelpCommand(&cobra.Command{Use: "help [command]", Hidden: true, RunE: func(_ *cobra.Command, args []string) error {
		cmd, _, err := root.Find(args)
		if err != nil {
			return usageError{err}
		}
		return cmd.Help()
	}})
	return root
}

// command is a subcommand. Its flags are added by the caller.
func (a *app) command(use string, short, long text, example string, run func(ctx context.Context, args []string) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: a.lang.of(short), Long: a.lang.of(long), Example: example,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return run(cmd.Context(), args) },
	}
}

func noArgs(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("%q is one argument too many; every value belongs to a flag", args[0])
	}
	return nil
}
