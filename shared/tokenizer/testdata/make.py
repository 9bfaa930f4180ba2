"""Makes the fixtures of package tokenizer with Hugging Face's tokenizers.

Run by hand:  /work/venv/bin/python make.py [NAME ...]      (tokenizers 0.23.3)

corpus.txt        what the tiny tokenizers are trained on
texts.json        the texts: hand-picked ones, then random ones; "hex" marks bytes
                  that are no UTF-8, which Python reads with errors="replace"
NAME.json         a tiny tokenizer with the components of a real family
NAME.want.json    what Hugging Face makes of the texts with it
classes.json      the members of Unicode classes as Oniguruma sees them
normalized.json   normal forms of single characters and of random strings
"""

import hashlib
import io
import json
import random
import struct
import sys
import tempfile

import sentencepiece as spm
import tokenizers
from sentencepiece.sentencepiece_model_pb2 import ModelProto
from tokenizers import (AddedToken, Regex, Tokenizer, decoders, models, normalizers,
                        pre_tokenizers as pre, processors, trainers)

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|"
          r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
GPT4O = "|".join([
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"\p{N}{1,3}", r" ?[^\s\p{L}\p{N}]+[\r\n/]*", r"\s*[\r\n]+", r"\s+(?!\S)", r"\s+"])
DEEPSEEK = (r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+|"
            r" ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
POSSESSIVE = (r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+|"
              r" ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s")

CORPUS = """The quick brown fox jumps over the lazy dog. It's what they'd said: we're done, I've seen it, you'll go, I'm in.
Net sales increased by 12.5% to EUR 1,234.56 million in the third quarter of 2023 compared with 2022.
本季度公司营收同比增长20%,净利润超市场预期。受宏观经济影响,公司核心业务板块出现15%的下滑。
新产品上线后用户活跃度提升30%,市场份额进一步扩大。央行今日开展1000亿元逆回购操作,中标利率为1.5%。
股价大跌,投资者信心不足;公司否认财务造假,称业绩将继续增长。公司公司公司增长增长增长市场市场。
func main() {\n\tfor i := 0; i < 10; i++ {\n\t\tfmt.Println("hello, world", i)\n\t}\n}
def f(x):\n    if x > 0:\n        return x * 2\n    return None  # comment
Der Gewinn stieg um fünf Prozent. L'été dernier, ça allait déjà mieux. Привет, мир! こんにちは世界。안녕하세요.
emoji: 😀😃😄 👍🏽 👨‍👩‍👧‍👦 🇨🇳 — “quotes” … ‘single’ • bullet
""" * 3

TEXTS = [
    "", " ", "  ", "\n", "\r\n", "a", "Hello, world!", "hello   world", "  leading and trailing  ",
    "It's I'M we'Re THEY'LL you'd I'vE 'sun 't' ''s'", "it\u2019s don\u2019t", "'\u017f '\u017ft x'\u017f",
    "tabs\tand\t\ttabs", "a\n\n\nb", "a\r\n\r\nb\r\n", " \n \n  x", "x   \n", "   \n   ", "end   ", "\t\t",
    "1 22 333 4444 55555 1,234.56 3.14e-10 \u00bd \u2163 \u0663\u0664 \u3007 \u2460",
    "本季度公司营收同比增长20%,净利润超市场预期", "受宏观经济影响,公司核心业务板块出现15%的下滑",
    "新产品上线后用户活跃度提升30%,市场份额进一步扩大。", "中文 English 混合 text,全角！标点「引号」", "龘靐齉𠀀𪛖𮯰",
    "for (int i=0;i<n;i++){ a[i]+=b[i]; }  // done", "if __name__ == '__main__':\n    main()\n",
    "<html><body class=\"x\">&amp;</body></html>", "https://example.com/a?b=c&d=%20#frag", "foo_bar.baz@qux.org",
    "😀", "😀😃", "👨‍👩‍👧‍👦 family", "👍🏽", "🇨🇳🇺🇸", "a\u0301 e\u0301\u0323 \u0301\u0301", "Ame\u0301lie caf\u00e9 cafe\u0301",
    "\u1112\u1161\u11ab\u1100\u1173\u11af 한글", "q\u0307\u0323 \u1e69 s\u0323\u0307", "\u2126\u212b\ufb01\uff21\u00b2\u3392",
    "zalgo " + "x" + "\u0301\u0323\u0330" * 15 + " end", "नमस्ते दुनिया", "ภาษาไทย", "مرحبا بالعالم", "שלום עולם",
    "a\u00a0b\u2003c\u3000d\u2028e\u0085f\u200bg\ufeffh", "\u00a0\u00a0x \u3000y", "\x00\x01\x1f\x7f",
    "ſtraße ß ẞ İ ı ǅ", "x\u200dy", "\u0130stanbul", "\ufffd", "\ufffd\ufffd a", "\U0010ffff\ue000",
    "<|endoftext|>", "a<|endoftext|>b", "<s> </s>", "<|im_start|>user\nhi<|im_end|>\n", "<tool_call>{}</tool_call>",
    "x <mask> y", "x<mask>y", "<think>hm</think>", "<|endoftext|", "[CLS] a [SEP]", "a  [UNK]  b", "mask<mask>", "wordy word words",
    "\u10d4a\U00010d4a \U0002ebf0\U000116d0", "a" * 200, "ab " * 80, "公司" * 60, " " * 100 + "x", "\n" * 50, "=" * 77, "9" * 50,
    "The Quick BROWN fOx camelCase XMLHttpRequest iOS's", "don't DON'T Don'T", "a/b\\c|d~e`f", "$1,000.00 €5 ¥10 £3",
]
BROKEN = ["ff", "61ff62", "e4b8", "e4b8ade5", "f09f98", "f09f9841", "c3", "c328", "eda080", "f8888080", "e4b861e4", "c0af",
          "e0809f", "f4908080", "80", "8080", "61f09f98f09f9880", "e4b8ade4b8", "20e2822082"]

ALPHABET = (list("aeiou stnrSTLDM'’ſ019.,!?-_<>|[]/") + ["  ", "   ", "\n", "\r", "\t", "'s", "'re", "'ll", " '", "\u00a0", "\u3000",
            "\u2028", "\u0085", "公", "司", "增", "长", "。", ",", "é", "e\u0301", "\u0301", "\u0323", "ß", "İ", "½", "٣", "²", "😀", "\u200d",
            "👍", "🏽", "Ω", "\u2126", "ﬁ", "한", "\u1112", "\u1161", "क", "्", "ﷺ", "<|endoftext|>", "<mask>", "<think>", "the", "ing", "▁"])


def random_texts(n):
    r = random.Random(7)
    return ["".join(r.choice(ALPHABET) for _ in range(r.randint(1, 30))) for _ in range(n)]


def bpe(tok, special, vocab=700, alphabet=True, **kw):
    trainer = trainers.BpeTrainer(vocab_size=vocab, special_tokens=special, show_progress=False,
                                  initial_alphabet=pre.ByteLevel.alphabet() if alphabet else [], **kw)
    tok.train_from_iterator(CORPUS.split("\n"), trainer)
    return tok


def gpt2():
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre.ByteLevel(add_prefix_space=False)
    t.decoder = decoders.ByteLevel()
    t.post_processor = processors.ByteLevel(trim_offsets=False)
    return bpe(t, ["<|endoftext|>"])


def smollm():
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre.Sequence([pre.Digits(True), pre.ByteLevel(add_prefix_space=False)])
    t.decoder = decoders.ByteLevel()
    return bpe(t, ["<|endoftext|>", "<|im_start|>", "<|im_end|>"])


def llama3():
    t = Tokenizer(models.BPE(ignore_merges=True))
    t.pre_tokenizer = pre.Sequence([pre.Split(Regex(LLAMA3), "isolated"), pre.ByteLevel(add_prefix_space=False, use_regex=False)])
    t.decoder = decoders.ByteLevel()
    t = bpe(t, [])
    j = json.loads(t.to_str())
    # Words that merges do not reach, as in the real vocabulary.
    for w in ("Ġlazy", "Ġworldwide", "å¢ŀéķ¿20", "Hello"):
        j["model"]["vocab"].setdefault(w, len(j["model"]["vocab"]))
    t = Tokenizer.from_str(json.dumps(j))
    t.add_special_tokens(["<|begin_of_text|>", "<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    t.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(single="<|begin_of_text|> $A", pair="<|begin_of_text|> $A <|begin_of_text|>:1 $B:1",
                                      special_tokens=[("<|begin_of_text|>", t.token_to_id("<|begin_of_text|>"))])])
    return t


def qwen2():
    t = Tokenizer(models.BPE())
    t.normalizer = normalizers.NFC()
    t.pre_tokenizer = pre.Sequence([pre.Split(Regex(QWEN2), "isolated"),
                                    pre.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=False)])
    t.decoder = decoders.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=False)
    t.post_processor = processors.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=False)
    t = bpe(t, [])
    t.add_special_tokens(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    t.add_tokens([AddedToken(x, normalized=False) for x in ("<tool_call>", "</tool_call>", "<think>", "</think>")])
    return t


def roberta():
    t = Tokenizer(models.BPE(unk_token="<unk>"))
    t.normalizer = normalizers.NFKC()
    t.pre_tokenizer = pre.ByteLevel(add_prefix_space=True)
    t.decoder = decoders.ByteLevel()
    t = bpe(t, ["<s>", "<pad>", "</s>", "<unk>"])
    t.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True)])
    t.add_tokens([AddedToken("word", single_word=True), AddedToken("ing", rstrip=True, normalized=False)])
    t.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    return t


def deepseek():
    t = Tokenizer(models.BPE())
    t.normalizer = normalizers.Sequence([])
    t.pre_tokenizer = pre.Sequence([pre.Split(Regex(r"\p{N}{1,3}"), "isolated"), pre.Split(Regex("[一-龥\u3040-ゟ゠-ヿ]+"), "isolated"),
                                    pre.Split(Regex(DEEPSEEK), "isolated"), pre.ByteLevel(add_prefix_space=False, use_regex=False)])
    t.decoder = decoders.ByteLevel()
    return bpe(t, ["<|endoftext|>"], 500)


def gpt4o():
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre.Sequence([pre.Split(Regex(GPT4O), "removed", invert=True), pre.ByteLevel(add_prefix_space=False, use_regex=False)])
    t.decoder = decoders.ByteLevel()
    return bpe(t, ["<|endoftext|>"], 500)


def possessive():
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre.Sequence([pre.Split(Regex(POSSESSIVE), "isolated"), pre.ByteLevel(add_prefix_space=False, use_regex=False)])
    t.decoder = decoders.ByteLevel()
    return bpe(t, ["<|endoftext|>"], 400)


def falcon():
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre.Sequence([pre.Punctuation("contiguous"), pre.ByteLevel(add_prefix_space=False),
                                    pre.Digits(False), pre.Split(Regex("[0-9][0-9][0-9]"), "isolated")])
    t.decoder = decoders.ByteLevel()
    t.post_processor = processors.ByteLevel(trim_offsets=True)
    return bpe(t, ["<|endoftext|>"], 500)


def llama2():
    t = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    t.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    t.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    t = bpe(t, ["<unk>", "<s>", "</s>"] + ["<0x%02X>" % b for b in range(256)], 800, alphabet=False, limit_alphabet=150, max_token_length=12)
    j = json.loads(t.to_str())
    j["added_tokens"] = j["added_tokens"][:3]
    t = Tokenizer.from_str(json.dumps(j))
    t.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", 1)])
    return t


def metaspace():
    t = Tokenizer(models.BPE(unk_token="<unk>"))
    t.pre_tokenizer = pre.Metaspace(prepend_scheme="first")
    t.decoder = decoders.Metaspace(prepend_scheme="first")
    t = bpe(t, ["<unk>", "<s>", "</s>"], 500, alphabet=False, limit_alphabet=120)
    t.add_special_tokens(["<mask>"])
    return t


def words():
    """Behaviours of Split, and BPE with prefix and suffix."""
    t = Tokenizer(models.BPE(unk_token="<unk>", continuing_subword_prefix="##", end_of_word_suffix="</w>"))
    t.normalizer = normalizers.Sequence([normalizers.Lowercase(), normalizers.NFD(), normalizers.StripAccents(), normalizers.Strip(),
                                         normalizers.Replace(Regex("[0-9]+"), "0")])
    t.pre_tokenizer = pre.Sequence([pre.Whitespace(), pre.Split("a", "merged_with_previous"), pre.Split(Regex("o+"), "merged_with_next"),
                                    pre.Split(Regex("[,.]"), "contiguous"), pre.CharDelimiterSplit("_")])
    t.decoder = decoders.BPEDecoder("</w>")
    return bpe(t, ["<unk>"], 400, alphabet=False, limit_alphabet=100, continuing_subword_prefix="##", end_of_word_suffix="</w>")


def bert():
    t = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=40))
    t.normalizer = normalizers.BertNormalizer()
    t.pre_tokenizer = pre.BertPreTokenizer()
    t.decoder = decoders.WordPiece()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    t.train_from_iterator(CORPUS.split("\n"), trainers.WordPieceTrainer(vocab_size=500, special_tokens=special, show_progress=False))
    t.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1",
                                                     special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    return t


def unigram():
    t = Tokenizer(models.Unigram())
    t.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    t.pre_tokenizer = pre.Metaspace()
    t.decoder = decoders.Metaspace()
    t.train_from_iterator(CORPUS.split("\n"), trainers.UnigramTrainer(vocab_size=400, special_tokens=["<unk>", "<s>", "</s>"],
                                                                      unk_token="<unk>", show_progress=False))
    t.post_processor = processors.TemplateProcessing(single="$A </s>", pair="$A </s> $B:1 </s>:1", special_tokens=[("</s>", 2)])
    return t


RULES = ["Ａ\tA", "①\t1", "ﬁ\tfi", "é\té", "　\t ", "​\t", "\r\n\t ", "㎒\tMHz", "ạ́\tạ́", "½\t1⁄2",
         "ﷺ\tabcdefgh", "ß\tss"]


def t5():
    """Unigram with a normalizer compiled by SentencePiece from a few rules."""
    with tempfile.TemporaryDirectory() as d:
        rows = [[" ".join("%04X" % ord(c) for c in x) for x in r.split("\t")] for r in RULES]
        with open(d + "/rules.tsv", "w") as f:
            f.writelines("\t".join(r) + "\n" for r in rows)
        out = io.BytesIO()
        spm.SentencePieceTrainer.train(sentence_iterator=iter(CORPUS.split("\n")), model_writer=out, vocab_size=300, model_type="unigram",
                                       normalization_rule_tsv=d + "/rules.tsv", hard_vocab_limit=False, character_coverage=0.98, minloglevel=2)
    proto = ModelProto()
    proto.ParseFromString(out.getvalue())
    t = Tokenizer(models.Unigram([(x.piece, x.score) for x in proto.pieces], 0, False))
    t.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.Precompiled(proto.normalizer_spec.precompiled_charsmap),
                                         normalizers.Replace(Regex(" {2,}"), " ")])
    t.pre_tokenizer = pre.Sequence([pre.WhitespaceSplit(), pre.Metaspace()])
    t.decoder = decoders.Metaspace()
    return t


def unigram_bytes():
    """Unigram with byte fallback, no pre-tokenizer: all of a text is one word."""
    j = json.loads(unigram().to_str())
    j["model"]["byte_fallback"] = True
    j["model"]["vocab"] = j["model"]["vocab"][:300] + [["<0x%02X>" % b, -20.0] for b in range(256)]
    j["normalizer"] = json.loads('{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},'
                                 '{"type":"Replace","pattern":{"String":" "},"content":"▁"}]}')
    j["pre_tokenizer"] = None
    j["decoder"] = json.loads('{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},'
                              '{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]}')
    return Tokenizer.from_str(json.dumps(j))


def wordlevel():
    t = Tokenizer(models.WordLevel(unk_token="<unk>"))
    t.normalizer = normalizers.Lowercase()
    t.pre_tokenizer = pre.Sequence([pre.WhitespaceSplit(), pre.Punctuation("removed")])
    t.train_from_iterator(CORPUS.split("\n"), trainers.WordLevelTrainer(vocab_size=150, special_tokens=["<unk>"], show_progress=False))
    return t


def trained():
    """What Train and Save of package tokenizer made: go test -run TestTrained -update."""
    return Tokenizer.from_file("trained.json")


def digest(ids, offsets):
    h = hashlib.sha256(struct.pack("<%di" % len(ids), *ids))
    h.update(struct.pack("<%di" % (2 * len(offsets)), *[x for o in offsets for x in o]))
    return h.hexdigest()[:12]


def byte_offsets(text, offsets):
    at = [0]
    for c in text:
        at.append(at[-1] + len(c.encode()))
    return [[at[a], at[b]] for a, b in offsets]


def want(t, texts, n_random):
    out = []
    for i, text in enumerate(texts):
        e = t.encode(text, add_special_tokens=True)
        offsets = byte_offsets(text, e.offsets)
        if i >= len(texts) - n_random:
            out.append({"digest": digest(e.ids, offsets)})
            continue
        c = {"ids": e.ids, "offsets": [x for o in offsets for x in o], "text": t.decode(e.ids, skip_special_tokens=False)}
        bare = t.encode(text, add_special_tokens=False).ids
        if bare != e.ids:
            c["bare"] = bare
        skip = t.decode(e.ids, skip_special_tokens=True)
        if skip != c["text"]:
            c["skip"] = skip
        out.append(c)
    return out


def members(cls):
    split = pre.Split(Regex(cls), "removed")
    runs = []
    cps = [c for c in range(0x110000) if not 0xd800 <= c < 0xe000]
    for i in range(0, len(cps), 5000):
        chunk = cps[i:i + 5000]
        left = set("".join(s for s, _ in split.pre_tokenize_str("".join(map(chr, chunk)))))
        for c in chunk:
            if chr(c) not in left:
                if runs and runs[-1][1] == c - 1:
                    runs[-1][1] = c
                else:
                    runs.append([c, c])
    return [x for r in runs for x in r]


def dump(name, value, indent=None):
    with open(name, "w", encoding="utf-8") as f:
        json.dump(value, f, ensure_ascii=False, indent=indent, separators=None if indent else (",", ":"))
        f.write("\n")


def main(names):
    n_random = 250
    texts = TEXTS + [bytes.fromhex(h).decode("utf-8", "replace") for h in BROKEN] + random_texts(n_random)
    dump("texts.json", [{"text": s} for s in TEXTS] + [{"hex": h} for h in BROKEN] + [{"text": s} for s in texts[-n_random:]])
    with open("corpus.txt", "w", encoding="utf-8") as f:
        f.write(CORPUS)
    for make in ALL:
        if names and make.__name__ not in names:
            continue
        t = make()
        name = make.__name__
        if make is not trained:
            t.save(name + ".json", pretty=False)
        t = Tokenizer.from_file(name + ".json")
        dump(name + ".want.json", want(t, texts, n_random))
    if names:
        return
    dump("classes.json", {c: members(r"\p{%s}" % c if len(c) < 2 or c[0] != "\\" else c)
                          for c in ("L", "N", "M", "P", "Lu", "Ll", "\\s", "\\w", "\\d")})
    r = random.Random(11)
    marks = [chr(c) for c in list(range(0x300, 0x346)) + [0x5b0, 0x5c1, 0x64b, 0x3099, 0x309a, 0x8ca, 0x1abf, 0x93c, 0x9be]]
    base = list("aeousAEOq ") + ["가", "ᄒ", "ᅡ", "ᆫ", "か", "は", "ﬁ", "①", "Å", "ǖ", "क", "େ", "े", "ା", "㍻", "㋿", "ﷺ"]
    strings = ["".join(r.choice(base) + "".join(r.choice(marks) for _ in range(r.choice([0, 0, 1, 2, 3, 40 if r.random() < .05 else 0])))
                       for _ in range(r.randint(1, 6))) for _ in range(200)]
    forms = {}
    for f in ("NFC", "NFD", "NFKC", "NFKD"):
        n = getattr(normalizers, f)()
        h = hashlib.sha256()
        for c in range(0x30000):
            if not 0xd800 <= c < 0xe000:
                h.update(n.normalize_str(chr(c)).encode() + b"\n")
        forms[f] = {"all": h.hexdigest(), "strings": [n.normalize_str(s) for s in strings]}
    dump("normalized.json", {"strings": strings, "forms": forms})


ALL = [gpt2, smollm, llama3, qwen2, roberta, deepseek, gpt4o, possessive, falcon, llama2, metaspace, words,
       trained, bert, unigram, unigram_bytes, t5, wordlevel]

if __name__ == "__main__":
    assert tokenizers.__version__ == "0.23.3", tokenizers.__version__
    main(sys.argv[1:])
