package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"graft/shared/api"
	"graft/shared/engine"
)

func (a *app) batch() *cobra.Command {
	var r api.GenerateRequest
	var m *modelFlags
	var sampling *samplingFlags
	var modules []string
	var limits engine.BatchOptions
	cmd := a.command("batch", text{"answer many requests at once", "批量生成"},
		text{"batch reads requests from standard input, a JSON object a line with prompt or messages and, if it likes, adapter,\nmax_new_tokens, temperature, top_k, top_p, min_p, repetition_penalty, seed, stop; what a line leaves out is as the flags say.\nThe answers are lines too, in the same order. Requests share passes and the beginnings of their prompts; each may name\none of the adapters that --lora-modules opens. A request that cannot be served is answered with its error.",
			"batch 从标准输入读取请求,每行一个 JSON 对象,含 prompt 或 messages,可选 adapter、max_new_tokens、temperature、\ntop_k、top_p、min_p、repetition_penalty、seed、stop;未写的取命令行参数的值。\n回答也是每行一个,顺序相同。请求共享计算与相同的提示前缀;每个请求可指定 --lora-modules 打开的某个适配器。\n无法处理的请求以错误作答。"},
		`graft batch --model smollm2.gguf --lora-modules polite=out/polite --lora-modules short=out/short < requests.jsonl`,
		func(ctx context.Context, _ []string) error {
			if m.adapter != "" {
				return usagef("--adapter: name adapters with --lora-modules name=directory")
			}
			var err error
			if limits.Cache, err = sampling.cache(); err != nil {
				return err
			}
			if r.ResponseFormat, err = sampling.format(); err != nil {
				return err
			}
			o, err := a.open(m)
			if err != nil {
				return err
			}
			defer o.Close()
			var adapters []engine.NamedAdapter
			for _, s := range modules {
				name, dir, ok := strings.Cut(s, "=")
				if !ok {
					return usagef("--lora-modules is %q, expected name=directory", s)
				}
				opened, err := a.openAdapter(o.Base, dir, m.anyBase)
				if err != nil {
					return err
				}
				adapters = append(adapters, engine.NamedAdapter{Name: name, Adapter: opened})
			}
			b, err := o.Batch(adapters, limits)
			if err != nil {
				return err
			}
			return errors.Join(a.answerRequests(ctx, b, r, limits.Sequences), b.Close())
		})
	m = a.modelFlags(cmd, answering)
	sampling = a.samplingFlags(cmd, &r)
	f, of := cmd.Flags(), a.lang.of
	f.StringArrayVar(&modules, "lora-modules", nil, of(text{"adapter requests may name, as name=directory; may be given more than once", "请求可指定的适配器,形如 名称=目录;可多次给出"}))
	f.IntVar(&limits.Sequences, "sequences", 16, of(text{"texts that are generated at once", "同时生成的文本数"}))
	f.IntVar(&limits.Context, "context", 0, of(text{"room for tokens of all texts together; 0: the model's longest text", "所有文本共用的上下文长度;0 为模型的最大长度"}))
	return cmd
}

// requestAnswer is a line of batch's output.
type requestAnswer struct {
	Index   int    `json:"index"` // of the request, from 0
	Adapter string `json:"adapter,omitempty"`
	*api.Generation
	Error string `json:"error,omitempty"`
}

// answerRequests answers the lines of standard input in their order. Several times as many as are generated at once wait, so that
// passes are always full.
func (a *app) answerRequests(ctx context.Context, b *engine.Batch, defaults api.GenerateRequest, sequences int) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answers := make(chan chan requestAnswer, 4*max(sequences, 1))
	var readErr error
	go func() {
		defer close(answers)
		in := bufio.NewScanner(a.Stdin)
		in.Buffer(nil, maxPrompt)
		for index := 0; in.Scan(); {
			line := bytes.TrimSpace(in.Bytes())
			if len(line) == 0 {
				continue
			}
			r, err := parseRequest(line, defaults)
			out := make(chan requestAnswer, 1)
			select {
			case answers <- out:
			case <-ctx.Done():
				return
			}
			go func(index int) { out <- answerRequest(ctx, b, r, index, err) }(index)
			index++
		}
		if err := in.Err(); err != nil {
			readErr = fmt.Errorf("standard input: %w", err)
		}
	}()
	for out := range answers {
		if err := a.printJSON(<-out); err != nil {
			return err
		}
	}
	return errors.Join(readErr, ctx.Err())
}

func parseRequest(line []byte, r api.GenerateRequest) (api.GenerateRequest, error) {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	err := d.Decode(&r)
	if err == nil && d.More() {
		err = errors.New("there is more after the JSON object")
	}
	if err == nil && (r.Prompt == "") == (len(r.Messages) == 0) {
		err = errors.New("expected one of prompt and messages")
	}
	return r, err
}

// answerRequest generates one text; bad is what was wrong with its line.
func answerRequest(ctx context.Context, b *engine.Batch, r api.GenerateRequest, index int, bad error) requestAnswer {
	out := requestAnswer{Index: index, Adapter: r.Adapter}
	if bad == nil {
		var g api.Generation
		if g, bad = b.Generate(ctx, r); bad == nil {
			out.Generation = &g
		}
	}
	if bad != nil {
		out.Error = bad.Error()
	}
	return out
}
