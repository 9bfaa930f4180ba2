"""Reference numbers for generated texts: python make_text.py > text.json

Needs sacrebleu and rouge-score. Run by hand. The sentences are our own.
"""

import json
import re
import sys

import sacrebleu
from rouge_score import rouge_scorer

EN = [
    ("Revenue rose 12.5% in the third quarter.", ["Revenue grew by 12.5% in the third quarter."]),
    ("The bank's profit fell - again - to $3,000,000.", ["Profit of the bank fell again, to $3,000,000!", "The profit fell again."]),
    ("costs &amp; debts were \"cut\" (twice) in 2020-2021", ["Costs & debts were \"cut\" in 2020-2021, twice."]),
    ("no", ["not at all"]),
    ("", ["an empty answer"]),
    ("the the the the the the", ["the cat is on the mat"]),
    ("A well-known e-mail: a.b@c.de/f, 1.5,2", ["A well-known e-mail: a.b@c.de/f, 1.5, 2"]),
]
ZH = [
    ("本季度公司营收同比增长20%,净利润超预期。", ["公司本季度营收同比增长20%,净利润超出预期。"]),
    ("股价下跌", ["股价大幅下跌3.5%"]),
    ("管理层表示“谨慎乐观”,EPS 为 1.25 元", ["管理层称“谨慎乐观”,每股收益(EPS)为1.25元", "EPS 1.25"]),
    ("𠀀字也行", ["𠀀字可以"]),
]
SHORT = [("ok", ["ok"]), ("yes", ["no"])]


class Han:
    """rouge_score's tokens, and each Han character as one."""

    def tokenize(self, text):
        return re.findall(r"[a-z0-9]+|[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]", text.lower())


def case(name, rows, tokenize):
    texts, most = [t for t, _ in rows], max(len(r) for _, r in rows)
    streams = [[r[i] if i < len(r) else None for _, r in rows] for i in range(most)]
    scorer = rouge_scorer.RougeScorer(["rouge1", "rouge2", "rougeL"], tokenizer=Han())
    rouge = [scorer.score_multi(r, t) for t, r in rows]
    if tokenize == "13a":  # our tokens are the scorer's own where there is no Han character
        own = rouge_scorer.RougeScorer(["rouge1", "rouge2", "rougeL"])
        assert rouge == [own.score_multi(r, t) for t, r in rows]
    return {
        "name": name, "rows": [[t, *r] for t, r in rows],
        "bleu": sacrebleu.corpus_bleu(texts, streams, tokenize=tokenize).score,
        "chrf": sacrebleu.corpus_chrf(texts, streams).score,
        **{k: sum(r[k].fmeasure for r in rouge) / len(rows) for k in ("rouge1", "rouge2", "rougeL")},
        "exact_match": sum(t in r for t, r in rows) / len(rows),
    }


json.dump([case("English", EN, "13a"), case("Chinese", ZH, "zh"), case("too short for four words", SHORT, "13a")]
          + [case(f"English, row {i}", [r], "13a") for i, r in enumerate(EN)] + [case(f"Chinese, row {i}", [r], "zh") for i, r in enumerate(ZH)],
          sys.stdout, ensure_ascii=False)
