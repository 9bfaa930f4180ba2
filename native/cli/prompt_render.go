package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"graft/native/term"
	"graft/shared/prompt"
)

// promptRendering is the command line of prompt render.
type promptRendering struct {
	file, input, partials string
	set                   []string
	lenient, asJSON       bool
}

func (a *app) promptRender() *cobra.Command {
	var r promptRendering
	cmd := a.command("render [file]", text{"print the messages of a prompt", "打印提示词渲染出的消息"},
		text{"render fills a prompt in and prints its messages; with --json as one object with the prompt's metadata. The input is a JSON\nobject of the variables. One that has no other keys than input, context, messages, partials, schemas and options, none of\nwhich the template uses as a variable, is taken apart: input has the variables, context what @state, @auth and the like\nstand for, messages the conversation so far, partials their texts by name. Other partials are files beside the prompt:\n_name.prompt or name.prompt. A variable that is missing is an error unless the input's schema makes it optional.",
			"render 填充提示词并打印其消息;使用 --json 时打印一个对象,并含提示词的元数据。输入是变量的 JSON 对象。\n若对象只含 input、context、messages、partials、schemas、options 这些键,且模板未把它们当变量使用,则按键拆分:\ninput 为变量,context 为 @state、@auth 等所指的值,messages 为此前的对话,partials 为按名称给出的片段。\n其他片段取自提示词旁的文件 _name.prompt 或 name.prompt。缺少变量即报错,除非输入 schema 将其设为可选。"},
		"graft prompt render --file classify.prompt --input data.json --json\ngraft prompt render classify.prompt --set 客户反馈内容=很好用",
		func(_ context.Context, args []string) error {
			if len(args) > 0 && r.file == "" {
				r.file = args[0]
			}
			return a.renderPrompt(r)
		})
	cmd.Args = cobra.MaximumNArgs(1)
	a.renderingFlags(cmd, &r)
	f, of := cmd.Flags(), a.lang.of
	f.StringVar(&r.partials, "partials", "", of(text{"directory of partials; default: the prompt's", "片段所在目录(默认为提示词所在目录)"}))
	f.BoolVar(&r.lenient, "lenient", false, of(text{"show nothing for what is missing", "缺少的变量显示为空"}))
	return cmd
}

// renderingFlags adds the flags that say which prompt is filled in, and with what.
func (a *app) renderingFlags(cmd *cobra.Command, r *promptRendering) {
	f, of := cmd.Flags(), a.lang.of
	f.StringVar(&r.file, "file", "", of(text{"the .prompt file; - reads standard input", ".prompt 文件;- 表示从标准输入读取"}))
	f.StringVar(&r.input, "input", "", of(text{"JSON file with the variables; - reads standard input", "变量的 JSON 文件;- 表示从标准输入读取"}))
	f.StringArrayVar(&r.set, "set", nil, of(text{"variable as name=text; may be given more than once", "变量,形如 名称=文本;可多次给出"}))
	f.BoolVar(&r.asJSON, "json", false, of(msgJSON))
}

func (a *app) renderPrompt(r promptRendering) error {
	if r.file == "" {
		return usagef("--file names no prompt; - reads standard input")
	}
	if r.file == "-" && r.input == "-" {
		return usagef("--file and --input both read standard input")
	}
	source, err := a.readInput(r.file)
	if err != nil {
		return err
	}
	values, err := a.readValues(r)
	if err != nil {
		return err
	}
	p, in, err := parsePrompt(string(source), values)
	if err != nil {
		return fmt.Errorf("%s: %w", r.file, err)
	}
	given := in.Partial
	in.Lenient = r.lenient
	in.Partial = func(name string) (string, bool, error) {
		if text, ok, _ := given(name); ok {
			return text, true, nil
		}
		return r.partial(name)
	}
	messages, err := p.Render(in)
	if err != nil {
		return fmt.Errorf("%s: %w", r.file, err)
	}
	if r.asJSON {
		out := prompt.NewObject()
		out.Set("messages", prompt.MessagesValue(messages))
		return a.printJSON(out.Merged(p.Describe()))
	}
	for i, m := range messages {
		if i > 0 {
			fmt.Fprintln(a.Stdout)
		}
		fmt.Fprintf(a.Stdout, "%s\n%s\n", a.out.Paint(term.Bold, "["+term.Clean(m.Role)+"]"), a.shown(strings.TrimRight(shownParts(m), "\n")))
	}
	return nil
}

// shownParts is a message for people: its text, and what media it has.
func shownParts(m prompt.Message) string {
	var b strings.Builder
	for _, p := range m.Content {
		switch {
		case p.Media != nil:
			fmt.Fprintf(&b, "[%s %s]", cmp.Or(p.Media.ContentType, "media"), p.Media.URL)
		default:
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

// readValues reads --input and --set.
func (a *app) readValues(r promptRendering) (*prompt.Object, error) {
	values := prompt.NewObject()
	if r.input != "" {
		data, err := a.readInput(r.input)
		if err != nil {
			return nil, err
		}
		v, err := prompt.ParseJSON(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.input, err)
		}
		o, ok := v.(*prompt.Object)
		if !ok {
			return nil, fmt.Errorf("%s: expected a JSON object of variables, got %.40s", r.input, prompt.FormatJSON(v, 0))
		}
		values = o
	}
	for _, s := range r.set {
		name, v, ok := strings.Cut(s, "=")
		if !ok {
			return nil, usagef("--set is %q, expected name=text", s)
		}
		values.Set(name, v)
	}
	return values, nil
}

// promptData are the keys of an input that is more than variables.
var promptData = []string{"input", "context", "messages", "partials", "schemas", "options"}

// parsePrompt reads a prompt and what it is rendered with.
func parsePrompt(source string, values *prompt.Object) (*prompt.Prompt, prompt.Input, error) {
	part := func(o *prompt.Object, key string) *prompt.Object {
		v, _ := o.Get(key)
		p, _ := v.(*prompt.Object)
		return p
	}
	whole := len(values.Keys()) > 0
	for _, k := range values.Keys() {
		whole = whole && slices.Contains(promptData, k) && (k == "messages" || part(values, k) != nil)
	}
	in := prompt.Input{Values: values, Partial: func(string) (string, bool, error) { return "", false, nil }}
	options := prompt.Options{}
	if whole {
		options.Schemas = part(values, "schemas")
	}
	p, err := prompt.Parse(source, options)
	if err != nil {
		return nil, in, err
	}
	for _, v := range p.Variables() {
		_, used := values.Get(v.Name)
		whole = whole && !used
	}
	if !whole {
		return p, in, nil
	}
	in.Values, in.Context = part(values, "input"), part(values, "context")
	if o := part(part(values, "options"), "input"); o != nil {
		p.Input = p.Input.Merged(o)
	}
	history, _ := values.Get("messages")
	if in.Messages, err = prompt.ParseMessages(history); err != nil {
		return nil, in, err
	}
	texts := part(values, "partials")
	in.Partial = func(name string) (string, bool, error) {
		v, _ := texts.Get(name)
		text, ok := v.(string)
		return text, ok, nil
	}
	return p, in, nil
}

// partial reads a partial from the directory.
func (r promptRendering) partial(name string) (string, bool, error) {
	dir := r.partials
	if dir == "" {
		dir = filepath.Dir(r.file)
	}
	path := filepath.FromSlash(name)
	if !filepath.IsLocal(path) {
		return "", false, fmt.Errorf("the partial %q is outside of the directory", name)
	}
	for _, file := range []string{filepath.Join(filepath.Dir(path), "_"+filepath.Base(path)+".prompt"), path + ".prompt"} {
		data, err := os.ReadFile(filepath.Join(dir, file))
		if err == nil {
			return string(data), true, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", false, err
		}
	}
	return "", false, nil
}
