package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"graft/shared/adapter"
	"graft/shared/api"
	"graft/shared/engine"
	"graft/shared/tensor"
)

// answering is the default precision of activations where text is generated: 8 bits, as llama.cpp does.
const answering = 8

func (a *app) generate() *cobra.Command {
	var r api.GenerateRequest
	var asJSON bool
	var m *modelFlags
	var sampling *samplingFlags
	cmd := a.command("generate", text{"continue a text", "续写文本"},
		text{"generate continues a prompt. The text is printed as it comes; with --json it is one line with counts and speed.\nA prompt of - is read from standard input.",
			"generate 续写提示文本,边生成边输出;使用 --json 时为一行,含计数和速度。\n提示为 - 时从标准输入读取。"},
		`graft generate --model smollm2.gguf --prompt "The capital of France is" --max-new-tokens 16 --temperature 0`,
		func(ctx context.Context, _ []string) error {
			if r.Prompt == "-" {
				data, err := io.ReadAll(io.LimitReader(a.Stdin, maxPrompt+1))
				if err != nil {
					return fmt.Errorf("standard input: %w", err)
				}
				r.Prompt = string(data)
			}
			if r.Prompt == "" {
				return usagef("--prompt is empty")
			}
			if len(r.Prompt) > maxPrompt {
				return usagef("the prompt is longer than %d bytes", maxPrompt)
			}
			var err error
			if r.ResponseFormat, err = sampling.format(); err != nil {
				return err
			}
			o, err := a.open(m)
			if err != nil {
				return err
			}
			defer o.Close()
			g, err := o.generator(sampling)
			if err != nil {
				return err
			}
			defer g.Close()
			if asJSON {
				out, err := g.Generate(ctx, r)
				if err != nil {
					return err
				}
				return a.printJSON(out)
			}
			for c, err := range g.Stream(ctx, r) {
				if err != nil {
					return err
				}
				if _, err := io.WriteString(a.Stdout, a.shown(c.Text)); err != nil {
					return err
				}
			}
			_, err = fmt.Fprintln(a.Stdout)
			return err
		})
	m = a.modelFlags(cmd, answering)
	cmd.Flags().StringVar(&r.Prompt, "prompt", "", a.lang.of(text{"text to continue; - reads standard input", "要续写的文本;- 表示从标准输入读取"}))
	sampling = a.samplingFlags(cmd, &r)
	cmd.Flags().BoolVar(&asJSON, "json", false, a.lang.of(msgJSON))
	return cmd
}

// generator readies what is open to generate.
func (o *opened) generator(s *samplingFlags) (*engine.Generator, error) {
	cache, err := s.cache()
	if err != nil {
		return nil, err
	}
	if o.adapter != nil && o.adapter.Adapter.Task() != adapter.CausalLM {
		return nil, fmt.Errorf("the adapter was trained for %s, expected %s to generate", o.adapter.Adapter.Task(), adapter.CausalLM)
	}
	return o.Generator(o.adapter, cache), nil
}

// maxPrompt is the longest prompt, in bytes.
const maxPrompt = 16 << 20

// shown is generated text as it may be written: on a terminal control characters, which could command it, are replaced;
// lines and tabs stay.
func (a *app) shown(s string) string {
	if !a.out.IsTerminal() {
		return s
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// samplingFlags are those of generate, chat and batch.
type samplingFlags struct {
	cacheType     string
	schema, regex string
	choices       []string
}

// format is the form answers are kept to, nil for none.
func (s *samplingFlags) format() (*api.ResponseFormat, error) {
	f := &api.ResponseFormat{Regex: s.regex, Choices: s.choices}
	switch text := strings.TrimSpace(s.schema); {
	case text == "":
		if s.regex == "" && s.choices == nil {
			return nil, nil
		}
	case text[0] == '{' || text == "true":
		f.JSONSchema = json.RawMessage(text)
	default:
		data, err := os.ReadFile(s.schema)
		if err != nil {
			return nil, fmt.Errorf("--json-schema: %w", err)
		}
		f.JSONSchema = data
	}
	return f, nil
}

// caches are the types that attention's keys and values may be kept in.
var caches = []tensor.DType{tensor.F16, tensor.Q8_0, tensor.F32}

func (s *samplingFlags) cache() (tensor.DType, error) {
	for _, d := range caches {
		if s.cacheType == d.String() {
			return d, nil
		}
	}
	return 0, usagef("--cache-type is %q, expected one of %v", s.cacheType, caches)
}

// samplingFlags adds the flags to a command; they set fields of r.
func (a *app) samplingFlags(cmd *cobra.Command, r *api.GenerateRequest) *samplingFlags {
	s := &samplingFlags{}
	f, of := cmd.Flags(), a.lang.of
	f.IntVar(&r.MaxNewTokens, "max-new-tokens", 0, of(text{"most tokens to generate; 0: 256, or as many as the model has room for", "最多生成的 token 数;0 为 256,或模型所能容纳的数量"}))
	f.Float64Var(&r.Temperature, "temperature", 0, of(text{"0 takes the most likely token, more is more varied", "0 取最可能的 token,越大越多样"}))
	f.IntVar(&r.TopK, "top-k", 0, of(text{"choose among the k most likely tokens; 0: all", "只在最可能的 k 个 token 中选;0 为全部"}))
	f.Float64Var(&r.TopP, "top-p", 0, of(text{"choose among the likeliest tokens that make up this probability; 0: all", "只在累计概率达到此值的 token 中选;0 为全部"}))
	f.Float64Var(&r.MinP, "min-p", 0, of(text{"leave out tokens below this share of the likeliest; 0: none", "略去概率低于最大值此比例的 token;0 为不略去"}))
	f.Float64Var(&r.RepetitionPenalty, "repetition-penalty", 0, of(text{"above 1 makes tokens that were said less likely; 0: off", "大于 1 时降低已出现 token 的概率;0 为关闭"}))
	f.StringArrayVar(&r.Stop, "stop", nil, of(text{"text that ends the answer; may be given more than once", "遇到此文本即停止;可多次给出"}))
	f.Uint64Var(&r.Seed, "seed", 0, of(text{"of what is drawn by chance", "随机种子"}))
	f.StringVar(&s.schema, "json-schema", "", of(text{"keep answers to a JSON Schema: a file, or the schema itself; true: any JSON", "让回答符合 JSON Schema:文件或 schema 本身;true 为任意 JSON"}))
	f.StringVar(&s.regex, "regex", "", of(text{"keep answers to a regular expression", "让回答符合正则表达式"}))
	f.StringArrayVar(&s.choices, "choice", nil, of(text{"keep answers to one of several texts; may be given more than once", "让回答为给定文本之一;可多次给出"}))
	s.cacheFlag(f, of)
	return s
}

// cacheFlag adds the flag of the cache's type.
func (s *samplingFlags) cacheFlag(f *pflag.FlagSet, of func(text) string) {
	f.StringVar(&s.cacheType, "cache-type", "f16", of(text{"what attention keys and values are kept in: f16, q8_0 (half the memory) or f32", "注意力的键和值的存储类型:f16、q8_0(内存减半)或 f32"}))
}
