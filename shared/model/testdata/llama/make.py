"""Writes the tiny Llama models and what transformers answers for them.

    /work/venv/bin/python make.py        (needs torch, transformers, safetensors)

Run by hand; Go tests read only the files. README.md lists them.
"""

import sys

sys.dont_write_bytecode = True  # no __pycache__ among the fixtures

import numpy as np
import torch
import transformers

import tiny
from tiny import BOS, EOS, HERE, PAD

expected = {}
noise = {}  # relative error of float32 against float64, by group: what a tolerance may not go below


def put(name, value):
    expected[name] = value.detach().numpy().astype(np.float32)


def causal(group, model, precise, case, hidden=False):
    """logits [T,V], mean loss [1] over the labels after the shift, hidden states [T,D] before each layer and after the last norm."""
    ids, labels = torch.tensor([case["ids"]]), torch.tensor([case["labels"]])
    with torch.no_grad():
        out = model(input_ids=ids, labels=labels, output_hidden_states=hidden)
    key = f"{group}/{case['name']}"
    put(f"{key}/logits", out.logits[0])
    if len(case["ids"]) > 1:  # one token has nothing to predict: transformers says nan
        put(f"{key}/loss", out.loss[None])
    if hidden:
        for i, h in enumerate(out.hidden_states):
            put(f"{key}/hidden.{i}", h[0])
    if precise is not None:
        with torch.no_grad():
            truth = precise(input_ids=ids)
        noise[group] = max(noise.get(group, 0), tiny.relative(out.logits, truth.logits))


def causal_cases():
    rng = np.random.default_rng(10)
    cases = []
    for n in (1, 2, 7, 33):
        ids = [BOS] + tiny.tokens(rng, n - 1)
        # A prompt is not learned: -100, as everywhere in Hugging Face. Labels are not shifted.
        labels = [-100 if i < n // 3 else t for i, t in enumerate(ids)]
        cases.append({"name": f"len{n}", "ids": ids, "labels": labels})
    return cases


def batch(name, rows, pad, side="right", seen=None):
    """Pads rows to one length. The mask covers a row's own tokens, also those equal to pad."""
    width = max(map(len, rows))
    fill = lambda row, value: row + [value] * (width - len(row)) if side == "right" else [value] * (width - len(row)) + row
    return {
        "name": name,
        "pad_token_id": pad,
        "rows": rows,
        "input_ids": [fill(r, pad) for r in rows],
        "attention_mask": [fill([1] * len(r), 0) for r in rows],
        "labels": [i % 3 for i in range(len(rows))],
    }


def pooling_cases():
    rng = np.random.default_rng(11)
    rows = [[BOS] + tiny.tokens(rng, n) for n in (3, 9, 1, 6)]
    inside = [r[:2] + [EOS] + r[2:] for r in rows]
    ended = [r + [EOS] for r in rows]
    return [
        batch("right", rows, PAD),
        batch("left", rows, PAD, side="left"),
        batch("inside", inside, EOS),  # pad == eos within the text: the rightmost other token is pooled
        batch("ended", ended, EOS),  # a real eos at the end is taken for padding: the token before it is pooled
        batch("ended_left", ended, EOS, side="left"),
        batch("only_pad", [[EOS, EOS], rows[0]], EOS),  # no token differs from pad: position 0
    ]


def pooled(ids, pad):
    """The rule of transformers' GenericForSequenceClassification: rightmost position whose id is not pad, else 0."""
    return max((i for i, t in enumerate(ids) if t != pad), default=0)


def classify(group, name, case):
    model = tiny.open(name, "SEQ_CLS", pad_token_id=case["pad_token_id"])
    precise = tiny.open(name, "SEQ_CLS", pad_token_id=case["pad_token_id"], dtype=torch.float64)
    batch = {k: torch.tensor(case[k]) for k in ("input_ids", "attention_mask", "labels")}
    with torch.no_grad():
        out = model(**batch)
        truth = precise(**batch)
    put(f"{group}/{case['name']}/logits", out.logits)
    put(f"{group}/{case['name']}/loss", out.loss[None])
    case["pooled"] = [pooled(r, case["pad_token_id"]) for r in case["input_ids"]]
    noise[group] = max(noise.get(group, 0), tiny.relative(out.logits, truth.logits))


def main():
    tiny.write()
    tiny.save_tensors(HERE / "score.safetensors", {"score.weight": tiny.score(3, 64)}, format="pt")

    cases = causal_cases()
    for name in ("base", "tied", "bias"):
        model, precise = tiny.open(name), tiny.open(name, dtype=torch.float64)
        for case in cases:
            causal(name, model, precise, case, hidden=case["name"] == "len7")

    model = tiny.open("nf4")  # the saved directory: already quantised; bitsandbytes has no float64
    for case in cases:
        causal("nf4", model, None, case)

    rng = np.random.default_rng(12)
    long = {"name": "len40", "ids": [BOS] + tiny.tokens(rng, 39)}
    long["labels"] = long["ids"]
    for rope in ("default", "linear", "llama3", "yarn"):
        causal(f"rope/{rope}", tiny.open("base", rope=rope), tiny.open("base", rope=rope, dtype=torch.float64), long)

    pooling = pooling_cases()
    for case in pooling:
        classify("score", "base", case)
    whole = [dict(c) for c in pooling if c["pad_token_id"] == EOS]
    for case in whole:
        classify("cls", "cls", case)

    tiny.save_tensors(HERE / "expected.safetensors", expected)
    tiny.save_json(
        HERE / "cases.json",
        {
            "made_with": {"torch": torch.__version__, "transformers": transformers.__version__, "numpy": np.__version__},
            "float32_noise": {k: float(f"{v:.2g}") for k, v in noise.items()},
            "causal": cases,
            "rope": [long],
            "pooling": pooling,
        },
    )


main()
