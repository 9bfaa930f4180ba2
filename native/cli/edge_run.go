package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/spf13/cobra"

	"graft/native/edge"
	"graft/native/sandbox"
	"graft/native/term"
	"graft/shared/api"
)

// edgeRun is one run of graft edge run.
type edgeRun struct {
	*app
	model, adapter, memory string
	anyBase, asJSON        bool
	timeout                time.Duration
	request                api.GenerateRequest
	activations            int
}

func (a *app) edgeRun() *cobra.Command {
	r := edgeRun{app: a}
	cmd := a.command("run [text…]", text{"run the edge's engine here, in a sandbox", "在本机沙箱中运行边缘引擎"},
		text{"run starts engine.wasm, the same file that browsers and edge workers get, in a sandbox without files or network, within\nlimits of memory and time, and classifies texts, or continues --prompt. It answers what the native program does.\nThe memory is planned before weights are read; what does not fit is refused with the bytes needed and allowed.",
			"run 在无文件、无网络的沙箱中启动 engine.wasm(浏览器与边缘使用的同一文件),在内存与时间限制内对文本分类,\n或续写 --prompt,结果与本机程序一致。读取权重前先计算内存,放不下时说明所需与允许的字节数。"},
		`graft edge run --adapter out/finance "公司营收同比增长20%"
graft edge run --model smollm2.gguf --prompt "The capital of France is" --max-new-tokens 8 --memory-limit 512MB --timeout 2m`,
		func(ctx context.Context, args []string) error { return r.run(ctx, args) })
	cmd.Args = cobra.ArbitraryArgs
	f, of := cmd.Flags(), a.lang.of
	f.StringVar(&r.model, "model", "", of(text{"base model: a Hugging Face directory, a GGUF file, or a name as graft pull takes it; default: the one the adapter names", "基础模型:Hugging Face 目录、GGUF 文件或 graft pull 接受的名称(默认为适配器记录的模型)"}))
	f.StringVar(&r.adapter, "adapter", "", of(text{"adapter: a PEFT directory, a GGUF file with a LoRA, or a name as graft pull takes it", "适配器:PEFT 目录、含 LoRA 的 GGUF 文件,或 graft pull 接受的名称"}))
	f.BoolVar(&r.anyBase, "any-base", false, of(text{"use an adapter on another base than it was trained on", "允许适配器用于训练时以外的基础模型"}))
	f.StringVar(&r.memory, "memory-limit", "1GB", of(text{"most memory of the engine and its kernels together", "引擎与计算核合计的内存上限"}))
	f.DurationVar(&r.timeout, "timeout", time.Minute, of(text{"longest time of one request, of a token where text is generated", "单个请求的最长时间;生成文本时为每个 token"}))
	f.IntVar(&r.activations, "activations", 0, of(text{"precision of activations in products with a quantised base: 0 (float32) or 8", "与量化权重相乘时激活的精度:0(float32)或 8"}))
	f.StringVar(&r.request.Prompt, "prompt", "", of(text{"text to continue, in place of texts to classify", "要续写的文本(代替分类)"}))
	f.IntVar(&r.request.MaxNewTokens, "max-new-tokens", 64, of(text{"most tokens to generate", "最多生成的 token 数"}))
	f.Float64Var(&r.request.Temperature, "temperature", 0, of(text{"0: the most likely token; higher: more varied", "0 为最可能的 token;越高越多样"}))
	f.Uint64Var(&r.request.Seed, "seed", 0, of(text{"of the choice of tokens", "采样的随机种子"}))
	f.BoolVar(&r.asJSON, "json", false, of(msgJSON))
	return cmd
}

func (r *edgeRun) run(ctx context.Context, texts []string) error {
	switch {
	case r.model == "" && r.adapter == "":
		return usagef("--model names no model")
	case r.request.Prompt == "" && len(texts) == 0:
		return usagef("there is neither a text to classify nor a --prompt")
	case r.request.Prompt != "" && len(texts) > 0:
		return usagef("there are texts to classify and a --prompt; give one of the two")
	case r.timeout <= 0:
		return usagef("--timeout is %v, expected more than 0", r.timeout)
	}
	limit, err := parseBytes(r.memory)
	if err != nil {
		return usagef("--memory-limit: %w", err)
	}
	s, err := r.sandbox(ctx, limit)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := r.ready(ctx, s, limit); err != nil {
		return err
	}
	if r.request.Prompt != "" {
		return r.write(ctx, s)
	}
	return r.classify(ctx, s, texts)
}

// adapterName is the adapter's in the engine.
const adapterName = "adapter"

// sandbox starts the engine that is built in.
func (r *edgeRun) sandbox(ctx context.Context, limit int64) (*sandbox.Sandbox, error) {
	if r.Edge.Dist == nil {
		return nil, edge.ErrNoRuntime
	}
	engine, err := fs.ReadFile(r.Edge.Dist, "engine.wasm")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, edge.ErrNoRuntime
	}
	if err != nil {
		return nil, err
	}
	return sandbox.New(ctx, sandbox.Options{Engine: engine, Kernels: r.Edge.SIMD, MemoryLimit: limit, Timeout: r.timeout, Cache: r.wasmCache()})
}

// ready opens the model and the adapter in the engine.
func (r *edgeRun) ready(ctx context.Context, s *sandbox.Sandbox, limit int64) error {
	open := api.OpenRequest{MemoryLimit: limit, Activations: r.activations, Tasks: []string{api.TaskClassify}}
	if r.request.Prompt != "" {
		open.Tasks = []string{api.TaskGenerate}
	}
	var adapter string
	if r.adapter != "" {
		var err error
		if adapter, err = r.resolve(r.adapter); err != nil {
			return err
		}
		side, err := sidecar(adapter)
		if err != nil {
			return err
		}
		open.LoadIn4Bit = side != nil && side.LoadIn4Bit
		if r.model == "" {
			if r.model, err = r.baseOf(adapter); err != nil {
				return err
			}
		}
	}
	path, err := r.resolve(r.model)
	if err != nil {
		return err
	}
	open.Name = r.model
	if open.Files, err = s.AddDirectory(path); err != nil {
		return err
	}
	if _, err := s.Ask(ctx, api.Request{Open: &open}); err != nil {
		return fmt.Errorf("%s: %w", r.model, err)
	}
	if adapter != "" {
		files, err := s.AddDirectory(adapter)
		if err != nil {
			return err
		}
		if _, err := s.Ask(ctx, api.Request{LoadAdapter: &api.LoadAdapterRequest{Name: adapterName, Files: files, AnyBase: r.anyBase}}); err != nil {
			return fmt.Errorf("%s: %w", r.adapter, err)
		}
		r.request.Adapter = adapterName
	}
	return nil
}

func (r *edgeRun) classify(ctx context.Context, s *sandbox.Sandbox, texts []string) error {
	a, err := s.Ask(ctx, api.Request{Classify: &api.ClassifyRequest{Texts: texts, Adapter: r.request.Adapter}})
	if err != nil {
		return err
	}
	for _, p := range a.Classify.Predictions {
		if r.asJSON {
			err = r.printJSON(p)
		} else {
			_, err = fmt.Fprintf(r.Stdout, "%s\t%.4f\t%s\n", term.Clean(p.Label), p.Confidence, term.Clean(p.Text))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// write continues the prompt, a token at a time.
func (r *edgeRun) write(ctx context.Context, s *sandbox.Sandbox) error {
	a, err := s.Ask(ctx, api.Request{Start: &r.request})
	if err != nil {
		return err
	}
	step := api.Request{Step: &api.StepRequest{Handle: a.Start.Handle}}
	for {
		if a, err = s.Ask(ctx, step); err != nil {
			return err
		}
		for _, c := range a.Step.Chunks {
			if r.asJSON {
				continue
			}
			if _, err := io.WriteString(r.Stdout, r.shown(c.Text)); err != nil {
				return err
			}
		}
		if !a.Step.Done {
			continue
		}
		if r.asJSON {
			return r.printJSON(a.Step.Generation)
		}
		_, err := fmt.Fprintln(r.Stdout)
		return err
	}
}
