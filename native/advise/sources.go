package advise

// Source is where a sentence comes from.
type Source struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

// The sources. Practice is what people do without a measurement that we know of; Computed follows from the facts by
// arithmetic; Planned is the recorded program of this very run.
var (
	peftBench = Source{"peft-method-comparison", "huggingface/peft, method_comparison/MetaMathQA (Llama-3.2-3B, 20 000 rows, GSM8K accuracy, 2026)"}
	regret    = Source{"lora-without-regret", "Schulman et al. 2025, LoRA Without Regret; learning rates: tinker-cookbook, hyperparam_utils.get_lr"}
	lester    = Source{"arXiv:2104.08691", "Lester et al. 2021, The Power of Scale for Parameter-Efficient Prompt Tuning"}
	pTuning2  = Source{"arXiv:2110.07602", "Liu et al. 2022, P-Tuning v2"}
	scaling   = Source{"arXiv:2402.17193", "Zhang et al. 2024, When Scaling Meets LLM Finetuning"}
	qlora     = Source{"arXiv:2305.14314", "Dettmers et al. 2023, QLoRA"}
	litgpt    = Source{"litgpt-resource-tables", "Lightning-AI/litgpt, resource tables: Llama-2-7B on one A100, 2.36 min with bf16 LoRA and 3.83 min with nf4-dq for 1000 iterations"}
	fingpt    = Source{"fingpt", "AI4Finance FinGPT README: FPB weighted F1 0.855 in 8 bits and 0.777 in 4 bits, one run each; FinBERT 0.880 beside 13 billion parameters' 0.882"}
	lsLlama   = Source{"arXiv:2310.01208", "Li et al. 2023, Label Supervised LLaMA Finetuning"}
	multiLoRA = Source{"arXiv:2311.03285", "Sheng et al. 2023, S-LoRA: serving thousands of adapters on one base"}
	article   = Source{"article", "the reference article's table: full above 100 000 rows, LoRA 10 000 to 100 000, prefix 5 000 to 50 000, prompt tuning below 10 000"}
	practice  = Source{"practice", "common practice; no measurement that we know of"}
	computed  = Source{"computed", "follows from the data by arithmetic"}
	// Measured is the machine at hand.
	Measured = Source{"measured", "measured on this machine with this base and data"}
	planned  = Source{"planned", "the recorded training program of this base, batch and length"}
)
