#!/usr/bin/env python3
"""Trains a few steps of every method with graft, loads each adapter into PEFT, and compares the answers of both.

SEQ_CLS: the largest difference of a class's log-probability over the texts. CAUSAL_LM: the difference of the mean loss
per token. Full training is opened by transformers. One line a method; float32, one text at a time.

    native/bench/peers/peft_methods.py --graft bin/graft --model examples/finance/base --data examples/finance/test.csv
"""

import argparse
import csv
import json
import math
import os
import subprocess
import tempfile
import warnings

p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
p.add_argument("--graft", default="bin/graft")
p.add_argument("--model", default="examples/finance/base")
p.add_argument("--data", default="examples/finance/test.csv", help="columns text,label")
p.add_argument("--rows", type=int, default=40)
p.add_argument("--steps", type=int, default=6)
p.add_argument("--method", action="append", help="only this one; may be repeated")
args = p.parse_args()
os.environ["HF_HUB_OFFLINE"] = "1"

import torch
import transformers
from peft import PeftModel
from safetensors import safe_open
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()
warnings.filterwarnings("ignore")

TEXT = "判断这条财经新闻的情绪"
METHODS = {
    "full": [],
    "lora": ["--target-modules", "all-linear"],
    "rslora": ["--lora-r", "16"],
    "dora": ["--target-modules", "all-linear"],
    "pissa": [],
    "olora": ["--use-rslora"],
    "loraplus": ["--lora-dropout", "0.1"],
    "lora embed_tokens": ["--target-modules", "embed_tokens,q_proj"],
    "ia3": [],
    "bias": [],
    "last_n_layers": ["--last-n-layers", "1"],
    "prefix_tuning": [],
    "prefix_tuning projection": ["--prefix-projection"],
    "prefix_tuning text": ["--prompt-tuning-init-text", TEXT],
    "prompt_tuning": [],
    "prompt_tuning text": ["--prompt-tuning-init-text", TEXT],
    "p_tuning": [],
}
with open(args.data, encoding="utf-8") as f:
    rows = list(csv.DictReader(f))[: args.rows]
tokenizer = AutoTokenizer.from_pretrained(args.model)


def graft(*command, **kw):
    return subprocess.run([args.graft, *command], check=True, capture_output=True, text=True, **kw).stdout


def peft(task, directory, full):
    kind = AutoModelForSequenceClassification if task == "SEQ_CLS" else AutoModelForCausalLM
    config = AutoConfig.from_pretrained(directory if full else args.model)
    if task == "SEQ_CLS" and not full:
        with safe_open(os.path.join(directory, "adapter_model.safetensors"), "pt") as f:
            config.num_labels = [f.get_slice(k).get_shape()[0] for k in f.keys() if k.endswith("score.weight")][0]
    model = kind.from_pretrained(directory if full else args.model, config=config, dtype=torch.float32, attn_implementation="eager")
    return (model if full else PeftModel.from_pretrained(model, directory)).eval()


def ids(text, end):
    found = tokenizer(text).input_ids
    return torch.tensor([found + ([tokenizer.eos_token_id] if end else [])])


with tempfile.TemporaryDirectory() as work:
    data = os.path.join(work, "data.csv")
    with open(data, "w", encoding="utf-8", newline="") as f:
        out = csv.DictWriter(f, ["text", "label"], extrasaction="ignore")
        out.writeheader()
        out.writerows(rows)
    for name, flags in METHODS.items():
        if args.method and name not in args.method:
            continue
        for task in ("SEQ_CLS", "CAUSAL_LM"):
            directory = os.path.join(work, (name + task).replace(" ", "_"))
            graft("train", "--model", args.model, "--train-file", data, "--task-type", task, "--method", name.split()[0], "--learning-rate", "1e-2",
                  "--lr-scheduler-type", "constant", "--max-steps", str(args.steps), "--eval-strategy", "no", "--save-strategy", "no", "--output-dir", directory, *flags)
            full = name == "full"
            where = ["--model", directory] if full else ["--model", args.model, "--adapter", directory]
            model = peft(task, directory, full)
            if task == "SEQ_CLS":
                answers = [json.loads(line) for line in graft("predict", *where, "--json", input="\n".join(r["text"] for r in rows)).splitlines()]
                names = json.load(open(os.path.join(directory, "config.json")))["id2label"].values() if full else json.load(open(os.path.join(directory, "graft.json")))["labels"]
                largest = 0.0
                for row, answer in zip(rows, answers):
                    x = ids(row["text"], False)
                    with torch.no_grad():
                        logits = model(input_ids=x, attention_mask=torch.ones_like(x)).logits[0].double().log_softmax(-1)
                    for label, want in zip(names, logits.tolist()):
                        largest = max(largest, abs(math.log(answer["probabilities"][label]) - want))
                print(f"{name:26} SEQ_CLS    log-probability {largest:.2g}", flush=True)
            else:
                got = json.loads(graft("eval", *where, "--data", data, "--task", task, "--json").splitlines()[-1])["loss"]
                total = count = 0
                for row in rows:
                    x = ids(row["text"], True)
                    with torch.no_grad():
                        out = model(input_ids=x, attention_mask=torch.ones_like(x), labels=x)
                    extra = out.logits.shape[1] > x.shape[1]  # a prompt's last virtual token says the first
                    n = x.shape[1] - 1 + extra
                    total, count = total + float(out.loss) * n, count + n
                print(f"{name:26} CAUSAL_LM  loss {abs(got - total / count):.2g} of {got:.4f}", flush=True)
