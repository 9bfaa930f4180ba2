#!/usr/bin/env python3
"""Turns a GGUF file of a Llama model with a byte-level BPE into a Hugging Face directory.

The peers that train (PyTorch, PEFT) read only such directories. Block formats are
dequantised, so the weights are those that llama.cpp multiplies with, up to the rounding of --dtype
(f32 keeps them exactly). Needs gguf, numpy, torch, safetensors.
"""

import argparse
import json
from pathlib import Path

import torch
from gguf import GGUFReader
from gguf.quants import dequantize
from safetensors.torch import save_file

NAMES = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
TOP = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}

# What tokenizer.ggml.pre says of the split before the merges, in the words of tokenizer.json.
BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
PRE = {
    "smollm": {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": True}, BYTE_LEVEL]},
    "gpt-2": BYTE_LEVEL,
}


def checkpoint_name(name):
    part = name.removesuffix(".weight").split(".")
    if part[0] == "blk":
        return f"model.layers.{part[1]}.{NAMES[part[2]]}.weight"
    return TOP[part[0]] + ".weight"


def unpermute(w, heads):
    """GGUF stores q and k of Llama with the two halves of each head interleaved."""
    rows, columns = w.shape
    return w.reshape(heads, rows // heads // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)


def weights(reader, heads, kv_heads):
    out = {}
    for t in reader.tensors:
        w = dequantize(t.data, t.tensor_type).reshape([int(n) for n in reversed(t.shape)])
        if ".attn_q." in t.name:
            w = unpermute(w, heads)
        if ".attn_k." in t.name:
            w = unpermute(w, kv_heads)
        out[checkpoint_name(t.name)] = torch.from_numpy(w.astype("float32"))
    return out


def tokenizer(get):
    """tokenizer.json as a dictionary."""
    vocabulary, types = get("tokenizer.ggml.tokens"), get("tokenizer.ggml.token_type")
    control = [i for i, t in enumerate(types) if t == 3]
    added = [
        {"id": i, "content": vocabulary[i], "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
        for i in control
    ]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": None,
        "pre_tokenizer": PRE[get("tokenizer.ggml.pre")],
        "post_processor": None,
        "decoder": BYTE_LEVEL,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": vocabulary[get("tokenizer.ggml.unknown_token_id")],
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "vocab": {t: i for i, t in enumerate(vocabulary)},
            "merges": get("tokenizer.ggml.merges"),
        },
    }


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("gguf", type=Path)
    p.add_argument("directory", type=Path, help="made if it is absent")
    p.add_argument("--dtype", choices=["f32", "bf16", "f16"], default="f32")
    args = p.parse_args()

    reader = GGUFReader(args.gguf)
    fields = {name: field.contents() for name, field in reader.fields.items()}
    get = lambda key: fields[key]
    if get("general.architecture") != "llama" or get("tokenizer.ggml.model") != "gpt2":
        raise SystemExit(f"{args.gguf}: want a llama with a byte-level BPE, got {get('general.architecture')} with {get('tokenizer.ggml.model')}")

    heads, kv_heads = get("llama.attention.head_count"), get("llama.attention.head_count_kv")
    dtype = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}[args.dtype]
    tensors = weights(reader, heads, kv_heads)
    args.directory.mkdir(parents=True, exist_ok=True)

    ids = {name: get(f"tokenizer.ggml.{key}_token_id") for name, key in {"bos": "bos", "eos": "eos", "pad": "padding"}.items()}
    tokens = get("tokenizer.ggml.tokens")
    rope = {"rope_theta": float(get("llama.rope.freq_base")), "rope_type": "default"}
    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": len(tokens),
        "hidden_size": get("llama.embedding_length"),
        "intermediate_size": get("llama.feed_forward_length"),
        "num_hidden_layers": get("llama.block_count"),
        "num_attention_heads": heads,
        "num_key_value_heads": kv_heads,
        "head_dim": get("llama.rope.dimension_count"),
        "hidden_act": "silu",
        "max_position_embeddings": get("llama.context_length"),
        "rms_norm_eps": round(float(get("llama.attention.layer_norm_rms_epsilon")), 12),
        "rope_theta": rope["rope_theta"],
        "rope_scaling": None,
        "attention_bias": False,
        "mlp_bias": False,
        "tie_word_embeddings": "lm_head.weight" not in tensors,
        "torch_dtype": str(dtype).removeprefix("torch."),
        **{f"{name}_token_id": i for name, i in ids.items()},
    }
    settings = {
        # The class that takes tokenizer.json as it is.
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": config["max_position_embeddings"],
        "clean_up_tokenization_spaces": False,
        "add_prefix_space": False,
        **{f"{name}_token": tokens[i] for name, i in ids.items()},
        "unk_token": tokens[get("tokenizer.ggml.unknown_token_id")],
        "chat_template": fields.get("tokenizer.chat_template"),
    }
    write = lambda name, value: (args.directory / name).write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    write("config.json", config)
    write("tokenizer.json", tokenizer(get))
    write("tokenizer_config.json", settings)
    write("generation_config.json", {f"{name}_token_id": i for name, i in ids.items()})
    save_file({k: v.to(dtype).contiguous() for k, v in tensors.items()}, args.directory / "model.safetensors", metadata={"format": "pt"})


main()
