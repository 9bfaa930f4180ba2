package advise

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// ranks are those that are chosen from.
var ranks = []int{8, 16, 32, 64, 128, 256}

// byEvidence: LoRA on all linear layers, unless the facts say otherwise.
func byEvidence(f Facts) *Advice {
	a := &Advice{Rules: Evidence}
	a.set("task_type", f.Task)
	a.chooseMethod(f)
	a.chooseRate(f)
	a.chooseSteps(f)
	a.baselines(f)
	return a
}

// smallAdapters is the number of tenants from which the adapters' sizes rule, and softPromptParameters the size of a base, about 7 billion, from
// which soft prompts come near to tuning.
const (
	smallAdapters        = 1000
	softPromptParameters = 6_500_000_000
)

func (a *Advice) chooseMethod(f Facts) {
	if f.Tenants >= smallAdapters && f.Parameters >= softPromptParameters {
		a.Method = "PREFIX_TUNING"
		a.set("peft_type", a.Method)
		a.set("num_virtual_tokens", 50)
		start := "Answer the question."
		if f.Task == "SEQ_CLS" {
			start = "Classify the text."
		}
		a.set("prompt_tuning_init_text", start)
		a.because(textf("%d adapters on one frozen base of %.1f billion parameters: a prefix is the smallest adapter that still works at this size.",
			"%d 个适配器共用一个 %.1f B 参数的冻结基座:在这个规模上,前缀是仍然有效的最小适配器。", f.Tenants, float64(f.Parameters)/1e9), lester, pTuning2)
		a.doubt(textf("Expect 5 to 15 points less than LoRA: on a base of 3 billion a tuned prefix reached 41.6 %%, LoRA 51.3 %%.", "预计比 LoRA 低 5 到 15 个百分点:在 3B 基座上,调好的前缀为 41.6 %%,LoRA 为 51.3 %%。"), peftBench)
		return
	}
	a.Method = "LORA"
	a.set("peft_type", a.Method)
	a.because(Text{"LoRA: in PEFT's own comparison it had the best accuracy (51.3 %) before full tuning (47.2 %), prefix (41.6 %) and prompt tuning (34.3 %), with less memory and time than full and prompt tuning.",
		"选 LoRA:在 PEFT 自己的对比中它的准确率最高(51.3 %),高于全量微调(47.2 %)、前缀(41.6 %)和提示微调(34.3 %),且内存和时间少于全量与提示微调。"}, peftBench)
	a.set("target_modules", "all-linear")
	a.because(Text{"All linear layers: adapting attention alone is worse even with as many parameters.", "作用于所有线性层:只适配注意力层,即使参数量相同也更差。"}, regret)
	a.chooseRank(f)
	a.set("lora_alpha", 32)
	a.set("lora_dropout", 0)
	if f.Rows < 1000 {
		a.set("lora_dropout", 0.05)
		a.because(textf("Dropout 0.05, since %d rows are few; else 0.", "数据只有 %d 行,丢弃率取 0.05;否则为 0。", f.Rows), practice)
	}
	if f.Tenants > 1 {
		a.because(textf("%d tenants: adapters share one base in memory; whole models would not.", "%d 个租户:多个适配器共用内存中的一个基座,全量模型则不能。", f.Tenants), multiLoRA)
	}
}

// chooseRank gives LoRA as many parameters as there is to learn.
func (a *Advice) chooseRank(f Facts) {
	if f.Task == "SEQ_CLS" {
		bits := float64(f.Rows) * math.Log2(float64(max(f.Labels, 2)))
		r := 8
		if bits > 100_000 {
			r = 16
		}
		a.set("r", r)
		a.because(textf("Rank %d: %d labels of %d rows hold at most %.0f kbit, far less than such an adapter can keep.", "秩取 %d:%d 个类别、%d 行标签最多含 %.0f kbit 信息,远小于适配器的容量。",
			r, max(f.Labels, 2), f.Rows, bits/1000), regret, computed)
		return
	}
	r := 16
	if f.PerRank > 0 && f.LearntTokens > 0 {
		i := slices.IndexFunc(ranks, func(r int) bool { return r*f.PerRank >= f.LearntTokens })
		if i < 0 {
			i = len(ranks) - 1
			a.doubt(textf("%d tokens to learn are more than LoRA's %d parameters at rank %d: full tuning may gain, if its memory is there.", "要学习的 %d 个 token 多于 LoRA 在秩 %[3]d 时的 %[2]d 个参数:内存足够时全量微调可能更好。",
				f.LearntTokens, ranks[i]*f.PerRank, ranks[i]), regret)
		}
		r = max(ranks[i], r)
		a.because(textf("Rank %d: its %d parameters are at least the %d tokens to learn, or the most there are.", "秩取 %d:其 %d 个参数不少于要学习的 %d 个 token(或已取上限)。", r, r*f.PerRank, f.LearntTokens), regret)
	} else {
		a.because(Text{"Rank 16, the usual one.", "秩取常用的 16。"}, practice)
	}
	a.set("r", r)
	if r >= 64 {
		a.set("use_rslora", true)
		a.because(Text{"rsLoRA, since plain scaling by alpha/r weakens high ranks: r 64 with rsLoRA was the best of all.", "高秩时用 rsLoRA:alpha/r 的缩放会削弱高秩;r=64 的 rsLoRA 在对比中最好。"}, peftBench)
	}
}

// exponents are how the best learning rate falls with the width, by model_type; only these are calibrated.
var exponents = map[string]float64{"llama": 0.781, "qwen2": 0.0775, "qwen3": 0.0775}

// LoRARate is the learning rate of LoRA with alpha 32 for a base: 10 times full tuning's 5e-5, scaled by (2000/hidden)^e.
func LoRARate(modelType string, hidden int) (rate float64, calibrated bool) {
	e, ok := exponents[strings.ToLower(modelType)]
	if hidden <= 0 {
		return 2e-4, false
	}
	return 5e-5 * 10 * math.Pow(2000/float64(hidden), e), ok
}

func (a *Advice) chooseRate(f Facts) {
	switch {
	case a.Method == "PREFIX_TUNING":
		a.set("learning_rate", 5e-3)
		a.because(Text{"Learning rate 5e-3: a prefix learns nothing at LoRA's rates (18.6 % at 1e-3 from a random start, 41.6 % at 5e-3 from text).", "学习率 5e-3:用 LoRA 的学习率前缀几乎学不到东西(随机初始化 1e-3 时 18.6 %,文本初始化 5e-3 时 41.6 %)。"}, peftBench)
		return
	case f.Hidden == 0:
		a.set("learning_rate", 2e-4)
		a.because(Text{"Learning rate 2e-4; name the base with --model for the rule that knows its width.", "学习率 2e-4;用 --model 指定基座后可按其宽度计算。"}, qlora)
		return
	}
	rate, calibrated := LoRARate(f.ModelType, f.Hidden)
	a.set("learning_rate", digits(rate))
	a.because(textf("Learning rate %.2g = 5e-5 · 10 · (2000/%d)^%g, the rule for a width of %d.", "学习率 %.2g = 5e-5 · 10 · (2000/%d)^%g,按宽度 %d 计算。", rate, f.Hidden, exponents[strings.ToLower(f.ModelType)], f.Hidden), regret)
	if !calibrated {
		a.doubt(textf("The rule was calibrated on Llama and Qwen, not on %s: try a third and three times of it, as --trial does.", "该规则只在 Llama 和 Qwen 上校准过,未包括 %s:请再试其三分之一和三倍(--trial 会这样做)。", f.ModelType), regret)
	} else if f.Hidden < 1000 {
		a.doubt(textf("The rule was calibrated on models of 1 billion parameters and more; a width of %d extrapolates it. --trial measures.", "该规则在 1B 以上的模型上校准,宽度 %d 属于外推;--trial 可以实测。", f.Hidden), regret)
	}
}

// digits writes a rate with two digits.
func digits(x float64) string { return strconv.FormatFloat(x, 'g', 2, 64) }

// chooseSteps sets batch, epochs, schedule and evaluation.
func (a *Advice) chooseSteps(f Facts) {
	batch := 16
	if f.Rows < 2000 {
		batch = 8
	}
	a.set("per_device_train_batch_size", batch)
	a.set("per_device_eval_batch_size", 32)
	a.because(textf("Batches of %d: LoRA loses against full tuning above 32, and a higher rank does not help.", "每批 %d:批大于 32 时 LoRA 不如全量微调,提高秩也无济于事。", batch), regret)
	epochs := 3
	if f.Task == "SEQ_CLS" {
		// About a thousand steps, and ten epochs at most, as the label-supervised Llamas had.
		epochs = min(max(1000*batch/f.Rows, 3), 10)
		a.because(textf("%d epochs at most, with the best of them kept and a stop after 2 without gain.", "最多 %d 轮,保留最佳的一轮,连续 2 轮无改善则停止。", epochs), lsLlama, practice)
	} else {
		a.because(textf("%d epochs.", "%d 轮。", epochs), practice)
	}
	a.set("num_train_epochs", epochs)
	a.set("lr_scheduler_type", "cosine")
	a.set("warmup_ratio", 0.03)
	a.set("eval_strategy", "epoch")
	a.set("save_strategy", "epoch")
	a.set("save_total_limit", 1)
	a.set("load_best_model_at_end", true)
	a.set("early_stopping_patience", 2)
	if f.Task == "SEQ_CLS" {
		a.set("metric_for_best_model", "macro_f1")
		if f.Smallest > 0 && f.Largest >= 3*f.Smallest {
			a.set("class_weights", "balanced")
			a.because(textf("Balanced class weights: the largest class has %.1f times the rows of the smallest, and macro_f1 counts both alike.", "按样本数平衡类别权重:最大类别的行数是最小类别的 %.1f 倍,而 macro_f1 对各类一视同仁。", float64(f.Largest)/float64(f.Smallest)), practice)
		}
	}
	if f.LongTokens > 0 {
		n := (f.LongTokens + 7) / 8 * 8
		a.set("max_length", n)
		a.because(textf("max_length %d: 99 of 100 texts have no more than %d tokens.", "max_length 取 %d:百分之九十九的文本不超过 %d 个 token。", n, f.LongTokens), computed)
	}
}

// baselines are what is to be tried beside the choice.
func (a *Advice) baselines(f Facts) {
	if f.Task == "SEQ_CLS" {
		a.because(Text{"A classification head (SEQ_CLS) rather than generated labels: better at 7 billion parameters.", "用分类头(SEQ_CLS)而非生成标签:在 7B 参数上更好。"}, lsLlama)
		a.doubt(Text{"Try a small encoder such as BERT beside it: FinBERT reached 0.880 where 13 billion parameters reached 0.882.", "同时试一个小编码器(如 BERT):FinBERT 达到 0.880,而 13B 模型为 0.882。"}, fingpt)
	}
	if f.Rows < 100 {
		a.doubt(textf("%d rows: measure the base with examples in the prompt first; no method learns much from so few.", "只有 %d 行:请先测量在提示中给出示例的基座;这么少的数据,任何方法都学不到多少。", f.Rows), scaling)
	}
	if f.Labels > 0 && f.Rows/f.Labels < 16 {
		a.doubt(textf("%d rows for each of %d classes are too few; label more.", "平均每类只有 %d 行(共 %d 类),太少;请标注更多数据。", f.Rows/f.Labels, f.Labels), practice)
	}
}

// Fallbacks are changes to go through, in their order, until the plan fits in memory. Each is added to those before it.
func (a *Advice) Fallbacks() []Fallback {
	var list []Fallback
	add := func(t Text, source Source, settings ...Setting) {
		list = append(list, Fallback{settings, Reason{t, []Source{source}}})
	}
	add(Text{"Norms and activations are computed again: nearly free.", "重算归一化和激活函数:几乎没有代价。"}, planned, Setting{"gradient_checkpointing", "cheap"})
	if a.Method == "FULL" {
		add(Text{"LoRA, since the states of full tuning do not fit.", "改用 LoRA:全量微调的状态放不下。"}, planned, Setting{"peft_type", "LORA"}, Setting{"target_modules", "all-linear"}, Setting{"r", "16"}, Setting{"lora_alpha", "32"})
	}
	add(Text{"Layers are computed again: about a third more time.", "重算各层:时间约多三分之一。"}, planned, Setting{"gradient_checkpointing", "full"})
	batch := 0
	fmt.Sscan(a.Get("per_device_train_batch_size"), &batch)
	if batch >= 8 {
		add(textf("Batches of %d, four of which make a step: the same step in less memory.", "每批 %d,累积四批更新一次:同样的更新,更少的内存。", batch/4), planned,
			Setting{"per_device_train_batch_size", fmt.Sprint(batch / 4)}, Setting{"gradient_accumulation_steps", "4"})
	}
	add(Text{"QLoRA: the frozen base in 4 bits. It takes up to 60 % more time, and may cost accuracy.", "改用 QLoRA:冻结的基座以 4 位存放。时间最多增加 60 %,准确率可能下降。"}, litgpt, Setting{"load_in_4bit", "true"}, Setting{"bnb_4bit_use_double_quant", "true"})
	return list
}

// Fallback is a change of settings that saves memory, and why.
type Fallback struct {
	Settings []Setting
	Reason   Reason
}
