"""Writes mixture.json: the types llama.cpp's llama_model_quantize gives the tensors of small Llamas.

Run by hand: /work/venv/bin/python make_mixture.py   (gguf 0.19, llama-cpp-python 0.3.36)
"""

import ctypes
import json
import tempfile
from pathlib import Path

import gguf
import llama_cpp
import numpy as np

here = Path(__file__).parent
FTYPES = {"q8_0": 7, "q4_0": 2, "q4_k_m": 15}


def model(path, layers, width, inner, heads, kv, tied):
    w = gguf.GGUFWriter(path, "llama")
    w.add_block_count(layers)
    w.add_context_length(64)
    w.add_embedding_length(width)
    w.add_feed_forward_length(inner)
    w.add_head_count(heads)
    w.add_head_count_kv(kv)
    w.add_layer_norm_rms_eps(1e-5)
    w.add_vocab_size(32)
    w.add_tokenizer_model("none")

    def put(name, *shape):
        w.add_tensor(name, np.full(shape, 0.5, np.float32))

    put("token_embd.weight", 32, width)
    put("output_norm.weight", width)
    if not tied:
        put("output.weight", 32, width)
    small = width * kv // heads
    for i in range(layers):
        for name, shape in {"attn_norm": (width,), "attn_q": (width, width), "attn_k": (small, width), "attn_v": (small, width),
                            "attn_output": (width, width), "ffn_norm": (width,), "ffn_gate": (inner, width), "ffn_up": (inner, width),
                            "ffn_down": (width, inner)}.items():
            put(f"blk.{i}.{name}.weight", *shape)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


out = []
for layers, width, inner, heads, kv, tied in [(9, 256, 512, 4, 2, False), (32, 256, 96, 4, 4, True), (30, 192, 256, 3, 1, True),
                                              (80, 256, 256, 8, 1, False), (80, 256, 256, 4, 4, False), (2, 48, 64, 2, 1, False), (1, 256, 256, 4, 1, False)]:
    for name, ftype in FTYPES.items():
        with tempfile.TemporaryDirectory() as d:
            model(f"{d}/a.gguf", layers, width, inner, heads, kv, tied)
            p = llama_cpp.llama_model_quantize_default_params()
            p.ftype = ftype
            assert llama_cpp.llama_model_quantize(f"{d}/a.gguf".encode(), f"{d}/b.gguf".encode(), ctypes.byref(p)) == 0
            types = {t.name: t.tensor_type.name.lower() for t in gguf.GGUFReader(f"{d}/b.gguf").tensors}
        out.append({"mixture": name, "layers": layers, "width": width, "inner": inner, "heads": heads, "kv": kv, "tied": tied,
                    # those of one layer are told together, in the order of its tensors
                    "layer_tensors": [n.split(".", 2)[2] for n in types if n.startswith("blk.0.")],
                    "layer_types": [" ".join(t for n, t in types.items() if n.startswith(f"blk.{i}.")) for i in range(layers)],
                    "others": {n: t for n, t in types.items() if not n.startswith("blk.")}})
(here / "mixture.json").write_text(json.dumps(out, indent=0) + "\n")
