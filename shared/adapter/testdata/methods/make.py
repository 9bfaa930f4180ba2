"""Writes adapters of every kind but LoRA for one model of each architecture, and what PEFT computes with them.

    PYTHONHASHSEED=0 /work/venv/bin/python make.py        (needs torch, transformers, peft, safetensors)

Run by hand; Go tests read only the files, which have the form of ../peft. Bases: shared/model/testdata/{decoders,encoders}.
Prefix and text are no longer than the models' windows: a prefix is not hidden by a window in Graft.
"""

import shutil
import sys
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
MODELS = HERE.parents[2] / "model/testdata"
sys.path.insert(0, str(MODELS / "llama"))

import numpy as np
import peft
import tiny
import torch
import transformers
from peft import IA3Config, LoraConfig, PeftModel, PrefixTuningConfig, PromptTuningConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification

LINEAR = {"phi3": (["qkv_proj", "down_proj"], ["down_proj"])}
QKV = (["k_proj", "v_proj", "down_proj"], ["down_proj"])
BERT = (["key", "value", "output.dense"], ["output.dense"])
DECODERS = {n: LINEAR.get(n, QKV) for n in ("mistral", "qwen2", "qwen3", "gemma2", "gemma3_text", "phi3")}
ENCODERS = {"bert": BERT, "roberta": BERT, "distilbert": (["k_lin", "v_lin", "ffn.lin2"], ["ffn.lin2"]), "modernbert": (["Wqkv", "mlp.Wo"], ["mlp.Wo"])}


def kinds(name, task, targets, feedforward):
    """All four of an encoder; of a decoder prompts for one task and factors for the other."""
    if name in ENCODERS or task == "CAUSAL_LM":
        sizes = dict(token_dim=16, num_attention_heads=4, num_layers=2) if name == "distilbert" else {}
        yield "prompt", PromptTuningConfig, dict(num_virtual_tokens=2, **sizes)
        if name in DECODERS:  # PEFT: the encoders take no past keys and values
            yield "prefix", PrefixTuningConfig, dict(num_virtual_tokens=2)
    if task == "SEQ_CLS":
        yield "ia3", IA3Config, dict(target_modules=targets, feedforward_modules=feedforward)
        yield "dora", LoraConfig, dict(r=2, lora_alpha=4, target_modules=targets, use_dora=True)


def open_base(where, task, dtype):
    if task == "CAUSAL_LM":
        return AutoModelForCausalLM.from_pretrained(MODELS / where, dtype=dtype, attn_implementation="eager").eval()
    torch.manual_seed(1)
    return AutoModelForSequenceClassification.from_pretrained(MODELS / where, num_labels=3, dtype=dtype, attn_implementation="eager").eval()


def key(parameter):
    parts = parameter.split(".")
    for i in range(len(parts) - 1):
        if parts[i : i + 2] == ["modules_to_save", "default"]:
            parts = parts[:i] + parts[i + 2 :]
            break
    name = ".".join(p for p in parts if p != "default").replace("lora_magnitude_vector.weight", "lora_magnitude_vector")
    return "prompt_embeddings" if name == "prompt_encoder.embedding.weight" else name


def main():
    rng = np.random.default_rng(3)
    token = lambda n: [int(t) for t in rng.integers(4, 48, n)]
    ids, rows = [2] + token(2), [[2] + token(3), [2] + token(1), [2] + token(2)]
    inputs = {"CAUSAL_LM": {"input_ids": [ids], "labels": [[-100] + ids[1:]]}, "SEQ_CLS": {"rows": rows, "labels": [2, 0, 1]}}
    expected, gradients, noise, listed = {}, {}, {}, {}
    for old in HERE.iterdir():
        if old.is_dir():
            shutil.rmtree(old)
    jobs = [("decoders/" + n, n, t, task) for n, t in DECODERS.items() for task in ("CAUSAL_LM", "SEQ_CLS")]
    jobs += [("encoders/" + n, n, t, "SEQ_CLS") for n, t in ENCODERS.items()]
    for seed, (where, name, (targets, feedforward), task) in enumerate(jobs, start=300):
        for kind, config, settings in kinds(name, task, targets, feedforward):
            label = f"{name}_{kind}_{task.lower()}"

            def build(dtype):
                model = get_peft_model(open_base(where, task, dtype), config(task_type=task, **settings), autocast_adapter_dtype=False)
                return model.to(dtype).eval()

            model, r = build(torch.float32), np.random.default_rng(seed)
            with torch.no_grad():
                for n, p in sorted(model.named_parameters()):
                    if p.requires_grad:
                        x = torch.from_numpy(r.standard_normal(tuple(p.shape)).astype(np.float32))
                        if "magnitude" in n:
                            p.mul_(1 + 0.2 * x)
                        elif "ia3" in n:
                            p.copy_(1 + 0.3 * x)
                        elif p.dim() == 2 and "prompt" not in n:
                            p.copy_(x / p.shape[1] ** 0.5)
                        else:
                            p.copy_(0.5 * x)
            model.peft_config["default"].base_model_name_or_path = where
            home = HERE / label
            shutil.rmtree(home, ignore_errors=True)
            model.save_pretrained(home, save_embedding_layers=False)
            (home / "README.md").unlink()
            (home / "adapter_model.safetensors").chmod(0o644)

            texts, labels = ([ids], inputs[task]["labels"]) if task == "CAUSAL_LM" else (rows, inputs[task]["labels"])

            def run(model):
                outs = [model(input_ids=torch.tensor([t]), attention_mask=torch.ones(1, len(t)), labels=torch.tensor([y])) for t, y in zip(texts, labels)]
                return torch.cat([o.logits for o in outs]), sum(o.loss for o in outs) / len(outs)

            logits, loss = run(model)
            loss.backward()
            expected[f"{label}/logits"], expected[f"{label}/loss"] = logits.detach().numpy(), loss.detach().numpy()[None]
            precise = build(torch.float64)
            precise.load_state_dict({k: v.double() for k, v in model.state_dict().items()})
            truth, total = run(precise)
            total.backward()
            loaded = PeftModel.from_pretrained(open_base(where, task, torch.float32), home).eval()
            assert tiny.relative(run(loaded)[0].detach(), logits.detach()) < 2e-6, label
            trained = {key(n): p for n, p in model.named_parameters() if p.requires_grad}
            wanted = {key(n): p.grad for n, p in precise.named_parameters() if p.requires_grad}
            noise[label] = max([tiny.relative(logits.detach(), truth.detach())] + [tiny.relative(p.grad, wanted[k]) for k, p in trained.items()])
            gradients |= {f"{label}/{k}": p.grad.numpy() for k, p in trained.items()}
            listed[label] = {"base": where, "task_type": task, "targets": [], "trainable": sum(p.numel() for p in trained.values()), "gradients": True}
    tiny.save_tensors(HERE / "expected.safetensors", expected)
    tiny.save_tensors(HERE / "gradients.safetensors", gradients)
    made = {"torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__}
    tiny.save_json(HERE / "cases.json", {"made_with": made, "float32_noise": {k: float(f"{v:.2g}") for k, v in noise.items()}, "inputs": inputs, "adapters": listed})


main()
