"""Reference numbers for shared/eval: python make.py > metrics.json

Needs numpy, scipy, scikit-learn, statsmodels, torch and torchmetrics. Run by hand.
"""

import json
import sys
import warnings

import numpy as np
import scipy
import scipy.stats
import sklearn
import sklearn.metrics as skm
import statsmodels
import torch
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
from torchmetrics.functional.classification import multiclass_calibration_error

warnings.filterwarnings("ignore")
rng = np.random.default_rng(20260101)


def answers(n, k, skill, with_probs=True, absent=()):
    """Random labels and answers; `absent` classes occur neither as label nor as answer."""
    there = [c for c in range(k) if c not in absent]
    labels = rng.choice(there, n)
    logits = rng.normal(size=(n, k))
    logits[np.arange(n), labels] += skill
    logits[:, list(absent)] = -50
    probs = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    probs = np.round(probs, 6)
    probs /= probs.sum(1, keepdims=True)
    return labels, probs.argmax(1), probs if with_probs else None


def pr_auc(y, score):
    """scikit-learn's curve by trapezoids; it calls the recall of no positive row 1, which we call undefined."""
    if not y.any():
        return np.nan
    precision, recall, _ = skm.precision_recall_curve(y, score)
    return skm.auc(recall, precision)


def ranks(labels, probs, k, positive):
    """Areas under curves, each class against the rest."""
    y = [labels == c for c in range(k)]
    weights = [v.sum() for v in y]
    out = {}
    for name, one in (("roc_auc", skm.roc_auc_score), ("average_precision", skm.average_precision_score), ("pr_auc", pr_auc)):
        each = [one(y[c], probs[:, c]) for c in range(k)]
        out[name] = each[positive] if k == 2 else np.mean(each)
        if name != "pr_auc":
            out["macro_" + name] = np.mean(each)
            out["weighted_" + name] = np.average([v for v, w in zip(each, weights) if w], weights=[w for w in weights if w])
    if k > 2:
        for average in ("macro", "weighted"):
            sk = skm.roc_auc_score(labels, probs, multi_class="ovr", average=average, labels=list(range(k)))
            np.testing.assert_allclose(out[average + "_roc_auc"], sk, rtol=1e-12)
            sk = skm.average_precision_score(np.stack(y, 1), probs, average=average)
            np.testing.assert_allclose(out[average + "_average_precision"], sk, rtol=1e-12)
    return out


def calibration(labels, preds, probs, bins=15):
    """Expected and largest calibration error in float64: bins of equal width (low, high], bins of equal mass."""
    confidence, right = probs[np.arange(len(preds)), preds], (labels == preds).astype(float)
    place = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    gaps = [((place == b).sum(), abs(right[place == b].mean() - confidence[place == b].mean())) for b in range(bins) if (place == b).any()]
    order = np.argsort(confidence[::-1], kind="stable")
    order = (len(order) - 1 - order)
    parts = min(bins, len(order))
    mass = [order[b * len(order) // parts:(b + 1) * len(order) // parts] for b in range(parts)]
    return {
        "ece": sum(n * g for n, g in gaps) / len(labels), "mce": max(g for _, g in gaps),
        "ece_equal_mass": sum(len(m) * abs(right[m].mean() - confidence[m].mean()) for m in mass) / len(labels),
    }


def case(name, k, labels, preds, probs=None, positive=None):
    labels, preds = np.asarray(labels), np.asarray(preds)
    positive = k - 1 if positive is None else positive
    want = {"accuracy": skm.accuracy_score(labels, preds)}
    prf = {}
    for average in ("macro", "weighted", "micro"):
        prf[average] = skm.precision_recall_fscore_support(labels, preds, average=average, zero_division=0)[:3]
    prf["head"] = prf["macro"]
    if k == 2:
        prf["head"] = skm.precision_recall_fscore_support(
            labels, preds, labels=[0, 1], pos_label=positive, average="binary", zero_division=0)[:3]
    for prefix, average in (("", "head"), ("macro_", "macro"), ("weighted_", "weighted")):
        for key, value in zip(("precision", "recall", "f1"), prf[average]):
            want[prefix + key] = value
    want["micro_f1"] = prf["micro"][2]
    want["balanced_accuracy"] = skm.balanced_accuracy_score(labels, preds)
    want["micro_precision"], want["micro_recall"] = prf["micro"][:2]
    want["mcc"] = skm.matthews_corrcoef(labels, preds)
    want["cohen_kappa"] = skm.cohen_kappa_score(labels, preds, labels=None if len(set(labels) | set(preds)) > 1 else [0, 1])
    if probs is not None:
        want["log_loss"] = skm.log_loss(labels, probs, labels=list(range(k)))
        want["brier"] = skm.brier_score_loss(
            labels, probs[:, 1] if k == 2 else probs, labels=list(range(k)), **({"pos_label": 1} if k == 2 else {}))
        want.update(ranks(labels, probs, k, positive))
        want.update(calibration(labels, preds, probs))
        float32 = multiclass_calibration_error(torch.tensor(probs), torch.tensor(labels), num_classes=k, n_bins=15, norm="l1").item()
        assert abs(want["ece"] - float32) < 1e-6 or name.startswith("ties"), (name, want["ece"], float32)
    per = skm.precision_recall_fscore_support(labels, preds, labels=list(range(k)), zero_division=0)
    return {
        "name": name, "classes": k, "positive": positive, "labels": labels.tolist(), "preds": preds.tolist(),
        "probs": None if probs is None else probs.tolist(),
        "want": {k: None if np.isnan(v) else float(v) for k, v in want.items()},
        "confusion": skm.confusion_matrix(labels, preds, labels=list(range(k))).tolist(),
        "per_class": [[float(x) for x in row] for row in zip(*per)],
    }


def bootstrap(labels, preds, positive):
    """A stratified percentile bootstrap with many draws: what ours with fewer draws must come near to."""
    strata = [np.flatnonzero(labels == c) for c in np.unique(labels)]
    f1, macro, mcc = [], [], []
    for _ in range(20000):
        rows = np.concatenate([rng.choice(s, len(s)) for s in strata])
        l, p = labels[rows], preds[rows]
        tp, fp = ((l == positive) & (p == positive)).sum(), ((l != positive) & (p == positive)).sum()
        fn, tn = ((l == positive) & (p != positive)).sum(), ((l != positive) & (p != positive)).sum()
        f1.append(2 * tp / (2 * tp + fp + fn))
        macro.append((2 * tp / (2 * tp + fp + fn) + 2 * tn / (2 * tn + fp + fn)) / 2)
        mcc.append((tp * tn - fp * fn) / np.sqrt(float(tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)))
    return {k: np.percentile(v, [2.5, 97.5]).tolist() for k, v in (("f1", f1), ("macro_f1", macro), ("mcc", mcc))}


cases = [
    case("binary", 2, *answers(80, 2, 1.5)),
    case("binary, first class positive", 2, *answers(40, 2, 1.0), positive=0),
    case("three classes", 3, *answers(90, 3, 1.2)),
    case("five classes, one absent", 5, *answers(60, 5, 1.5, with_probs=False, absent=(2,))),
    case("never said", 3, [0, 1, 2, 2, 1, 0], [0, 1, 1, 1, 1, 0]),
    case("said but never true", 3, [0, 1, 0, 1], [0, 2, 2, 1]),
    case("all wrong", 2, [0, 0, 1, 1], [1, 1, 0, 0]),
    case("perfect", 2, [0, 1, 1], [0, 1, 1], np.array([[1.0, 0.0], [0.0, 1.0], [0.25, 0.75]])),
    case("always the same", 2, [0, 1, 1, 1], [0, 0, 0, 0]),
    case("one row", 2, [1], [1]),
    case("one row with probabilities", 2, [1], [0], np.array([[0.75, 0.25]])),
    case("one class only", 2, [1, 1, 1], [1, 1, 1], np.array([[0.25, 0.75], [0.0, 1.0], [0.5, 0.5]])),
    case("one class only, half said", 2, [0, 0, 0, 0], [1, 0, 1, 0]),
    case("ties in scores", 2, [0, 1, 0, 1, 1, 0, 1, 0, 1, 0], [1, 1, 1, 1, 0, 0, 0, 0, 1, 1],
         np.array([[1 - p, p] for p in (.5, .5, .75, .75, .25, .25, .25, .25, .5, .75)])),
    case("ties, all scores equal", 3, [0, 1, 2, 2], [0, 0, 0, 0], np.full((4, 3), 1 / 3)),
    case("four classes, one without a label", 4, [0, 1, 1, 0, 2, 2], [0, 1, 0, 0, 2, 3],
         np.array([[.5, .3, .2, 0], [.1, .6, .2, .1], [.4, .3, .2, .1], [.7, .1, .1, .1], [.2, .2, .5, .1], [.2, .25, .25, .3]])),
    case("sure and wrong", 3, [0, 1, 2], [1, 1, 2], np.array([[0.0, 1.0, 0.0], [0.1, 0.8, 0.1], [0.0, 0.0, 1.0]])),
]

big_labels, big_preds, _ = answers(400, 2, 1.5)
values = np.round(rng.normal(size=23), 6)

json.dump({
    "made_with": {"numpy": np.__version__, "scipy": scipy.__version__, "scikit-learn": sklearn.__version__,
                  "statsmodels": statsmodels.__version__},
    "cases": cases,
    "wilson": [[r, n, *map(float, proportion_confint(r, n, method="wilson"))]
               for r, n in ((0, 1), (1, 1), (0, 20), (20, 20), (5, 10), (277, 300), (923, 1000), (1, 3000))],
    "mcnemar": [[f, b, float(mcnemar([[0, f], [b, 0]], exact=f + b < 25, correction=True).pvalue)]
                for f, b in ((0, 0), (1, 0), (5, 0), (6, 0), (7, 3), (12, 12), (20, 4), (13, 12), (20, 5), (60, 40), (200, 100))],
    "clopper_pearson": [[r, n, *map(float, proportion_confint(r, n, method="beta"))] for r, n in ((0, 10), (10, 10), (3, 50), (923, 1000))],
    "upper_bound": [[e, n, a, float(scipy.stats.binomtest(e, n, alternative="less").proportion_ci(1 - a).high)]
                    for e, n, a in ((0, 100, 0.05), (3, 200, 0.05), (40, 1000, 0.01), (5, 5, 0.05), (12, 300, 0.0025))],
    "newcombe": [[a, b, c, d, *map(float, confint_proportions_2indep(c, d, a, b, method="newcomb", compare="diff"))]
                 for a, b, c, d in ((50, 1000, 65, 1000), (0, 20, 3, 25), (56, 70, 48, 80))],
    "mid_p": [[f, b, float(2 * scipy.stats.binom.cdf(min(f, b), f + b, .5) - scipy.stats.binom.pmf(min(f, b), f + b, .5))]
              for f, b in ((1, 0), (5, 0), (7, 3), (20, 4), (60, 40))],
    "holm": [[ps, multipletests(ps, method="holm")[1].tolist()] for ps in ([0.01, 0.04, 0.03], [0.5, 0.2], [0.001, 0.001, 0.9, 0.02])],
    "quantiles": {"values": values.tolist(), "q": [0, 0.025, 0.5, 0.95, 0.99, 1],
                  "want": np.quantile(values, [0, 0.025, 0.5, 0.95, 0.99, 1]).tolist()},
    "bootstrap": {"labels": big_labels.tolist(), "preds": big_preds.tolist(), "want": bootstrap(big_labels, big_preds, 1)},
}, sys.stdout)
