"""Put the signals of a passage together to one score. Pure numbers; the only place of the ranking's constants.

All signals are absolute: a passage's score depends on the question and the passage, and, through feedback, on the best
passages, but never on how many are asked for. The constants were chosen on the development questions of the sample
reports and on held-out authored questions, `dated` on the government reports, and confirmed on CMRC 2018 and the SDG
texts: python -m benchmarks.ranking.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FEEDBACK_DEPTH = 10
FEEDBACK_TEMPERATURE = 0.1
_TYPICAL_TOKENS = 60.0
_FEWEST_TOKENS = 8.0


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each signal counts; 0 switches a stage off."""

    dense: float = 1.4
    late: float = 1.75
    words: float = 1.0
    lexicon: float = 0.2
    dated: float = 0.2
    # The longest of many passages finds a near word for everything: each doubling of the length costs 0.09.
    length: float = -0.13
    # Rocchio feedback from the best passages (as in pseudo-relevance feedback for dense retrieval, Yu et al. 2021).
    feedback: float = 0.75


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known of some rows for one question; all arrays are float32[m], a missing signal is 0."""

    rows: NDArray[np.int64]
    dense: NDArray[np.float32]  # cosine of question and passage
    late: NDArray[np.float32]  # late-interaction score, at most 1
    words: NDArray[np.float32]  # BM25, as a share of what the question's words could reach
    lexicon: NDArray[np.float32]  # the same for the words that the lexicon adds
    dated: NDArray[np.float32]  # 1 where the report is of a year that the question names, or of the next
    tokens: NDArray[np.float32]  # length of the passage
    asked: NDArray[np.float32]  # length of the question, the same in all rows: the logarithm of 1 + its tokens


def fuse(signals: Signals, weights: Weights) -> NDArray[np.float32]:
    """Return the score of each row before feedback, float32[m]."""
    score = weights.dense * signals.dense + weights.late * signals.late
    score += weights.words * signals.words + weights.lexicon * signals.lexicon + weights.dated * signals.dated
    score += weights.length * np.log(np.maximum(signals.tokens, _FEWEST_TOKENS) / _TYPICAL_TOKENS)
    return np.asarray(score, np.float32)


def feedback(scores: NDArray[np.float32], vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the likeness of each row to the best rows, float32[m]; vectors are unit rows float32[m, dim]."""
    best = np.argsort(-scores, kind="stable")[:FEEDBACK_DEPTH]
    if not len(best):
        return np.zeros(0, np.float32)
    shares = np.exp((scores[best] - scores[best[0]]) / FEEDBACK_TEMPERATURE)
    centre = shares @ vectors[best]
    return np.asarray(vectors @ centre / (float(np.linalg.norm(centre)) or 1.0), np.float32)
