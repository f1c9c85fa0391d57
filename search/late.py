"""Late interaction with static token vectors: how well each word of a question is met by some word of a passage.

As in ColBERT's MaxSim (Khattab and Zaharia 2020) each token i of the question takes its best cosine c_i with a token of
the passage. What is missing to 1, times the trained length l_i of the token, counts by its square:
score(q, p) = 1 - sum_i (l_i (1 - c_i))^2 / sum_i l_i^2. Knows tokens; nothing of indexes or fusion.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from index.encoder import StaticEncoder, Tokens
from index.rows import distinct, numbered
from index.tokens import Bags
from index.years import years_in_digits

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
    once = distinct(ids)
    weights = encoder.lengths(once) ** 2 * np.bincount(np.searchsorted(once, ids), minlength=len(once))
    kept = np.argsort(-weights, kind="stable")[:MOST_TOKENS]
    weights = weights[kept]
    return Asked(encoder.directions(once[kept]), weights / max(float(weights.sum()), 1e-9))


def late_scores(encoder: StaticEncoder, asked: Asked, bags: Bags) -> NDArray[np.float32]:
    """Return the score of each passage, float32[len(bags)], at most 1; a passage without tokens scores 0."""
    scores = np.zeros(len(bags), np.float32)
    filled = np.flatnonzero(bags.lengths)
    if not len(filled) or not len(asked.weights):
        return scores
    told, places = numbered(bags.ids, encoder.vocabulary)
    cosines = encoder.cosines(told, asked.vectors)
    best = np.maximum.reduceat(cosines.take(places, axis=0), bags.bounds[filled], axis=0)
    scores[filled] = 1 - np.square(1 - best) @ asked.weights
    return scores


@dataclass(frozen=True, slots=True)
class Told:
    """A passage as it was encoded: a text, of which only what stands from `start` on is shown, and its tokens."""

    text: str
    start: int
    ids: NDArray[np.int32]


def meant_words(encoder: StaticEncoder, question: str, told: Sequence[Told], most: int) -> list[list[Meant]]:
    """Return, for each passage, what tokens of the question are near to, the strongest first."""
    asked = tokens_of(encoder, question)
    bags = Bags.of([passage.ids for passage in told])
    if not len(asked) or not len(bags.ids):
        return [[] for _ in told]
    weights = encoder.lengths(asked.ids)
    weights = weights / max(float(weights.sum()), 1e-9)
    once, places = numbered(bags.ids, encoder.vocabulary)
    cosines = encoder.cosines(once, encoder.directions(asked.ids)).take(places, axis=0)
    parts = [cosines[start:end] for start, end in pairwise(bags.bounds.tolist())]
    return [_nearest(encoder, asked, weights, one, part, most) for one, part in zip(told, parts, strict=True)]


@lru_cache(maxsize=256)
def tokens_of(encoder: StaticEncoder, question: str) -> Tokens:
    """Return the pieces of a question; those of the latest ones are kept."""
    return encoder.tokens(years_in_digits(question))


@lru_cache(maxsize=1024)
def _spans(encoder: StaticEncoder, text: str, ids: bytes) -> list[tuple[int, int]]:
    """Return where the tokens of a passage stand in it; those of passages met again and again are kept."""
    return list(encoder.spans(np.frombuffer(ids, np.int32), text))


def _nearest(
    encoder: StaticEncoder,
    asked: Tokens,
    weights: NDArray[np.float32],
    told: Told,
    cosines: NDArray[np.float32],
    most: int,
) -> list[Meant]:
    spans = _spans(encoder, told.text, told.ids.tobytes())
    first = next((at for at, (start, _) in enumerate(spans) if start >= told.start), len(spans))
    if first == len(spans):
        return []
    best = cosines[first:].argmax(axis=0) + first
    near = cosines[best, np.arange(len(asked))]
    strengths = np.where(near >= _NEAR, weights * near, 0)
    order = [int(i) for i in np.argsort(-strengths, kind="stable")[:most] if strengths[i] > 0]
    found = []
    for i in order:
        (start, end), (asked_start, asked_end) = spans[int(best[i])], asked.spans[i]
        found.append(Meant(start - told.start, end - told.start, asked_start, asked_end, float(strengths[i])))
    return found
