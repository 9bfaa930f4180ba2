package recipe

import "slices"

// Key is one key of a recipe and the flag of the same name.
type Key struct {
	Name   string
	Also   string // another name it is known by, "" for none
	En, Zh string // help: one line, without the default
	field  func(*Recipe) any
}

// Group is keys that belong together.
type Group struct {
	En, Zh string
	Keys   []Key
}

// Groups is the table of all keys.
var Groups = []Group{
	{"Files", "文件", []Key{
		{"model_name_or_path", "model", "base model: a Hugging Face directory, a GGUF file, or a name as graft pull takes it", "基础模型:Hugging Face 目录、GGUF 文件或 graft pull 接受的名称", func(r *Recipe) any { return &r.Model }},
		{"tokenizer_name", "tokenizer", "directory with tokenizer.json, if not the model's", "tokenizer.json 所在目录(默认用模型自带的)", func(r *Recipe) any { return &r.Tokenizer }},
		{"adapter_name_or_path", "adapter", "adapter to train further; default: a new one", "在已有适配器上继续训练(默认新建)", func(r *Recipe) any { return &r.Adapter }},
		{"train_file", "", "training data: .csv, .tsv, .json, .jsonl, .parquet or .txt", "训练数据:.csv、.tsv、.json、.jsonl、.parquet 或 .txt", func(r *Recipe) any { return &r.TrainFile }},
		{"validation_file", "", "validation data, for the evaluations while training", "验证数据,训练中评估用", func(r *Recipe) any { return &r.Valid }},
		{"test_file", "", "test data, for the metrics at the end", "测试数据,训练结束后计算指标用", func(r *Recipe) any { return &r.Test }},
		{"output_dir", "", "where checkpoints, the adapter and the loss curve go", "检查点、适配器和损失曲线的输出目录", func(r *Recipe) any { return &r.OutputDir }},
		{"overwrite_output_dir", "", "start anew where an earlier run has left checkpoints", "输出目录已有检查点时重新开始", func(r *Recipe) any { return &r.Overwrite }},
		{"resume_from_checkpoint", "resume", "go on from the newest checkpoint in output_dir", "从输出目录中最新的检查点继续", func(r *Recipe) any { return &r.Resume }},
	}},
	{"Task and data", "任务与数据", []Key{
		{"task_type", "", "SEQ_CLS (classify) or CAUSAL_LM (generate)", "SEQ_CLS(分类)或 CAUSAL_LM(生成)", func(r *Recipe) any { return &r.Task }},
		{"text_column", "", "column of the text", "文本所在列", func(r *Recipe) any { return &r.TextColumn }},
		{"label_column", "", "column of the label", "标签所在列", func(r *Recipe) any { return &r.LabelColumn }},
		{"prompt_column", "", "column of the prompt, for CAUSAL_LM", "提示所在列(CAUSAL_LM)", func(r *Recipe) any { return &r.PromptColumn }},
		{"completion_column", "", "column of the answer to learn, for CAUSAL_LM", "要学习的回答所在列(CAUSAL_LM)", func(r *Recipe) any { return &r.CompletionColumn }},
		{"messages_column", "", "key of the messages of a chat, for CAUSAL_LM", "对话消息的键(CAUSAL_LM)", func(r *Recipe) any { return &r.MessagesColumn }},
		{"labels", "", "names of the classes in the order of their ids; default: those of the training data", "按 id 顺序的类别名(默认取自训练数据)", func(r *Recipe) any { return &r.Labels }},
		{"validation_split", "", "share of the training data set aside for validation where there is no validation_file, stratified by label", "没有 validation_file 时从训练数据中划出的验证比例(按标签分层)", func(r *Recipe) any { return &r.ValidationSplit }},
		{"max_length", "max_seq_length", "longest text in tokens; longer ones are cut", "文本的最大 token 数,超出截断", func(r *Recipe) any { return &r.MaxLength }},
	}},
	{"Quantisation", "量化", []Key{
		{"load_in_4bit", "", "keep the frozen base in 4 bits (QLoRA)", "冻结的基础模型以 4 位加载(QLoRA)", func(r *Recipe) any { return &r.LoadIn4Bit }},
		{"bnb_4bit_quant_type", "", "4-bit format: nf4", "4 位格式:nf4", func(r *Recipe) any { return &r.QuantType }},
		{"bnb_4bit_use_double_quant", "", "quantise the scales too (double quantisation)", "对缩放系数再量化(双重量化)", func(r *Recipe) any { return &r.DoubleQuant }},
	}},
	{"Method", "方法", []Key{
		{"peft_type", "method", "LORA, QLORA, DORA, RSLORA, PISSA, OLORA, LORAPLUS, PREFIX_TUNING, PROMPT_TUNING, P_TUNING, IA3, BIAS, LAST_N_LAYERS or FULL (all weights)", "LORA、QLORA、DORA、RSLORA、PISSA、OLORA、LORAPLUS、PREFIX_TUNING、PROMPT_TUNING、P_TUNING、IA3、BIAS(仅偏置)、LAST_N_LAYERS(末几层)或 FULL(全部权重)", func(r *Recipe) any { return &r.Method }},
		{"from_scratch", "", "with FULL: start from random weights, not from the model's", "FULL 时从随机权重而非模型权重开始", func(r *Recipe) any { return &r.Scratch }},
		{"r", "lora_r", "rank of LoRA", "LoRA 的秩", func(r *Recipe) any { return &r.R }},
		{"lora_alpha", "", "LoRA's update is scaled by lora_alpha/r", "LoRA 更新按 lora_alpha/r 缩放", func(r *Recipe) any { return &r.LoraAlpha }},
		{"lora_dropout", "", "share of LoRA's inputs dropped while training", "训练时 LoRA 输入的丢弃比例", func(r *Recipe) any { return &r.LoraDropout }},
		{"target_modules", "", "layers that get LoRA: names, a regular expression or all-linear; default: q_proj,v_proj, or query,value of encoders", "加 LoRA 的层:名称、正则表达式或 all-linear(默认 q_proj,v_proj,编码器为 query,value)", func(r *Recipe) any { return &r.TargetModules }},
		{"exclude_modules", "", "layers that get none, of those", "其中要排除的层", func(r *Recipe) any { return &r.Exclude }},
		{"modules_to_save", "", "modules trained whole and kept in the adapter; a SEQ_CLS head always is", "整体训练并存入适配器的模块(分类头总在其中)", func(r *Recipe) any { return &r.ModulesToSave }},
		{"layers_to_transform", "", "numbers of the layers that get LoRA; default: all", "加 LoRA 的层号(默认全部)", func(r *Recipe) any { return &r.Layers }},
		{"bias", "", "biases that are trained: none, all or lora_only", "要训练的偏置:none、all 或 lora_only", func(r *Recipe) any { return &r.Bias }},
		{"lora_bias", "", "give LoRA's second matrix a bias", "给 LoRA 的第二个矩阵加偏置", func(r *Recipe) any { return &r.LoraBias }},
		{"use_rslora", "", "scale by lora_alpha/√r (rsLoRA)", "按 lora_alpha/√r 缩放(rsLoRA)", func(r *Recipe) any { return &r.UseRSLora }},
		{"rank_pattern", "", "ranks of single layers", "个别层的秩", func(r *Recipe) any { return &r.RankPattern }},
		{"alpha_pattern", "", "lora_alpha of single layers", "个别层的 lora_alpha", func(r *Recipe) any { return &r.AlphaPattern }},
		{"use_dora", "", "train the length of each row of a weight apart (DORA)", "单独训练权重每行的长度(DORA)", func(r *Recipe) any { return &r.UseDora }},
		{"init_lora_weights", "", "first values of LoRA: true, gaussian, pissa, pissa_niter_<n> or olora; default: true", "LoRA 初值:true、gaussian、pissa、pissa_niter_<n> 或 olora(默认 true)", func(r *Recipe) any { return &r.InitLoraWeights }},
		{"loraplus_lr_ratio", "", "learning rate of LoRA's second matrix over that of the first; LORAPLUS: 16", "LoRA 第二个矩阵与第一个矩阵的学习率之比(LORAPLUS 默认 16)", func(r *Recipe) any { return &r.LoraPlusLRRatio }},
		{"num_virtual_tokens", "", "virtual tokens of PREFIX_TUNING, PROMPT_TUNING, P_TUNING", "PREFIX_TUNING、PROMPT_TUNING、P_TUNING 的虚拟 token 数", func(r *Recipe) any { return &r.NumVirtualTokens }},
		{"prefix_projection", "", "train a prefix through two layers", "经两层网络训练前缀", func(r *Recipe) any { return &r.PrefixProjection }},
		{"encoder_hidden_size", "", "width of what a prefix or prompt is trained through; 0: its own", "前缀或提示编码器的宽度;0 为与其输出相同", func(r *Recipe) any { return &r.EncoderHiddenSize }},
		{"encoder_reparameterization_type", "", "what P_TUNING trains through: MLP", "P_TUNING 的编码器:MLP", func(r *Recipe) any { return &r.EncoderType }},
		{"init_weights", "", "first values of a prefix: zero or random; default: zero, through two layers random", "前缀初值:zero 或 random(默认 zero;经两层网络时为 random)", func(r *Recipe) any { return &r.InitWeights }},
		{"prompt_tuning_init", "", "first values of a prompt: RANDOM, SAMPLE_VOCAB or TEXT; default: TEXT if there is one, else SAMPLE_VOCAB", "提示初值:RANDOM、SAMPLE_VOCAB 或 TEXT(有文本则 TEXT,否则 SAMPLE_VOCAB)", func(r *Recipe) any { return &r.PromptInit }},
		{"prompt_tuning_init_text", "", "text a prompt or prefix starts from", "提示或前缀由此文本初始化", func(r *Recipe) any { return &r.InitText }},
		{"feedforward_modules", "", "layers whose inputs IA3 scales, of target_modules", "target_modules 中由 IA3 缩放输入的层", func(r *Recipe) any { return &r.Feedforward }},
		{"last_n_layers", "", "layers that LAST_N_LAYERS trains", "LAST_N_LAYERS 训练的层数", func(r *Recipe) any { return &r.LastNLayers }},
	}},
	{"Optimiser", "优化器", []Key{
		{"learning_rate", "", "highest learning rate; 0: the method's usual one", "学习率(最高值);0 为该方法的常用值", func(r *Recipe) any { return &r.LearningRate }},
		{"per_device_train_batch_size", "", "texts in a batch", "每批文本数", func(r *Recipe) any { return &r.PerDeviceTrainBatchSize }},
		{"per_device_eval_batch_size", "", "texts in a batch of an evaluation", "评估时每批文本数", func(r *Recipe) any { return &r.PerDeviceEvalBatchSize }},
		{"gradient_accumulation_steps", "", "batches whose gradients are summed for one step", "累积多少批的梯度再更新一次", func(r *Recipe) any { return &r.GradientAccumulationSteps }},
		{"num_train_epochs", "", "times the training data is seen", "训练轮数", func(r *Recipe) any { return &r.NumTrainEpochs }},
		{"max_steps", "", "steps of the run; above 0 it overrides num_train_epochs", "总步数;大于 0 时取代 num_train_epochs", func(r *Recipe) any { return &r.MaxSteps }},
		{"weight_decay", "", "AdamW's weight decay", "AdamW 的权重衰减", func(r *Recipe) any { return &r.WeightDecay }},
		{"adam_beta1", "", "AdamW's β₁", "AdamW 的 β₁", func(r *Recipe) any { return &r.AdamBeta1 }},
		{"adam_beta2", "", "AdamW's β₂", "AdamW 的 β₂", func(r *Recipe) any { return &r.AdamBeta2 }},
		{"adam_epsilon", "", "AdamW's ε", "AdamW 的 ε", func(r *Recipe) any { return &r.AdamEpsilon }},
		{"max_grad_norm", "", "longest gradient; longer ones are scaled down; 0: never", "梯度范数上限,超过则缩小;0 为不限", func(r *Recipe) any { return &r.MaxGradNorm }},
		{"optim", "", "adamw_torch, adamw_8bit (moments in 8 bits), lion_32bit, adafactor or muon", "adamw_torch、adamw_8bit(8 位动量)、lion_32bit、adafactor 或 muon", func(r *Recipe) any { return &r.Optim }},
		{"lr_scheduler_type", "", "linear, cosine, cosine_with_restarts, polynomial, inverse_sqrt, constant or constant_with_warmup", "linear、cosine、cosine_with_restarts、polynomial、inverse_sqrt、constant 或 constant_with_warmup", func(r *Recipe) any { return &r.LRSchedulerType }},
		{"num_cycles", "", "waves of cosine (0: half of one), restarts of cosine_with_restarts (0: 1)", "cosine 的波数(0 为半个)或 cosine_with_restarts 的重启次数(0 为 1)", func(r *Recipe) any { return &r.NumCycles }},
		{"power", "", "exponent of polynomial; 0: 1", "polynomial 的指数;0 为 1", func(r *Recipe) any { return &r.Power }},
		{"lr_end", "", "last learning rate of polynomial; 0: 1e-7", "polynomial 的最终学习率;0 为 1e-7", func(r *Recipe) any { return &r.LREnd }},
		{"warmup_ratio", "", "share of the steps in which the learning rate grows", "学习率预热占总步数的比例", func(r *Recipe) any { return &r.WarmupRatio }},
		{"warmup_steps", "", "steps in which the learning rate grows; above 0 it overrides warmup_ratio", "学习率预热步数;大于 0 时取代 warmup_ratio", func(r *Recipe) any { return &r.WarmupSteps }},
		{"label_smoothing_factor", "", "share of a label's weight spread over all labels", "标签平滑系数", func(r *Recipe) any { return &r.LabelSmoothingFactor }},
		{"class_weights", "", "weights of the classes' losses, in the order of their ids, or balanced", "各类别损失的权重(按 id 顺序),或 balanced(按样本数平衡)", func(r *Recipe) any { return &r.ClassWeights }},
		{"focal_gamma", "", "focal loss: losses are multiplied by (1-p)^gamma; 0: cross-entropy", "focal loss:损失乘以 (1-p)^gamma;0 为交叉熵", func(r *Recipe) any { return &r.FocalGamma }},
		{"neftune_noise_alpha", "", "NEFTune: noise on embeddings while training, such as 5; 0: none", "NEFTune:训练时给词嵌入加噪声,如 5;0 为不加", func(r *Recipe) any { return &r.NEFTuneNoiseAlpha }},
		{"seed", "", "of all that is drawn by chance; one seed, one result", "随机种子;种子相同则结果相同", func(r *Recipe) any { return &r.Seed }},
	}},
	{"Evaluation and checkpoints", "评估与检查点", []Key{
		{"logging_steps", "", "steps between the step events of --json", "--json 的 step 事件间隔步数", func(r *Recipe) any { return &r.LoggingSteps }},
		{"eval_strategy", "evaluation_strategy", "when to evaluate: no, epoch or steps", "何时评估:no、epoch 或 steps", func(r *Recipe) any { return &r.EvalStrategy }},
		{"eval_steps", "", "steps between evaluations", "评估间隔步数", func(r *Recipe) any { return &r.EvalSteps }},
		{"save_strategy", "", "when to save a checkpoint: no, epoch or steps", "何时保存检查点:no、epoch 或 steps", func(r *Recipe) any { return &r.SaveStrategy }},
		{"save_steps", "", "steps between checkpoints", "检查点间隔步数", func(r *Recipe) any { return &r.SaveSteps }},
		{"save_total_limit", "", "checkpoints kept beside the best one; 0: all", "除最佳外保留的检查点数;0 为全部", func(r *Recipe) any { return &r.SaveTotalLimit }},
		{"load_best_model_at_end", "", "end with the weights of the best evaluation", "结束时取评估最佳的权重", func(r *Recipe) any { return &r.LoadBestModelAtEnd }},
		{"metric_for_best_model", "", "what is best: loss, accuracy, macro_f1, …", "最佳的依据:loss、accuracy、macro_f1 等", func(r *Recipe) any { return &r.MetricForBestModel }},
		{"greater_is_better", "", "whether more of that metric is better; default: unless it ends in loss", "该指标是否越大越好(默认:名称不以 loss 结尾即是)", func(r *Recipe) any { return &r.GreaterIsBetter }},
		{"early_stopping_patience", "", "stop after n evaluations without gain; 0: never", "连续 n 次评估无改善则停止;0 为不停", func(r *Recipe) any { return &r.EarlyStoppingPatience }},
		{"early_stopping_threshold", "", "what counts as gain", "改善的最小幅度", func(r *Recipe) any { return &r.EarlyStoppingThreshold }},
	}},
	{"Machine", "机器", []Key{
		{"threads", "", "threads of the CPU; 0: one for each core", "CPU 线程数;0 为每核一个", func(r *Recipe) any { return &r.Threads }},
		{"activations", "", "precision of activations in products with a quantised base: 0 (float32), 16 or 8", "与量化权重相乘时激活的精度:0(float32)、16 或 8", func(r *Recipe) any { return &r.Activations }},
		{"gradient_checkpointing", "", "compute again instead of keeping: none, cheap or full", "以重算换内存:none、cheap 或 full", func(r *Recipe) any { return &r.GradientCheckpointing }},
	}},
}

// Value is the field of r that the key sets.
func (k Key) Value(r *Recipe) Value { return Value{k.field(r)} }

// find is the key of a name or of its other name.
func find(name string) (Key, bool) {
	for _, g := range Groups {
		i := slices.IndexFunc(g.Keys, func(k Key) bool { return k.Name == name || k.Also == name })
		if name != "" && i >= 0 {
			return g.Keys[i], true
		}
	}
	return Key{}, false
}
