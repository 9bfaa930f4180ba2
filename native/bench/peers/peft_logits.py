#!/usr/bin/env python3
"""What PEFT answers with an adapter: the check that an adapter trained elsewhere loads and means the same.

Prints one line of JSON for each text (arguments, or lines of standard input) or each list of ids.
SEQ_CLS: logits, probabilities, label. CAUSAL_LM: the logits after the last token and, with
--generate, the greedy continuation. Float32, one row at a time, so that no padding is involved.
"""

import argparse
import json
import os
import sys
import warnings

p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
p.add_argument("--model", required=True, help="Hugging Face directory of the base")
p.add_argument("--adapter", help="PEFT directory; without it the base alone answers")
p.add_argument("--task", choices=["SEQ_CLS", "CAUSAL_LM"], help="default: what the adapter says, else CAUSAL_LM")
p.add_argument("--ids", action="append", default=[], help="token ids as JSON instead of text: [1, 5, 7]; may be repeated")
p.add_argument("--pad-token-id", type=int, help="default: the tokenizer's, else the configuration's")
p.add_argument("--top", type=int, default=5, help="CAUSAL_LM: so many largest logits (0: all)")
p.add_argument("--generate", type=int, default=0, help="CAUSAL_LM: continue by so many tokens")
p.add_argument("--merge", action="store_true", help="merge the adapter into the base first")
p.add_argument("--max-length", type=int, default=0, help="truncate texts (0: not)")
p.add_argument("--threads", type=int, default=os.cpu_count())
p.add_argument("text", nargs="*")
args = p.parse_args()
os.environ["HF_HUB_OFFLINE"] = "1"

import torch
import transformers
from peft import PeftConfig, PeftModel
from safetensors import safe_open
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()
warnings.filterwarnings("ignore", category=FutureWarning)
torch.set_num_threads(args.threads)


def num_labels(adapter):
    """Rows of the head that the adapter brings; PEFT itself would refuse any other number only by an error of shapes."""
    with safe_open(os.path.join(adapter, "adapter_model.safetensors"), "pt") as f:
        for key in f.keys():
            if key.endswith(("score.weight", "classifier.weight")):
                return f.get_slice(key).get_shape()[0]
    raise SystemExit(f"{adapter}: no score head in the adapter")


def label_names(n, config):
    for name in (args.adapter, args.model):
        path = name and os.path.join(name, "labels.json")
        if path and os.path.exists(path):
            with open(path, encoding="utf-8") as f:
                return json.load(f)
        path = name and os.path.join(name, "graft.json")
        if path and os.path.exists(path):
            with open(path, encoding="utf-8") as f:
                found = json.load(f).get("labels")
            if found:
                return found
    return [config.id2label.get(i, str(i)) for i in range(n)]


task = args.task or (PeftConfig.from_pretrained(args.adapter).task_type if args.adapter else "CAUSAL_LM")
task = getattr(task, "value", task)
config = AutoConfig.from_pretrained(args.model)
if task == "SEQ_CLS" and args.adapter:
    config.num_labels = num_labels(args.adapter)
try:
    tokenizer = AutoTokenizer.from_pretrained(args.model)
except (OSError, ValueError):
    tokenizer = None
if args.pad_token_id is not None:
    config.pad_token_id = args.pad_token_id
elif tokenizer is not None and tokenizer.pad_token_id is not None:
    config.pad_token_id = tokenizer.pad_token_id
kind = AutoModelForSequenceClassification if task == "SEQ_CLS" else AutoModelForCausalLM
model = kind.from_pretrained(args.model, config=config, dtype=torch.float32, attn_implementation="eager")
if args.adapter:
    model = PeftModel.from_pretrained(model, args.adapter)
    if args.merge:
        model = model.merge_and_unload()
model.eval()

inputs = [{"ids": json.loads(i)} for i in args.ids]
texts = args.text or ([] if args.ids or sys.stdin.isatty() else [line.rstrip("\n") for line in sys.stdin])
for text in texts:
    limit = {"truncation": True, "max_length": args.max_length} if args.max_length else {}
    inputs.append({"text": text, "ids": tokenizer(text, **limit).input_ids})

for item in inputs:
    ids = torch.tensor([item["ids"]])
    with torch.no_grad():
        logits = model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits
        if task == "SEQ_CLS":
            names = label_names(logits.shape[-1], config)
            item["logits"] = logits[0].tolist()
            item["probabilities"] = logits[0].softmax(-1).tolist()
            item["label_id"] = int(logits[0].argmax())
            item["label"] = names[item["label_id"]]
        else:
            last = logits[0, -1]
            if args.top:
                values, indices = last.topk(args.top)
                item["top"] = [{"id": int(i), "logit": float(v)} for v, i in zip(values, indices)]
            else:
                item["logits"] = last.tolist()
            if args.generate:
                out = model.generate(
                    input_ids=ids,
                    attention_mask=torch.ones_like(ids),
                    max_new_tokens=args.generate,
                    do_sample=False,
                    return_dict_in_generate=True,
                    output_logits=True,
                )
                new = out.sequences[0, ids.shape[1] :]
                item["continuation_ids"] = new.tolist()
                # As llama_cpp_run.py greedy gives them: the margin tells whether rounding can explain a difference.
                best = [step[0].topk(2) for step in out.logits]
                item["top2"] = [[[int(i), float(v)] for v, i in zip(b.values, b.indices)] for b in best]
                if tokenizer is not None:
                    item["continuation"] = tokenizer.decode(new)
    print(json.dumps(item, ensure_ascii=False))
