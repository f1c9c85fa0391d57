"""Bring the rows of a printed page into the order of reading: down one column, then down the next. Pure geometry."""

import itertools
import statistics
from collections.abc import Iterator

from index.formats.glyphs import Row
from index.formats.printed import join_pieces

_COLUMN_ROWS = 6  # rows that are parted at one place before that is a gutter
_COLUMN_WIDTH = 0.25  # of the width of the text: a narrower column is a cell of a table


def reading_order(rows: list[Row]) -> list[Row]:
    """Keep the order of the file, which is that of reading, unless it leaps about or runs across columns."""
    leaps = sum(
        after.base > before.base + before.size / 2 and after.pieces[0].left < before.pieces[0].left + before.size
        for before, after in itertools.pairwise(rows)
    )
    if leaps > max(3, len(rows) // 8):
        pieces = sorted((piece for row in rows for piece in row.pieces), key=lambda p: (-round(p.base), p.left))
        rows = join_pieces(pieces)
    gutter = _gutter(rows)
    return rows if gutter is None else list(_by_column(rows, gutter))


def _gutter(rows: list[Row]) -> float | None:
    """Find the place where rows are parted into two columns of prose."""
    if not rows:
        return None
    width = max(p.right for row in rows for p in row.pieces) - min(p.left for row in rows for p in row.pieces)
    gaps = [
        (left.right, right.left)
        for row in rows
        if len(row.pieces) == 2
        for left, right in [row.pieces]
        if min(left.right - left.left, right.right - right.left) >= _COLUMN_WIDTH * width
    ]
    if len(gaps) < _COLUMN_ROWS:
        return None
    middle = statistics.median(end for _, end in gaps) - 1
    parted = sum(start < middle < end for start, end in gaps)
    return middle if parted >= max(_COLUMN_ROWS, 0.8 * len(gaps)) else None


def _by_column(rows: list[Row], gutter: float) -> Iterator[Row]:
    left: list[Row] = []
    right: list[Row] = []
    for row in rows:
        if any(piece.left < gutter < piece.right for piece in row.pieces):
            yield from left + right
            yield row
            left, right = [], []
            continue
        for side, pieces in (
            (left, tuple(p for p in row.pieces if p.right <= gutter)),
            (right, tuple(p for p in row.pieces if p.left >= gutter)),
        ):
            if pieces:
                side.append(Row(pieces))
    yield from left + right
