"""Group passages that say the same in nearly the same words: formulae that recur in every report. Pure numbers."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_ALIKE_VECTORS = 0.95
_SHARED_TOKENS = 0.8  # Jaccard index of the distinct tokens


def groups(vectors: NDArray[np.float32], bags: Sequence[NDArray[np.int32]]) -> list[list[int]]:
    """Return positions grouped by near-identity, each group led by its best; groups stay in order of rank.

    Whether a passage leads a group depends on better ones only, so the first k groups are the same for every k.
    """
    alike = vectors @ vectors.T >= _ALIKE_VECTORS
    distinct = [np.unique(bag) for bag in bags]
    found: list[list[int]] = []
    for position in range(len(bags)):
        leader = next((g for g in found if alike[g[0], position] and _same(distinct[g[0]], distinct[position])), None)
        if leader is None:
            found.append([position])
        else:
            leader.append(position)
    return found


def _same(one: NDArray[np.int32], other: NDArray[np.int32]) -> bool:
    shared = len(np.intersect1d(one, other, assume_unique=True))
    total = len(one) + len(other) - shared
    return total > 0 and shared >= _SHARED_TOKENS * total
