"""Makes bpe.model and unigram.model, tiny files of SentencePiece, and models.json: the ids it gives with them.

Run by hand:  /work/venv/bin/python make_model.py      (sentencepiece 0.2)
"""

import json

import sentencepiece as spm

lines = open("corpus.txt", encoding="utf-8").read().split("\n")
texts = [x["text"] for x in json.load(open("texts.json", encoding="utf-8")) if "text" in x]
# SentencePiece adds up scores in float32; where two ways are as good, it may take another than tokenizers and graft do.
# SentencePiece reads NUL and its own mark as other characters, and control pieces as text.
plain = [s for s in texts if not any(x in s for x in ("\0", "\u2581", "<", "$1,000.00"))][:120]
cases = {}
for name, options in {
    "bpe": dict(vocab_size=600, model_type="bpe", byte_fallback=True, remove_extra_whitespaces=False, allow_whitespace_only_pieces=True, split_digits=True),
    "unigram": dict(vocab_size=700, hard_vocab_limit=False, model_type="unigram", byte_fallback=False, remove_extra_whitespaces=True),
}.items():
    spm.SentencePieceTrainer.train(sentence_iterator=iter(lines), model_prefix=name, normalization_rule_name="identity", character_coverage=0.985, **options)
    p = spm.SentencePieceProcessor(model_file=name + ".model")
    cases[name] = [{"text": s, "ids": p.encode(s), "decoded": p.decode(p.encode(s))} for s in plain]
json.dump(cases, open("models.json", "w", encoding="utf-8"), ensure_ascii=False, separators=(",", ":"))
