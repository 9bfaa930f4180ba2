package cli

import (
	"context"

	"github.com/spf13/cobra"

	"graft/native/term"
	"graft/shared/engine"
)

func (a *app) memory() *cobra.Command {
	var m *modelFlags
	var sampling samplingFlags
	var tokens int
	var asJSON bool
	cmd := a.command("memory", text{"tell the memory that generating takes", "查看生成所需的内存"},
		text{"memory adds up what generate, chat and batch take with room for so many tokens, before any of it is allocated:\nthe weights as they are loaded, the cache of keys and values, the temporaries of the largest pass.",
			"memory 在分配之前计算 generate、chat 和 batch 在给定上下文长度下所需的内存:\n载入后的权重、键值缓存、最大一次计算的临时数据。"},
		"graft memory --model smollm2.gguf --context 4096 --cache-type q8_0",
		func(context.Context, []string) error {
			cache, err := sampling.cache()
			if err != nil {
				return err
			}
			o, err := a.open(m)
			if err != nil {
				return err
			}
			defer o.Close()
			p, err := o.PlanMemory(o.adapter, tokens, cache)
			if err != nil {
				return err
			}
			if asJSON {
				return a.printJSON(struct {
					engine.MemoryPlan
					Total int `json:"total_bytes"`
				}{p, p.Total()})
			}
			return a.printMemory(p)
		})
	m = a.modelFlags(cmd, answering)
	f, of := cmd.Flags(), a.lang.of
	f.IntVar(&tokens, "context", 0, of(text{"room for tokens; 0: the model's longest text", "上下文长度;0 为模型的最大长度"}))
	sampling.cacheFlag(f, of)
	f.BoolVar(&asJSON, "json", false, of(msgJSON))
	return cmd
}

func (a *app) printMemory(p engine.MemoryPlan) error {
	of := a.lang.of
	var rows [][]string
	for _, part := range []struct {
		name  text
		bytes int
	}{
		{text{"weights", "权重"}, p.Base},
		{text{"adapter", "适配器"}, p.Adapter},
		{text{"cache", "键值缓存"}, p.Cache},
		{text{"cache of one token", "每个 token 的缓存"}, p.PerToken},
		{text{"activations of the largest pass", "最大一次计算的激活"}, p.Arena},
		{text{"scratch of the kernels", "计算核临时区"}, p.Scratch},
		{text{"all", "合计"}, p.Total()},
	} {
		rows = append(rows, []string{of(part.name), term.Bytes(int64(part.bytes))})
	}
	return a.out.Table([]term.Column{{Name: of(text{"memory plan", "内存计划"})}, {Name: of(text{"size", "大小"}), Right: true}}, rows)
}
