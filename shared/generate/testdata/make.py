"""Reference distributions for shared/generate: python make.py > sampler.json

Needs torch and transformers. Run by hand. The processors run in the order of GenerationMixin._get_logits_processor.
"""

import json
import sys

import torch
import transformers
from transformers.generation.logits_process import (
    LogitsProcessorList, MinPLogitsWarper, RepetitionPenaltyLogitsProcessor, TemperatureLogitsWarper, TopKLogitsWarper,
    TopPLogitsWarper)

torch.manual_seed(7)
VOCAB = 40
peaked = torch.randn(VOCAB) * 3
flat = torch.randn(VOCAB) * 0.3
ties = torch.tensor([1.0, 2.0, 2.0, 2.0, 0.5, -1.0] + [-3.0] * (VOCAB - 6))
banned = peaked.clone()
banned[::3] = float("-inf")

OPTIONS = [
    {},
    {"temperature": 0.7},
    {"temperature": 1.9},
    {"top_k": 1},
    {"top_k": 5},
    {"top_k": 2, "temperature": 0.5},
    {"top_k": 100},
    {"top_p": 0.9},
    {"top_p": 0.3, "temperature": 1.5},
    {"top_p": 0.999},
    {"min_p": 0.05},
    {"min_p": 1.0},
    {"min_p": 0.2, "temperature": 1.3},
    {"repetition_penalty": 1.3},
    {"repetition_penalty": 0.8},
    {"repetition_penalty": 1.2, "temperature": 0.8, "top_k": 20, "top_p": 0.95, "min_p": 0.02},
]
PROMPT = [0, 3, 3, 7, 39, 12]

cases = []
for name, logits in (("peaked", peaked), ("flat", flat), ("ties", ties), ("banned", banned)):
    for o in OPTIONS:
        if name == "ties" and "top_p" in o:
            continue  # which of equals stays is not defined by torch.sort
        p = LogitsProcessorList()
        if "repetition_penalty" in o:
            p.append(RepetitionPenaltyLogitsProcessor(o["repetition_penalty"]))
        if "temperature" in o:
            p.append(TemperatureLogitsWarper(o["temperature"]))
        if "top_k" in o:
            p.append(TopKLogitsWarper(o["top_k"]))
        if "top_p" in o:
            p.append(TopPLogitsWarper(o["top_p"]))
        if "min_p" in o:
            p.append(MinPLogitsWarper(o["min_p"]))
        scores = p(torch.tensor([PROMPT]), logits[None].clone())
        cases.append({"logits": name, "options": o, "probs": torch.softmax(scores[0].double(), -1).tolist()})

json.dump({
    "made_with": {"transformers": transformers.__version__, "torch": torch.__version__},
    "prompt": PROMPT,
    # JSON has no infinity: null is a token that is not allowed
    "logits": {n: [None if v == float("-inf") else v for v in l.tolist()]
               for n, l in (("peaked", peaked), ("flat", flat), ("ties", ties), ("banned", banned))},
    "cases": cases,
}, sys.stdout)
