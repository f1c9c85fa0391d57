"""The table of passages on disk: an Arrow file, memory-mapped; the only door to pyarrow.

Knows columns and rows. Knows nothing of segments, questions or ranking.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from index.report import Report

_SCHEMA = pa.schema(
    [
        ("report", pa.int32()),  # position of its report in the segment
        ("paragraph", pa.string()),
        ("sub", pa.string()),
        ("text", pa.string()),
        ("start", pa.int32()),
        ("end", pa.int32()),
        ("headings", pa.list_(pa.string())),
        ("lead", pa.string()),
        ("page", pa.int32()),
        ("references", pa.list_(pa.string())),  # keys as `reference_key` makes them
    ]
)
_BATCH_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class PassageRow:
    """A passage as the table holds it; `report` is the position of its report in the segment."""

    report: int
    paragraph: str
    sub: str | None
    text: str
    start: int
    end: int
    headings: tuple[str, ...]
    lead: str
    page: int | None
    references: tuple[str, ...]


def reference_key(symbol: str, paragraph: str | None) -> str:
    """Return the one spelling under which a cited document, or a paragraph of it, is found again."""
    return f"{symbol}#{paragraph}" if paragraph else symbol


def report_table(report: Report) -> pa.Table:
    """Return the passages of a report as a table; the references of each passage are those inside it."""
    columns: dict[str, list[Any]] = {
        name: [getattr(passage, name) for passage in report.passages]
        for name in _SCHEMA.names
        if name not in ("report", "references")
    }
    columns["report"] = [0] * len(report.passages)
    columns["references"] = [
        sorted(
            {
                key
                for r in report.references
                if passage.start <= r.start < passage.end
                for key in (r.symbol, reference_key(r.symbol, r.paragraph))
            }
        )
        for passage in report.passages
    ]
    return pa.Table.from_pydict(columns, schema=_SCHEMA)


def write_table(path: Path, reports: Sequence[pa.Table]) -> None:
    """Write the tables of several reports one after the other, numbering the reports from 0."""
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, _SCHEMA) as writer:
        batch: list[pa.Table] = []
        for position, table in enumerate(reports):
            numbers = pa.array(np.full(table.num_rows, position, dtype=np.int32))
            batch.append(table.set_column(0, "report", numbers))
            if sum(t.num_rows for t in batch) >= _BATCH_ROWS or position == len(reports) - 1:
                writer.write_table(pa.concat_tables(batch).combine_chunks())
                batch = []


def rows_of(table: pa.Table) -> Iterator[PassageRow]:
    """Yield the passages of a table in order."""
    for batch in table.to_batches(max_chunksize=10_000):
        for values in batch.to_pylist():
            yield _passage_row(values)


def _passage_row(values: dict[str, Any]) -> PassageRow:
    lists = {name: tuple(values[name] or ()) for name in ("headings", "references")}
    return PassageRow(**(values | lists))


class PassageTable:
    """The passages of one segment, read where they lie."""

    def __init__(self, path: Path) -> None:
        self._table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def row(self, row: int) -> PassageRow:
        """Return one passage."""
        return _passage_row({name: self._table.column(name)[row].as_py() for name in _SCHEMA.names})

    def slice(self, first: int, rows: int) -> pa.Table:
        """Return some rows as a table of their own."""
        return self._table.slice(first, rows)

    def texts(self, rows: Sequence[int]) -> list[str]:
        """Return the texts of some rows, in the order asked for."""
        column = self._table.column("text")
        return [column[int(row)].as_py() for row in rows]

    @cached_property
    def reports(self) -> np.ndarray:
        """Return the report position of every row, int32[n]."""
        return np.asarray(self._table.column("report"))

    def rows_of_paragraph(self, first: int, end: int, paragraph: str) -> list[int]:
        """Return the rows from first to end that belong to a paragraph number."""
        part = self._table.column("paragraph").slice(first, end - first)
        return [first + int(i) for i in np.flatnonzero(np.asarray(pc.equal(part, paragraph)))]

    def rows_in_section(self, section: str) -> np.ndarray:
        """Return for every row whether one of its headings holds the text, bool[n]."""
        headings = self._table.column("headings").combine_chunks()
        values = pc.match_substring(headings.values, section, ignore_case=True)
        counts = np.concatenate([[0], np.cumsum(np.asarray(values.fill_null(False)))])
        bounds = np.asarray(headings.offsets)
        return counts[bounds[1:]] > counts[bounds[:-1]]

    def sections(self, first: int, end: int) -> tuple[str, ...]:
        """Return the outermost headings from row first to end, in order of appearance."""
        seen: dict[str, None] = {}
        for headings in self._table.column("headings").slice(first, end - first).to_pylist():
            if headings:
                seen.setdefault(headings[0])
        return tuple(seen)
