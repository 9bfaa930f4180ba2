package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"graft/native/hub"
	"graft/native/term"
)

func (a *app) pull() *cobra.Command {
	var asJSON bool
	var name string
	var s hub.Select
	cmd := a.command("pull <name>", text{"download a model or an adapter", "下载模型或适配器"},
		text{"pull brings a model or an adapter to this machine and prints its path. A name is\n  org/name[@revision]              of the Hugging Face hub; the revision is a branch, a tag or a commit\n  hf://org/name[@revision]/file    one file of it, such as one of several GGUF files\n  https://host/model.gguf          any URL\n  oci://registry/repository:tag    an OCI artifact\nEvery command takes such names for --model and --adapter. What is interrupted is continued; checksums are verified. Models\nare kept where huggingface_hub keeps them, and those are used. Environment: HF_ENDPOINT, HF_TOKEN, HF_HOME,\nHF_HUB_CACHE, HF_HUB_OFFLINE; GRAFT_CACHE for what is not of the hub. Without patterns, weights that graft does not\nread are left out.",
			"pull 把模型或适配器下载到本机,并打印其路径。名称可以是\n  org/name[@revision]              Hugging Face hub 上的仓库;revision 为分支、标签或提交\n  hf://org/name[@revision]/file    其中一个文件,例如多个 GGUF 文件之一\n  https://host/model.gguf          任意 URL\n  oci://registry/repository:tag    OCI 制品\n所有命令的 --model 和 --adapter 都接受这些名称。中断后可续传;校验和会被验证。模型保存在 huggingface_hub 的缓存中,\n已有的会被直接使用。环境变量:HF_ENDPOINT、HF_TOKEN、HF_HOME、HF_HUB_CACHE、HF_HUB_OFFLINE;\n不来自 hub 的内容用 GRAFT_CACHE。不给模式时,略去 graft 不读的权重格式。"},
		"graft pull HuggingFaceTB/SmolLM2-135M-Instruct\ngraft pull org/name@v1.0 --include \"*.json\" --include \"*.safetensors\"\ngraft pull oci://ghcr.io/org/adapter:v1 --json",
		func(ctx context.Context, _ []string) error {
			d, err := a.openHub()
			if err != nil {
				return err
			}
			defer d.end()
			p, err := d.hub.Pull(ctx, name, s)
			if err != nil {
				return err
			}
			if asJSON {
				return a.printJSON(p)
			}
			_, err = fmt.Fprintln(a.Stdout, p.Path)
			return err
		})
	cmd.Args = func(_ *cobra.Command, args []string) error {
		if len(args) != 1 {
			return usagef("%d names, expected one", len(args))
		}
		name = args[0]
		return nil
	}
	f, of := cmd.Flags(), a.lang.of
	f.StringArrayVar(&s.Include, "include", nil, of(text{"pattern of files to take, as \"*.json\"; may be given more than once", "要下载的文件的模式,如 \"*.json\";可多次给出"}))
	f.StringArrayVar(&s.Exclude, "exclude", nil, of(text{"pattern of files to leave out; may be given more than once", "要略去的文件的模式;可多次给出"}))
	f.BoolVar(&asJSON, "json", false, of(msgJSON))
	return cmd
}

func (a *app) push() *cobra.Command {
	var asJSON bool
	var from, to string
	cmd := a.command("push <path> <name>", text{"send a model or an adapter to a registry", "把模型或适配器推送到镜像仓库"},
		text{"push sends a model's or an adapter's directory, or one file, to an OCI registry, as an artifact of CNCF's ModelPack\nformat. What the registry has already is not sent again; the same files always make the same artifact. Credentials are\nthose of docker login. graft pull, and every --model and --adapter, take the same name.",
			"push 把模型目录、适配器目录或单个文件推送到 OCI 镜像仓库,格式为 CNCF ModelPack 制品。仓库中已有的内容不再发送;\n相同的文件总是得到相同的制品。凭据取自 docker login。graft pull 以及各命令的 --model 和 --adapter 都接受同样的名称。"},
		"graft push out/finance oci://ghcr.io/org/finance:v1",
		func(ctx context.Context, _ []string) error {
			d, err := a.openHub()
			if err != nil {
				return err
			}
			defer d.end()
			p, err := d.hub.Push(ctx, from, to)
			if err != nil {
				return err
			}
			if asJSON {
				return a.printJSON(p)
			}
			a.note(text{"pushed %d files, %s", "已推送 %d 个文件,%s"}, len(p.Files), term.Bytes(p.Bytes))
			_, err = fmt.Fprintln(a.Stdout, p.Digest)
			return err
		})
	cmd.Args = func(_ *cobra.Command, args []string) error {
		if len(args) != 2 {
			return usagef("%d arguments, expected a path and a name", len(args))
		}
		from, to = args[0], args[1]
		return nil
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, a.lang.of(msgJSON))
	return cmd
}
