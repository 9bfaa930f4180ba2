package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"graft/native/term"
)

// help writes the help of a command to standard output.
func (a *app) help(cmd *cobra.Command) {
	var b strings.Builder
	long := cmd.Long
	if long == "" {
		long = cmd.Short
	}
	fmt.Fprintf(&b, "%s\n\n%s\n  %s\n", long, a.lang.of(msgUsage), useLine(cmd))
	if cmd.Example != "" {
		fmt.Fprintf(&b, "\n%s\n  %s\n", a.lang.of(msgExamples), strings.ReplaceAll(cmd.Example, "\n", "\n  "))
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "\n%s\n", a.lang.of(msgCommands))
		var rows [][2]string
		for _, c := range cmd.Commands() {
			if c.IsAvailableCommand() {
				rows = append(rows, [2]string{c.Name(), c.Short})
			}
		}
		list(&b, rows)
	}
	for _, g := range a.flagGroups(cmd) {
		fmt.Fprintf(&b, "\n%s\n", g.title)
		list(&b, g.rows)
	}
	if !cmd.HasParent() {
		fmt.Fprintf(&b, "\n%s\n", a.lang.of(msgExitCodes))
	}
	io.WriteString(cmd.OutOrStdout(), b.String())
}

func useLine(cmd *cobra.Command) string {
	if cmd.HasAvailableSubCommands() {
		return cmd.CommandPath() + " <command> [flags]"
	}
	return strings.TrimSuffix(cmd.CommandPath(), cmd.Name()) + cmd.Use + " [flags]"
}

type flagGroup struct {
	title string
	rows  [][2]string
}

// groupKey and alsoKey annotate a flag: under which title help lists it, and by which other name it is known.
const (
	groupKey = "group"
	alsoKey  = "also"
)

// flagGroups are the flags of a command in the order they were added, the ungrouped ones first.
func (a *app) flagGroups(cmd *cobra.Command) []flagGroup {
	groups := []flagGroup{{title: a.lang.of(msgFlags)}}
	add := func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		title := groups[0].title
		if g := f.Annotations[groupKey]; len(g) > 0 {
			title = g[0]
		}
		i := 0
		for i < len(groups) && groups[i].title != title {
			i++
		}
		if i == len(groups) {
			groups = append(groups, flagGroup{title: title})
		}
		groups[i].rows = append(groups[i].rows, [2]string{flagName(f), a.flagHelp(f)})
	}
	cmd.Flags().SortFlags = false
	flags := cmd.LocalFlags()
	flags.SortFlags = false
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Name != "help" && f.Name != "lang" {
			add(f)
		}
	})
	if f := cmd.Root().PersistentFlags().Lookup("lang"); f != nil {
		add(f)
	}
	if len(groups[0].rows) == 0 {
		groups = groups[1:]
	}
	return groups
}

func flagName(f *pflag.Flag) string {
	name := "--" + f.Name
	if also := f.Annotations[alsoKey]; len(also) > 0 {
		name = "--" + also[0] + ", " + name
	}
	switch t := f.Value.Type(); t {
	case "bool":
	case "string":
		name += " text"
	case "stringArray", "stringSlice":
		name += " text…"
	case "float64Slice":
		name += " float…"
	case "float64":
		name += " float"
	case "uint64":
		name += " int"
	default:
		name += " " + t
	}
	return name
}

func (a *app) flagHelp(f *pflag.Flag) string {
	switch f.DefValue {
	case "", "0", "false", "[]":
		return f.Usage
	}
	return f.Usage + fmt.Sprintf(a.lang.of(text{" (default %s)", "(默认 %s)"}), f.DefValue)
}

// list writes two columns. A first one that is too wide gets a line of its own.
func list(b *strings.Builder, rows [][2]string) {
	const most = 34
	width := 0
	for _, r := range rows {
		if w := term.Width(r[0]); w <= most {
			width = max(width, w)
		}
	}
	for _, r := range rows {
		pad := width - term.Width(r[0])
		if pad < 0 {
			fmt.Fprintf(b, "  %s\n  %s  %s\n", r[0], strings.Repeat(" ", width), r[1])
			continue
		}
		fmt.Fprintf(b, "  %s%s  %s\n", r[0], strings.Repeat(" ", pad), r[1])
	}
}
