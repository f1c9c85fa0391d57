"""What a generation says of itself: encoder, words, parser, segments, reports. Pure data and its text.

manifest.json   what concerns the whole generation
reports.jsonl   one report a line, ordered by path; a line is parsed when its report is asked for
places.npy      where each report's rows are: its number, the number of its segment, first row, rows
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from index.errors import DamagedIndex, IncompatibleIndex
from index.report import Abbreviation, Report, Structure

DICTIONARY = "dictionary.txt"  # the user's words, in a generation that has some
FORMAT = 4
_REBUILD = "Rebuild the index: reportsearch build PATH... --full"


@dataclass(frozen=True, slots=True)
class ReportEntry:
    """A report in the index and where its rows are: `first` to `first + rows` of its segment."""

    path: str
    sha256: str
    bytes: int
    number: int  # its own number in the index of words
    segment: str
    first: int
    rows: int
    title: str
    language: str | None
    symbol: str | None
    date: str | None
    year: int | None
    session: str | None
    body: str | None
    agenda_item: str | None
    terms: tuple[str, ...]
    abbreviations: tuple[Abbreviation, ...]
    encoding: str
    structure: Structure
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SegmentEntry:
    """A segment of the generation, in row order."""

    name: str
    rows: int
    dense: str  # how the vectors are searched, why, and the measured recall


@dataclass(frozen=True, slots=True)
class EncoderEntry:
    """The encoder that made the vectors."""

    name: str
    fingerprint: str
    dim: int


_PLACE = ("number", "segment", "first", "rows")  # what a place says, and a line does not


class Reports(Sequence[ReportEntry]):
    """The reports of a generation, ordered by path; a hundred thousand of them cost nothing until they are read."""

    def __init__(self, lines: Sequence[str], places: NDArray[np.int64], segments: Sequence[str]) -> None:
        self.lines = lines
        self.places = places  # int64[n, 4]: number, position of the segment, first row in it, rows
        self.segments = segments
        self._read: list[ReportEntry | None] = [None] * len(lines)

    def __len__(self) -> int:
        return len(self.lines)

    @overload
    def __getitem__(self, at: int) -> ReportEntry: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[ReportEntry, ...]: ...
    def __getitem__(self, at: int | slice) -> ReportEntry | tuple[ReportEntry, ...]:
        if isinstance(at, slice):
            return tuple(self[i] for i in range(*at.indices(len(self))))
        entry = self._read[at]
        if entry is None:
            number, segment, first, rows = self.places[at].tolist()
            place = {"number": number, "segment": self.segments[segment], "first": first, "rows": rows}
            entry = self._read[at] = _entry(_values(self.lines[at]) | place)
        return entry

    def __iter__(self) -> Iterator[ReportEntry]:
        return (self[at] for at in range(len(self)))

    def stated(self) -> Iterator[dict[str, Any]]:
        """Yield what each line says, without making an entry of it: to look through all reports for one thing."""
        return map(_values, self.lines)

    @cached_property
    def keys(self) -> tuple[tuple[str, str], ...]:
        """Path and sha256 of every report."""
        return tuple((values["path"], values["sha256"]) for values in self.stated())


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything that decides whether an index can be read and which reports need work; holds no time."""

    format: int
    parser: int
    words: str  # fingerprint of the analyser, with the user's dictionary
    dictionary: bool  # whether the generation holds a dictionary of the user's
    encoder: EncoderEntry
    tokens: str  # fingerprint of the model whose tokens the rows hold
    rows: int  # how many passages can be found
    segments: tuple[SegmentEntry, ...]
    reports: Reports

    def to_json(self) -> str:
        """Return the same text for the same contents, without the reports."""
        values = {
            f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("reports", "encoder", "segments")
        }
        values |= {"encoder": _plain(self.encoder), "segments": [_plain(s) for s in self.segments]}
        return json.dumps(values | {"reports": len(self.reports)}, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _plain(value: Any) -> dict[str, Any]:
    return {f.name: getattr(value, f.name) for f in fields(value)}


def entry_of(report: Report, *, sha256: str, size: int) -> ReportEntry:
    """Describe a parsed report whose number and place are not known yet."""
    shared = {f.name for f in fields(ReportEntry)} & {f.name for f in fields(Report)}
    return ReportEntry(
        sha256=sha256,
        bytes=size,
        number=0,
        segment="",
        first=0,
        rows=len(report.passages),
        **{name: getattr(report, name) for name in shared},
    )


def entry_line(entry: ReportEntry) -> str:
    """Return a report's line."""
    values = {name: value for name, value in _plain(entry).items() if name not in _PLACE}
    values |= {"structure": _plain(entry.structure), "abbreviations": [_plain(a) for a in entry.abbreviations]}
    return json.dumps(values, ensure_ascii=False, sort_keys=True)


def parse_entry(line: str, rows: int) -> ReportEntry:
    """Return the report in a line, without its place; raise DamagedIndex."""
    return _entry(_values(line) | {"number": 0, "segment": "", "first": 0, "rows": rows})


def _entry(values: dict[str, Any]) -> ReportEntry:
    try:
        made = {
            "structure": Structure(**{k: _tuples(v) for k, v in values["structure"].items()}),
            "abbreviations": tuple(Abbreviation(**a) for a in values["abbreviations"]),
        }
        return ReportEntry(**({k: _tuples(v) for k, v in values.items()} | made))
    except (KeyError, TypeError, AttributeError) as error:
        raise DamagedIndex(f"The entry of a report lacks something ({error}).", _REBUILD) from error


def _values(line: str) -> dict[str, Any]:
    try:
        values: dict[str, Any] = json.loads(line)
    except ValueError as error:
        raise DamagedIndex(f"The entry of a report cannot be read ({error}).", _REBUILD) from error
    return values


def read_manifest(text: str, reports: Sequence[str], places: NDArray[np.int64], where: str) -> Manifest:
    """Parse a manifest; raise IncompatibleIndex for another format, DamagedIndex for anything else that is wrong."""
    check_format(text, where)
    try:
        values = json.loads(text)
        if not values.pop("reports") == len(reports) == len(places):
            raise ValueError("the number of reports differs")
        values["encoder"] = EncoderEntry(**values["encoder"])
        values["segments"] = tuple(SegmentEntry(**segment) for segment in values["segments"])
        return Manifest(**values, reports=Reports(reports, places, [s.name for s in values["segments"]]))
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedIndex(f"The manifest {where} lacks something ({error}).", _REBUILD) from error


def check_format(text: str, where: str) -> None:
    """Raise IncompatibleIndex when a manifest is of another format, DamagedIndex when it is none."""
    try:
        found = json.loads(text)["format"]
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedIndex(f"The manifest {where} cannot be read ({error}).", _REBUILD) from error
    if found != FORMAT:
        raise IncompatibleIndex(f"{where} has format {found}, this program reads format {FORMAT}.", _REBUILD)


def _tuples(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
