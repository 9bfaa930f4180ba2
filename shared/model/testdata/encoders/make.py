"""Writes one tiny model of each encoder architecture and what transformers and PEFT answer for it.

    /work/venv/bin/python make.py        (needs torch, transformers, peft, safetensors)

Run by hand; Go tests read only the files:

    cases.json                      rows of tokens, their types and labels; the models
    <model>/config.json, model.safetensors   a …ForSequenceClassification with random weights
    <model>/expected.safetensors    hidden (rows one after the other), logits, loss, gradient/<weight> of all weights
    <model>/lora/                   an adapter by PEFT; expected.safetensors has lora/logits, lora/loss, lora/gradient/<tensor>
"""

import sys

sys.dont_write_bytecode = True

import json
import pathlib
import shutil

import numpy as np
import peft
import safetensors.torch
import torch
import transformers

transformers.logging.disable_progress_bar()

HERE = pathlib.Path(__file__).parent
VOCAB, LABELS, POSITIONS = 60, 3, 40
SIZES = dict(vocab_size=VOCAB, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4,
             max_position_embeddings=POSITIONS, num_labels=LABELS)
T = transformers

# name: config, modules that get LoRA, modules kept whole beside the head
MODELS = {
    "bert": (T.BertConfig(**SIZES, type_vocab_size=2), ["query", "value", "dense"], None),
    "roberta": (T.RobertaConfig(**SIZES, type_vocab_size=1, layer_norm_eps=1e-5, pad_token_id=1), ["query", "value", "dense"], None),
    "xlm_roberta": (T.XLMRobertaConfig(**SIZES, type_vocab_size=1, layer_norm_eps=1e-5, pad_token_id=1, hidden_act="gelu_new"), ["key"], None),
    "distilbert": (T.DistilBertConfig(vocab_size=VOCAB, dim=16, hidden_dim=24, n_layers=2, n_heads=4, max_position_embeddings=POSITIONS,
                                      num_labels=LABELS), ["q_lin", "lin1"], ["pre_classifier"]),
    "modernbert": (T.ModernBertConfig(**{**SIZES, "num_hidden_layers": 4}, local_attention=6, pad_token_id=0, bos_token_id=2, eos_token_id=3,
                                      cls_token_id=2, sep_token_id=3), ["Wqkv", "Wi", "Wo"], None),
    "modernbert_mean": (T.ModernBertConfig(**SIZES, local_attention=4, global_attn_every_n_layers=2, pad_token_id=0, bos_token_id=2,
                                           eos_token_id=3, cls_token_id=2, sep_token_id=3, classifier_pooling="mean", norm_bias=True, mlp_bias=True,
                                           attention_bias=True, classifier_bias=True), ["Wqkv", "dense"], None),
}


def fill(module, seed):
    """Random values large enough that every part of the model matters, and norms that are not the identity."""
    g = torch.Generator().manual_seed(seed)
    for name, p in module.named_parameters():
        base = 1.0 if p.ndim == 1 and ("norm" in name.lower()) and name.endswith("weight") else 0.0
        p.data = base + 0.3 * torch.randn(p.shape, generator=g)


def rows():
    rng = np.random.default_rng(7)
    ids = [[2] + rng.integers(4, VOCAB, n).tolist() + [3] for n in (1, 9, 4, 22)]
    types = [[int(i > len(r) // 2) for i in range(len(r))] for r in ids]
    return ids, types, [i % LABELS for i in range(len(ids))]


def one_by_one(model, ids, types):
    """What the model makes of each row alone: without padding, whose rows in a narrow window attend nothing (nan)."""
    model.eval()
    results = []
    for i, t in zip(ids, types):
        inputs = {"input_ids": torch.tensor([i])}
        if getattr(model.config, "type_vocab_size", 0) == 2:
            inputs["token_type_ids"] = torch.tensor([t])
        results.append(model(**inputs, output_hidden_states=True))
    return torch.cat([r.logits for r in results]), torch.cat([r.hidden_states[-1][0] for r in results])


def answers(model, ids, types, labels, trained, prefix, out):
    model.zero_grad()
    logits, last = one_by_one(model, ids, types)
    loss = torch.nn.functional.cross_entropy(logits, torch.tensor(labels))
    loss.backward()
    out[prefix + "logits"], out[prefix + "loss"] = logits, loss[None]
    for name, p in trained:
        if p.grad is not None:
            out[prefix + "gradient/" + name] = p.grad
    return last


def tidy(path):
    config = json.loads(path.read_text())
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def save(path, tensors):
    safetensors.torch.save_file({k: v.detach().to(torch.float32).contiguous().clone() for k, v in tensors.items()}, path)


def relative(a, b):
    return float((a.detach().double() - b.detach()).abs().max() / b.detach().abs().max())


def main():
    ids, types, labels = rows()
    noise = {}
    for seed, (name, (config, targets, kept)) in enumerate(MODELS.items()):
        config._attn_implementation = "eager"
        directory = HERE / name
        shutil.rmtree(directory, ignore_errors=True)
        model = T.AutoModelForSequenceClassification.from_config(config)
        fill(model, seed)
        model.save_pretrained(directory)
        out = {}
        out["hidden"] = answers(model, ids, types, labels, list(model.named_parameters()), "", out)

        double = T.AutoModelForSequenceClassification.from_pretrained(directory, dtype=torch.float64, attn_implementation="eager")
        truth = {}
        answers(double, ids, types, labels, list(double.named_parameters()), "", truth)
        noise[name] = {kind: max(relative(out[n], truth[n]) for n in truth if kind in n and truth[n].abs().max() > 1e-9)
                       for kind in ("logits", "gradient")}

        adapter = peft.get_peft_model(model, peft.LoraConfig(task_type="SEQ_CLS", r=3, lora_alpha=5, target_modules=targets, modules_to_save=kept))
        g = torch.Generator().manual_seed(100 + seed)
        for n, p in adapter.named_parameters():
            if p.requires_grad:
                p.data = 0.2 * torch.randn(p.shape, generator=g)
        adapter.save_pretrained(directory / "lora")
        (directory / "lora" / "README.md").unlink(missing_ok=True)
        stored = set(safetensors.torch.load_file(directory / "lora" / "adapter_model.safetensors"))
        trained = [(n.replace(".default", "").replace(".modules_to_save", ""), p) for n, p in adapter.named_parameters() if p.requires_grad]
        assert {n for n, _ in trained} == stored, ({n for n, _ in trained} ^ stored)
        answers(adapter, ids, types, labels, trained, "lora/", out)
        save(directory / "expected.safetensors", out)
        tidy(directory / "config.json")
        tidy(directory / "lora" / "adapter_config.json")
    (HERE / "cases.json").write_text(json.dumps({
        "made_with": {m.__name__: m.__version__ for m in (torch, transformers, peft)},
        "float32_noise": {k: {n: float(f"{x:.2g}") for n, x in v.items()} for k, v in noise.items()},
        "rows": ids, "types": types, "labels": labels, "models": list(MODELS)}, indent=1) + "\n")


main()
