"""The table of passages on disk: Arrow record batches, read where they lie; the only door to pyarrow.

Knows columns and rows. Knows nothing of segments, questions or ranking.

    passages.arrow   batches of 1,024 rows, one after the other      batches.npy        where each begins
    trails.arrow     headings and lead-ins, each once                trail-batches.npy
    trails.npy       which of them each row has
"""

import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from index.checked import ArrayWriter, CheckedArray, CheckedFile, damaged, write_array, write_sums
from index.report import Report
from index.words import fold

_PASSAGES = pa.schema(
    [
        ("paragraph", pa.string()),
        ("sub", pa.string()),
        ("text", pa.string()),
        ("start", pa.int32()),
        ("end", pa.int32()),
        ("page", pa.int32()),
        ("references", pa.list_(pa.string())),  # keys as `reference_key` makes them
    ]
)
_TRAILS = pa.schema([("headings", pa.list_(pa.string())), ("lead", pa.string())])
_BATCH = 1024
_CACHED = 512  # batches held open per file: views of the map, a few kilobytes each


@dataclass(frozen=True, slots=True)
class PassageRow:
    """A passage as the table holds it."""

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


def passage_rows(report: Report) -> list[PassageRow]:
    """Return the passages of a report as rows; the references of each passage are those inside it."""
    references = sorted(report.references, key=lambda r: r.start)
    starts = [r.start for r in references]
    rows = []
    for p in report.passages:
        inside = references[bisect_left(starts, p.start) : bisect_left(starts, p.end)]
        keys = {key for r in inside for key in (r.symbol, reference_key(r.symbol, r.paragraph))}
        rows.append(
            PassageRow(p.paragraph, p.sub, p.text, p.start, p.end, p.headings, p.lead, p.page, tuple(sorted(keys)))
        )
    return rows


# Arrays are made of buffers: out of lists and numpy arrays pyarrow makes them with pandas, which takes long to import.


def _table(schema: pa.Schema, columns: dict[str, list[Any]]) -> pa.Table:
    return pa.table([_array(field.type, columns[field.name]) for field in schema], schema)


def _array(kind: pa.DataType, values: Sequence[Any]) -> pa.Array:
    """Return an array of strings, lists of strings or numbers; None stays None."""
    valid = np.array([value is not None for value in values], bool)
    buffers = [None if valid.all() else pa.py_buffer(np.packbits(valid, bitorder="little"))]
    if pa.types.is_string(kind):
        parts = [(value or "").encode() for value in values]
        return pa.Array.from_buffers(kind, len(values), [*buffers, _offsets(parts), pa.py_buffer(b"".join(parts))])
    if pa.types.is_list(kind):
        inside = _array(kind.value_type, [item for value in values for item in value])
        return pa.Array.from_buffers(kind, len(values), [*buffers, _offsets(values)], children=[inside])
    numbers = np.array([value or 0 for value in values], kind.to_pandas_dtype())
    return pa.Array.from_buffers(kind, len(values), [*buffers, pa.py_buffer(numbers)])


def _offsets(parts: Sequence[Sequence[Any]]) -> pa.Buffer:
    return pa.py_buffer(np.cumsum([0, *map(len, parts)], dtype=np.int32))


class _BatchWriter:
    """Write rows in batches of a fixed size, so that a row's batch is known without looking."""

    def __init__(self, path: Path, bounds: Path, schema: pa.Schema) -> None:
        self._path, self._bounds, self._schema = path, bounds, schema
        self._sink = pa.OSFile(str(path), "wb")
        self._sink.write(schema.serialize())  # so that others can read the file as an Arrow stream
        self._waiting: list[pa.Table] = []
        self._count = 0
        self._places: list[int] = [self._sink.tell()]

    def append(self, table: pa.Table) -> None:
        self._waiting.append(table)
        self._count += table.num_rows
        if self._count >= _BATCH:
            self._write(self._count - self._count % _BATCH)

    def _write(self, rows: int) -> None:
        table = pa.concat_tables(self._waiting)
        for start in range(0, rows, _BATCH):
            # Taken, not sliced: the bytes of a slice depend on what it was cut from.
            places = _array(pa.int64(), range(start, min(start + _BATCH, rows)))
            batch = table.take(places).combine_chunks().to_batches()[0]
            self._sink.write(batch.serialize())
            self._places.append(self._sink.tell())
        self._waiting = [table.slice(rows)]
        self._count -= rows

    def abandon(self) -> None:
        with suppress(OSError):
            self._sink.close()

    def close(self) -> None:
        if self._count:
            self._write(self._count)
        self._sink.close()
        write_sums(self._path)
        write_array(self._bounds, np.array(self._places, np.int64))


class TableWriter:
    """Write the passages of a segment, row after row."""

    def __init__(self, folder: Path) -> None:
        self._passages = _BatchWriter(folder / "passages.arrow", folder / "batches.npy", _PASSAGES)
        self._trails = _BatchWriter(folder / "trails.arrow", folder / "trail-batches.npy", _TRAILS)
        self._trail_of = ArrayWriter(folder / "trails.npy", "<i4")
        self._known: dict[tuple[tuple[str, ...], str], int] = {}

    def append(self, rows: Sequence[PassageRow]) -> None:
        """Write some passages."""
        self._passages.append(_table(_PASSAGES, {n: [getattr(row, n) for row in rows] for n in _PASSAGES.names}))
        self._trail_of.append(self._numbers([(row.headings, row.lead) for row in rows]))

    def append_slice(self, table: "PassageTable", first: int, end: int) -> None:
        """Write rows of another table without taking them apart."""
        for part in table.batches(first, end):
            self._passages.append(part)
        theirs, places = np.unique(table.trail_numbers(first, end), return_inverse=True)
        self._trail_of.append(self._numbers([table.trail(int(number)) for number in theirs])[places])

    def _numbers(self, trails: list[tuple[tuple[str, ...], str]]) -> NDArray[np.int32]:
        fresh = dict.fromkeys(trail for trail in trails if trail not in self._known)
        for trail in fresh:
            self._known[trail] = len(self._known)
        if fresh:
            columns: dict[str, list[Any]] = {"headings": [t[0] for t in fresh], "lead": [t[1] for t in fresh]}
            self._trails.append(_table(_TRAILS, columns))
        return np.array([self._known[trail] for trail in trails], np.int32)

    def abandon(self) -> None:
        """Let go of files that will not be finished."""
        for writer in (self._passages, self._trails, self._trail_of):
            writer.abandon()

    def close(self) -> None:
        """Finish the files."""
        self._passages.close()
        self._trails.close()
        self._trail_of.close()


class _Batches:
    """Batches of one file, opened and checked one at a time."""

    def __init__(self, path: Path, bounds: Path, schema: pa.Schema) -> None:
        self._file = CheckedFile(path)
        self._places = CheckedArray(bounds).all()
        self._schema = schema
        self.get = lru_cache(maxsize=_CACHED)(self._read)
        self._columns = lru_cache(maxsize=_CACHED)(self._named)

    def __len__(self) -> int:
        return len(self._places) - 1

    def _read(self, number: int) -> pa.RecordBatch:
        part = self._file.part(int(self._places[number]), int(self._places[number + 1]))
        try:
            return pa.ipc.read_record_batch(pa.py_buffer(part), self._schema)
        except (pa.ArrowException, OSError) as error:
            raise damaged(self._file.path, f"holds something else than passages ({error})") from error

    def row(self, row: int) -> dict[str, Any]:
        return {name: column[row % _BATCH].as_py() for name, column in self._columns(row // _BATCH)}

    def _named(self, number: int) -> list[tuple[str, pa.Array]]:
        return list(zip(self._schema.names, self.get(number).columns, strict=True))

    def between(self, first: int, end: int) -> Iterator[pa.RecordBatch]:
        for number in range(first // _BATCH, -(-end // _BATCH)):
            start, stop = max(first, number * _BATCH), min(end, (number + 1) * _BATCH)
            yield self.get(number).slice(start - number * _BATCH, stop - start)


class PassageTable:
    """The passages of one segment, read where they lie."""

    def __init__(self, folder: Path) -> None:
        self._passages = _Batches(folder / "passages.arrow", folder / "batches.npy", _PASSAGES)
        self._trails = _Batches(folder / "trails.arrow", folder / "trail-batches.npy", _TRAILS)
        self._trail_of = CheckedArray(folder / "trails.npy")
        self.trail = lru_cache(maxsize=100_000)(self._read_trail)
        self._plain_headings = lru_cache(maxsize=_CACHED)(lambda number: _folded(self._trails.get(number)))

    def __len__(self) -> int:
        return len(self._trail_of)

    def row(self, row: int) -> PassageRow:
        """Return one passage."""
        return self._row(self._passages.row(row), int(self._trail_of.slice(row, row + 1)[0]))

    def rows(self, first: int, end: int) -> Iterator[PassageRow]:
        """Yield the passages from first to end."""
        at = first
        for batch in self._passages.between(first, end):
            numbers = self._trail_of.slice(at, at + batch.num_rows).tolist()
            at += batch.num_rows
            for values, number in zip(batch.to_pylist(), numbers, strict=True):
                yield self._row(values, number)

    def _row(self, values: dict[str, Any], trail: int) -> PassageRow:
        headings, lead = self.trail(trail)
        return PassageRow(**(values | {"headings": headings, "lead": lead, "references": tuple(values["references"])}))

    def _read_trail(self, number: int) -> tuple[tuple[str, ...], str]:
        values = self._trails.row(number)
        return tuple(values["headings"]), values["lead"]

    def texts(self, rows: NDArray[np.int64]) -> Iterator[str]:
        """Yield the texts of some rows, which ascend, without what else stands in them."""
        for number, inside in groupby(rows.tolist(), lambda row: row // _BATCH):
            texts = self._passages.get(number).column("text")
            yield from (texts[row % _BATCH].as_py() for row in inside)

    def batches(self, first: int, end: int) -> Iterator[pa.Table]:
        """Yield the rows from first to end as tables, without their trails."""
        for batch in self._passages.between(first, end):
            yield pa.Table.from_batches([batch])

    def trail_numbers(self, first: int, end: int) -> NDArray[np.int32]:
        """Return which trail each row from first to end has."""
        return self._trail_of.slice(first, end)

    def rows_of_paragraph(self, first: int, end: int, paragraph: str) -> list[int]:
        """Return the rows from first to end that belong to a paragraph number."""
        names = (name for b in self._passages.between(first, end) for name in b.column("paragraph").to_pylist())
        return [row for row, name in enumerate(names, first) if name == paragraph]

    def paragraphs(self, first: int, end: int) -> set[str]:
        """Return the paragraph numbers in the rows from first to end."""
        return {name for b in self._passages.between(first, end) for name in b.column("paragraph").to_pylist()}

    def rows_in_section(self, section: str) -> NDArray[np.bool_]:
        """Return for every row whether one of its headings holds the text, bool[n]."""
        wanted = fold(unicodedata.normalize("NFC", section))
        inside = [any(wanted in h for h in held) for n in range(len(self._trails)) for held in self._plain_headings(n)]
        chosen: NDArray[np.bool_] = np.array(inside, bool)[self._trail_of.all()]
        return chosen

    def sections(self, first: int, end: int) -> tuple[str, ...]:
        """Return the outermost headings from row first to end, in order of appearance."""
        numbers = dict.fromkeys(self._trail_of.slice(first, end).tolist())
        return tuple(dict.fromkeys(headings[0] for headings, _ in map(self.trail, numbers) if headings))


def _folded(trails: pa.RecordBatch) -> list[list[str]]:
    """Return the headings of every trail in plain spelling."""
    return [[*map(fold, headings)] for headings in trails.column("headings").to_pylist()]
