package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"graft/native/store"
	"graft/native/term"
	"graft/shared/dataset"
	"graft/shared/engine"
)

// embedFlags are those of graft embed.
type embedFlags struct {
	data, output, format string
	columns              dataset.Columns
	options              engine.EmbedOptions
	normalize            bool
	query                string
	topK                 int
}

func (a *app) embed() *cobra.Command {
	f := embedFlags{columns: dataset.Columns{Form: dataset.Plain}}
	var m *modelFlags
	cmd := a.command("embed [text…]", text{"make vectors of texts", "计算文本向量"},
		text{"embed gives each text a vector. Texts are arguments, the rows of --data, or the lines of standard input. A line of the\nanswer is a JSON object with text and embedding; --format csv gives the numbers alone, npy a float32 array for NumPy.\nPooling, normalisation, prompts and the longest text are as sentence-transformers' files beside the model say; without\nthem an encoder's tokens are averaged and a decoder's last one is taken. With --query the texts nearest to it are listed.",
			"embed 为每条文本计算向量。文本来自命令行参数、--data 的各行或标准输入的各行。\n结果每行一个 JSON 对象,含 text 和 embedding;--format csv 只写数值,npy 为 NumPy 的 float32 数组。\n池化、归一化、提示词和最大长度按模型目录中 sentence-transformers 的文件;没有时编码器取各 token 的平均,\n解码器取最后一个 token。给出 --query 时按余弦相似度列出最接近的文本。"},
		`graft embed --model all-MiniLM-L6-v2 "profit rose" "profits are up"
graft embed --model bge-small-zh --data news.csv --output news.npy
graft embed --model all-MiniLM-L6-v2 --data news.csv --query "who raised the dividend?" --top-k 3`,
		func(ctx context.Context, args []string) error {
			if err := f.check(args, m.cmd); err != nil {
				return err
			}
			texts, err := a.textsOf(args, f)
			if err != nil {
				return err
			}
			o, err := a.open(m)
			if err != nil {
				return err
			}
			defer o.Close()
			e, err := o.Embedder(o.adapter, f.options)
			if err != nil {
				return err
			}
			defer e.Close()
			vectors, err := a.vectors(ctx, e, texts)
			if err != nil {
				return err
			}
			if f.query != "" {
				return a.nearest(ctx, e, f, texts, vectors)
			}
			write := func(w io.Writer) error { return vectorFormats[f.format](w, texts, vectors) }
			if f.output == "" {
				return write(a.Stdout)
			}
			return store.WriteFile(f.output, write)
		})
	cmd.Args = cobra.ArbitraryArgs
	m = a.modelFlags(cmd, 0)
	fs, of := cmd.Flags(), a.lang.of
	fs.StringVar(&f.data, "data", "", of(text{"file of texts: .csv, .jsonl or .txt", "文本文件:.csv、.jsonl 或 .txt"}))
	fs.StringVar(&f.columns.Text, "text-column", "text", of(text{"column of the text", "文本所在列"}))
	fs.StringVar(&f.output, "output", "", of(text{"file to write; default: standard output", "输出文件(默认标准输出)"}))
	fs.StringVar(&f.format, "format", "", of(text{"json, csv or npy; default: as --output ends, else json", "json、csv 或 npy(默认由 --output 的扩展名决定,否则为 json)"}))
	fs.StringVar(&f.options.Pooling, "pooling", "", of(text{"what stands for a text: " + strings.Join(engine.Poolings(), ", ") + "; default: as the model says", "池化方式:" + strings.Join(engine.Poolings(), "、") + "(默认按模型)"}))
	fs.BoolVar(&f.normalize, "normalize", false, of(text{"give vectors the length 1; default: as the model says", "把向量归一化到长度 1(默认按模型)"}))
	fs.IntVar(&f.options.MaxLength, "max-length", 0, of(text{"longest text in tokens; longer ones are cut; 0: the model's", "文本的最大 token 数,超出截断;0 为模型上限"}))
	fs.StringVar(&f.options.Prompt, "prompt", "", of(text{"put before each text", "加在每条文本前的提示"}))
	fs.StringVar(&f.options.PromptName, "prompt-name", "", of(text{"one of the model's prompts, put before each text", "加在每条文本前的、模型自带提示的名称"}))
	fs.StringVar(&f.query, "query", "", of(text{"list the texts nearest to this one", "列出与此文本最接近的文本"}))
	fs.IntVar(&f.topK, "top-k", 10, of(text{"with --query: how many", "配合 --query:列出多少条"}))
	return cmd
}

// vectorFormats is what embed writes, by the name of --format.
var vectorFormats = map[string]func(w io.Writer, texts []string, vectors [][]float32) error{
	"json": writeVectorsJSON, "csv": writeVectorsCSV, "npy": writeVectorsNPY,
}

// formatsByEnd are the formats by the end of --output.
var formatsByEnd = map[string]string{".json": "json", ".jsonl": "json", ".csv": "csv", ".npy": "npy"}

func (f *embedFlags) check(args []string, cmd *cobra.Command) error {
	if f.format == "" {
		if f.format = formatsByEnd[strings.ToLower(filepath.Ext(f.output))]; f.format == "" {
			f.format = "json"
		}
	}
	switch {
	case vectorFormats[f.format] == nil:
		return usagef("--format is %q, expected json, csv or npy", f.format)
	case len(args) > 0 && f.data != "":
		return usagef("texts are given as arguments and by --data; give one of the two")
	case f.query != "" && f.output != "":
		return usagef("--query prints a list and writes no --output")
	case f.topK < 1:
		return usagef("--top-k is %d, expected 1 or more", f.topK)
	}
	if cmd.Flags().Changed("normalize") {
		f.options.Normalize = &f.normalize
	}
	return nil
}

// textsOf are the arguments, the rows of a file, or the lines of standard input that are not empty.
func (a *app) textsOf(args []string, f embedFlags) (texts []string, err error) {
	if len(args) > 0 {
		return args, nil
	}
	if f.data != "" {
		table, err := readTable(f.data, f.columns)
		if err != nil {
			return nil, err
		}
		for _, r := range table.Rows {
			texts = append(texts, r.Text)
		}
		return texts, nil
	}
	in := bufio.NewScanner(a.Stdin)
	in.Buffer(nil, maxLine)
	for in.Scan() {
		if line := strings.TrimRight(in.Text(), "\r"); strings.TrimSpace(line) != "" {
			texts = append(texts, line)
		}
	}
	if err := in.Err(); err != nil {
		return nil, fmt.Errorf("standard input: %w", err)
	}
	if len(texts) == 0 {
		return nil, usagef("no texts: give them as arguments, by --data or on standard input")
	}
	return texts, nil
}

// embedBatch is the texts between two looks at the progress bar.
const embedBatch = 64

func (a *app) vectors(ctx context.Context, e *engine.Embedder, texts []string) ([][]float32, error) {
	bar := a.err.Bar(a.lang.of(text{"embed", "计算向量"}), a.lang.of(text{"text", "条"}), int64(len(texts)))
	defer bar.End()
	var all [][]float32
	for at := 0; at < len(texts); at += embedBatch {
		to := min(at+embedBatch, len(texts))
		v, err := e.Embed(ctx, texts[at:to])
		if err != nil {
			return nil, fmt.Errorf("texts %d to %d: %w", at+1, to, err)
		}
		all = append(all, v...)
		bar.Set(int64(to), 0)
	}
	return all, nil
}

// nearest prints the texts nearest to the query, each with its cosine.
func (a *app) nearest(ctx context.Context, e *engine.Embedder, f embedFlags, texts []string, vectors [][]float32) error {
	q, err := e.Embed(ctx, []string{f.query})
	if err != nil {
		return fmt.Errorf("--query: %w", err)
	}
	indices, cosines := engine.Nearest(q[0], vectors, f.topK)
	for n, i := range indices {
		if _, err := fmt.Fprintf(a.Stdout, "%.4f\t%s\n", cosines[n], term.Clean(texts[i])); err != nil {
			return err
		}
	}
	return nil
}
