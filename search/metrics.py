"""What a ranking is worth: the measures of information retrieval, by TREC's definitions. Pure; knows names only."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

Grades = Mapping[str, int]  # what is relevant, and how much; what is not named has grade 0
Measure = Callable[[Sequence[str], Grades], float]
_SAMPLES = 2_000


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and its 95 % confidence interval."""

    mean: float
    low: float
    high: float


def ndcg(ranked: Sequence[str], grades: Grades, k: int = 10) -> float:
    """Return the discounted gain of the first k over the best possible, gains linear (Järvelin and Kekäläinen 2002)."""
    best = sorted(grades.values(), reverse=True)  # a grade below 0 says "not relevant" and gains nothing
    possible = _discounted(best[:k])
    return _discounted([grades.get(name, 0) for name in ranked[:k]]) / possible if possible else 0.0


def _discounted(gains: Sequence[int]) -> float:
    return sum(max(gain, 0) / math.log2(rank + 1) for rank, gain in enumerate(gains, 1))


def recall(ranked: Sequence[str], grades: Grades, k: int = 10) -> float:
    """Return the share of what is relevant that stands among the first k."""
    relevant = {name for name, grade in grades.items() if grade > 0}
    return len(relevant & set(ranked[:k])) / len(relevant) if relevant else 0.0


def reciprocal_rank(ranked: Sequence[str], grades: Grades) -> float:
    """Return one over the rank of the first relevant one; 0 when there is none."""
    return next((1 / rank for rank, name in enumerate(ranked, 1) if grades.get(name, 0) > 0), 0.0)


def first_relevant(ranked: Sequence[str], grades: Grades) -> float:
    """Return 1 when the first one is relevant."""
    return float(any(grades.get(name, 0) > 0 for name in ranked[:1]))


def first_best(ranked: Sequence[str], grades: Grades) -> float:
    """Return 1 when the first one bears the highest grade that any bears."""
    most = max(grades.values(), default=0)
    return float(most > 0 and any(grades.get(name, 0) == most for name in ranked[:1]))


MEASURES: dict[str, Measure] = {
    "nDCG@10": ndcg,
    "recall@10": recall,
    "MRR": reciprocal_rank,
    "success@1": first_relevant,
    "best@1": first_best,
}


def interval(values: Sequence[float]) -> Interval:
    """Return the mean of one value a question and its bootstrap interval: the same values give the same interval."""
    if not values:
        return Interval(math.nan, math.nan, math.nan)
    held = np.asarray(values, dtype=np.float64)
    drawn = np.random.default_rng(0).integers(len(held), size=(_SAMPLES, len(held)))
    low, high = np.percentile(held[drawn].mean(axis=1), [2.5, 97.5])
    return Interval(float(held.mean()), float(low), float(high))


def auroc(right: Sequence[float], wrong: Sequence[float]) -> float:
    """Return how often one of the right stands above one of the wrong; equals count half (Hanley and McNeil 1982)."""
    if not right or not wrong:
        return math.nan
    above = np.asarray(right)[:, None] - np.asarray(wrong)[None, :]
    return float(((above > 0) + 0.5 * (above == 0)).mean())
