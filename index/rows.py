"""Numbers, of rows or of tokens, as sorted arrays. Pure."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Number = TypeVar("Number", bound=np.integer)


def distinct(numbers: NDArray[Number]) -> NDArray[Number]:
    """Return the numbers sorted, each once; numpy's own `unique` imports masked arrays, a tenth of a second."""
    ordered = np.sort(numbers)
    kept = np.ones(len(ordered), bool)
    kept[1:] = ordered[1:] != ordered[:-1]
    return ordered[kept]


def numbered(numbers: NDArray[np.integer], count: int) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
    """Return the distinct ones of numbers below `count`, ascending, and the place of each number among them."""
    if len(numbers) < count // 100:
        once = distinct(numbers).astype(np.intp)
        return once, np.searchsorted(once, numbers).astype(np.int32)
    stands = np.zeros(count, bool)  # quicker than sorting many
    stands[numbers] = True
    once = np.flatnonzero(stands)
    places = np.empty(count, np.int32)
    places[once] = np.arange(len(once), dtype=np.int32)
    return once, places[numbers]
