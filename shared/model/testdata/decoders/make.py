"""Writes a tiny random model of each decoder architecture and what transformers and PEFT answer for it.

    /work/venv/bin/python make.py [name ...]       (needs torch, transformers, peft, safetensors)

Run by hand; Go tests read only the files. README.md lists them.
"""

import copy
import json
import os
import shutil
import sys

sys.dont_write_bytecode = True
from pathlib import Path

import numpy as np
import peft
import torch
import transformers

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "llama"))
import tiny  # noqa: E402

os.umask(0o022)
VOCAB, PAD, BOS, EOS = 48, 0, 1, 2
T = 21  # more than every window below, and more than the original context of the scaled rotations

COMMON = dict(
    vocab_size=VOCAB,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    max_position_embeddings=64,
    bos_token_id=BOS,
    eos_token_id=EOS,
    pad_token_id=PAD,
    tie_word_embeddings=False,
)
NARROW = COMMON | dict(hidden_size=16, intermediate_size=24, head_dim=8)  # head_dim is not hidden / heads
SQUARE = COMMON | dict(hidden_size=32, intermediate_size=24)


def rope(kind, **more):
    return {"rope_parameters": {"rope_type": kind, "rope_theta": 10000.0} | more}


ORIGINAL = dict(original_max_position_embeddings=8)
LLAMA3 = dict(factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0) | ORIGINAL
LONG = dict(short_factor=[1.0, 1.25], long_factor=[1.5, 3.0]) | ORIGINAL

# name: (class without its ending, configuration)
MODELS = {
    "mistral": ("Mistral", NARROW | dict(sliding_window=6)),
    "mistral_whole": ("Mistral", NARROW | dict(sliding_window=None, num_hidden_layers=1)),
    "qwen2": ("Qwen2", SQUARE | dict(tie_word_embeddings=True)),
    "qwen2_window": ("Qwen2", SQUARE | dict(use_sliding_window=True, sliding_window=5, max_window_layers=1)),
    "qwen3": ("Qwen3", NARROW | dict(use_sliding_window=True, sliding_window=5, max_window_layers=1)),
    "gemma2": (
        "Gemma2",
        NARROW
        | dict(
            sliding_window=6, query_pre_attn_scalar=12, attn_logit_softcapping=3.0, final_logit_softcapping=2.0, tie_word_embeddings=True
        ),
    ),
    "gemma3_text": (
        "Gemma3",
        NARROW
        | dict(
            num_hidden_layers=3,
            sliding_window=6,
            query_pre_attn_scalar=8,
            tie_word_embeddings=True,
            layer_types=["sliding_attention", "sliding_attention", "full_attention"],
            rope_parameters={
                "sliding_attention": {"rope_type": "default", "rope_theta": 100.0},
                "full_attention": {"rope_type": "linear", "factor": 2.0, "rope_theta": 10000.0},
            },
        ),
    ),
    "phi3": ("Phi3", SQUARE | dict(sliding_window=7)),
    "phi3_long": ("Phi3", SQUARE | ORIGINAL | rope("longrope", partial_rotary_factor=0.5, **LONG)),
    "llama_linear": ("Llama", NARROW | dict(num_hidden_layers=1) | rope("linear", factor=4.0)),
    "llama_llama3": ("Llama", NARROW | dict(num_hidden_layers=1) | rope("llama3", **LLAMA3)),
    "llama_yarn": ("Llama", NARROW | dict(num_hidden_layers=1) | rope("yarn", factor=4.0, **ORIGINAL)),
    "llama_dynamic": ("Llama", NARROW | dict(num_hidden_layers=1, max_position_embeddings=8) | rope("dynamic", factor=4.0)),
}


def randomize(model, seed, from_one):
    """tiny.randomize, with norms around zero where their weight is the distance from one."""
    tiny.randomize(model, seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            if "norm" in name and from_one:
                p.sub_(1)
            p.copy_(p.bfloat16())
    return model.eval()


def classes(family):
    seq = "Gemma3Text" if family == "Gemma3" else family
    return getattr(transformers, family + "ForCausalLM"), getattr(transformers, seq + "ForSequenceClassification")


def config_of(family, values):
    kind = {"Gemma3": "Gemma3TextConfig"}.get(family, family + "Config")
    return getattr(transformers, kind)(**values, attn_implementation="eager")


def inputs():
    rng = np.random.default_rng(20)
    token = lambda n: [int(t) for t in rng.integers(3, VOCAB, n)]
    ids = [BOS] + token(T - 1)
    rows = [[BOS] + token(n) for n in (T - 1, 3, 11)]
    return {
        "CAUSAL_LM": {"input_ids": [ids], "labels": [[-100] * 5 + ids[5:]]},
        "SEQ_CLS": {"rows": rows, "labels": [2, 0, 1]},
    }


def batch(data, task):
    if task == "CAUSAL_LM":
        return {k: torch.tensor(v) for k, v in data[task].items()}
    rows = data[task]["rows"]
    width = max(map(len, rows))
    return {
        "input_ids": torch.tensor([r + [PAD] * (width - len(r)) for r in rows]),
        "attention_mask": torch.tensor([[1] * len(r) + [0] * (width - len(r)) for r in rows]),
        "labels": torch.tensor(data[task]["labels"]),
    }


def put(into, name, value):
    into[name] = value.detach().float().numpy()


def head(cls, cfg, weights, dtype):
    """The classifier with the causal model's body and a head that follows from the sizes."""
    cfg = type(cfg).from_dict(cfg.to_dict() | {"num_labels": 3}, attn_implementation="eager")
    model = cls(cfg)
    own = {k: v for k, v in weights.items() if k != "lm_head.weight"} | {"score.weight": torch.from_numpy(tiny.score(3, cfg.hidden_size))}
    missing, unexpected = model.load_state_dict(own, strict=False)
    assert not missing and not unexpected, (missing, unexpected)
    return model.to(dtype).eval()


def whole(name, family, values, seed, data):
    """Logits, loss and the gradients of all weights; noise is float32's distance from float64."""
    lm, cls = classes(family)
    cfg = config_of(family, values)
    model = randomize(lm(cfg), seed, family.startswith("Gemma"))
    expected, noise = {}, 0.0
    out = model(**batch(data, "CAUSAL_LM"))
    out.loss.backward()
    put(expected, "logits", out.logits[0])
    put(expected, "loss", out.loss[None])
    for key, p in model.named_parameters():
        put(expected, "gradient/" + key, p.grad)
    weights = {k: v.detach().clone() for k, v in model.state_dict().items()}
    precise = lm(config_of(family, values)).double().eval()
    precise.load_state_dict({k: v.double() for k, v in weights.items()})
    truth = precise(**batch(data, "CAUSAL_LM"))
    truth.loss.backward()
    noise = tiny.relative(out.logits, truth.logits)
    for (_, p), (_, q) in zip(model.named_parameters(), precise.named_parameters()):
        noise = max(noise, relative(p.grad, q.grad))
    scored = head(cls, cfg, weights, torch.float32)(**batch(data, "SEQ_CLS"))
    put(expected, "SEQ_CLS/logits", scored.logits)
    put(expected, "SEQ_CLS/loss", scored.loss[None])
    tied = {"lm_head.weight"} if values["tie_word_embeddings"] else set()
    home = HERE / name
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    cfg.architectures = [lm.__name__]
    saved = cfg.to_dict() | {"dtype": "bfloat16"}
    for key in ("transformers_version", "use_cache", "initializer_range"):
        saved.pop(key, None)
    (home / "config.json").write_text(json.dumps(saved, indent=2, sort_keys=True) + "\n")
    from safetensors.torch import save_file

    save_file({k: v.bfloat16().contiguous() for k, v in weights.items() if k not in tied}, home / "model.safetensors", {"format": "pt"})
    (home / "model.safetensors").chmod(0o644)
    tiny.save_tensors(home / "expected.safetensors", expected)
    return weights, cfg, noise


def relative(got, want):
    assert torch.isfinite(got).all() and want.abs().max() > 0, (got, want)
    return tiny.relative(got, want)


def truth(model, data, task):
    """The loss in float64. Rows are not padded: transformers' masks make nan of padding in float64."""
    if task == "CAUSAL_LM":
        return model(**batch(data, task)).loss
    rows, labels = data[task]["rows"], torch.tensor(data[task]["labels"])
    return torch.nn.functional.cross_entropy(torch.cat([model(input_ids=torch.tensor([r])).logits for r in rows]), labels)


ADAPTERS = HERE.parents[2] / "adapter" / "testdata" / "decoders"


def adapted(name, family, weights, cfg, task, data, expected, gradients, cases):
    """LoRA over every linear layer (PEFT's all-linear): adapter files, logits, loss, gradients."""
    lm, cls = classes(family)
    if task == "SEQ_CLS":
        model = head(cls, cfg, weights, torch.float32)
    else:
        model = lm(cfg)
        model.load_state_dict(weights)
        model = model.float().eval()
    model = peft.get_peft_model(model, peft.LoraConfig(task_type=task, r=2, lora_alpha=6, target_modules="all-linear"))
    rng = np.random.default_rng(30)
    with torch.no_grad():
        for key, p in sorted(model.named_parameters()):
            if p.requires_grad:
                p.copy_(torch.from_numpy((rng.standard_normal(tuple(p.shape)) * 0.1).astype(np.float32)))
    model.eval()
    precise = copy.deepcopy(model).double()
    out = model(**batch(data, task))
    out.loss.backward()
    truth(precise, data, task).backward()
    key = name + "_" + task.lower()
    put(expected, key + "/logits", out.logits[0] if task == "CAUSAL_LM" else out.logits)
    put(expected, key + "/loss", out.loss[None])
    trainable = 0
    noise = 0.0
    for (n, p), (_, q) in zip(model.named_parameters(), precise.named_parameters()):
        if p.requires_grad:
            trainable += p.numel()
            noise = max(noise, relative(p.grad, q.grad))
            n = n.replace(".default", "").replace(".modules_to_save", "")
            put(gradients, key + "/" + n, p.grad)
    home = ADAPTERS / key
    shutil.rmtree(home, ignore_errors=True)
    model.save_pretrained(home)
    (home / "README.md").unlink(missing_ok=True)
    (home / "adapter_model.safetensors").chmod(0o644)
    saved = json.loads((home / "adapter_config.json").read_text())
    saved["target_modules"] = sorted(saved["target_modules"])
    saved["base_model_name_or_path"] = name
    (home / "adapter_config.json").write_text(json.dumps(saved, indent=2, sort_keys=True) + "\n")
    cases[key] = {"base": name, "task_type": task, "targets": saved["target_modules"], "trainable": trainable, "gradients": True}
    return key, noise


# Which of the models also carry adapters: one of each architecture.
LORA = ["mistral", "qwen2", "qwen3", "gemma2", "gemma3_text", "phi3"]


def main():
    data = inputs()
    expected, gradients, adapters, noise = {}, {}, {}, {}
    for seed, (name, (family, values)) in enumerate(MODELS.items()):
        weights, cfg, noise[name] = whole(name, family, values, 40 + seed, data)
        if name in LORA:
            for task in ("CAUSAL_LM", "SEQ_CLS"):
                key, noise[key] = adapted(name, family, weights, cfg, task, data, expected, gradients, adapters)
    made = {"torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__, "numpy": np.__version__}
    noise = {k: float(f"{v:.2g}") for k, v in noise.items()}
    of = lambda names: {"made_with": made, "float32_noise": {k: noise[k] for k in names}, "inputs": data}
    tiny.save_json(HERE / "cases.json", of(MODELS) | {"models": list(MODELS)})
    tiny.save_tensors(HERE / "score.safetensors", {f"score.weight.{n}": tiny.score(3, n) for n in (16, 32)})
    tiny.save_tensors(ADAPTERS / "expected.safetensors", expected)
    tiny.save_tensors(ADAPTERS / "gradients.safetensors", gradients)
    tiny.save_json(ADAPTERS / "cases.json", of(adapters) | {"adapters": adapters})


main()
