"""Writes adapters as PEFT saves them, and what PEFT computes with them.

    PYTHONHASHSEED=0 /work/venv/bin/python make.py        (needs torch, transformers, peft, safetensors)

Run by hand; Go tests read only the files. README.md lists them. The bases are those
of shared/model/testdata/llama. The hash seed is for PEFT, which writes target_modules
in the order of a Python set.
"""

import shutil
import sys
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
LLAMA = HERE.parents[2] / "model/testdata/llama"
sys.path.insert(0, str(LLAMA))

import numpy as np
import peft
import tiny
import torch
import transformers
from peft import IA3Config, LoraConfig, PeftModel, PrefixTuningConfig, PromptEncoderConfig, PromptTuningConfig, get_peft_model
from safetensors.torch import load_file

QV = ["q_proj", "v_proj"]

# name: (base directory, task, configuration, whether its gradients are kept)
ADAPTERS = {
    "seqcls": ("base", "SEQ_CLS", dict(r=4, lora_alpha=8, target_modules=QV), True),
    "whole": ("cls", "SEQ_CLS", dict(r=4, lora_alpha=8, target_modules="all-linear"), False),
    "patterns": (
        "base",
        "CAUSAL_LM",
        dict(
            r=2,
            lora_alpha=4,
            target_modules="all-linear",
            rank_pattern={"q_proj": 4, "layers.1.self_attn.k_proj": 3, r"layers\.\d+\.mlp\.up_proj": 5},
            alpha_pattern={"q_proj": 6, "down_proj": 1, "model.layers.0.self_attn.o_proj": 7},
        ),
        True,
    ),
    "rslora": ("base", "CAUSAL_LM", dict(r=8, lora_alpha=4, target_modules=QV, use_rslora=True, alpha_pattern={"v_proj": 2}), False),
    "bias_lora_only": ("bias", "CAUSAL_LM", dict(r=2, lora_alpha=4, target_modules=["q_proj", "down_proj"], bias="lora_only"), True),
    "bias_all": ("bias", "CAUSAL_LM", dict(r=2, lora_alpha=4, target_modules=["q_proj"], bias="all"), True),
    "lora_bias": ("base", "CAUSAL_LM", dict(r=2, lora_alpha=6, target_modules=QV, lora_bias=True), True),
    "layer": ("base", "CAUSAL_LM", dict(r=2, lora_alpha=4, target_modules=["q_proj", "up_proj"], layers_to_transform=[1]), False),
    "layer_pattern": (
        "base",
        "CAUSAL_LM",
        dict(r=2, lora_alpha=4, target_modules=["v_proj"], layers_to_transform=0, layers_pattern="layers"),
        False,
    ),
    "saved": ("base", "CAUSAL_LM", dict(r=2, lora_alpha=4, target_modules=QV, modules_to_save=["lm_head", "embed_tokens"]), False),
    "excluded": (
        "base",
        "CAUSAL_LM",
        dict(r=2, lora_alpha=4, target_modules=["q_proj", "o_proj", "down_proj"], exclude_modules=["model.layers.0.self_attn.q_proj", "down_proj"]),
        False,
    ),
    "regex": (
        "base",
        "CAUSAL_LM",
        dict(r=2, lora_alpha=4, target_modules=r".*\.layers\.0\.(self_attn\.[qv]|mlp\.gate)_proj", exclude_modules=r".*\.v_proj"),
        False,
    ),
    "dora": ("base", "CAUSAL_LM", dict(r=4, lora_alpha=8, target_modules=["q_proj", "down_proj"], use_dora=True), True),
    "embedding": ("base", "CAUSAL_LM", dict(r=2, lora_alpha=4, target_modules=["embed_tokens", "o_proj"]), True),
    "dora_bias": ("bias", "SEQ_CLS", dict(r=2, lora_alpha=6, target_modules=["v_proj", "down_proj"], use_dora=True, use_rslora=True), True),
    "lm_head": ("base", "CAUSAL_LM", dict(r=2, lora_alpha=4, target_modules=["lm_head", "v_proj"]), True),
    "embedding_cls": ("bias", "SEQ_CLS", dict(r=2, lora_alpha=4, target_modules=["embed_tokens"]), True),
    "bias_only": ("bias", "CAUSAL_LM", dict(target_modules="dummy-target-modules", bias="all"), True),
    "bias_only_cls": ("bias", "SEQ_CLS", dict(target_modules="dummy-target-modules", bias="all"), False),
    "last_layer": ("bias", "CAUSAL_LM", dict(target_modules="dummy-target-modules", modules_to_save=["layers.1"]), False),
    "last_layer_cls": ("bias", "SEQ_CLS", dict(target_modules="dummy-target-modules", modules_to_save=["layers.1"]), False),
    "ia3": ("base", "CAUSAL_LM", dict(kind=IA3Config, target_modules=["k_proj", "v_proj", "down_proj"], feedforward_modules=["down_proj"]), True),
    "ia3_cls": ("bias", "SEQ_CLS", dict(kind=IA3Config, target_modules=["q_proj", "up_proj", "down_proj"], feedforward_modules=["down_proj"]), True),
}

# Prompt learning: trained before it is saved, since PEFT does not train what it has loaded.
PROMPTS = {
    "prefix": ("base", PrefixTuningConfig, dict(num_virtual_tokens=3)),
    "prefix_projection": ("bias", PrefixTuningConfig, dict(num_virtual_tokens=3, prefix_projection=True, encoder_hidden_size=12)),
    "prompt": ("base", PromptTuningConfig, dict(num_virtual_tokens=4)),
    "p_tuning": ("bias", PromptEncoderConfig, dict(num_virtual_tokens=4, encoder_hidden_size=24)),
}


def randomize(model, seed):
    """Trainable weights as training might leave them: B is not zero, nothing saved equals the base."""
    rng = np.random.default_rng(seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            if not p.requires_grad:
                continue
            x = torch.from_numpy(rng.standard_normal(tuple(p.shape)).astype(np.float32))
            if "magnitude" in name:
                p.mul_(1 + 0.2 * x)
            elif "lora_embedding" in name:
                p.copy_(0.5 * x)
            elif "ia3" in name or "norm" in name:
                p.copy_(1 + 0.3 * x)
            elif "lora_" in name and p.dim() == 2:
                p.copy_(x / p.shape[1] ** 0.5)
            elif p.dim() == 2:  # score, lm_head, embed_tokens
                p.copy_(x / (1 if "embed" in name else p.shape[1] ** 0.5))
            else:  # biases
                p.copy_(0.3 * x)


def inputs():
    rng = np.random.default_rng(20)
    ids = [tiny.BOS] + tiny.tokens(rng, 11)
    rows = [[tiny.BOS] + tiny.tokens(rng, n) for n in (4, 8, 2)]
    width = max(map(len, rows))
    return {
        "CAUSAL_LM": {"input_ids": [ids], "attention_mask": [[1] * 12], "labels": [[-100] * 4 + ids[4:]]},
        # Padded at the right; the pad is 0, or 2 where the base's configuration says so (`cls`).
        "SEQ_CLS": {
            "rows": rows,
            "attention_mask": [[1] * len(r) + [0] * (width - len(r)) for r in rows],
            "labels": [2, 0, 1],
        },
    }


def batch(cases, task, model):
    case = dict(cases[task])
    if task == "SEQ_CLS":
        pad, width = model.config.pad_token_id, len(case["attention_mask"][0])
        case["input_ids"] = [r + [pad] * (width - len(r)) for r in case.pop("rows")]
    return {k: torch.tensor(v) for k, v in case.items()}


def key(parameter):
    """The name of a parameter in the file: without the adapter's name, without the wrapper of modules_to_save."""
    parts = parameter.split(".")
    for wrapper in (["modules_to_save", "default"], ["original_module"]):
        for i in range(len(parts)):
            if parts[i : i + len(wrapper)] == wrapper:
                parts = parts[:i] + parts[i + len(wrapper) :]
    return ".".join(p for p in parts if p != "default").replace("lora_magnitude_vector.weight", "lora_magnitude_vector")


def prompts(cases, expected, gradients, noise, listed):
    """Each kind for both tasks, a row at a time: with padding PEFT judges a prompt's row by its padding."""
    for seed, (name, task) in enumerate(((n, t) for n in PROMPTS for t in ("CAUSAL_LM", "SEQ_CLS")), start=200):
        base, kind, settings = PROMPTS[name]
        torch.manual_seed(seed)

        def build(dtype=torch.float32):
            model = get_peft_model(tiny.open(base, task, dtype=dtype), kind(task_type=task, **settings), autocast_adapter_dtype=False)
            return model.to(dtype).eval()

        model = build()
        rng = np.random.default_rng(seed)
        with torch.no_grad():
            for n, p in model.named_parameters():
                if p.requires_grad:
                    x = torch.from_numpy(rng.standard_normal(tuple(p.shape)).astype(np.float32))
                    p.copy_(x / p.shape[1] ** 0.5 if p.dim() == 2 and "embedding" not in n else 0.5 * x)
        name += "_cls" if task == "SEQ_CLS" else ""
        model.peft_config["default"].base_model_name_or_path = base
        directory = HERE / name
        shutil.rmtree(directory, ignore_errors=True)
        model.save_pretrained(directory, save_embedding_layers=False)
        (directory / "README.md").unlink()
        (directory / "adapter_model.safetensors").chmod(0o644)

        rows = [cases["CAUSAL_LM"]["input_ids"][0]] if task == "CAUSAL_LM" else cases["SEQ_CLS"]["rows"]
        labels = [cases["CAUSAL_LM"]["labels"][0]] if task == "CAUSAL_LM" else cases["SEQ_CLS"]["labels"]

        def run(model):
            outs = [model(input_ids=torch.tensor([r]), attention_mask=torch.ones(1, len(r)), labels=torch.tensor([y])) for r, y in zip(rows, labels)]
            return torch.cat([o.logits for o in outs]), sum(o.loss for o in outs) / len(outs)

        logits, loss = run(model)
        loss.backward()
        expected[f"{name}/logits"], expected[f"{name}/loss"] = logits.detach().numpy(), loss.detach().numpy()[None]
        precise = build(torch.float64)
        precise.load_state_dict({k: v.double() for k, v in model.state_dict().items()})
        truth, total = run(precise)
        total.backward()
        loaded = PeftModel.from_pretrained(tiny.open(base, task), directory).eval()
        assert tiny.relative(run(loaded)[0].detach(), logits.detach()) < 2e-6, name
        encoded = sum("prompt_encoder" in n for n, _ in model.named_parameters()) > 1

        def named(model):
            rows = "prompt_encoder.embedding.weight"
            return {"prompt_embeddings" if key(n) == rows and not encoded else key(n): p for n, p in model.named_parameters() if p.requires_grad}

        trained, wanted = named(model), {n: p.grad for n, p in named(precise).items()}
        noise[name] = max([tiny.relative(logits.detach(), truth.detach())] + [tiny.relative(p.grad, wanted[k]) for k, p in trained.items()])
        assert noise[name] < 2e-5, (name, noise[name])
        gradients |= {f"{name}/{k}": p.grad.numpy() for k, p in trained.items()}
        if encoded:  # what PEFT drops, under the names Graft gives it
            tiny.save_tensors(directory / "trained.safetensors", {k: p.detach().numpy() for k, p in trained.items()})
        listed[name] = {"base": base, "task_type": task, "targets": [], "trainable": sum(p.numel() for p in trained.values()), "gradients": True}


def starts(expected):
    """First values that follow from the base: PiSSA's and OLoRA's products, and a prefix from a text."""
    for how in ("pissa", "olora"):
        config = LoraConfig(task_type="CAUSAL_LM", r=4, lora_alpha=6, target_modules=["down_proj"], layers_to_transform=[0], init_lora_weights=how)
        (layer,) = [m for n, m in get_peft_model(tiny.open("base"), config).named_modules() if n.endswith("layers.0.mlp.down_proj")]
        a, b = layer.lora_A["default"].weight.detach(), layer.lora_B["default"].weight.detach()
        expected[f"{how}/product"] = (layer.scaling["default"] * b @ a).numpy()
    ids = [tiny.BOS, 9, 6, 12]
    past = tiny.open("base")(input_ids=torch.tensor([ids]), use_cache=True).past_key_values
    rows = [t[0].transpose(0, 1).reshape(len(ids), -1) for layer in past.layers for t in (layer.keys, layer.values)]
    expected["prefix_text/prompt_embeddings"] = torch.cat(rows, dim=1).detach().numpy()


def main():
    cases, expected, gradients, noise, listed = inputs(), {}, {}, {}, {}
    for seed, (name, (base, task, settings, keep)) in enumerate(ADAPTERS.items(), start=100):
        torch.manual_seed(seed)
        settings = dict(settings)
        kind = settings.pop("kind", LoraConfig)
        model = get_peft_model(tiny.open(base, task), kind(task_type=task, **settings))
        randomize(model, seed)
        model.peft_config["default"].base_model_name_or_path = base  # not a path of this machine
        directory = HERE / name
        shutil.rmtree(directory, ignore_errors=True)
        # "auto" would ask the hub for the base's configuration; modules_to_save is enough here.
        model.save_pretrained(directory, save_embedding_layers=False)
        (directory / "README.md").unlink()
        (directory / "adapter_model.safetensors").chmod(0o644)

        # From here on only what is on disk counts.
        model = PeftModel.from_pretrained(tiny.open(base, task), directory, is_trainable=True)
        model.eval()
        x = batch(cases, task, model)
        out = model(**x)
        expected[f"{name}/logits"] = out.logits.detach().numpy()
        expected[f"{name}/loss"] = out.loss.detach().numpy()[None]
        precise = PeftModel.from_pretrained(tiny.open(base, task, dtype=torch.float64), directory, is_trainable=True).double().eval()
        truth = precise(**x)
        noise[name] = tiny.relative(out.logits.detach(), truth.logits.detach())
        with torch.no_grad():
            plain = tiny.open(base, task)(**x).logits
        assert tiny.relative(plain, out.logits.detach()) > 0.1, "the adapter changes too little to be missed"

        out.loss.backward()
        trained = {key(n): p for n, p in model.named_parameters() if p.requires_grad}
        stored = load_file(directory / "adapter_model.safetensors")
        assert set(trained) == set(stored), (name, set(trained) ^ set(stored))
        truth.loss.backward()
        wanted = {key(n): p.grad for n, p in precise.named_parameters() if p.requires_grad}
        noise[name] = max([noise[name]] + [tiny.relative(p.grad, wanted[k]) for k, p in trained.items()])
        assert noise[name] < 2e-5, (name, noise[name])
        if keep:
            gradients |= {f"{name}/{k}": p.grad.numpy() for k, p in trained.items()}
        listed[name] = {
            "base": base,
            "task_type": task,
            "targets": sorted(model.base_model.targeted_module_names),
            "trainable": sum(p.numel() for p in trained.values()),
            "gradients": keep,
        }

    prompts(cases, expected, gradients, noise, listed)
    starts(expected)
    tiny.save_tensors(HERE / "expected.safetensors", expected)
    tiny.save_tensors(HERE / "gradients.safetensors", gradients)
    made = {"torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__}
    tiny.save_json(HERE / "cases.json", {"made_with": made, "float32_noise": {k: float(f"{v:.2g}") for k, v in noise.items()}, "inputs": cases, "adapters": listed})


main()
