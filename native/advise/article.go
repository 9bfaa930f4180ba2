package advise

import "math"

// table is the article's: which method for how many rows. Ranges overlap; the flow takes the first that holds.
var table = []struct {
	method   string
	from, to int // rows
}{
	{"FULL", 100_001, math.MaxInt},
	{"LORA", 10_000, 100_000},
	{"PREFIX_TUNING", 5_000, 50_000},
	{"PROMPT_TUNING", 0, 10_000},
}

// byArticle follows the table, with the settings of the article's recipe.
func byArticle(f Facts) *Advice {
	a := &Advice{Rules: Article}
	a.set("task_type", f.Task)
	for _, row := range table {
		if f.Rows >= row.from && f.Rows <= row.to {
			a.Method = row.method
			break
		}
	}
	a.set("peft_type", a.Method)
	a.because(textf("%s, by the table, for %d rows.", "按文章的表格,%[2]d 行数据选 %[1]s。", a.Method, f.Rows), article)
	switch a.Method {
	case "LORA":
		a.set("r", 8)
		a.set("lora_alpha", 32)
		a.set("lora_dropout", 0.05)
		a.set("target_modules", "[q_proj, v_proj]")
		a.set("learning_rate", 2e-4)
		a.doubt(Text{"The article adapts q_proj and v_proj; all linear layers are better even with as many parameters.", "文章只适配 q_proj 和 v_proj;所有线性层即使参数量相同也更好。"}, regret)
	case "FULL":
		a.set("learning_rate", 2e-5)
		a.doubt(Text{"More rows alone do not call for full tuning: LoRA was more accurate than it (51.3 % and 47.2 %) at 20 000 rows in 58 % of its memory, and equals it while its parameters hold the data.", "仅凭数据多不足以选择全量微调:2 万行时 LoRA 更准(51.3 % 对 47.2 %),内存只有其 58 %;只要容量装得下数据,LoRA 与之相当。"}, peftBench, regret)
	case "PREFIX_TUNING":
		a.set("num_virtual_tokens", 20)
		a.set("learning_rate", 5e-3)
		a.doubt(Text{"At the same 20 000 rows LoRA reached 51.3 % where a prefix of 50, tuned and started from text, reached 41.6 %; few rows are no reason for a prefix.", "同样 2 万行,LoRA 为 51.3 %,而调好并以文本初始化的 50 个前缀为 41.6 %;数据少不是选前缀的理由。"}, peftBench)
	case "PROMPT_TUNING":
		a.set("num_virtual_tokens", 20)
		a.set("learning_rate", 3e-2)
		a.doubt(Text{"Prompt tuning reaches other methods only on bases of about 10 billion parameters, and at 20 000 rows took more memory (22.7 GiB) and time than LoRA (20.8 GiB); with small data LoRA is the better choice, too.", "提示微调只有在约 10B 参数的基座上才能追上其他方法;2 万行时其内存(22.7 GiB)和时间都多于 LoRA(20.8 GiB)。小数据同样应选 LoRA。"}, lester, peftBench)
	}
	if f.Parameters > 0 && f.Parameters < softPromptParameters && (a.Method == "PREFIX_TUNING" || a.Method == "PROMPT_TUNING") {
		a.doubt(textf("This base has %.2g billion parameters: soft prompts are weakest on small ones.", "该基座只有 %.2g B 参数:软提示在小模型上最弱。", float64(f.Parameters)/1e9), lester)
	}
	a.set("per_device_train_batch_size", 4)
	a.set("num_train_epochs", 3)
	a.set("weight_decay", 0.01)
	a.set("lr_scheduler_type", "linear")
	a.set("eval_strategy", "epoch")
	a.set("save_strategy", "epoch")
	a.set("save_total_limit", 1)
	a.set("load_best_model_at_end", true)
	if f.Task == "SEQ_CLS" {
		a.set("metric_for_best_model", "accuracy")
	}
	a.doubt(Text{"The table looks at the number of rows alone. Which method is best depends on the task and the base; the base's size matters most.", "表格只看数据行数。哪种方法最好取决于任务和基座,而基座大小最重要。"}, scaling)
	return a
}
