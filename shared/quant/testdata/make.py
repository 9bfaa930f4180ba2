"""Writes the numbers quant's tests compare with: bnb.json from bitsandbytes (CPU), ggml.json from the gguf package.

Run by hand: /work/venv/bin/python make.py   (torch, bitsandbytes 0.50, gguf 0.19, numpy)
Given the path of llama.cpp's libggml-base.so, it also checks that ggml's own C functions give the same bytes.
Arrays are base64 of little-endian bytes; long ones are only kept as SHA-256.
"""

import base64
import ctypes
import hashlib
import json
import sys
import warnings
from pathlib import Path

import bitsandbytes.functional as bnb
import gguf
import numpy as np
import torch

here = Path(__file__).parent
torch.set_num_threads(1)
warnings.simplefilter("ignore")
rng = np.random.default_rng(1)


def b64(a):
    a = a.numpy() if isinstance(a, torch.Tensor) else np.asarray(a)
    return base64.b64encode(np.ascontiguousarray(a).tobytes()).decode()


def sha(a):
    a = a.numpy() if isinstance(a, torch.Tensor) else np.asarray(a)
    return hashlib.sha256(np.ascontiguousarray(a).tobytes()).hexdigest()


def noise(seed, n):
    """n float32 by a linear congruential generator, the same as noise() in the tests: cubes, so that magnitudes differ."""
    out = np.empty(n, np.float32)
    x = seed
    for i in range(n):
        x = (x * 1664525 + 1013904223) % 2**32
        u = np.float32(x >> 8) / np.float32(2**23) - np.float32(1)
        out[i] = u * u * u
    return out


# --- bitsandbytes ---


def around(values):
    """Each value with its neighbours on both sides."""
    v = np.asarray(values, np.float32)
    return np.concatenate([v, np.nextafter(v, np.float32(-2)), np.nextafter(v, np.float32(2))])


def midpoints(kind):
    code = np.sort(bnb.get_4bit_type(kind, device="cpu").numpy())
    return (code[:-1] + code[1:]) / np.float32(2)


def ties(kind, size):
    """Blocks whose largest value is a power of two, holding every threshold and its neighbours, scaled with it."""
    t = around(midpoints(kind))
    t = np.concatenate([t, -t])
    out = []
    for scale in (1.0, 0.125):
        for at in range(0, len(t), size - 1):
            part = t[at : at + size - 1]
            out.append(np.concatenate([[np.float32(1)], part, np.zeros(size - 1 - len(part), np.float32)]) * np.float32(scale))
    return np.concatenate(out).astype(np.float32)


def zeros():
    w = np.zeros(64 * 6, np.float32)
    w[64:128] = -0.0
    w[130] = 1e-30
    w[131] = -3e-31
    w[200] = 1e-38
    w[260] = -1e-39  # subnormal, below bitsandbytes' least scale
    w[320:] = rng.standard_normal(64).astype(np.float32) * np.float32(1e-20)
    return w


def case4(name, w, kind, size, double, dtype=torch.float32):
    t = torch.from_numpy(w).to(dtype)
    q, s = bnb.quantize_4bit(t, blocksize=size, compress_statistics=double, quant_type=kind)
    s.dtype = torch.float32
    c = {"name": name, "type": kind, "block_size": size, "double": double, "values": len(w)}
    big = len(w) > 4096
    if big:
        c["codes_sha256"] = sha(q)
    else:
        c["w"] = b64(t.float())
        c["codes"] = b64(q)
    c["absmax"] = b64(s.absmax)
    if double:
        c["offset"] = b64(s.offset)
        c["nested_absmax"] = b64(s.state2.absmax)
    d = bnb.dequantize_4bit(q, s).reshape(-1) + 0.0  # its FP4 tables do not agree on the sign of zero
    c["out_sha256" if big else "out"] = sha(d) if big else b64(d)
    return c


def noisecase(seed, n, *args):
    c = case4(f"noise {n} {args}", noise(seed, n), *args)
    c["seed"] = seed
    c.pop("w", None)
    return c


gauss = rng.standard_normal(64 * 12).astype(np.float32) * np.float32(0.02)
cases = []
for kind in ("nf4", "fp4"):
    cases.append(case4("gauss", gauss, kind, 64, False))
    cases.append(case4("gauss bf16", gauss, kind, 64, False, torch.bfloat16))
    cases.append(case4("gauss f16", gauss, kind, 64, False, torch.float16))
    for size in (32, 64, 128):
        cases.append(case4(f"ties {size}", ties(kind, size), kind, size, False))
    cases.append(case4("zeros", zeros(), kind, 64, False))
    for n in (1, 2, 63, 65, 64 * 3 + 17, 64 * 3 + 18):
        cases.append(case4(f"tail {n}", gauss[:n].copy(), kind, 64, False))
    cases.append(case4("zero tail", np.zeros(70, np.float32), kind, 64, False))
    for size in (32, 128, 256, 512, 1024, 2048, 4096):
        cases.append(noisecase(size, 4096 * 3 + 1234, kind, size, False))
    for n in (640, 64 * 255, 64 * 256, 64 * 700, 64 * 2049):
        cases.append(noisecase(n, n, kind, 64, True))
    cases.append(noisecase(5, 64 * 300 + 10, kind, 64, True))
    cases.append(case4("double of equal scales", np.tile(np.linspace(-1, 1, 64, dtype=np.float32), 5), kind, 64, True))

sweep = np.concatenate([np.linspace(-1, 1, 100001, dtype=np.float32), noise(9, 100000) * np.float32(0.01), around(bnb.create_dynamic_map().numpy())])
sweep[0] = 1
sweep = np.clip(sweep, -1, 1)
dynamic = [bnb.quantize_blockwise(torch.from_numpy(part), blocksize=256) for part in [noise(3, 4096)]]
q8, s8 = bnb.quantize_blockwise(torch.from_numpy(sweep.copy()), blocksize=len(sweep))
assert s8.absmax.item() == 1.0

(here / "bnb.json").write_text(
    json.dumps(
        {
            "bounds_nf4": b64(midpoints("nf4")),
            "levels_nf4": b64(bnb.get_4bit_type("nf4", device="cpu")),
            "levels_fp4": b64(bnb.get_4bit_type("fp4", device="cpu")),
            "dynamic_map": b64(bnb.create_dynamic_map()),
            "sweep": b64(sweep[::29]),
            "sweep_codes": b64(q8[::29]),
            "means": {str(n): b64(torch.from_numpy(noise(n, n)).abs().mean()) for n in [*range(1, 70), 100, 255, 256, 257, 1000, 2047, 2048, 4096, 5000, 20000, 32767]},
            "cases": cases,
        },
        indent=0,
    )
    + "\n"
)

# --- ggml ---

ggml = ctypes.CDLL(sys.argv[1]) if len(sys.argv) > 1 else None


def c_quantize(t, w):
    out = np.zeros(gguf.GGML_QUANT_SIZES[t][1] * (w.size // gguf.GGML_QUANT_SIZES[t][0]), np.uint8)
    f = getattr(ggml, f"quantize_row_{t.name.lower()}_ref")
    f(w.ctypes.data_as(ctypes.c_void_p), out.ctypes.data_as(ctypes.c_void_p), ctypes.c_int64(w.size))
    return out


def c_dequantize(t, b):
    out = np.zeros(b.size // gguf.GGML_QUANT_SIZES[t][1] * gguf.GGML_QUANT_SIZES[t][0], np.float32)
    f = getattr(ggml, "dequantize_row_" + t.name.replace("_NL", "_nl").replace("Q", "q").replace("I", "i"))
    f(b.ctypes.data_as(ctypes.c_void_p), out.ctypes.data_as(ctypes.c_void_p), ctypes.c_int64(out.size))
    return out


T = gguf.GGMLQuantizationType
halves = {"Q8_0": [0], "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q2_K": [80, 82], "Q3_K": [108],
          "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208], "IQ4_NL": [0]}  # where a block's float16 lie
decode = {}
for name, at in halves.items():
    t = T[name]
    values, size = gguf.GGML_QUANT_SIZES[t]
    blocks = rng.integers(0, 256, (max(3, 512 // values), size), dtype=np.uint8)
    for k in at:
        blocks[:, k : k + 2] = (rng.standard_normal((len(blocks), 1)) * 0.01).astype(np.float16).view(np.uint8)
    out = gguf.quants.dequantize(blocks.reshape(-1), t).reshape(-1)
    if ggml and not np.array_equal(c_dequantize(t, blocks.reshape(-1)).view(np.uint32), out.view(np.uint32)):
        print("ggml differs from the gguf package: dequantize", name)
    decode[name] = {"blocks": b64(blocks), "out": b64(out)}

weights = np.concatenate([
    gauss,
    np.zeros(32, np.float32), np.full(32, -0.75, np.float32), np.arange(-16, 16, dtype=np.float32),
    np.arange(-16, 16, dtype=np.float32) / 2,  # ties
    np.concatenate([[127.0], np.arange(-15.5, 15.5)]).astype(np.float32),  # ties of q8_0
    np.concatenate([[8.0], np.arange(-7.75, 7.75, 0.5)]).astype(np.float32),
    rng.standard_normal(32).astype(np.float32) * np.float32(1e-6), rng.standard_normal(32).astype(np.float32) * np.float32(1000),
])
encode = {"w": b64(weights)}
for name in ("Q8_0", "Q4_0", "Q4_1", "F16", "BF16"):
    t = T[name]
    q = gguf.quants.quantize(weights, t)
    if ggml and "_" in name and not np.array_equal(c_quantize(t, weights), q.reshape(-1).view(np.uint8)):
        print("ggml differs from the gguf package: quantize", name)
    encode[name] = b64(q)

(here / "ggml.json").write_text(json.dumps({"decode": decode, "encode": encode}, indent=0) + "\n")
