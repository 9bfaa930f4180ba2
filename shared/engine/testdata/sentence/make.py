"""Writes two tiny models of sentences and the vectors that sentence-transformers makes with them.

    /work/venv/bin/python make.py        (needs torch, transformers, tokenizers, sentence-transformers)

plain/  a BERT whose files say mean pooling; expected.json has the vectors of every pooling
dense/  the same with a Dense layer, normalisation, a default prompt and texts cut to 12 tokens
"""

import sys

sys.dont_write_bytecode = True

import json
import pathlib
import shutil

import sentence_transformers as st
import tokenizers
import torch
import transformers
from sentence_transformers.models import Dense, Normalize, Pooling, Transformer

HERE = pathlib.Path(__file__).parent
WORDS = "[PAD] [UNK] [CLS] [SEP] [MASK] profit rose fell the company sharply in third quarter bank ##s un ##expect ##ed ##ly , . 利 润 增 长 下 滑".split()
TEXTS = ["Profit rose.", "The company's profit fell sharply in the third quarter.", "利润增长, 利润下滑", "unexpectedly", "",
         "the bank , the company , the bank , the company , the bank fell in the third quarter unexpectedly"]
MODES = ["mean", "cls", "max", "lasttoken", "weightedmean", "mean_sqrt_len_tokens"]


def tokenizer():
    t = tokenizers.Tokenizer(tokenizers.models.WordPiece({w: i for i, w in enumerate(WORDS)}, unk_token="[UNK]"))
    t.normalizer = tokenizers.normalizers.BertNormalizer(lowercase=True)
    t.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    t.post_processor = tokenizers.processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    t.decoder = tokenizers.decoders.WordPiece()
    return transformers.PreTrainedTokenizerFast(tokenizer_object=t, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]", mask_token="[MASK]")


def write(name, modules, **options):
    model = st.SentenceTransformer(modules=modules, device="cpu", **options)
    shutil.rmtree(HERE / name, ignore_errors=True)
    model.save(str(HERE / name), create_model_card=False)
    model = st.SentenceTransformer(str(HERE / name), device="cpu")
    return model.encode(TEXTS, convert_to_numpy=True).astype(float).tolist()


def main():
    base = HERE / "base"
    config = transformers.BertConfig(vocab_size=len(WORDS), hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=24)
    bert = transformers.BertModel(config)
    g = torch.Generator().manual_seed(1)
    for name, p in bert.named_parameters():
        p.data = (1.0 if "LayerNorm.weight" in name else 0.0) + 0.3 * torch.randn(p.shape, generator=g)
    bert.save_pretrained(base)
    tokenizer().save_pretrained(base)
    expected = {"texts": TEXTS, "poolings": {}}
    load = lambda length: Transformer(str(base), max_seq_length=length)
    for mode in reversed(MODES):
        expected["poolings"][mode] = write("plain", [load(24), Pooling(16, pooling_mode=mode)])
    dense = Dense(16, 5)
    dense.linear.weight.data = 0.5 * torch.randn(5, 16, generator=g)
    dense.linear.bias.data = 0.5 * torch.randn(5, generator=g)
    expected["dense"] = write("dense", [load(12), Pooling(16, pooling_mode="mean"), dense, Normalize()], prompts={"query": "profit, "}, default_prompt_name="query")
    shutil.rmtree(base)
    (HERE / "expected.json").write_text(json.dumps(expected, ensure_ascii=False) + "\n")


main()
