package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"graft/native/edge"
	"graft/native/term"
	"graft/shared/engine"
	"graft/shared/weights"
)

// edgeBuild is one run of graft edge build.
type edgeBuild struct {
	*app
	worker                edge.Worker
	model, quantize       string
	adapters              []string
	output, places, limit string
	overwrite, asJSON     bool
}

func (a *app) edgeBuild() *cobra.Command {
	b := edgeBuild{app: a}
	w := &b.worker
	cmd := a.command("build", text{"make the folder of a Cloudflare Worker", "生成 Cloudflare Worker 的目录"},
		text{"build makes a folder that wrangler deploys: the engine, a model and its adapters, settings, and a README with the commands.\nThe Worker answers POST /v1/classify, /v1/chat/completions and /v1/embeddings to those who have a key. Its memory is planned\nby the very engine it gets, printed, and refused where it does not fit. A base whose adapters were trained in 4 bits is\nstored in NF4, unless --quantize says otherwise.",
			"build 生成可由 wrangler 部署的目录:引擎、模型及适配器、配置,以及写有命令的 README。\nWorker 向持有密钥者提供 POST /v1/classify、/v1/chat/completions 和 /v1/embeddings。内存由同一引擎事先计算并打印,\n放不下则拒绝生成。适配器若以 4 位训练,基础模型默认存为 NF4,可用 --quantize 更改。"},
		`graft edge build --adapter out/finance --output-dir worker
graft edge build --model base --adapter finance=out/finance --adapter tone=out/tone --output-dir worker
graft edge build --model all-MiniLM-L6-v2 --quantize nf4 --task embed --weights r2 --store models --output-dir worker`,
		func(ctx context.Context, _ []string) error { return b.run(ctx) })
	f, of := cmd.Flags(), a.lang.of
	f.StringVar(&b.model, "model", "", of(text{"base model: a Hugging Face directory, a GGUF file, or a name as graft pull takes it; default: the one the first adapter names", "基础模型:Hugging Face 目录、GGUF 文件或 graft pull 接受的名称(默认为第一个适配器记录的模型)"}))
	f.StringArrayVar(&b.adapters, "adapter", nil, of(text{"adapter, as PATH or NAME=PATH; may be given more than once; the first answers those who name none", "适配器,形如 路径 或 名称=路径;可多次给出;请求未指定时用第一个"}))
	f.StringVar(&b.output, "output-dir", "", of(text{"folder to write", "要写入的目录"}))
	f.BoolVar(&b.overwrite, "overwrite-output-dir", false, of(text{"replace what an earlier build wrote there", "替换先前生成的内容"}))
	f.StringVar(&w.Name, "name", "", of(text{"name of the Worker; default: graft- and the model's", "Worker 名称(默认为 graft- 加模型名)"}))
	f.StringVar(&b.quantize, "quantize", "", of(text{"store the base as nf4, q8_0, q4_0, q4_k_m, f16 or as it is (none); default: as the adapters were trained", "基础模型的存储:nf4、q8_0、q4_0、q4_k_m、f16,或不变(none);默认与训练适配器时一致"}))
	f.StringVar(&b.places, "weights", "assets", of(text{"where the Worker keeps the model: assets, bundle, r2 or kv", "模型存放处:assets、bundle、r2 或 kv"}))
	f.StringVar(&w.Store, "store", "", of(text{"the R2 bucket's name, or the KV namespace's id", "R2 存储桶名称或 KV 命名空间 id"}))
	f.StringVar(&w.Keys, "keys-namespace", "", of(text{"id of a KV namespace with API keys: SHA-256 of the key → its owner; beside the secret GRAFT_API_KEYS", "存放 API 密钥的 KV 命名空间 id:密钥的 SHA-256 → 所有者;与机密 GRAFT_API_KEYS 并用"}))
	f.StringVar(&b.limit, "memory-limit", term.Bytes(edge.DefaultMemoryLimit), of(text{"memory that the engine may take, of the 128 MB that Cloudflare gives", "引擎可用的内存(Cloudflare 共给 128 MB)"}))
	f.StringSliceVar(&w.Open.Tasks, "task", nil, of(text{"classify, generate or embed; default: all that the model does", "classify、generate 或 embed(默认为模型支持的全部)"}))
	f.IntVar(&w.Open.Context, "context", 0, of(text{"room for tokens of a conversation; 0: the model's longest, at most 2048", "对话的上下文长度;0 为模型的最大长度,至多 2048"}))
	f.StringVar(&w.Open.CacheType, "cache-type", "f16", of(text{"keys and values are kept as f16, f32 or q8_0", "键值缓存的类型:f16、f32 或 q8_0"}))
	f.IntVar(&w.Open.Activations, "activations", 0, of(text{"precision of activations in products with a quantised base: 0 (float32) or 8", "与量化权重相乘时激活的精度:0(float32)或 8"}))
	f.BoolVar(&b.asJSON, "json", false, of(msgJSON))
	return cmd
}

func (b *edgeBuild) run(ctx context.Context) (err error) {
	if err := b.Edge.Check(); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "graft-edge-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	if err := b.prepare(ctx, work); err != nil {
		return err
	}
	w := &b.worker
	b.note(text{"opening %s in the engine of the Worker", "在 Worker 的引擎中打开 %s"}, w.Model.Name)
	if err := w.Examine(ctx, b.wasmCache()); err != nil {
		return err
	}
	if !b.asJSON {
		if err := b.printPlan(w.Plan, w.Limit); err != nil {
			return err
		}
	}
	r, err := w.Write(b.output)
	if errors.Is(err, edge.ErrMemory) {
		return fmt.Errorf("%s: %w: %s are planned and %s allowed; choose a smaller model, --quantize q4_0 or nf4, a shorter --context, fewer --task, or raise --memory-limit", w.Model.Name, err, term.Bytes(w.Plan.Total), term.Bytes(w.Limit))
	}
	if err != nil {
		return err
	}
	if b.asJSON {
		return b.printJSON(r)
	}
	b.note(text{"saved in %s: %s of script (%s compressed), %s of weights in %d pieces", "已保存到 %s:脚本 %s(压缩后 %s),权重 %s,共 %d 片"},
		r.Folder, term.Bytes(r.ScriptBytes), term.Bytes(r.ScriptGzip), term.Bytes(r.WeightBytes), r.Pieces)
	b.note(text{"next: cd %s && npx wrangler@%s dev; its README.md tells more", "下一步:cd %s && npx wrangler@%s dev;详见其中的 README.zh-CN.md"}, r.Folder, edge.WranglerVersion)
	return nil
}

// prepare checks the flags and finds the files. What has to be made of them goes into work.
func (b *edgeBuild) prepare(ctx context.Context, work string) (err error) {
	w := &b.worker
	if b.output == "" {
		return usagef("--output-dir is needed")
	}
	if w.Limit, err = parseBytes(b.limit); err != nil {
		return usagef("--memory-limit: %w", err)
	}
	if entries, err := os.ReadDir(b.output); err == nil && len(entries) > 0 && !b.overwrite {
		return fmt.Errorf("%s is not empty: replace what an earlier build wrote with --overwrite-output-dir, or name another --output-dir", b.output)
	}
	in4Bit, err := b.findAdapters()
	if err != nil {
		return err
	}
	if b.model == "" {
		return usagef("--model names no model, and there is no --adapter that does")
	}
	path, err := b.resolve(b.model)
	if err != nil {
		return err
	}
	w.Runtime, w.Weights, w.Version, w.Built = b.Edge, edge.Weights(b.places), b.Version, time.Now().Unix()
	w.Model.Name = edge.ModelName(path)
	w.Open.Name = w.Model.Name
	if w.Name == "" {
		w.Name = edge.WorkerName(w.Model.Name)
	}
	w.DevKey = "dev-" + rand.Text()
	if err := w.Check(); err != nil {
		return usageError{err}
	}
	if w.Model.Files, err = edge.Files(path); err != nil {
		return err
	}
	return b.convert(ctx, work, in4Bit)
}

// findAdapters lists the adapters' files, and reports whether one of them was trained on a base in 4 bits.
func (b *edgeBuild) findAdapters() (in4Bit bool, err error) {
	for _, given := range b.adapters {
		name, at, named := strings.Cut(given, "=")
		if !named {
			at = given
		}
		path, err := b.resolve(at)
		if err != nil {
			return false, err
		}
		if !named {
			name = edge.ModelName(path)
		}
		side, err := sidecar(path)
		if err != nil {
			return false, err
		}
		in4Bit = in4Bit || side != nil && side.LoadIn4Bit
		if b.model == "" {
			if b.model, err = b.baseOf(path); err != nil {
				return false, err
			}
		}
		files, err := edge.Files(path)
		if err != nil {
			return false, err
		}
		b.worker.Adapters = append(b.worker.Adapters, edge.Adapter{Name: name, Files: files})
	}
	return in4Bit, nil
}

// convert stores the base in the type that --quantize names.
func (b *edgeBuild) convert(ctx context.Context, work string, in4Bit bool) (err error) {
	format := strings.ToLower(b.quantize)
	quantized := slices.ContainsFunc(b.worker.Model.Files, func(f edge.File) bool { return strings.HasSuffix(f.Name, ".gguf") })
	switch {
	case format == "none", format == "" && (!in4Bit || quantized):
		return nil
	case format == "":
		format = "nf4"
		b.note(text{"storing the base in NF4, as the adapter was trained on it", "按训练适配器时的方式,把基础模型存为 NF4"})
	}
	mix, known, ok := weights.MixtureOf(format)
	if !ok && format != "nf4" {
		return usagef("--quantize is %q, expected one of none nf4 %s", b.quantize, strings.Join(known, " "))
	}
	base, d, err := b.openBase(b.model, "", 0, engine.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, base.Close(), d.Close()) }()
	q := quantization{app: b.app, path: b.model, base: base, output: filepath.Join(work, "model")}
	files := &b.worker.Model.Files
	if !ok {
		if err := q.directory(ctx); err != nil {
			return err
		}
		others, err := edge.Files(q.output)
		*files = edge.Reweighted(*files, others)
		return err
	}
	q.output += ".gguf"
	name, err := q.gguf(mix)
	if err != nil {
		return err
	}
	*files, err = edge.Files(name)
	return err
}

func (b *edgeBuild) printPlan(p edge.Plan, limit int64) error {
	of := b.lang.of
	var rows [][]string
	for _, part := range []struct {
		name  text
		bytes int64
	}{
		{text{"weights", "权重"}, p.Weights},
		{text{"adapters", "适配器"}, p.Adapters},
		{text{"cache", "键值缓存"}, p.Cache},
		{text{"activations of the largest pass", "最大一次计算的激活"}, p.Activations},
		{text{"scratch of the kernels", "计算核临时区"}, p.Scratch},
		{text{"the engine's own", "引擎自身"}, p.Engine},
		{text{"pieces of files", "文件分片"}, p.Files},
		{text{"all", "合计"}, p.Total},
		{text{"allowed", "上限"}, limit},
	} {
		rows = append(rows, []string{of(part.name), term.Bytes(part.bytes)})
	}
	return b.out.Table([]term.Column{{Name: of(text{"memory of the Worker", "Worker 的内存"})}, {Name: of(text{"size", "大小"}), Right: true}}, rows)
}
