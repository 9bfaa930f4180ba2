package cli

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"graft/native/web"
	"graft/shared/adapter"
)

// webPort is where the page is, unless told otherwise: the same each time, because a browser keeps models by the address.
const webPort = 8017

func (a *app) web() *cobra.Command {
	return a.page("web", webPort, a.Web, text{"serve a page that runs models in the browser", "提供在浏览器中运行模型的网页"},
		text{"web serves a page on this machine alone. The page downloads the models and adapters once, keeps them, and runs them in\nthe browser: it classifies, writes and chats, also when this server and the network are gone. With --output it writes\nthe page and the models to a folder instead, for any host of static files.",
			"web 仅在本机提供网页。网页将模型和适配器下载一次并保存,在浏览器中运行:分类、生成和对话,\n服务停止或断网后也能使用。给出 --output 时改为把网页和模型写入目录,可放到任何静态网站托管服务。"},
		`graft web --adapter out/finance
graft web --model smollm2.gguf --port 9000
graft web --adapter out/finance --output site`)
}

// studioPort is where the studio is, unless told otherwise.
const studioPort = 8018

func (a *app) studio() *cobra.Command {
	return a.page("studio", studioPort, a.Studio, text{"serve the studio: write and compare prompts in the browser", "提供工作室:在浏览器中编写和对比提示词"},
		text{"studio serves a page on this machine alone, in which prompts are written, checked by the rules of graft prompt lint, run on\na model in the page itself, compared side by side, and kept in versions. Everything stays in the browser and works without\nthis server and the network. With --output it writes the studio to a folder instead, for any host of static files.",
			"studio 仅在本机提供网页:编写提示词,按 graft prompt lint 的规则检查,在网页内的模型上运行,并排对比,\n保存版本。所有数据都留在浏览器里,服务停止或断网后也能使用。给出 --output 时改为写入目录,可放到任何静态网站托管服务。"},
		`graft studio --model smollm2.gguf
graft studio --adapter out/finance
graft studio --model smollm2.gguf --output site`)
}

// page serves files of the browser's with models that they offer.
func (a *app) page(use string, at int, files web.Files, short, long text, example string) *cobra.Command {
	var models, adapters []string
	var output string
	var port int
	cmd := a.command(use, short, long, example, func(ctx context.Context, _ []string) error {
		offered, err := a.offered(models, adapters)
		if err != nil {
			return err
		}
		site, err := web.New(web.Options{Files: files, Models: offered})
		if err != nil {
			return err
		}
		if output != "" {
			if err := site.Write(output); err != nil {
				return err
			}
			a.note(text{"the page is in %s", "网页已写入 %s"}, output)
			return nil
		}
		err = web.Serve(ctx, fmt.Sprintf("127.0.0.1:%d", port), site, func(url string) {
			a.note(text{"the page is at %s; Ctrl-C ends it", "网页地址:%s(按 Ctrl-C 结束)"}, url)
		})
		if err == nil {
			err = ctx.Err()
		}
		return err
	})
	f, of := cmd.Flags(), a.lang.of
	f.StringArrayVar(&adapters, "adapter", nil, of(text{"adapter to offer, with its base: a PEFT directory, or a name as graft pull takes it; may be repeated", "提供的适配器(连同其基础模型):PEFT 目录或 graft pull 接受的名称,可重复"}))
	f.StringArrayVar(&models, "model", nil, of(text{"model to offer: a Hugging Face directory, a GGUF file, or a name as graft pull takes it; may be repeated", "提供的模型:Hugging Face 目录、GGUF 文件或 graft pull 接受的名称,可重复"}))
	f.IntVar(&port, "port", at, of(text{"port to listen on; 0: any", "监听端口;0 为任意"}))
	f.StringVar(&output, "output", "", of(text{"folder to write the page to, instead of serving it", "写入网页的目录(不启动服务)"}))
	return cmd
}

// offered are the models, and the bases of the adapters with them.
func (a *app) offered(models, adapters []string) ([]web.Model, error) {
	var all []web.Model
	at := map[string]int{}
	offer := func(name string, load4 bool) (*web.Model, error) {
		key := fmt.Sprint(name, load4)
		if i, ok := at[key]; ok {
			return &all[i], nil
		}
		fsys, err := a.modelFS(name)
		if err != nil {
			return nil, err
		}
		files, err := modelFiles(fsys)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		at[key] = len(all)
		all = append(all, web.Model{Listing: web.Listing{Name: displayed(name), FS: fsys, Files: files}, LoadIn4Bit: load4})
		return &all[len(all)-1], nil
	}
	for _, name := range adapters {
		dir, err := a.resolve(name)
		if err != nil {
			return nil, err
		}
		side, err := sidecar(dir)
		if err != nil {
			return nil, err
		}
		base, err := a.baseOf(dir)
		if err != nil {
			return nil, err
		}
		m, err := offer(base, side != nil && side.LoadIn4Bit)
		if err != nil {
			return nil, err
		}
		fsys := adapterFS(dir)
		files, err := present(fsys, adapter.ConfigName, adapter.SidecarName, "adapter_model.safetensors")
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		m.Adapters = append(m.Adapters, web.Listing{Name: displayed(name), FS: fsys, Files: files})
	}
	for _, name := range models {
		if _, err := offer(name, false); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// displayed is the name that people see: of a path its last part that says something.
func displayed(name string) string {
	name = filepath.ToSlash(filepath.Clean(name))
	if last := path.Base(name); last != "base" && last != "model" {
		return last
	}
	return path.Join(path.Base(path.Dir(name)), path.Base(name))
}

// modelFiles are the files of a model's directory that an engine reads.
func modelFiles(fsys fs.FS) ([]string, error) {
	names, err := fs.Glob(fsys, "*")
	if err != nil {
		return nil, err
	}
	var files []string
	for _, name := range names {
		switch {
		case name == "trainer_state.json" || name == adapter.ConfigName:
		case strings.HasSuffix(name, ".json"), strings.HasSuffix(name, ".safetensors"), slices.Contains(tokenizerFiles, name):
			files = append(files, name)
		}
	}
	if !slices.ContainsFunc(files, func(n string) bool { return strings.HasSuffix(n, ".safetensors") }) {
		if files, err = fs.Glob(fsys, "*.gguf"); err == nil && len(files) == 0 {
			err = fmt.Errorf("has neither safetensors nor GGUF files")
		}
		return files, err
	}
	if pooling, err := present(fsys, "1_Pooling/config.json"); err == nil {
		files = append(files, pooling...)
	}
	return files, err
}

// present are those of the names that are there; the first has to be.
func present(fsys fs.FS, names ...string) ([]string, error) {
	var there []string
	for i, name := range names {
		if _, err := fs.Stat(fsys, name); err == nil {
			there = append(there, name)
		} else if i == 0 {
			return nil, err
		}
	}
	return there, nil
}
