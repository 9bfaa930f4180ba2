package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"graft/shared/chat"
)

// maxInput is the longest conversation read, in bytes.
const maxInput = 256 << 20

func (a *app) template() *cobra.Command {
	cmd := a.command("template", text{"work with chat templates", "使用对话模板"},
		text{"template has the commands about chat templates, by which a conversation becomes the text that a model reads.",
			"template 包含与对话模板有关的命令;对话模板把对话变成模型读入的文本。"},
		"graft template render --chat-template path/to/model --input conversation.json",
		func(context.Context, []string) error { return usagef("expected a command: render") })
	cmd.AddCommand(a.templateRender())
	return cmd
}

// rendering is the command line of template render.
type rendering struct {
	template, name, input, now string
	asJSON                     bool
}

// renderedSegment is a part of the text, for machines.
type renderedSegment struct {
	Text    string `json:"text"`
	Trusted bool   `json:"trusted"` // written by the template; only here special tokens are recognised
	Learn   bool   `json:"learn"`   // inside a generation block
	Message *int   `json:"message"` // that the text is from; null: none
	Role    string `json:"role,omitempty"`
}

func (a *app) templateRender() *cobra.Command {
	var r rendering
	cmd := a.command("render", text{"print the text that a model would read", "打印模型将读入的文本"},
		text{"render lays a conversation out by a chat template and prints the text, byte for byte. The input is a JSON object:\nmessages, and as needed tools, documents, bos_token, eos_token, add_generation_prompt and any other variable.\nWhat it leaves out stays undefined; special tokens come from the model's files if it names none. A string\nstrftime_now fixes the date. With --json the segments are printed: who wrote each part of the text.",
			"render 按对话模板排版一段对话,并逐字节打印文本。输入是一个 JSON 对象:messages,以及按需给出的 tools、documents、\nbos_token、eos_token、add_generation_prompt 和任意其他变量。未给出的变量保持未定义;未给出的特殊 token 取自模型文件。\n字符串 strftime_now 可固定日期。使用 --json 时打印各片段:文本的每一部分由谁写成。"},
		"graft template render --chat-template path/to/model --input conversation.json\ngraft template render --chat-template chat_template.jinja --input - --json < conversation.json",
		func(context.Context, []string) error { return a.renderTemplate(r) })
	f, of := cmd.Flags(), a.lang.of
	f.StringVar(&r.template, "chat-template", "", of(text{"a template, a tokenizer_config.json, a model's directory or a GGUF file", "模板文件、tokenizer_config.json、模型目录或 GGUF 文件"}))
	f.StringVar(&r.input, "input", "", of(text{"JSON file with the conversation; - reads standard input", "对话的 JSON 文件;- 表示从标准输入读取"}))
	f.StringVar(&r.name, "template-name", "", of(text{"which of several templates; default: tool_use with tools if there is one, else default", "有多个模板时用哪个(默认:给出 tools 且存在 tool_use 时用它,否则用 default)"}))
	f.StringVar(&r.now, "now", "", of(text{"time for strftime_now, as 2026-01-31 or 2026-01-31T12:00:00; default: the current time", "strftime_now 使用的时间,如 2026-01-31 或 2026-01-31T12:00:00(默认为当前时间)"}))
	f.BoolVar(&r.asJSON, "json", false, of(msgJSON))
	return cmd
}

func (a *app) renderTemplate(r rendering) error {
	if r.template == "" {
		return usagef("--chat-template names no template")
	}
	if r.input == "" {
		return usagef("--input names no conversation; - reads standard input")
	}
	path, err := a.resolve(r.template, "*.jinja", "*_config.json", "special_tokens_map.json", "chat_template.json")
	if err != nil {
		return err
	}
	config, err := chatConfig(path)
	if err != nil {
		return err
	}
	data, err := a.readInput(r.input)
	if err != nil {
		return err
	}
	in, err := chat.ParseInput(data)
	if err != nil {
		return fmt.Errorf("%s: %w", r.input, err)
	}
	if in.Now, err = timeOf(r.now); err != nil {
		return err
	}
	for name, token := range config.Tokens {
		_, isToken := in.Tokens[name]
		if _, isOther := in.Extra[name]; !isToken && !isOther {
			in.Tokens[name] = token
		}
	}
	src, err := config.Template(r.name, in.Tools != nil && in.Tools != chat.None())
	if err != nil {
		return fmt.Errorf("%s: %w", r.template, err)
	}
	t, err := chat.Parse(src)
	if err != nil {
		return fmt.Errorf("%s: %w", r.template, err)
	}
	result, err := t.Render(in)
	if err != nil {
		return fmt.Errorf("%s: %w", r.template, err)
	}
	if !r.asJSON {
		_, err = io.WriteString(a.Stdout, result.String())
		return err
	}
	for _, s := range result.Segments {
		out := renderedSegment{Text: s.Text, Trusted: s.Trusted, Learn: s.Learn, Role: s.Role}
		if s.Message >= 0 {
			out.Message = &s.Message
		}
		if err := a.printJSON(out); err != nil {
			return err
		}
	}
	return nil
}

// readInput reads a file, or standard input for -.
func (a *app) readInput(path string) ([]byte, error) {
	from := a.Stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		from = f
	}
	data, err := io.ReadAll(io.LimitReader(from, maxInput+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxInput {
		return nil, fmt.Errorf("%s: more than %d bytes", path, maxInput)
	}
	return data, nil
}

// timeOf reads --now; the zero time stands for the current one.
func timeOf(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04:05", time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, usagef("--now is %q, expected a time as 2026-01-31 or 2026-01-31T12:00:00", s)
}
