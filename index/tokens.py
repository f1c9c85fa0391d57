"""The token ids of every passage, for late interaction: two flat arrays, memory-mapped.

Row i has the ids `ids[offsets[i]:offsets[i + 1]]`.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.checked import ArrayWriter, CheckedArray, damaged, write_array


class TokenWriter:
    """Write ids as uint16 where the vocabulary allows, else int32."""

    def __init__(self, folder: Path, vocabulary: int) -> None:
        self._folder = folder
        self._ids = ArrayWriter(folder / "tokens.npy", "<u2" if vocabulary <= 1 << 16 else "<i4")
        self._lengths: list[int] = []

    def append(self, rows: Sequence[NDArray[np.int32]]) -> None:
        """Write the ids of some passages."""
        if rows:
            self._ids.append(np.concatenate(rows))
            self._lengths.extend(map(len, rows))

    def abandon(self) -> None:
        """Let go of files that will not be finished."""
        self._ids.abandon()

    def close(self) -> None:
        """Finish the files."""
        self._ids.close()
        offsets = np.zeros(len(self._lengths) + 1, np.int64)
        np.cumsum(self._lengths, out=offsets[1:])
        write_array(self._folder / "token-offsets.npy", offsets.astype("<u4" if offsets[-1] < 1 << 32 else "<i8"))


class TokenStore:
    """The token ids of one segment."""

    def __init__(self, folder: Path) -> None:
        self._ids = CheckedArray(folder / "tokens.npy")
        self._offsets = CheckedArray(folder / "token-offsets.npy")
        if len(self._offsets) == 0:
            raise damaged(folder / "token-offsets.npy", "is empty")

    def rows(self, rows: Sequence[int] | NDArray[np.int64]) -> list[NDArray[np.int32]]:
        """Return the ids of some rows, int32 arrays in the order asked for."""
        wanted = np.asarray(rows, np.int64)
        firsts = self._offsets.rows(wanted).astype(np.int64)
        ends = self._offsets.rows(wanted + 1).astype(np.int64)
        ids = self._ids.check_slices(firsts, ends)
        return [np.asarray(ids[a:b], dtype=np.int32) for a, b in zip(firsts.tolist(), ends.tolist(), strict=True)]
