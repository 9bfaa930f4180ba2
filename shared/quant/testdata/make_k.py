"""Writes ggml_k.json: blocks that llama.cpp's reference quantisers make of the values of ggml.json and more.

Run by hand: /work/venv/bin/python make_k.py GGML [STOCK]   after make.py
GGML is the folder ggml of llama.cpp's sources (in the sdist of llama-cpp-python 0.3.36: vendor/llama.cpp/ggml). Its
ggml-quants.c is compiled here without fused multiply-adds, since compilers place those as they like. STOCK is a
libggml-base.so built as usual; the script then prints how many blocks it makes otherwise.
"""

import base64
import ctypes
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import gguf
import numpy as np

here = Path(__file__).parent
T = gguf.GGMLQuantizationType
rng = np.random.default_rng(2)


def b64(a):
    return base64.b64encode(np.ascontiguousarray(a).tobytes()).decode()


def compiled(ggml):
    stubs = Path(tempfile.mkdtemp()) / "stubs.c"
    stubs.write_text("void ggml_abort(void) {} void ggml_row_size(void) {} void ggml_type_name(void) {} void ggml_type_size(void) {}\n")
    lib = stubs.with_name("libquants.so")
    subprocess.run(["gcc", "-O2", "-ffp-contract=off", "-shared", "-fPIC", "-DGGML_BUILD", f"-I{ggml}/include", f"-I{ggml}/src",
                    f"{ggml}/src/ggml-quants.c", str(stubs), "-o", str(lib), "-lm"], check=True)
    return ctypes.CDLL(str(lib))


def quantize(lib, name, w):
    t = T[name]
    out = np.zeros(gguf.GGML_QUANT_SIZES[t][1] * (w.size // gguf.GGML_QUANT_SIZES[t][0]), np.uint8)
    f = getattr(lib, f"quantize_row_{name.lower().replace('_k', '_K')}_ref")
    f(w.ctypes.data_as(ctypes.c_void_p), out.ctypes.data_as(ctypes.c_void_p), ctypes.c_int64(w.size))
    return out


normal = rng.standard_normal(256 * 20).astype(np.float32) * np.float32(0.03)
w = np.concatenate([
    normal,
    np.zeros(256, np.float32), np.full(256, 0.5, np.float32), np.full(256, -0.75, np.float32),
    np.abs(normal[:256]), -np.abs(normal[:256]),  # no minimum, no maximum to take off
    np.tile(np.arange(-16, 16, dtype=np.float32), 8), np.tile(np.arange(-16, 16, dtype=np.float32) / 2, 8),
    np.concatenate([normal[:224], np.zeros(32, np.float32)]),
    rng.standard_normal(256).astype(np.float32) * np.float32(1e-6), rng.standard_normal(256).astype(np.float32) * np.float32(1000),
    rng.standard_normal(256).astype(np.float32) * np.float32(1e-16),
    (rng.standard_normal(512) ** 3).astype(np.float32), np.round(rng.standard_normal(512) * 8).astype(np.float32) / 16,
    rng.standard_normal(256).astype(np.float16).astype(np.float32),
]).astype(np.float32)

lib = compiled(sys.argv[1])
stock = ctypes.CDLL(sys.argv[2]) if len(sys.argv) > 2 else None
encode = {"w": b64(w)}
for name in ("Q5_0", "Q5_1", "Q4_K", "Q5_K", "Q6_K"):
    blocks = quantize(lib, name, w)
    encode[name] = b64(blocks)
    if stock:
        many = rng.standard_normal(1 << 20).astype(np.float32) * np.float32(0.03)
        size = gguf.GGML_QUANT_SIZES[T[name]][1]
        a, b = quantize(lib, name, many).reshape(-1, size), quantize(stock, name, many).reshape(-1, size)
        print(f"{name}: the stock library makes {np.any(a != b, axis=1).sum()} of {len(a)} blocks otherwise")
(here / "ggml_k.json").write_text(json.dumps({"encode": encode}, indent=0) + "\n")
