#!/usr/bin/env python3
"""The peer of `graft generate`: llama.cpp on the same GGUF file, through llama-cpp-python.

    llama_cpp_run.py speed --model m.gguf --threads 2
    llama_cpp_run.py greedy --model m.gguf "a prompt" "another"

speed measures what llama-bench measures: one batch of --prefill tokens into an empty cache, and --decode
single tokens after --depth tokens; only the calls of llama_decode are timed. load_seconds goes from opening the file to the
logits of a first token, top_tokens are the likeliest after the last token of the work. greedy continues each prompt
and keeps, for every token, the two largest logits: where two programs part, the margin says whether rounding can explain it.
One line of JSON. Build the package for this machine: CMAKE_ARGS=-DGGML_NATIVE=ON pip install --no-binary llama-cpp-python llama-cpp-python
(this file may not be called llama_cpp.py: it would hide the package).
"""

import argparse
import ctypes
import json
import os
import resource
import statistics
import time


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--model", required=True, help="GGUF file")
    common.add_argument("--threads", type=int, default=os.cpu_count())
    common.add_argument("--context", type=int, default=1024)
    common.add_argument("--flash-attention", choices=["auto", "on", "off"], default="auto")
    common.add_argument("--cache-type", choices=["f16", "f32", "q8_0"], default="f16", help="of keys and values; f16 is llama.cpp's default")
    sub = p.add_subparsers(dest="command", required=True)
    s = sub.add_parser("speed", parents=[common], help="prefill and decode tokens/s")
    s.add_argument("--prefill", type=int, default=512)
    s.add_argument("--decode", type=int, default=64)
    s.add_argument("--depth", type=int, default=0, help="tokens in the cache before the decode")
    s.add_argument("--repeat", type=int, default=3, help="times; one more for warming up is thrown away")
    g = sub.add_parser("greedy", parents=[common], help="greedy continuations")
    g.add_argument("--max-new-tokens", type=int, default=32)
    g.add_argument("--chat", action="store_true", help="put the prompt into ChatML with the system text of SmolLM2")
    g.add_argument("--system", default="You are a helpful AI assistant named SmolLM, trained by Hugging Face")
    g.add_argument("prompt", nargs="+")
    return p.parse_args()


args = arguments()

import llama_cpp as L


@L.llama_log_callback
def quiet(level, text, user):
    pass


L.llama_log_set(quiet, ctypes.c_void_p(0))
L.llama_backend_init()


def must(pointer, what):
    if not pointer:
        raise SystemExit(f"{args.model}: llama.cpp gives no {what}")
    return pointer


def open_context():
    mp = L.llama_model_default_params()
    mp.n_gpu_layers = 0
    model = must(L.llama_model_load_from_file(args.model.encode(), mp), "model")
    cp = L.llama_context_default_params()
    cp.n_ctx = args.context
    cp.n_batch = cp.n_ubatch = 512
    cp.n_threads = cp.n_threads_batch = args.threads
    cp.type_k = cp.type_v = {"f16": L.GGML_TYPE_F16, "f32": L.GGML_TYPE_F32, "q8_0": L.GGML_TYPE_Q8_0}[args.cache_type]
    cp.flash_attn_type = {"auto": -1, "off": 0, "on": 1}[args.flash_attention]
    cp.no_perf = True
    return model, must(L.llama_init_from_model(model, cp), "context")


opened = time.perf_counter()
model, context = open_context()
vocabulary = L.llama_model_get_vocab(model)
size = L.llama_vocab_n_tokens(vocabulary)


def decode(tokens):
    """Seconds that the tokens took; the logits of the last one can be asked for afterwards."""
    array = (L.llama_token * len(tokens))(*tokens)
    batch = L.llama_batch_get_one(array, len(tokens))
    begin = time.perf_counter()
    code = L.llama_decode(context, batch)
    L.llama_synchronize(context)
    seconds = time.perf_counter() - begin
    if code != 0:
        raise SystemExit(f"llama_decode of {len(tokens)} tokens: code {code}; is --context {args.context} too small?")
    return seconds


def clear():
    L.llama_memory_clear(L.llama_get_memory(context), True)


def feed(tokens):
    return sum(decode(tokens[i : i + 512]) for i in range(0, len(tokens), 512))


def peak_memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def top_tokens(n):
    logits = L.llama_get_logits_ith(context, -1)[:size]
    return sorted(range(size), key=lambda i: -logits[i])[:n]


def speed():
    def tokens(n, seed):
        return [(seed + 7919 * i) % size for i in range(n)]

    feed(tokens(1, 1))
    load = time.perf_counter() - opened
    prefill, single = [], []
    for i in range(args.repeat + 1):
        if args.prefill:
            clear()
            prefill.append(args.prefill / feed(tokens(args.prefill, 1)))
        if args.decode:
            clear()
            if args.depth:
                feed(tokens(args.depth, 2))
            single.append(args.decode / sum(decode([t]) for t in tokens(args.decode, 3)))
    figures = lambda all: {"median": statistics.median(all[1:]), "best": max(all[1:]), "runs": all[1:]} if all else None
    return {
        "prefill_tokens": args.prefill,
        "decode_tokens": args.decode,
        "depth": args.depth,
        "prefill_tokens_per_second": figures(prefill),
        "decode_tokens_per_second": figures(single),
        "load_seconds": load,
        "vocabulary_size": size,
        "top_tokens": top_tokens(10),
    }


def tokenize(text):
    raw = text.encode()
    room = (L.llama_token * (len(raw) + 16))()
    n = L.llama_tokenize(vocabulary, raw, len(raw), room, len(room), True, True)
    return list(room[:n])


def piece(token):
    buffer = ctypes.create_string_buffer(256)
    n = L.llama_token_to_piece(vocabulary, token, buffer, len(buffer), 0, True)
    return buffer.raw[:n]


def greedy(prompt):
    if args.chat:
        turn = lambda role, text: f"<|im_start|>{role}\n{text}<|im_end|>\n"
        prompt = turn("system", args.system) + turn("user", prompt) + "<|im_start|>assistant\n"
    import numpy as np

    ids = tokenize(prompt)
    clear()
    feed(ids)
    new, top = [], []
    for _ in range(args.max_new_tokens):
        logits = np.ctypeslib.as_array(L.llama_get_logits_ith(context, -1), shape=(size,))
        first, second = (int(i) for i in np.argsort(logits)[:-3:-1])
        new.append(first)
        top.append([[first, float(logits[first])], [second, float(logits[second])]])
        if L.llama_vocab_is_eog(vocabulary, first):
            break
        decode([first])
    text = b"".join(piece(t) for t in new if not L.llama_vocab_is_eog(vocabulary, t)).decode("utf-8", "replace")
    return {"prompt": prompt, "prompt_ids": ids, "ids": new, "text": text, "top2": top}


report = {"peer": "llama.cpp", "version": f"llama-cpp-python {L.__version__}", "model": args.model, "threads": args.threads}
report["system"] = L.llama_print_system_info().decode().strip()
report["cache_type"], report["flash_attention"] = args.cache_type, args.flash_attention
if args.command == "speed":
    report |= speed()
else:
    report["continuations"] = [greedy(p) for p in args.prompt]
report["peak_memory_bytes"] = peak_memory()
print(json.dumps(report, ensure_ascii=False))
