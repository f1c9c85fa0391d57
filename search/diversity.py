"""Group passages that say the same in nearly the same words: formulae that recur in every report. Pure numbers."""

import numpy as np
from numpy.typing import NDArray

from index.tokens import Bags

_ALIKE_VECTORS = 0.95
_SHARED_PAIRS = 0.6  # Jaccard index of the pairs of neighbouring tokens


def groups(vectors: NDArray[np.float32], bags: Bags) -> list[list[int]]:
    """Return positions grouped by near-identity, each group led by its best; groups stay in order of rank.

    Whether a passage leads a group depends on better ones only, so the first k groups are the same for every k.
    """
    alike = np.tril(vectors @ vectors.T >= _ALIKE_VECTORS, -1)  # [i, j]: j is better than i and like it
    candidates: dict[int, list[int]] = {}
    for position, better_one in np.argwhere(alike):
        candidates.setdefault(int(position), []).append(int(better_one))
    leads: dict[int, list[int]] = {}
    for position in range(len(bags)):
        better = (j for j in candidates.get(position, ()) if j in leads)
        leader = next((j for j in better if _same(bags[j], bags[position])), None)
        if leader is None:
            leads[position] = [position]
        else:
            leads[leader].append(position)
    return list(leads.values())


def _same(one: NDArray[np.int32], other: NDArray[np.int32]) -> bool:
    pairs, others = _pairs(one), _pairs(other)
    return bool(pairs) and len(pairs & others) >= _SHARED_PAIRS * len(pairs | others)


def _pairs(bag: NDArray[np.int32]) -> set[tuple[int, int]]:
    tokens = bag.tolist()
    return set(zip(tokens, tokens[1:] or tokens, strict=False))
