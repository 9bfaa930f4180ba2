#!/usr/bin/env python3
"""Holds what `graft export gguf` and `graft quantize` write to llama.cpp, by hand.

    gguf_export.py --graft bin/graft greedy DIRECTORY PROMPT…            the directory and its GGUF in f16 continue alike, in graft and llama.cpp
    gguf_export.py --graft bin/graft lora DIRECTORY ADAPTER PROMPT…      the same with an adapter, in llama.cpp as a GGUF LoRA
    gguf_export.py --graft bin/graft quantize DIRECTORY                  q8_0, q4_0 and q4_k_m have llama_model_quantize's types and bytes
    gguf_export.py --graft bin/graft architectures TOKENIZER_DIRECTORY   small random models of every architecture, made by transformers, and a
                                                                         random LoRA of all linear layers of each, made by PEFT
Where texts part, the line tells by how much llama.cpp's likeliest token is before its second there.

Needs llama-cpp-python, gguf, numpy, and for architectures torch and transformers. Files are made in a temporary folder.
"""

import argparse
import ctypes
import json
import subprocess
import sys
import tempfile
from pathlib import Path

FTYPES = {"q8_0": 7, "q4_0": 2, "q4_k_m": 15}
TOKENS = 24
failed = False


def report(what, ok, detail=""):
    global failed
    failed = failed or not ok
    print("same  " if ok else "DIFFER", what, detail, flush=True)


def graft(args, *command):
    r = subprocess.run([args.graft, *command], capture_output=True, text=True)
    if r.returncode:
        sys.exit(f"graft {' '.join(command)}: {r.stderr}")
    return r.stdout


def by_graft(args, model, prompt, adapter=None):
    extra = ["--adapter", str(adapter)] if adapter else []
    return json.loads(graft(args, "generate", "--model", str(model), *extra, "--prompt", prompt, "--max-new-tokens", str(TOKENS),
                            "--cache-type", "f32", "--activations", "0", "--json"))["text"]


def by_llama_cpp(model, prompts, lora=None):
    import llama_cpp
    import numpy as np

    f32 = llama_cpp.GGML_TYPE_F32  # the default, float16, rounds keys and values
    m = llama_cpp.Llama(str(model), lora_path=lora and str(lora), n_ctx=512, logits_all=True, type_k=f32, type_v=f32, verbose=False)
    for prompt in prompts:
        ids = m.tokenize(prompt.encode(), add_bos=True)
        m.reset()
        m.eval(ids)
        new, margins = [], []
        for _ in range(TOKENS):
            logits = m.scores[m.n_tokens - 1]
            t = int(np.argmax(logits))
            margins.append(float(logits[t] - np.partition(logits, -2)[-2]))
            if llama_cpp.llama_vocab_is_eog(llama_cpp.llama_model_get_vocab(m.model), t):
                break
            new.append(t)
            m.eval([t])
        yield [m.detokenize(new[:n], prev_tokens=ids).decode("utf-8", "replace") for n in range(len(new) + 1)], margins


def compare(what, got, want):
    beginnings, margins = want
    detail = repr(beginnings[-1])
    if got != beginnings[-1]:
        n = max(n for n, b in enumerate(beginnings) if got.startswith(b.rstrip("\ufffd")))
        if n < len(margins):
            detail += f", graft {got!r}: parts after {n} tokens, where two logits of llama.cpp are {margins[n]:.2g} apart"
    report(what, got == beginnings[-1], detail)


def greedy(args, work, directory=None, prompts=None, outtype="f16"):
    directory, prompts = directory or args.directory, prompts or args.prompt
    file = work / f"{Path(directory).name}.gguf"
    graft(args, "export", "gguf", "--model", str(directory), "--outtype", outtype, "--output", str(file))
    for prompt, want in zip(prompts, by_llama_cpp(file, prompts)):
        for model in (directory, file):
            compare(f"{model}: {prompt!r}", by_graft(args, model, prompt), want)


def lora(args, work, directory=None, adapter=None, prompts=None, outtype="f16"):
    directory, adapter, prompts = directory or args.directory, adapter or args.adapter, prompts or args.prompt
    base, file = work / "base.gguf", work / "lora.gguf"
    graft(args, "export", "gguf", "--model", str(directory), "--outtype", outtype, "--output", str(base))
    graft(args, "export", "gguf", "--model", str(directory), "--adapter", str(adapter), "--adapter-only", "--outtype", outtype, "--output", str(file))
    for prompt, want in zip(prompts, by_llama_cpp(base, prompts, file)):
        for model, with_ in ((directory, adapter), (base, adapter), (base, file)):
            compare(f"{model} with {with_}: {prompt!r}", by_graft(args, model, prompt, with_), want)


def quantize(args, work):
    import gguf
    import llama_cpp

    def tensors(file):
        return {t.name: (t.tensor_type.name, t.data.tobytes()) for t in gguf.GGUFReader(str(file)).tensors}

    source = work / "f16.gguf"
    graft(args, "export", "gguf", "--model", args.directory, "--output", str(source))
    for name, ftype in FTYPES.items():
        mine, theirs = work / f"{name}.gguf", work / f"{name}-llama.gguf"
        graft(args, "quantize", "--model", str(source), "--format", name, "--output", str(mine))
        p = llama_cpp.llama_model_quantize_default_params()
        p.ftype = ftype
        if llama_cpp.llama_model_quantize(str(source).encode(), str(theirs).encode(), ctypes.byref(p)):
            sys.exit(f"llama.cpp does not quantise to {name}")
        a, b = tensors(mine), tensors(theirs)
        report(f"{name}: names", a.keys() == b.keys())
        report(f"{name}: types", all(a[n][0] == b[n][0] for n in b))
        report(f"{name}: bytes of {len(b)} tensors", all(a[n][1] == b[n][1] for n in b))


def architectures(args, work):
    import peft
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(args.directory)
    common = dict(vocab_size=len(tokenizer), hidden_size=128, intermediate_size=256, num_hidden_layers=7, num_attention_heads=4, num_key_value_heads=2,
                  max_position_embeddings=512, bos_token_id=None, eos_token_id=0, pad_token_id=0, initializer_range=0.2)
    llama3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 64}
    gemma = dict(head_dim=32, query_pre_attn_scalar=32, sliding_window=16)
    for name, kind, extra in [
        ("llama3", "llama", dict(rope_scaling=llama3)), ("linear", "llama", dict(rope_scaling={"rope_type": "linear", "factor": 4.0})),
        ("yarn", "llama", dict(rope_scaling={"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 128})),
        ("mistral", "mistral", dict(sliding_window=None)), ("qwen2", "qwen2", {}), ("qwen3", "qwen3", dict(head_dim=32, tie_word_embeddings=True)),
        ("gemma2", "gemma2", gemma), ("gemma3", "gemma3_text", gemma), ("phi3", "phi3", {}),
    ]:
        torch.manual_seed(0)
        m = AutoModelForCausalLM.from_config(AutoConfig.for_model(kind, **common, **extra)).float()
        with torch.no_grad():
            for path, p in m.named_parameters():
                if p.dim() == 1:  # norms and biases, which start as ones and zeros
                    p.copy_(torch.randn_like(p) * 0.1 + float("norm" in path and "gemma" not in kind))
        m.save_pretrained(work / name)
        tokenizer.save_pretrained(work / name)
        prompts = ["本季度公司营收", "央行宣布降准,市场对此反应积极,股价上涨,分析师认为后市可期"]
        greedy(args, work, work / name, prompts, "f32")
        (work / name / "lora").mkdir()
        adapted = peft.get_peft_model(m, peft.LoraConfig(task_type="CAUSAL_LM", r=4, lora_alpha=8, target_modules="all-linear", init_lora_weights=False))
        adapted.save_pretrained(work / name / "lora")
        lora(args, work, work / name, work / name / "lora", prompts, "f32")
        for file in ("base.gguf", "lora.gguf"):
            (work / file).unlink()


p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
p.add_argument("--graft", default="bin/graft")
sub = p.add_subparsers(dest="command", required=True)
for f in (greedy, lora, quantize, architectures):
    s = sub.add_parser(f.__name__)
    s.add_argument("directory")
    if f is lora:
        s.add_argument("adapter")
    if f in (greedy, lora):
        s.add_argument("prompt", nargs="+")
    s.set_defaults(run=f)
args = p.parse_args()
with tempfile.TemporaryDirectory() as folder:
    args.run(args, Path(folder))
sys.exit(failed)
