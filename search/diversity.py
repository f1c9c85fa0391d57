"""Group passages that say the same in nearly the same words: formulae that recur in every report. Pure numbers."""

import numpy as np
from numpy.typing import NDArray

from index.tokens import Bags

_ALIKE_VECTORS = 0.95
_SHARED_PAIRS = 0.6  # Jaccard index of the pairs of neighbouring tokens


class Groups:
    """Positions grouped by near-identity, each group led by its best; groups stay in order of rank.

    Whether a passage leads a group depends on better ones only, so the first k groups are the same however many follow.
    """

    def __init__(self) -> None:
        self.members: list[list[int]] = []
        self._vectors: list[NDArray[np.float32]] = []  # of the leaders
        self._bags: list[NDArray[np.int32]] = []
        self._count = 0

    def __len__(self) -> int:
        return len(self.members)

    def add(self, vectors: NDArray[np.float32], bags: Bags, *, found: bool = True) -> None:
        """Add passages that rank behind all those added before; vectors are unit rows float32[m, dim].

        One that is like no leader leads a group of its own; without `found` it is left out.
        """
        leaders = np.array(self._vectors, np.float32).reshape(-1, vectors.shape[1])
        alike = vectors @ (np.concatenate([leaders, vectors]) if found else leaders).T >= _ALIKE_VECTORS
        if found:
            alike[:, len(leaders) :] &= np.tri(len(vectors), k=-1, dtype=bool)  # only with better ones
        candidates: dict[int, list[int]] = {}
        for position, better in np.argwhere(alike).tolist():
            candidates.setdefault(position, []).append(better)
        group_of = {column: column for column in range(len(leaders))}  # column of a leader -> its group
        for position in range(len(bags)) if found else candidates:
            bag = bags[position]
            groups = (group_of[column] for column in candidates.get(position, ()) if column in group_of)
            group = next((group for group in groups if _same(self._bags[group], bag)), None)
            if group is not None:
                self.members[group].append(self._count + position)
            elif found:
                group_of[len(leaders) + position] = len(self.members)
                self.members.append([self._count + position])
                self._vectors.append(vectors[position])
                self._bags.append(bag)
        self._count += len(bags)


def _same(one: NDArray[np.int32], other: NDArray[np.int32]) -> bool:
    pairs, others = _pairs(one), _pairs(other)
    return bool(pairs) and len(pairs & others) >= _SHARED_PAIRS * len(pairs | others)


def _pairs(bag: NDArray[np.int32]) -> set[tuple[int, int]]:
    tokens = bag.tolist()
    return set(zip(tokens, tokens[1:] or tokens, strict=False))
