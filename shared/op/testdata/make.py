"""Writes torch.json: what PyTorch computes for the ops whose definition is not plain to see.

Run by hand in an environment with torch and transformers:  python shared/op/testdata/make.py
Everything is computed in float64 from float32 inputs.
"""
import json, pathlib
import torch
from torch.nn import functional as F
from transformers.models.llama.modeling_llama import apply_rotary_pos_emb, LlamaRMSNorm
from transformers.models.gptj.modeling_gptj import apply_rotary_pos_emb as apply_interleaved

torch.manual_seed(1)
cases = []


def tensor(t):
    t = t.detach()
    kind = "i32" if t.dtype == torch.int32 else "f32"
    data = t.flatten().tolist() if kind == "i32" else [float(f"{x:.9g}") for x in t.flatten().tolist()]
    return {"dtype": kind, "shape": list(t.shape), "data": data}


def case(op, name, attrs, ins, outs):
    cases.append({"op": op, "name": name, "attrs": attrs, "in": [tensor(t) for t in ins], "out": [tensor(t) for t in outs]})


def normal(*shape, scale=1.0):
    """float32 values as float64, with a gradient."""
    return (torch.randn(*shape) * scale).to(torch.float64).requires_grad_()


def ints(*v):
    return torch.tensor(v, dtype=torch.int32)


def grads(y, dy, *wrt):
    return torch.autograd.grad(y, wrt, dy)


# Norms. Gemma's add 1 to the weight.
for offset in (0.0, 1.0):
    x, w, dy = normal(3, 6), normal(3), normal(3, 6)
    y = (F.rms_norm(x.view(3, 2, 3), (3,), eps=1e-5) * (offset + w)).view(3, 6)
    attrs = {"eps": 1e-5, "offset": offset}
    case("rmsnorm", f"offset {offset}", attrs, [x, w], [y])
    case("rmsnorm_grad", f"offset {offset}", attrs, [x, w, dy], grads(y, dy, x, w))
norm = LlamaRMSNorm(6, eps=1e-6).double()
x = normal(2, 6)
case("rmsnorm", "llama", {"eps": 1e-6, "offset": 0}, [x, norm.weight], [LlamaRMSNorm.forward(norm, x.float())])
x, w, b, dy = normal(3, 5), normal(5), normal(5), normal(3, 5)
y = F.layer_norm(x, (5,), w, b, 1e-5)
case("layernorm", "", {"eps": 1e-5}, [x, w, b], [y])
case("layernorm_grad", "", {"eps": 1e-5}, [x, w, dy], grads(y, dy, x, w, b))

# Rotary positions, of Llama and of GPT-J.
x, pos = normal(4, 2 * 6), ints(0, 1, 7, 1000)
freq = torch.tensor([10000 ** (-2 * j / 6) for j in range(3)], dtype=torch.float32)
angle = (pos.float()[:, None] * freq[None]).double()
heads = x.view(4, 2, 6).transpose(0, 1)[None]
whole = torch.cat([angle, angle], -1)[None]
y, _ = apply_rotary_pos_emb(heads, heads, whole.cos(), whole.sin())
case("rope", "llama", {"head_dim": 6, "inverse": 0, "interleaved": 0, "scale": 1}, [x, pos, freq], [y[0].transpose(0, 1).reshape(4, 12)])
y = apply_interleaved(x.view(1, 4, 2, 6), angle.sin()[None], angle.cos()[None])
case("rope", "gpt-j", {"head_dim": 6, "inverse": 0, "interleaved": 1, "scale": 1}, [x, pos, freq], [y.reshape(4, 12)])


# Attention over ranges of keys.
def attention(q, k, v, lo, hi, H, Hkv, scale, softcap, prefix):
    T, S, D = q.shape[0], k.shape[0], q.shape[1] // H
    keys = torch.arange(S)[None]
    seen = (keys < prefix) | ((keys >= lo.long()[:, None]) & (keys < hi.long()[:, None]))
    qs = q.view(T, H, D).transpose(0, 1)
    ks = k.view(S, Hkv, D).transpose(0, 1).repeat_interleave(H // Hkv, 0)
    vs = v.view(S, Hkv, D).transpose(0, 1).repeat_interleave(H // Hkv, 0)
    s = qs @ ks.transpose(1, 2) * scale
    if softcap:
        s = softcap * torch.tanh(s / softcap)
    s = s.masked_fill(~seen[None], float("-inf"))
    o = torch.softmax(s, -1) @ vs
    return o.transpose(0, 1).reshape(T, H * D), torch.logsumexp(s, -1).T


for name, H, Hkv, softcap, prefix, lo, hi in [
    ("causal segments", 4, 2, 0.0, 0, ints(0, 0, 2, 2, 2), ints(1, 2, 3, 4, 5)),
    ("prefix and cap", 2, 1, 1.5, 2, ints(0, 3, 4, 1, 3), ints(1, 5, 5, 4, 3)),
]:
    q, k, v, do = normal(5, H * 3), normal(5, Hkv * 3), normal(5, Hkv * 3), normal(5, H * 3)
    o, lse = attention(q, k, v, lo, hi, H, Hkv, 0.75, softcap, prefix)
    attrs = {"heads": H, "kv_heads": Hkv, "scale": 0.75, "softcap": softcap, "prefix": prefix}
    case("attention", name, attrs, [q, k, v, lo, hi], [o, lse])
    case("attention_grad", name, attrs, [q, k, v, o, lse, do, lo, hi], grads(o, do, q, k, v))
q, k, v = normal(5, 6), normal(5, 6), normal(5, 6)
o = F.scaled_dot_product_attention(*(t.view(5, 2, 3).transpose(0, 1)[None] for t in (q, k, v)), is_causal=True, scale=0.5)
_, lse = attention(q, k, v, ints(0, 0, 0, 0, 0), ints(1, 2, 3, 4, 5), 2, 2, 0.5, 0, 0)
case("attention", "scaled_dot_product_attention", {"heads": 2, "kv_heads": 2, "scale": 0.5, "softcap": 0, "prefix": 0},
     [q, k, v, ints(0, 0, 0, 0, 0), ints(1, 2, 3, 4, 5)], [o[0].transpose(0, 1).reshape(5, 6), lse])

# Activations, in the order of their codes.
acts = [F.silu, lambda x: F.gelu(x, approximate="tanh"), F.gelu, F.relu, torch.tanh, torch.sigmoid]
for i, f in enumerate(acts):
    x, dy, up = normal(4, 4, scale=3), normal(4, 4), normal(4, 4)
    case("activation", str(i), {"act": i}, [x], [f(x)])
    case("activation_grad", str(i), {"act": i}, [x, dy], grads(f(x), dy, x))
    case("glu", str(i), {"act": i}, [x, up], [f(x) * up])
    case("glu_grad", str(i), {"act": i}, [x, up, dy], grads(f(x) * up, dy, x, up))

# Losses.
x, dy = normal(3, 5), normal(3, 5)
y = torch.softmax(x, -1)
case("softmax", "", {}, [x], [y])
case("softmax_grad", "", {}, [y, dy], grads(y, dy, x))
for smoothing in (0.0, 0.1):
    x, target, dloss = normal(4, 6, scale=3), ints(2, -100, 0, 5), normal(4)
    loss = F.cross_entropy(x, target.long(), reduction="none", label_smoothing=smoothing)
    attrs = {"label_smoothing": smoothing}
    case("cross_entropy", f"smoothing {smoothing}", attrs, [x, target], [loss])
    case("cross_entropy_grad", f"smoothing {smoothing}", attrs, [x, target, dloss], grads(loss, dloss, x))

# The optimiser: the state before and after its fourth step.
p, decay = torch.nn.Parameter(normal(7).detach()), 0.1
adam = torch.optim.AdamW([p], lr=0.01, betas=(0.9, 0.999), eps=1e-8, weight_decay=decay)
for step in range(1, 5):
    g = normal(7)
    if step == 4:
        m, v = adam.state[p]["exp_avg"].clone(), adam.state[p]["exp_avg_sq"].clone()
        hyper = torch.tensor([0.01, 1 - 0.9**4, 1 - 0.999**4, 0.5], dtype=torch.float64)
        ins = [p.detach().clone(), m, v, 2 * g, hyper]
    p.grad = g.detach()
    adam.step()
case("adamw", "fourth step", {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": decay}, ins,
     [p, adam.state[p]["exp_avg"], adam.state[p]["exp_avg_sq"]])
for limit in (0.5, 100.0):
    p = torch.nn.Parameter(normal(5).detach())
    g = normal(5).detach()
    p.grad = g.clone()
    norm = torch.nn.utils.clip_grad_norm_([p], limit)
    case("clip_scale", str(limit), {"max_norm": limit}, [(g * g).sum()[None]], [(p.grad / g)[:1], norm[None]])

pathlib.Path(__file__).with_name("torch.json").write_text(
    "{\"cases\": [\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]}\n")
