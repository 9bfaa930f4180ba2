#!/usr/bin/env python3
"""The peer of `graft train`: LoRA sequence classification with PyTorch, transformers and PEFT.

Trains on a CSV (columns text,label), evaluates, saves the adapter and prints one line of JSON.
The loop is plain PyTorch: the sums of transformers' Trainer without its overhead.

How a batch is laid out (--padding):
  max_length  every row padded to --max-length, as the common recipe does
  longest     every row padded to the longest of its batch
  bucketed    longest, with rows of like length in a batch (Trainer's group_by_length)
  packed      rows back to back, no padding at all: positions restart, attention is block-diagonal
"""

import argparse
import csv
import json
import os
import random
import resource
import statistics
import sys
import time
import warnings


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--model", required=True, help="Hugging Face directory of the base")
    p.add_argument("--train-file", required=True)
    p.add_argument("--test-file", help="evaluated at the end: accuracy, macro-F1")
    p.add_argument("--output-dir", help="where the adapter is saved")
    p.add_argument("--adapter", help="start from this adapter instead of a new one")
    p.add_argument("--padding", choices=["max_length", "longest", "bucketed", "packed"], default="max_length")
    p.add_argument("--max-length", type=int, default=128)
    p.add_argument("--r", type=int, default=8)
    p.add_argument("--lora-alpha", type=float, default=32)
    p.add_argument("--lora-dropout", type=float, default=0.05)
    p.add_argument("--target-modules", default="q_proj,v_proj", help="comma-separated, or all-linear")
    p.add_argument("--learning-rate", type=float, default=2e-4)
    p.add_argument("--weight-decay", type=float, default=0.01)
    p.add_argument("--warmup-ratio", type=float, default=0.0)
    p.add_argument("--lr-scheduler-type", choices=["linear", "cosine", "constant_with_warmup"], default="linear")
    p.add_argument("--max-grad-norm", type=float, default=1.0)
    p.add_argument("--per-device-train-batch-size", type=int, default=4)
    p.add_argument("--per-device-eval-batch-size", type=int, default=16)
    p.add_argument("--gradient-accumulation-steps", type=int, default=1)
    p.add_argument("--gradient-checkpointing", action="store_true")
    p.add_argument("--num-train-epochs", type=float, default=3)
    p.add_argument("--max-steps", type=int, default=0, help="stop after so many optimiser steps (0: all epochs)")
    p.add_argument("--train-rows", type=int, default=0, help="use only the first rows of the file (0: all)")
    p.add_argument("--test-rows", type=int, default=0)
    p.add_argument("--no-shuffle", action="store_true", help="keep the order of the file")
    p.add_argument("--dtype", choices=["f32", "bf16"], default="f32", help="of the base's weights and the arithmetic")
    p.add_argument("--load-in-4bit", action="store_true", help="QLoRA: NF4 with double quantisation by bitsandbytes")
    p.add_argument("--attn-implementation", choices=["sdpa", "eager"], default="sdpa")
    p.add_argument("--skip-timed-steps", type=int, default=2, help="first steps left out of the speed")
    p.add_argument("--threads", type=int, default=os.cpu_count())
    p.add_argument("--seed", type=int, default=42)
    p.add_argument("--losses", action="store_true", help="print the loss of every step too")
    return p.parse_args()


args = arguments()
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ["HF_HUB_OFFLINE"] = "1"

import torch
import transformers
from peft import LoraConfig, PeftModel, get_peft_model, prepare_model_for_kbit_training
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score
from transformers import AutoModelForSequenceClassification, AutoTokenizer, BitsAndBytesConfig, get_scheduler

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()
warnings.filterwarnings("ignore", category=FutureWarning)


def peak_memory():
    """Largest resident set of this process so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def read(path, limit):
    with open(path, encoding="utf-8-sig", newline="") as f:
        rows = [(r["text"], r["label"]) for r in csv.DictReader(f)]
    return rows[:limit] if limit else rows


def load(labels, pad_token_id):
    dtype = {"f32": torch.float32, "bf16": torch.bfloat16}[args.dtype]
    more = {}
    if args.load_in_4bit:
        more["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=dtype
        )
        more["device_map"] = "cpu"
    model = AutoModelForSequenceClassification.from_pretrained(
        args.model,
        num_labels=len(labels),
        id2label=dict(enumerate(labels)),
        label2id={l: i for i, l in enumerate(labels)},
        dtype=dtype,
        attn_implementation=args.attn_implementation,
        **more,
    )
    model.config.pad_token_id = pad_token_id
    if args.load_in_4bit:
        prepare_model_for_kbit_training(model, use_gradient_checkpointing=args.gradient_checkpointing)
    elif args.gradient_checkpointing:
        model.gradient_checkpointing_enable()
        model.enable_input_require_grads()
    if args.adapter:
        return PeftModel.from_pretrained(model, args.adapter, is_trainable=True)
    targets = args.target_modules if args.target_modules == "all-linear" else args.target_modules.split(",")
    alpha = int(args.lora_alpha) if args.lora_alpha == int(args.lora_alpha) else args.lora_alpha
    return get_peft_model(
        model, LoraConfig(task_type="SEQ_CLS", r=args.r, lora_alpha=alpha, lora_dropout=args.lora_dropout, target_modules=targets)
    )


def forward(model, rows, pad):
    """Logits [rows, labels] and the number of positions computed, padding included."""
    if args.padding == "packed":
        # transformers derives the block-diagonal mask from positions that restart.
        ids = torch.tensor([[t for r in rows for t in r]])
        positions = torch.tensor([[i for r in rows for i in range(len(r))]])
        inner = model.base_model.model
        hidden = inner.model(input_ids=ids, position_ids=positions, use_cache=False).last_hidden_state[0]
        # The rule of padded batches: the last token of a row that is not the pad token.
        ends, start = [], 0
        for r in rows:
            ends.append(start + max((i for i, t in enumerate(r) if t != pad), default=0))
            start += len(r)
        return inner.score(hidden[ends]), ids.numel()
    width = args.max_length if args.padding == "max_length" else max(map(len, rows))
    ids = torch.tensor([r + [pad] * (width - len(r)) for r in rows])
    mask = torch.tensor([[1] * len(r) + [0] * (width - len(r)) for r in rows])
    return model(input_ids=ids, attention_mask=mask, use_cache=False).logits, ids.numel()


def order(lengths, rng):
    """Indices of one epoch."""
    indices = list(range(len(lengths)))
    if not args.no_shuffle:
        rng.shuffle(indices)
    if args.padding == "bucketed":
        size = 50 * args.per_device_train_batch_size
        chunks = [indices[i : i + size] for i in range(0, len(indices), size)]
        indices = [i for c in chunks for i in sorted(c, key=lambda i: -lengths[i])]
    return indices


def train(model, rows, pad):
    trained = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    decayed = set(transformers.Trainer.get_decay_parameter_names(None, model))
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for n, p in trained if n in decayed], "weight_decay": args.weight_decay},
            {"params": [p for n, p in trained if n not in decayed], "weight_decay": 0.0},
        ],
        lr=args.learning_rate,
    )
    effective = args.per_device_train_batch_size * args.gradient_accumulation_steps
    total = max(1, int(args.num_train_epochs * -(-len(rows) // effective)))
    if args.max_steps:
        total = min(total, args.max_steps)
    schedule = get_scheduler(args.lr_scheduler_type, optimizer, int(args.warmup_ratio * total), total)

    rng, queue, losses, times, tokens, positions = random.Random(args.seed), [], [], [], [], []
    lengths = [len(r) for r, _ in rows]
    model.train()
    for _ in range(total):
        if not queue:
            queue = order(lengths, rng)
        chosen, queue = queue[:effective], queue[effective:]
        begin, loss_sum, computed = time.perf_counter(), 0.0, 0
        for i in range(0, len(chosen), args.per_device_train_batch_size):
            micro = [rows[j] for j in chosen[i : i + args.per_device_train_batch_size]]
            logits, n = forward(model, [r for r, _ in micro], pad)
            labels = torch.tensor([l for _, l in micro])
            loss = torch.nn.functional.cross_entropy(logits.float(), labels, reduction="sum") / len(chosen)
            loss.backward()
            loss_sum, computed = loss_sum + loss.item(), computed + n
        torch.nn.utils.clip_grad_norm_([p for _, p in trained], args.max_grad_norm)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        times.append(time.perf_counter() - begin)
        losses.append(loss_sum)
        tokens.append(sum(lengths[j] for j in chosen))
        positions.append(computed)
        if sys.stderr.isatty():
            print(f"\rstep {len(times)}/{total} loss {loss_sum:.4f} {times[-1]:.2f} s", end="", file=sys.stderr)
    return losses, times, tokens, positions


def evaluate(model, rows, pad, labels):
    model.eval()
    indices = sorted(range(len(rows)), key=lambda i: len(rows[i][0]))
    got, begin = {}, time.perf_counter()
    with torch.no_grad():
        for i in range(0, len(indices), args.per_device_eval_batch_size):
            chosen = indices[i : i + args.per_device_eval_batch_size]
            logits, _ = forward(model, [rows[j][0] for j in chosen], pad)
            got |= dict(zip(chosen, logits.argmax(-1).tolist()))
    seconds = time.perf_counter() - begin
    want, got = [l for _, l in rows], [got[i] for i in range(len(rows))]
    return {
        "n": len(rows),
        "accuracy": accuracy_score(want, got),
        "macro_f1": f1_score(want, got, labels=list(range(len(labels))), average="macro", zero_division=0),
        "confusion": confusion_matrix(want, got, labels=list(range(len(labels)))).tolist(),
        "labels": labels,
        "throughput_qps": len(rows) / seconds,
    }


def main():
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    train_rows = read(args.train_file, args.train_rows)
    test_rows = read(args.test_file, args.test_rows) if args.test_file else []
    number = lambda l: (0, int(l), "") if l.lstrip("-").isdigit() else (1, 0, l)
    labels = sorted({l for _, l in train_rows}, key=number)

    tokenizer = AutoTokenizer.from_pretrained(args.model)
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id
    encode = lambda rows: [(tokenizer(t, truncation=True, max_length=args.max_length).input_ids, labels.index(l)) for t, l in rows]
    train_rows, test_rows = encode(train_rows), encode(test_rows)
    imported = peak_memory()
    model = load(labels, pad)
    loaded = peak_memory()

    losses, times, tokens, positions = train(model, train_rows, pad)
    trained = peak_memory()
    skip = args.skip_timed_steps if len(times) > args.skip_timed_steps else 0
    seconds = sum(times[skip:])
    report = {
        "peer": "peft",
        "versions": {m: sys.modules[m].__version__ for m in ("torch", "transformers", "peft")},
        "padding": args.padding,
        "threads": args.threads,
        "dtype": args.dtype,
        "load_in_4bit": args.load_in_4bit,
        "trainable_parameters": sum(p.numel() for p in model.parameters() if p.requires_grad),
        "steps": len(times),
        "tokens": sum(tokens),
        "positions": sum(positions),
        "tokens_per_second": sum(tokens[skip:]) / seconds,
        "positions_per_second": sum(positions[skip:]) / seconds,
        "step_seconds": {"mean": statistics.mean(times[skip:]), "median": statistics.median(times[skip:])},
        "train_seconds": sum(times),
        "peak_memory_bytes": trained,
        "memory_bytes_before_model": imported,
        "memory_bytes_after_load": loaded,
        "first_loss": losses[0],
        "last_loss": losses[-1],
    }
    if args.losses:
        report["losses"] = losses
    if test_rows:
        report["test"] = evaluate(model, test_rows, pad, labels)
    if args.output_dir:
        model.save_pretrained(args.output_dir, save_embedding_layers=False)
        with open(os.path.join(args.output_dir, "labels.json"), "w", encoding="utf-8") as f:
            json.dump(labels, f, ensure_ascii=False)
        report["adapter"] = args.output_dir
    print(json.dumps(report, ensure_ascii=False))


main()
