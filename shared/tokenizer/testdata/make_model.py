"""Makes bpe.model, unigram.model and rules.model, tiny files of SentencePiece, and models.json: the ids it gives with them.

Run by hand:  /work/venv/bin/python make_model.py      (sentencepiece 0.2)
"""

import json
import tempfile

import sentencepiece as spm

lines = open("corpus.txt", encoding="utf-8").read().split("\n")
texts = [x["text"] for x in json.load(open("texts.json", encoding="utf-8")) if "text" in x]
# SentencePiece reads NUL and its own mark as other characters.
plain = [s for s in texts if not any(x in s for x in ("\0", "\u2581"))][:160]
# Rules that span characters, and that bring spaces or nothing.
RULES = {"ａ": "a", "㎏": "kg", "\u3000": " ", "\t": " ", "\n": " ", "\u200b": "", "\ufeff": "", "e\u0301": "é", "x": "X", "xx": "y", "½": " 1/2 ", "\u0301": ""}
plain += ["e\u0301te\u0301 e x\u0301", "xxx xx x", "½½", " ½ a½", "\u200b ", "\u200b a\u200b", "\u3000\u3000x \u3000y\u3000", "a\ufeff \ufeffb", "㎏ ａ", "a  \t\n b", "....", "----:|---:|", "aaaaaaa"]
with tempfile.NamedTemporaryFile("w", suffix=".tsv") as rules:
    for k, v in RULES.items():
        rules.write(" ".join(f"{ord(c):X}" for c in k) + "\t" + " ".join(f"{ord(c):X}" for c in v) + "\n")
    rules.flush()
    cases = {}
    for name, options in {
        "bpe": dict(vocab_size=600, model_type="bpe", byte_fallback=True, remove_extra_whitespaces=False, allow_whitespace_only_pieces=True, split_digits=True, normalization_rule_name="identity"),
        "unigram": dict(vocab_size=700, hard_vocab_limit=False, model_type="unigram", byte_fallback=False, remove_extra_whitespaces=True, normalization_rule_name="identity"),
        "rules": dict(vocab_size=460, hard_vocab_limit=False, model_type="unigram", byte_fallback=True, normalization_rule_tsv=rules.name),
    }.items():
        spm.SentencePieceTrainer.train(sentence_iterator=iter(lines), model_prefix=name, character_coverage=0.985, **options)
        p = spm.SentencePieceProcessor(model_file=name + ".model")
        cases[name] = [{"text": s, "ids": p.encode(s), "decoded": p.decode(p.encode(s))} for s in plain]
json.dump(cases, open("models.json", "w", encoding="utf-8"), ensure_ascii=False, separators=(",", ":"))
