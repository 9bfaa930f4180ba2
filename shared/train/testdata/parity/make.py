"""Trains the tiny Llama models with PyTorch and PEFT and writes every step's numbers.

    PYTHONHASHSEED=0 /work/venv/bin/python make.py        (needs torch, transformers, peft, accelerate, bitsandbytes)

Run by hand; Go tests read only the files. README.md lists them. The loop is written
out, and the Trainer of transformers is run on four of the runs to prove that the loop does what it does.
"""

import shutil
import sys
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
LLAMA = HERE.parents[2] / "model/testdata/llama"
sys.path.insert(0, str(LLAMA))

import bitsandbytes
import numpy as np
import peft
import tiny
import torch
import transformers
from peft import LoraConfig, PeftModel, get_peft_model
from peft.utils import get_peft_model_state_dict
from transformers import LlamaForCausalLM, LlamaForSequenceClassification, Trainer, TrainingArguments
from transformers import get_linear_schedule_with_warmup

STEPS, WARMUP, ROWS = 10, 2, 3
RECIPE = {
    "steps": STEPS,
    "per_device_train_batch_size": ROWS,
    "lr_scheduler_type": "linear",
    "warmup_steps": WARMUP,
    "adam_beta1": 0.9,
    "adam_beta2": 0.999,
    "adam_epsilon": 1e-8,
    "weight_decay": 0.01,
    "max_grad_norm": 1.0,
}
ADAPTERS = {
    "SEQ_CLS": dict(r=8, lora_alpha=32, target_modules=["q_proj", "v_proj"]),
    "CAUSAL_LM": dict(r=2, lora_alpha=4, target_modules="all-linear"),
}

# name: (method, task, base, gradient accumulation, learning rate)
RUNS = {
    "lora_seqcls": ("lora", "SEQ_CLS", "base", 1, 5e-3),
    "lora_seqcls_accumulated": ("lora", "SEQ_CLS", "base", 2, 5e-3),
    "lora_causal": ("lora", "CAUSAL_LM", "base", 1, 1e-2),
    "lora_causal_accumulated": ("lora", "CAUSAL_LM", "base", 2, 1e-2),
    "qlora_seqcls": ("qlora", "SEQ_CLS", "base", 1, 5e-3),
    "qlora_causal": ("qlora", "CAUSAL_LM", "base", 2, 1e-2),
    "full_seqcls": ("full", "SEQ_CLS", "cls", 2, 2e-3),
    "full_causal": ("full", "CAUSAL_LM", "tied", 2, 2e-3),
}


def rows():
    """Rows in the order in which they are trained: enough for two micro-batches a step."""
    rng = np.random.default_rng(30)
    causal, seqcls = [], []
    for i in range(STEPS * 2 * ROWS):
        ids = [tiny.BOS] + tiny.tokens(rng, int(rng.integers(3, 12)))
        prompt = 1 + int(rng.integers(0, len(ids) - 2))  # tokens that are not learned; very different counts a micro-batch
        causal.append({"input_ids": ids, "labels": [-100] * prompt + ids[prompt:]})
        # Something to learn: the class is the last token's third of the vocabulary.
        ids = [tiny.BOS] + tiny.tokens(rng, int(rng.integers(3, 10)))
        seqcls.append({"input_ids": ids, "label": min((ids[-1] - 3) // 31, 2)})
    return {"CAUSAL_LM": causal, "SEQ_CLS": seqcls}


def collate(task, pad):
    def batch(examples):
        width = max(len(e["input_ids"]) for e in examples)
        fill = lambda row, value: row + [value] * (width - len(row))
        out = {
            "input_ids": [fill(e["input_ids"], pad) for e in examples],
            "attention_mask": [fill([1] * len(e["input_ids"]), 0) for e in examples],
        }
        out["labels"] = [e["label"] for e in examples] if task == "SEQ_CLS" else [fill(e["labels"], -100) for e in examples]
        return {k: torch.tensor(v) for k, v in out.items()}

    return batch


def model_for(method, task, base, dtype=torch.float32):
    """The model before its first step; an adapter is the one in init/."""
    if method == "qlora":
        kind = LlamaForSequenceClassification if task == "SEQ_CLS" else LlamaForCausalLM
        more = {"num_labels": 3} if task == "SEQ_CLS" else {}
        model = tiny.nf4(kind, LLAMA / base, **more)
        peft.prepare_model_for_kbit_training(model, use_gradient_checkpointing=False)
        assert type(model.model.layers[0].self_attn.q_proj) is bitsandbytes.nn.Linear4bit
        assert type(model.score if task == "SEQ_CLS" else model.lm_head) is torch.nn.Linear
    else:
        model = tiny.open(base, task, dtype=dtype)
    if method != "full":
        model = PeftModel.from_pretrained(model, HERE / "init" / task.lower(), is_trainable=True)
        if dtype == torch.float64:
            model = model.double()
    return model.train()


def state(model, method):
    """Trained weights by the names that the files of Hugging Face and PEFT use."""
    if method == "full":
        tied = model.config.tie_word_embeddings
        tensors = {k: v for k, v in model.state_dict().items() if not (tied and k == "lm_head.weight")}
    else:
        tensors = get_peft_model_state_dict(model, save_embedding_layers=False)
    return {k: v.detach().double().numpy() for k, v in tensors.items()}


def train(model, task, accumulation, learning_rate, data):
    """Ten steps; returns one record a step. The loss is that of the weights before the step."""
    decayed = set(Trainer.get_decay_parameter_names(None, model))
    named = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for n, p in named if n in decayed], "weight_decay": RECIPE["weight_decay"]},
            {"params": [p for n, p in named if n not in decayed], "weight_decay": 0.0},
        ],
        lr=learning_rate,
        betas=(RECIPE["adam_beta1"], RECIPE["adam_beta2"]),
        eps=RECIPE["adam_epsilon"],
        foreach=False,
    )
    schedule = get_linear_schedule_with_warmup(optimizer, WARMUP, STEPS)
    batch = collate(task, model.config.pad_token_id)
    records = []
    for step in range(STEPS):
        start = step * accumulation * ROWS
        micro = [batch(data[start + i * ROWS : start + (i + 1) * ROWS]) for i in range(accumulation)]
        labels = [m["labels"] if task == "SEQ_CLS" else m["labels"][:, 1:] for m in micro]
        items = sum(int((l != -100).sum()) for l in labels)  # rows, or learned tokens, of the whole accumulated batch
        total = 0.0
        for m, l in zip(micro, labels):
            logits = model(input_ids=m["input_ids"], attention_mask=m["attention_mask"]).logits
            logits = logits if task == "SEQ_CLS" else logits[:, :-1]
            loss = torch.nn.functional.cross_entropy(logits.flatten(0, -2), l.flatten(), ignore_index=-100, reduction="sum") / items
            loss.backward()
            total += loss.item()
        norm = torch.nn.utils.clip_grad_norm_([p for _, p in named], RECIPE["max_grad_norm"])
        records.append({"loss": total, "grad_norm": float(norm), "learning_rate": schedule.get_last_lr()[0], "items": items})
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
    return records, sorted(n for n, _ in named if n not in decayed)


class InOrder(Trainer):
    """transformers' Trainer without the shuffle."""

    def _get_train_sampler(self, *args):
        return torch.utils.data.SequentialSampler(self.train_dataset)


def trainer(model, task, accumulation, learning_rate, data):
    args = TrainingArguments(
        output_dir="/tmp/parity",
        use_cpu=True,
        max_steps=STEPS,
        per_device_train_batch_size=ROWS,
        gradient_accumulation_steps=accumulation,
        learning_rate=learning_rate,
        weight_decay=RECIPE["weight_decay"],
        warmup_steps=WARMUP,
        lr_scheduler_type="linear",
        max_grad_norm=RECIPE["max_grad_norm"],
        optim="adamw_torch",
        save_strategy="no",
        report_to=[],
        logging_steps=1,
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_pin_memory=False,
    )
    run = InOrder(model=model, args=args, train_dataset=data, data_collator=collate(task, model.config.pad_token_id))
    run.log = lambda *a, **k: None
    run.train()


def initial_adapters():
    for seed, (task, settings) in enumerate(ADAPTERS.items(), start=300):
        torch.manual_seed(seed)
        model = get_peft_model(tiny.open("base", task), LoraConfig(task_type=task, lora_dropout=0.0, **settings))
        model.peft_config["default"].base_model_name_or_path = "base"
        directory = HERE / "init" / task.lower()
        shutil.rmtree(directory, ignore_errors=True)
        model.save_pretrained(directory, save_embedding_layers=False)
        (directory / "README.md").unlink()
        (directory / "adapter_model.safetensors").chmod(0o644)


def main():
    initial_adapters()
    data, final, runs = rows(), {}, {}
    for name, (method, task, base, accumulation, rate) in RUNS.items():
        model = model_for(method, task, base)
        records, plain = train(model, task, accumulation, rate, data[task])
        weights = state(model, method)
        final |= {f"{name}/{k}": v.astype(np.float32) for k, v in weights.items()}
        run = {
            "method": method,
            "task_type": task,
            "base": base,
            "gradient_accumulation_steps": accumulation,
            "learning_rate": rate,
            "without_weight_decay": plain,
            "records": records,
        }
        if method != "qlora":  # bitsandbytes has no float64
            precise = model_for(method, task, base, torch.float64)
            truth, _ = train(precise, task, accumulation, rate, data[task])
            run["float32_noise"] = {
                key: max(abs(a[key] - b[key]) / abs(b[key]) for a, b in zip(records, truth)) for key in ("loss", "grad_norm")
            }
            wanted = state(precise, method)
            run["float32_noise"]["weights"] = max(tiny.relative(w, wanted[k]) for k, w in weights.items())
            run["float32_noise"] = {k: float(f"{v:.2g}") for k, v in run["float32_noise"].items()}
        if accumulation == 2 and method != "qlora":
            model = model_for(method, task, base)
            trainer(model, task, accumulation, rate, data[task])
            far = max(tiny.relative(w, weights[k]) for k, w in state(model, method).items())
            print(f"{name}: the Trainer's final weights differ by {far:.1e}")
            assert far < 1e-4
        runs[name] = run
        print(name, [f"{r['loss']:.4f}/{r['grad_norm']:.2f}" for r in records], run.get("float32_noise"))

    tiny.save_tensors(HERE / "final.safetensors", final)
    made = {m.__name__: m.__version__ for m in (torch, transformers, peft, bitsandbytes)}
    tiny.save_json(HERE / "runs.json", {"made_with": made, "recipe": RECIPE, "rows": data, "runs": runs})


if __name__ == "__main__":
    main()
