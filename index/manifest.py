"""What a generation says of itself: encoder, words, parser, segments, reports. Pure data and its JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from index.errors import DamagedIndex, IncompatibleIndex
from index.report import Abbreviation, Report, Structure

FORMAT = 1


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
    dense: str  # which kind of vector index, why, and its measured recall


@dataclass(frozen=True, slots=True)
class EncoderEntry:
    """The encoder that made the vectors."""

    name: str
    fingerprint: str
    dim: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything that decides whether an index can be read and which reports need work; holds no time."""

    format: int
    parser: int
    words: str  # fingerprint of the analyser, with the user's dictionary
    dictionary: str | None  # path of the user's dictionary
    encoder: EncoderEntry
    tokens: str  # fingerprint of the model whose tokens the rows hold
    segments: tuple[SegmentEntry, ...]
    reports: tuple[ReportEntry, ...]

    @property
    def rows(self) -> int:
        """Return how many passages can be found."""
        return sum(report.rows for report in self.reports)

    def to_json(self) -> str:
        """Return the same text for the same contents, one report a line."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def entry_of(report: Report, *, sha256: str, size: int, number: int) -> ReportEntry:
    """Describe a parsed report whose place in a segment is not known yet."""
    shared = {f.name for f in fields(ReportEntry)} & {f.name for f in fields(Report)}
    return ReportEntry(
        sha256=sha256,
        bytes=size,
        number=number,
        segment="",
        first=0,
        rows=len(report.passages),
        **{name: getattr(report, name) for name in shared},
    )


def read_manifest(text: str, where: str) -> Manifest:
    """Parse a manifest; raise IncompatibleIndex for another format, DamagedIndex for anything else that is wrong."""
    rebuild = "Rebuild the index: reportsearch build PATH... --full"
    try:
        values = json.loads(text)
        found = values["format"]
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedIndex(f"The manifest {where} cannot be read ({error}).", rebuild) from error
    if found != FORMAT:
        raise IncompatibleIndex(f"{where} has format {found}, this program reads format {FORMAT}.", rebuild)
    try:
        return _manifest(values)
    except (KeyError, TypeError) as error:
        raise DamagedIndex(f"The manifest {where} lacks something ({error}).", rebuild) from error


def _manifest(values: dict[str, Any]) -> Manifest:
    return Manifest(
        **(
            values
            | {
                "encoder": EncoderEntry(**values["encoder"]),
                "segments": tuple(SegmentEntry(**segment) for segment in values["segments"]),
                "reports": tuple(_report_entry(report) for report in values["reports"]),
            }
        )
    )


def _report_entry(values: dict[str, Any]) -> ReportEntry:
    structure = {k: _tuples(v) for k, v in values["structure"].items()}
    abbreviations = tuple(Abbreviation(**a) for a in values["abbreviations"])
    made = {"structure": Structure(**structure), "abbreviations": abbreviations}
    return ReportEntry(**({k: _tuples(v) for k, v in values.items()} | made))


def _tuples(value: Any) -> Any:
    return tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else value
