"""The token ids of every passage, for late interaction: two flat arrays, memory-mapped.

Row i has the ids `ids[offsets[i]:offsets[i + 1]]`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from index.checked import ArrayWriter, CheckedArray, damaged, write_array


@dataclass(frozen=True, slots=True)
class Bags:
    """The token ids of some texts, one text behind the other: text i has `ids[bounds[i]:bounds[i + 1]]`."""

    ids: NDArray[np.int32]
    bounds: NDArray[np.int64]

    @classmethod
    def of(cls, bags: Sequence[NDArray[np.int32]]) -> Self:
        """Put the ids of single texts together."""
        return cls(np.concatenate([np.empty(0, np.int32), *bags]), _bounds(np.array([*map(len, bags)], np.int64)))

    @classmethod
    def joined(cls, parts: Sequence["Bags"]) -> Self:
        """Put the texts of several behind each other."""
        lengths = np.concatenate([np.empty(0, np.int64), *(part.lengths for part in parts)])
        return cls(np.concatenate([np.empty(0, np.int32), *(part.ids for part in parts)]), _bounds(lengths))

    @classmethod
    def sliced(cls, ids: NDArray[Any], firsts: NDArray[np.int64], ends: NDArray[np.int64]) -> Self:
        """Take the texts ids[first:end] out of a longer array."""
        lengths = ends - firsts
        bounds = _bounds(lengths)
        places = np.arange(bounds[-1]) + np.repeat(firsts - bounds[:-1], lengths)
        return cls(ids[places].astype(np.int32), bounds)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """The number of ids of each text."""
        return np.diff(self.bounds)

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def __getitem__(self, text: int) -> NDArray[np.int32]:
        return self.ids[self.bounds[text] : self.bounds[text + 1]]

    def __iter__(self) -> Iterator[NDArray[np.int32]]:
        return map(self.__getitem__, range(len(self)))

    def part(self, first: int, end: int) -> Self:
        """Return the texts from first to end, where they lie."""
        bounds = self.bounds[first : end + 1]
        return type(self)(self.ids[bounds[0] : bounds[-1]], bounds - bounds[0])

    def taken(self, texts: NDArray[np.int64]) -> Self:
        """Return some of the texts, in the order asked for."""
        return self.sliced(self.ids, self.bounds[texts], self.bounds[texts + 1])


def _bounds(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    bounds = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=bounds[1:])
    return bounds


class TokenWriter:
    """Write ids as uint16 where the vocabulary allows, else int32."""

    def __init__(self, folder: Path, vocabulary: int) -> None:
        self._folder = folder
        self._ids = ArrayWriter(folder / "tokens.npy", "<u2" if vocabulary <= 1 << 16 else "<i4")
        self._lengths: list[int] = []

    def append(self, bags: Bags) -> None:
        """Write the ids of some passages."""
        self._ids.append(bags.ids)
        self._lengths.extend(bags.lengths.tolist())

    def abandon(self) -> None:
        """Let go of files that will not be finished."""
        self._ids.abandon()

    def close(self) -> None:
        """Finish the files."""
        self._ids.close()
        offsets = _bounds(np.array(self._lengths, np.int64))
        write_array(self._folder / "token-offsets.npy", offsets.astype("<u4" if offsets[-1] < 1 << 32 else "<i8"))


class TokenStore:
    """The token ids of one segment."""

    def __init__(self, folder: Path) -> None:
        self._ids = CheckedArray(folder / "tokens.npy")
        self._offsets = CheckedArray(folder / "token-offsets.npy")
        if len(self._offsets) == 0:
            raise damaged(folder / "token-offsets.npy", "is empty")

    def rows(self, rows: Sequence[int] | NDArray[np.int64]) -> Bags:
        """Return the ids of some rows, in the order asked for."""
        wanted = np.asarray(rows, np.int64)
        firsts = self._offsets.rows(wanted).astype(np.int64)
        ends = self._offsets.rows(wanted + 1).astype(np.int64)
        return Bags.sliced(self._ids.check_slices(firsts, ends), firsts, ends)
