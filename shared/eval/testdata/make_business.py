"""Reference numbers for selective prediction, experiments and sample ratios: python make_business.py > business.json

Needs numpy, scipy, statsmodels. Run by hand. The areas are computed from their definitions, one coverage at a time.
"""

import json
import sys

import numpy as np
import scipy.optimize
import scipy.special
import scipy.stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

rng = np.random.default_rng(20260301)


def areas(confidence, right):
    """AURC, E-AURC, AUGRC of distinct confidences; of ties the mean over many random orders."""
    n = len(confidence)

    def once(order):
        wrong = np.cumsum(~right[order])
        k = np.arange(1, n + 1)
        return np.array([(wrong / k).mean(), (wrong / n).mean()])

    tied = len(set(confidence)) < n
    draws = 20000 if tied else 1
    total = np.zeros(2)
    for _ in range(draws):
        total += once(np.lexsort((rng.random(n), -confidence)))
    aurc, augrc = total / draws
    best = (np.cumsum(np.arange(n) >= right.sum()) / np.arange(1, n + 1)).mean()
    return {"aurc": aurc, "e_aurc": aurc - best, "augrc": augrc, "tied": tied}


def selective(confidence, right):
    return {"confidence": confidence.tolist(), "right": right.tolist(), **areas(confidence, right)}


def experiment(n1, c1, n2, c2):
    return {"n1": n1, "c1": c1, "n2": n2, "c2": c2,
            "ratio": [float(x) - 1 for x in confint_proportions_2indep(c2, n2, c1, n1, compare="ratio", method="log")],
            "p": float(proportions_ztest([c2, c1], [n2, n1])[1]),
            "srm": float(scipy.stats.chisquare([n1, n2]).pvalue), "srm_2_to_1": float(scipy.stats.chisquare([n1, n2], [(n1 + n2) * 2 / 3, (n1 + n2) / 3]).pvalue)}


def temperature(n, k, scale):
    labels, logits = rng.integers(0, k, n), rng.normal(size=(n, k))
    logits[np.arange(n), labels] += 1.2
    probs = np.round(scipy.special.softmax(logits * scale, axis=1), 6)
    probs[0] = np.eye(k)[labels[0]]
    logs = np.log(np.maximum(probs, 1e-30))
    loss = lambda x: -scipy.special.log_softmax(logs * np.exp(x), axis=1)[np.arange(n), labels].mean()
    best = scipy.optimize.minimize_scalar(loss, bounds=(-4, 4), method="bounded", options={"xatol": 1e-12}).x
    return {"labels": labels.tolist(), "probs": probs.tolist(), "temperature": float(np.exp(-best))}


c = np.round(0.5 + rng.random(60) / 2, 6)
json.dump({
    "selective": [selective(c, rng.random(60) < c), selective(np.round(c, 1), rng.random(60) < c), selective(c[:7], np.ones(7, bool))],
    "temperature": [temperature(60, 2, 3), temperature(50, 3, 0.4), temperature(40, 5, 1)],
    "experiments": [experiment(1000, 50, 1020, 70), experiment(4000, 400, 3600, 380), experiment(300, 30, 310, 12)],
}, sys.stdout)
