"""The token ids of every passage, for late interaction: two flat arrays, memory-mapped.

Row i has the ids `ids[offsets[i]:offsets[i + 1]]`.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np


def write_tokens(folder: Path, token_ids: Iterable[np.ndarray], vocabulary: int) -> None:
    """Write ids as uint16 where the vocabulary allows, else int32, and int64 offsets of n + 1 rows."""
    rows = list(token_ids)
    offsets = np.zeros(len(rows) + 1, dtype=np.int64)
    np.cumsum([len(row) for row in rows], out=offsets[1:])
    kind = np.uint16 if vocabulary <= 1 << 16 else np.int32
    ids = np.concatenate(rows) if rows else np.empty(0)
    np.save(folder / "tokens.npy", ids.astype(kind), allow_pickle=False)
    np.save(folder / "token-offsets.npy", offsets, allow_pickle=False)


class TokenStore:
    """The token ids of one segment."""

    def __init__(self, folder: Path) -> None:
        self._ids = np.load(folder / "tokens.npy", mmap_mode="r", allow_pickle=False).view(np.ndarray)
        self._offsets = np.load(folder / "token-offsets.npy", mmap_mode="r", allow_pickle=False).view(np.ndarray)

    def rows(self, rows: Sequence[int] | np.ndarray) -> list[np.ndarray]:
        """Return the ids of some rows, int32 arrays in the order asked for."""
        return [np.asarray(self._ids[self._offsets[r] : self._offsets[r + 1]], dtype=np.int32) for r in rows]
