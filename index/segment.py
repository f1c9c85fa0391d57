"""One segment: the passages of some reports, their vectors and their tokens, row by row in step.

Knows no generations and no words; a segment once finished is never changed.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from index.dense import DenseIndex, RowVectors, VectorWriter, settle
from index.encoder import StaticEncoder
from index.table import PassageRow, PassageTable, TableWriter
from index.tokens import Bags, TokenStore, TokenWriter
from index.years import years_in_digits

_COPY_ROWS = 20_480  # rows held in memory while a segment is copied
_QUESTIONS = 100
# Two tokens from each of four passages lie as far from their nearest passages as what people ask (benchmarks/scale.py).
_PIECES, _PIECE = 4, 2


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring rows of a segment, to be copied into another."""

    segment: "Segment"
    first: int
    rows: int


def embedding_context(row: PassageRow) -> tuple[str, ...]:
    """Return what the encoder reads before a passage's own text: the innermost heading and the lead-in."""
    return tuple(map(years_in_digits, (*row.headings[-1:], *((row.lead,) if row.lead else ()))))


def embedding_text(row: PassageRow) -> str:
    """Return what the encoder reads of a passage: its years are in digits, as in a question."""
    return "\n".join((*embedding_context(row), years_in_digits(row.text)))


class SegmentWriter:
    """Write a segment from the first row to the last, within a `with` statement."""

    def __init__(self, folder: Path, dim: int, vocabulary: int) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self._table = TableWriter(folder)
        self._vectors = VectorWriter(folder, dim)
        self._tokens = TokenWriter(folder, vocabulary)
        self.rows = 0

    def append(self, rows: Sequence[PassageRow], vectors: NDArray[np.float32], tokens: Bags) -> None:
        """Write some passages."""
        self._table.append(rows)
        self._vectors.append(vectors)
        self._tokens.append(tokens)
        self.rows += len(rows)

    def copy(self, run: Run) -> None:
        """Write rows of another segment without parsing or embedding them again."""
        for first in range(run.first, run.first + run.rows, _COPY_ROWS):
            end = min(first + _COPY_ROWS, run.first + run.rows)
            numbers = np.arange(first, end)
            self._table.append_slice(run.segment.table, first, end)
            whole = run.segment.vectors.whole
            self._vectors.append(run.segment.vectors.slice(first, end) if whole else run.segment.encoded(numbers))
            self._tokens.append(run.segment.tokens.rows(numbers))
        self.rows += run.rows

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Finish the files, or let go of them after an error."""
        parts = (self._table, self._vectors, self._tokens)
        try:
            for part in parts if kind is None else ():
                part.close()
        finally:
            for part in parts:
                part.abandon()


class Segment:
    """A segment opened for reading; every file is opened when it is first needed.

    `encoder` opens the encoder that made the vectors, where it makes them of the tokens kept here and of nothing else.
    """

    def __init__(self, folder: Path, rows: int, encoder: Callable[[], StaticEncoder] | None = None) -> None:
        self.folder = folder
        self.rows = rows
        self._make = None if encoder is None else lambda rows: encoder().pool(self.tokens.rows(rows))

    def settle(self, encode: Callable[[NDArray[np.int32]], NDArray[np.float32]]) -> str:
        """Choose how the vectors of a segment just written are searched; return a sentence with the reason.

        `encode` makes the vector of a question of some tokens.
        """
        return settle(self.folder, lambda: np.array([encode(tokens) for tokens in self._questions()]), self._make)

    def _questions(self) -> Iterator[NDArray[np.int32]]:
        random = np.random.default_rng(1)
        for rows in random.integers(0, self.rows, (_QUESTIONS, _PIECES)):
            bags = self.tokens.rows(rows)
            firsts = [int(random.integers(0, max(1, len(bag) - _PIECE + 1))) for bag in bags]
            yield np.concatenate([bag[first : first + _PIECE] for bag, first in zip(bags, firsts, strict=True)])

    @cached_property
    def table(self) -> PassageTable:
        """The passages."""
        return PassageTable(self.folder)

    @cached_property
    def vectors(self) -> RowVectors:
        """The vectors as they are kept, to be read: nothing of them stays in memory."""
        return RowVectors(self.folder)

    def encoded(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the vectors of some rows as they were encoded, as nearly as can be had."""
        return self.vectors.read(rows) if self.vectors.whole or self._make is None else self._make(rows)

    @cached_property
    def dense(self) -> DenseIndex:
        """The vectors, to be searched."""
        return DenseIndex(self.folder, self.rows, self._make)

    @cached_property
    def tokens(self) -> TokenStore:
        """The token ids."""
        return TokenStore(self.folder)
