"""Late interaction with static token vectors: how well each word of a question is met by some word of a passage.

The score is ColBERT's MaxSim (Khattab and Zaharia 2020), each token of the question weighted by its trained length:
score(q, p) = sum_i w_i max_j cos(q_i, p_j) / sum_i w_i. Knows tokens; nothing of indexes or fusion.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from index.encoder import StaticEncoder, Tokens

MOST_TOKENS = 128  # of a question; of a longer one the tokens that say most
_NEAR = 0.45  # cosine from which a word of the passage is shown as meant by one of the question


@dataclass(frozen=True, slots=True)
class Meant:
    """A stretch of the passage that stands for a stretch of the question, by meaning."""

    start: int
    end: int
    asked_start: int
    asked_end: int
    strength: float  # share of the question's weight times the cosine


@dataclass(frozen=True, slots=True)
class Asked:
    """The tokens of a question: distinct ids, unit vectors float32[n, dim], weights float32[n] that add up to 1."""

    vectors: NDArray[np.float32]
    weights: NDArray[np.float32]


def asked_tokens(encoder: StaticEncoder, ids: NDArray[np.int32]) -> Asked:
    """Return the tokens of a question ready to be compared; a token asked twice weighs double."""
    counts = np.bincount(ids, minlength=1)
    distinct = np.flatnonzero(counts)
    weights = encoder.lengths(distinct) * counts[distinct]
    kept = np.argsort(-weights, kind="stable")[:MOST_TOKENS]
    weights = weights[kept]
    return Asked(encoder.directions(distinct[kept]), weights / max(float(weights.sum()), 1e-9))


def late_scores(encoder: StaticEncoder, asked: Asked, bags: Sequence[NDArray[np.int32]]) -> NDArray[np.float32]:
    """Return the score of each passage, float32[len(bags)], at most 1; a passage without tokens scores 0."""
    scores = np.zeros(len(bags), np.float32)
    filled = [row for row, bag in enumerate(bags) if len(bag)]
    if not filled or not len(asked.weights):
        return scores
    ids = np.concatenate([bags[row] for row in filled])
    place = np.zeros(encoder.vocabulary, np.int32)
    place[ids] = 1
    told = np.flatnonzero(place)
    place[told] = np.arange(len(told))
    cosines = asked.vectors @ encoder.directions(told).T
    starts = np.cumsum([0, *(len(bags[row]) for row in filled[:-1])])
    scores[filled] = asked.weights @ np.maximum.reduceat(cosines[:, place[ids]], starts, axis=1)
    return scores


def meant_words(encoder: StaticEncoder, question: str, texts: Sequence[str]) -> list[list[Meant]]:
    """Return, for each text, what each token of the question is nearest to, where it is near, strongest first."""
    asked, *told = (_tokens(encoder, text) for text in (question, *texts))
    if not len(asked) or not any(map(len, told)):
        return [[] for _ in texts]
    weights = encoder.lengths(asked.ids)
    weights /= max(float(weights.sum()), 1e-9)
    distinct = np.flatnonzero(np.bincount(np.concatenate([tokens.ids for tokens in told])))
    cosines = encoder.directions(asked.ids) @ encoder.directions(distinct).T
    return [_nearest(asked, weights, tokens, cosines[:, np.searchsorted(distinct, tokens.ids)]) for tokens in told]


@lru_cache(maxsize=4096)
def _tokens(encoder: StaticEncoder, text: str) -> Tokens:
    """Keep the pieces of passages that are shown again and again."""
    return encoder.tokens([text])[0]


def _nearest(asked: Tokens, weights: NDArray[np.float32], told: Tokens, cosines: NDArray[np.float32]) -> list[Meant]:
    if not len(told):
        return []
    best = cosines.argmax(axis=1)
    near = cosines[np.arange(len(asked)), best]
    found = [
        Meant(*told.span(int(best[i])), *asked.span(int(i)), float(weights[i] * near[i]))
        for i in np.flatnonzero(near >= _NEAR)
    ]
    return sorted(found, key=lambda meant: -meant.strength)
