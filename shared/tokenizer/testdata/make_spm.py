"""Makes spm.json: a tiny SentencePiece BPE model as GGUF has it, and its ids.

Run by hand:  /work/venv/bin/python make_spm.py      (sentencepiece 0.2)
The options are those of Llama 2's vocabulary.
"""

import io
import json

import sentencepiece as spm

texts = [x["text"] for x in json.load(open("texts.json", encoding="utf-8")) if "text" in x]
model = io.BytesIO()
spm.SentencePieceTrainer.train(
    sentence_iterator=iter(open("corpus.txt", encoding="utf-8").read().split("\n")), model_writer=model, vocab_size=600,
    model_type="bpe", byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False,
    split_digits=True, allow_whitespace_only_pieces=True, character_coverage=0.99, user_defined_symbols=["<mask>"])
p = spm.SentencePieceProcessor(model_proto=model.getvalue())
kinds = []
for i in range(p.get_piece_size()):
    kinds.append(2 if p.is_unknown(i) else 3 if p.is_control(i) else 6 if p.is_byte(i) else 5 if p.is_unused(i)
                 else 4 if p.id_to_piece(i) == "<mask>" else 1)
# SentencePiece reads NUL and its own mark as other characters, and user-defined symbols without white space around.
plain = [s for s in texts if not any(x in s for x in ("\0", "\u2581", "<mask>"))]
json.dump({"tokens": [p.id_to_piece(i) for i in range(len(kinds))], "scores": [round(p.get_score(i), 3) for i in range(len(kinds))],
           "types": kinds, "texts": [{"text": s, "ids": p.encode(s), "decoded": p.decode(p.encode(s))} for s in plain[:180]]},
          open("spm.json", "w", encoding="utf-8"), ensure_ascii=False, separators=(",", ":"))
