"""One segment: the passages of some reports, their vectors and their tokens, row by row in step.

Knows no generations and no words; a segment once written is never changed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from index.dense import DenseIndex, write_dense
from index.encoder import Encoder, StaticEncoder
from index.table import PassageRow, PassageTable, rows_of, write_table
from index.tokens import TokenStore, write_tokens

if TYPE_CHECKING:
    import pyarrow as pa

_ENCODE_ROWS = 4096


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of one report on their way into a segment; vectors and tokens are None until encoded."""

    table: "pa.Table"
    vectors: np.ndarray | None = None
    tokens: list[np.ndarray] | None = None


def embedding_text(passage: PassageRow) -> str:
    """Return what the encoder reads: the innermost heading and the lead-in stand before the passage's own text."""
    return "\n".join([*passage.headings[-1:], *([passage.lead] if passage.lead else []), passage.text])


def write_segment(
    folder: Path, parts: Sequence[Part], encoder: Encoder, tokens: StaticEncoder, advance: Callable[[int], None]
) -> str:
    """Write the files of a segment; return a sentence on the kind of vector index chosen."""
    vectors, ids = [], []
    for part in parts:
        encoded = part if part.vectors is not None else _encode(part, encoder, tokens)
        vectors.append(encoded.vectors)
        ids.extend(encoded.tokens or [])
        advance(part.table.num_rows)
    write_table(folder / "passages.arrow", [part.table for part in parts])
    write_tokens(folder, ids, tokens.vocabulary)
    return write_dense(folder / "vectors.faiss", np.concatenate(vectors))


def _encode(part: Part, encoder: Encoder, tokens: StaticEncoder) -> Part:
    rows = list(rows_of(part.table))
    vectors = [np.empty((0, encoder.dim), np.float32)]
    ids: list[np.ndarray] = []
    for start in range(0, len(rows), _ENCODE_ROWS):
        texts = [embedding_text(row) for row in rows[start : start + _ENCODE_ROWS]]
        vectors.append(encoder.encode_passages(texts))
        ids.extend(tokens.token_ids(texts))
    return Part(part.table, np.concatenate(vectors), ids)


class Segment:
    """A segment opened for reading; every file is opened when it is first needed."""

    def __init__(self, folder: Path, rows: int) -> None:
        self.folder = folder
        self.rows = rows

    @cached_property
    def table(self) -> PassageTable:
        """The passages."""
        return PassageTable(self.folder / "passages.arrow")

    @cached_property
    def dense(self) -> DenseIndex:
        """The vectors."""
        return DenseIndex(self.folder / "vectors.faiss", self.rows)

    @cached_property
    def tokens(self) -> TokenStore:
        """The token ids."""
        return TokenStore(self.folder)

    def part(self, first: int, rows: int) -> Part:
        """Return the rows of one report, to be carried over into another segment."""
        numbers = range(first, first + rows)
        return Part(self.table.slice(first, rows), self.dense.vectors(np.array(numbers)), self.tokens.rows(numbers))
