"""Trains the tiny Llama models with other optimisers and losses and writes every step's numbers.

    /work/venv/bin/python make.py        (needs torch, transformers, peft, bitsandbytes)

Run by hand; Go tests read only the files. Rows, first adapters and the recipe are those of ../parity.
"""

import importlib.util
import sys
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
spec = importlib.util.spec_from_file_location("parity", HERE.parent / "parity/make.py")
parity = importlib.util.module_from_spec(spec)
spec.loader.exec_module(parity)

import bitsandbytes
import bitsandbytes.backends.cpu.ops as bnb_cpu
import numpy as np
import tiny
import torch
import torch.optim._muon
import transformers
from transformers import Trainer
from transformers.optimization import Adafactor

RATE, DECAY = {"base": 1e-2, "cls": 2e-3}, parity.RECIPE["weight_decay"]
CLASS_WEIGHTS = [0.5, 2.0, 1.25]

# name: (task, base, gradient accumulation, arguments of graft that differ)
RUNS = {
    "lion": ("CAUSAL_LM", "base", 1, {"optim": "lion_32bit", "learning_rate": 1e-3, "adam_beta2": 0.99}),
    "adafactor": ("CAUSAL_LM", "base", 2, {"optim": "adafactor"}),
    "adafactor_full": ("SEQ_CLS", "cls", 1, {"optim": "adafactor"}),
    "muon": ("CAUSAL_LM", "base", 1, {"optim": "muon"}),
    "muon_full": ("SEQ_CLS", "cls", 1, {"optim": "muon"}),
    "loraplus": ("CAUSAL_LM", "base", 1, {"learning_rate": 2e-3, "loraplus_lr_ratio": 16}),
    "class_weights": ("SEQ_CLS", "base", 2, {"class_weights": CLASS_WEIGHTS}),
    "label_smoothing": ("SEQ_CLS", "base", 1, {"label_smoothing_factor": 0.1}),
    "focal": ("SEQ_CLS", "base", 1, {"focal_gamma": 2.0}),
}
# Of a whole model only these are kept.
KEPT = ["model.layers.0.mlp.down_proj.weight", "score.weight", "model.norm.weight", "model.embed_tokens.weight"]


class Float32Torch:
    """torch, in which Muon's iteration is in float32: bfloat16 is a choice of speed, and rounds differently everywhere."""

    bfloat16 = torch.float32

    def __getattr__(self, name):
        return getattr(torch, name)


def nearest(values, code, absmax, out, blocksize):
    """bitsandbytes' rounding on a GPU: the nearest code. Its CPU library first rounds to 65536 bins."""
    for i in range(absmax.numel()):
        block = values.flatten()[i * blocksize : (i + 1) * blocksize]
        absmax[i] = block.abs().max()
        scaled = block * (1 / absmax[i]) if absmax[i] > 0 else block
        out.view(-1)[i * blocksize : (i + 1) * blocksize] = (scaled[:, None] - code[None]).abs().argmin(-1).to(torch.uint8)


def optimizers(model, a):
    """The optimiser, and what belongs to it: a list, since Muon leaves some parameters to AdamW."""
    decayed = set(Trainer.get_decay_parameter_names(None, model))
    named = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    betas, eps = (0.9, a.get("adam_beta2", 0.999)), 1e-8

    def groups(of, lr):
        ratio = a.get("loraplus_lr_ratio", 1)
        return [
            {"params": [p for n, p in of if (n in decayed) == d and ("lora_B" in n) == b], "weight_decay": DECAY if d else 0.0, "lr": lr * (ratio if b else 1)}
            for d in (True, False)
            for b in (True, False)
        ]

    lr, name = a["learning_rate"], a.get("optim", "adamw_torch")
    filled = [g for g in groups(named, lr) if g["params"]]
    if name == "lion_32bit":
        return [bitsandbytes.optim.Lion(filled, lr=lr, betas=betas, optim_bits=32)]
    if name == "adafactor":
        return [Adafactor(filled, lr=lr, scale_parameter=False, relative_step=False)]
    if name == "muon":
        inside = lambda n, p: p.ndim == 2 and not any(w in n for w in ("embed_tokens", "lm_head", "score"))
        rest = [(n, p) for n, p in named if not inside(n, p)]
        muon = torch.optim.Muon([p for n, p in named if inside(n, p)], lr=lr, weight_decay=DECAY, adjust_lr_fn="match_rms_adamw")
        adamw = [g for g in groups(rest, lr) if g["params"]]
        return [muon] + ([torch.optim.AdamW(adamw, lr=lr, betas=betas, eps=eps, foreach=False)] if adamw else [])
    return [torch.optim.AdamW(filled, lr=lr, betas=betas, eps=eps, foreach=False)]


def losses(logits, labels, a):
    """The loss of each item and what it counts."""
    logits, labels = logits.flatten(0, -2), labels.flatten()
    weights = (labels != -100).to(logits.dtype)
    if "class_weights" in a:
        weights = torch.tensor(a["class_weights"], dtype=logits.dtype)[labels]
    loss = torch.nn.functional.cross_entropy(logits, labels, ignore_index=-100, reduction="none", label_smoothing=a.get("label_smoothing_factor", 0))
    if "focal_gamma" in a:
        loss = (1 - torch.exp(-loss)) ** a["focal_gamma"] * loss
    return loss, weights


def train(model, task, accumulation, a, data):
    opts = optimizers(model, a)
    steps, warmup, rows = parity.STEPS, parity.WARMUP, parity.ROWS
    schedules = [transformers.get_linear_schedule_with_warmup(o, warmup, steps) for o in opts]
    batch = parity.collate(task, model.config.pad_token_id)
    records = []
    for step in range(steps):
        start = step * accumulation * rows
        micro = [batch(data[start + i * rows : start + (i + 1) * rows]) for i in range(accumulation)]
        labels = [m["labels"] if task == "SEQ_CLS" else m["labels"][:, 1:] for m in micro]
        outs = []
        for m, l in zip(micro, labels):
            logits = model(input_ids=m["input_ids"], attention_mask=m["attention_mask"]).logits
            outs.append(losses(logits if task == "SEQ_CLS" else logits[:, :-1], l, a))
        total = sum(w.sum() for _, w in outs)
        loss = sum((l * w).sum() for l, w in outs) / total
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_([p for p in model.parameters() if p.requires_grad], parity.RECIPE["max_grad_norm"])
        rate = schedules[0].get_last_lr()
        records.append({"loss": loss.item(), "grad_norm": float(norm), "learning_rate": min(rate)})
        for o, s in zip(opts, schedules):
            o.step()
            s.step()
            o.zero_grad()
    return records


def whole(model):
    return {k: v for k, v in parity.state(model, "full").items() if k in KEPT}


def eight_bits():
    """Four steps of one matrix, which must be larger than the models have, with gradients of very different sizes."""
    rng = np.random.default_rng(8)
    shape = (17, 250)  # the last block of 256 is not full
    p = torch.nn.Parameter(torch.tensor(rng.normal(size=shape), dtype=torch.float32))
    grads = (rng.normal(size=(4, *shape)) * 10.0 ** rng.uniform(-1.5, 0, size=shape)).astype(np.float32)
    plain = torch.nn.Parameter(p.detach().clone())
    settings = dict(lr=1e-2, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01)
    eight, full = bitsandbytes.optim.AdamW([p], optim_bits=8, **settings), torch.optim.AdamW([plain], **settings)
    out = {"p": p.detach().numpy().copy(), "grads": grads}
    for g in grads:
        for param, o in ((p, eight), (plain, full)):
            param.grad = torch.tensor(g)
            o.step()
    s = eight.state[p]
    print("8 bits differ from 32 by", tiny.relative(p.detach().numpy(), plain.detach().numpy()))
    out |= {"p4": p.detach().numpy()} | {k: s[k].numpy() for k in ("state1", "state2", "absmax1", "absmax2")}
    tiny.save_tensors(HERE / "adamw_8bit.safetensors", out)


def main():
    torch.optim._muon.torch = Float32Torch()
    bnb_cpu._quant_blockwise_fp32_direct = nearest
    eight_bits()
    data, final, runs = parity.rows(), {}, {}
    for name, (task, base, accumulation, a) in RUNS.items():
        method = "lora" if base == "base" else "full"
        a = {"learning_rate": RATE[base]} | a
        model = parity.model_for(method, task, base)
        records = train(model, task, accumulation, a, data[task])
        weights = whole(model) if method == "full" else parity.state(model, method)
        final |= {f"{name}/{k}": v.astype(np.float32) for k, v in weights.items()}
        runs[name] = {"method": method, "task_type": task, "base": base, "gradient_accumulation_steps": accumulation, "learning_rate": a["learning_rate"], "arguments": a, "records": records}
        print(name, [f"{r['loss']:.4f}/{r['grad_norm']:.2f}" for r in records])
    tiny.save_tensors(HERE / "final.safetensors", final)
    made = {m.__name__: m.__version__ for m in (torch, transformers, bitsandbytes)}
    tiny.save_json(HERE / "runs.json", {"made_with": made, "runs": runs})


if __name__ == "__main__":
    main()
