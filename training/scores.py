"""Say how good scores are: nDCG@10, the share of nearest neighbours that are right, z-scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float32]


def value(measure: str, scores: Scores, relevant: Sequence[Mapping[int, int]]) -> float:
    """Return the mean measure of scores[question, passage], as a share of 1."""
    if measure == "nDCG@10":
        return float(np.mean([_ndcg(row, grades) for row, grades in zip(scores, relevant, strict=True)]))
    best = scores.argmax(axis=1)
    return float(np.mean([int(row) in grades for row, grades in zip(best, relevant, strict=True)]))


def _ndcg(scores: Scores, grades: Mapping[int, int], k: int = 10) -> float:
    """nDCG@k with the grade as the gain; among equal scores the relevant passage comes last."""
    rows = sorted(grades, key=lambda row: -scores[row])
    ranks = np.array([np.sum(scores >= scores[row]) for row in rows])
    gains = np.array([grades[row] for row in rows])
    ideal = np.sort(gains)[::-1][:k] @ (1 / np.log2(np.arange(2, min(k, len(gains)) + 2)))
    return float(gains[ranks <= k] @ (1 / np.log2(1 + ranks[ranks <= k])) / ideal)


def standard(scores: Scores) -> Scores:
    """Return z-scores per question."""
    spread = scores.std(axis=1, keepdims=True)
    return (scores - scores.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1)
