"""Compares graft's tokenizers with Python's `tokenizers` and `sentencepiece`: the same ids, and how fast, on one thread.

    python tokens.py [--sample MB] path/to/tokens TOKENIZER=REFERENCE…

path/to/tokens is native/bench/cmd/tokens, built. TOKENIZER is what graft reads: a tokenizer.json, a tokenizer.model or a
GGUF file. REFERENCE is a tokenizer.json for `tokenizers`, or a tokenizer.model for `sentencepiece`. Texts come from
../shared/data, this repository, Python's library and chance. The table has mismatches per million tokens for every kind
of text, and MB per second of processor time on all of them. A tokenizer.model reads control pieces in a text as text, and so
does graft where nothing else is asked for (tokens -plain): that is what the column "special tokens" compares there. --sample
makes every kind of text so large at most.
"""
import os

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"

import csv
import random
import struct
import subprocess
import sys
import time
import unicodedata
from pathlib import Path

import sentencepiece
import tokenizers

ROOT = Path(__file__).resolve().parents[3]
DATA = ROOT.parent / "shared" / "data"
MB = 1_000_000


def take(texts, size):
    out, n = [], 0
    for t in texts:
        if t:
            out.append(t.encode() if isinstance(t, str) else t)
            n += len(out[-1])
            if n >= size:
                break
    return out


def lines(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        for line in f:
            yield line.rstrip("\n")


def rows():
    for path in sorted(DATA.glob("*/*.csv")):
        with open(path, encoding="utf-8", newline="") as f:
            for row in csv.reader(f):
                yield from row


def code():
    for path in sorted(ROOT.glob("shared/**/*.go")) + sorted(ROOT.glob("kernels/cpu/*.h")) + sorted(Path(os.__file__).parent.glob("*.py")):
        yield path.read_text(encoding="utf-8", errors="replace")[:20000]


def english():
    for path in sorted(ROOT.glob("**/*.md")) + sorted(Path(os.__file__).parent.glob("**/*.txt")) + sorted(Path("/usr/share/common-licenses").glob("*")):
        if path.is_file():
            yield from path.read_text(encoding="utf-8", errors="replace").split("\n\n")


ASSIGNED = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000 and unicodedata.category(chr(c)) not in ("Cn", "Co", "Cs")]
EMOJI = [c for c in ASSIGNED if 0x1F300 <= ord(c) <= 0x1FAFF or 0x2600 <= ord(c) <= 0x27BF] + ["\u200d", "\ufe0f", "👩‍👩‍👧‍👦", "🏳️‍🌈", "🇨🇳", "👍🏽", "1️⃣"]
MARKS = [c for c in ASSIGNED if unicodedata.category(c) in ("Mn", "Me", "Mc")]
SPACES = list(" \t\n\r\x0b\x0c\x1c\x85\xa0\u1680\u2003\u2028\u2029\u202f\u3000\u200b\ufeff") + ["  ", "    ", "\r\n", "\n\n", "\n \n"]
SPECIALS = ["<s>", "</s>", "<unk>", "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<bos>", "<eos>", "<pad>", "[CLS]", "[MASK]", "<0x41>", "▁", "<|eot_id|>", "<think>", "<start_of_turn>", "<mask>"]
WORDS = "the of and don't I'll WE'VE it's naïve café Straße ſ ǅ İstanbul 3.14159 1,000,000 ２０２４年 第一 股价上涨 市场 ａｂｃ ﬁ ½ ² ① ㎏ ｶﾞ 가각힣 नमस्ते ภาษาไทย עברית مرحبا ǆ _x_ a_b x86_64 http://a.b/c?d=e&f#g".split()


def mixed(seed, pools, n, size):
    r = random.Random(seed)
    for _ in range(n):
        yield "".join(r.choice(r.choice(pools)) for _ in range(r.randint(1, size)))


def broken(seed, n):
    r = random.Random(seed)
    for _ in range(n):
        b = bytearray("".join(r.choice(r.choice([WORDS, EMOJI, SPACES])) for _ in range(r.randint(1, 30))).encode())
        for _ in range(r.randint(1, 6)):
            at = r.randrange(len(b) + 1)
            r.choice([lambda: b.insert(at, r.randrange(256)), lambda: b.__setitem__(slice(at, at + 1), b""), lambda: b.__setitem__(slice(at, at), bytes(r.randrange(0x80, 0x100) for _ in range(3)))])()
        yield bytes(b)


def texts():
    ascii_ = [chr(c) for c in range(32, 127)]
    return {
        "Chinese": take(lines(DATA / "corpus" / "finance_zh.txt"), 2 * MB),
        "data sets": take(rows(), 2 * MB),
        "English": take(english(), 2 * MB),
        "code": take(code(), 2 * MB),
        "emoji": take(mixed(1, [EMOJI, EMOJI, WORDS, [" "]], 20000, 20), MB),
        "all characters": take(mixed(2, [ASSIGNED, MARKS, ascii_, SPACES, WORDS], 20000, 40), MB),
        "white space": take(mixed(3, [SPACES, SPACES, WORDS, ascii_], 20000, 30), MB),
        "special tokens": take(mixed(4, [SPECIALS, WORDS, [" "], SPACES], 20000, 20), MB),
        "broken UTF-8": take(broken(5, 20000), MB),
    }


def reference(path, kinds):
    """The ids of all texts, and the seconds they took."""
    decoded = {k: [b.decode("utf-8", errors="replace") for b in v] for k, v in kinds.items()}
    if path.endswith(".json"):
        t = tokenizers.Tokenizer.from_file(path)
        t.no_truncation()
        t.no_padding()
        encode = lambda batch: [e.ids for e in t.encode_batch_fast(batch, add_special_tokens=False)]
    else:
        p = sentencepiece.SentencePieceProcessor(model_file=path)
        encode = lambda batch: p.encode(batch, num_threads=1)
    ids, seconds = {}, {}
    for k, v in decoded.items():
        best = float("inf")
        for _ in range(2):
            start = time.process_time()
            ids[k] = encode(v)
            best = min(best, time.process_time() - start)
        seconds[k] = best
    return ids, seconds


def graft(tool, path, batch, *flags):
    data = b"".join(struct.pack("<I", len(b)) + b for b in batch)
    p = subprocess.run([tool, *flags, "-repeat", "2", path], input=data, capture_output=True)
    if p.returncode:
        sys.exit(p.stderr.decode())
    ids, at = [], 0
    while at < len(p.stdout):
        n, = struct.unpack_from("<I", p.stdout, at)
        ids.append(list(struct.unpack_from(f"<{n}i", p.stdout, at + 4)))
        at += 4 + 4 * n
    return ids, float(p.stderr)


def differing(a, b):
    """Tokens between what two lists begin and end with alike."""
    n = 0
    while n < min(len(a), len(b)) and a[n] == b[n]:
        n += 1
    m = 0
    while m < min(len(a), len(b)) - n and a[-1 - m] == b[-1 - m]:
        m += 1
    return max(len(a), len(b)) - n - m


def main():
    args = sys.argv[1:]
    kinds = texts()
    if args[0] == "--sample":
        # scattered, so that every source has its share
        kinds = {k: take(v[::max(1, sum(map(len, v)) // int(float(args[1]) * MB))], float(args[1]) * MB) for k, v in kinds.items()}
        args = args[2:]
    tool, *pairs = args
    size = sum(len(b) for v in kinds.values() for b in v) / MB
    print(f"{size:.1f} MB; tokenizers {tokenizers.__version__}, sentencepiece {sentencepiece.__version__}")
    print("| tokenizer | " + " | ".join(kinds) + " | graft MB/s | graft, plain | reference MB/s |")
    print("|---" * (len(kinds) + 4) + "|")
    for pair in pairs:
        ours, theirs = pair.split("=")
        want, seconds = reference(theirs, kinds)
        cells, mine, plain = [], 0.0, 0.0
        for k, batch in kinds.items():
            got, s = graft(tool, ours, batch)
            text, p = graft(tool, ours, batch, "-plain")
            mine += s
            plain += p
            if theirs.endswith(".model"):
                got = text
            tokens = sum(map(len, want[k]))
            bad = 0
            for b, x, y in zip(batch, got, want[k], strict=True):
                d = differing(x, y)
                if d and bad == 0:
                    print(f"first difference: {k}: {b!r}\n  graft     {x}\n  reference {y}", file=sys.stderr)
                bad += d
            cells.append(f"{bad / tokens * 1e6:.1f}")
        print(f"| {'/'.join(Path(ours).parts[-2:])} | " + " | ".join(cells) + f" | {size / mine:.1f} | {size / plain:.1f} | {size / sum(seconds.values()):.1f} |", flush=True)


if __name__ == "__main__":
    main()
