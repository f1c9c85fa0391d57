"""A generation opened for reading: rows to passages, vectors, tokens and words.

Holds one generation for as long as it lives. Knows nothing of questions or ranking.
"""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePath
from weakref import finalize

import numpy as np
from numpy.typing import NDArray

from index.dense import ranked
from index.encoder import Encoder, StaticEncoder, bundled_encoder, open_encoder
from index.errors import DamagedIndex, IncompatibleIndex, UnknownPassage
from index.generation import Generation, check_files, current, hold, lexical_files, load_manifest
from index.lexical import LexicalIndex
from index.manifest import DICTIONARY, Manifest, ReportEntry
from index.rows import distinct
from index.segment import Segment
from index.table import PassageRow
from index.tokens import Bags
from index.words import Analyser


@dataclass(frozen=True, slots=True)
class Located:
    """A passage with the report that it stands in and its row."""

    row: int
    report: ReportEntry
    passage: PassageRow


@dataclass(frozen=True, slots=True)
class Stated:
    """What a report says of itself that others are told apart by."""

    path: str
    symbol: str | None
    language: str | None
    year: int | None


@dataclass(frozen=True, slots=True)
class _Summary:
    """What all reports together state, read once."""

    reports: tuple[Stated, ...]
    languages: frozenset[str]
    of_symbol: dict[str, list[int]]  # symbol in lower case -> positions in the manifest
    abbreviations: dict[str, str]
    lengths: dict[str, set[int]]  # of the abbreviations that begin with the same two characters


def _summary(manifest: Manifest) -> _Summary:
    reports, of_symbol, defined = list[Stated](), dict[str, list[int]](), list[dict[str, str]]()
    for at, values in enumerate(manifest.reports.stated()):
        reports.append(Stated(values["path"], values["symbol"], values["language"], values["year"]))
        if values["symbol"]:
            of_symbol.setdefault(values["symbol"].casefold(), []).append(at)
        defined += values["abbreviations"]
    defined.reverse()  # the first definition is the last to be written
    both = {a["full"]: a["short"] for a in defined} | {a["short"]: a["full"] for a in defined}
    lengths: dict[str, set[int]] = {}
    for name in both:
        lengths.setdefault(name[:2], set()).add(len(name))
    languages = frozenset(report.language for report in reports if report.language)
    return _Summary(tuple(reports), languages, of_symbol, both, lengths)


class OpenIndex:
    """The generation in force when it was opened; safe for many threads."""

    def __init__(
        self, folder: Path, generation: Generation, manifest: Manifest, held: int = -1, encoder: Encoder | None = None
    ) -> None:
        self.folder = folder
        self.generation = generation
        self.manifest = manifest
        at = generation.folder / "segments"
        summed = self._static if manifest.encoder.fingerprint == manifest.tokens else None
        self._segments = [Segment(at / s.name, s.rows, summed) for s in manifest.segments]
        self._bases = np.cumsum([0, *(s.rows for s in manifest.segments)])
        numbers, segments, firsts, _ = manifest.reports.places.T
        self._firsts = self._bases[segments] + firsts  # of the reports in the order of the manifest
        self.first_rows: dict[int, int] = dict(zip(numbers.tolist(), self._firsts.tolist(), strict=True))
        self._lock = threading.Lock()
        self._given = encoder
        self._encoder: Encoder | None = None
        if held >= 0:  # builds leave the generation on disk until this reader is gone
            finalize(self, os.close, held)

    @cached_property
    def lexical(self) -> LexicalIndex:
        """The index of words."""
        check_files(self.generation, lexical_files(self.generation))
        found = LexicalIndex(self.generation.folder / "lexical", self.first_rows)
        if found.rows != self.manifest.rows:
            raise DamagedIndex(
                f"The index of words holds {found.rows} passages where the manifest says {self.manifest.rows}.",
                f"Rebuild it: reportsearch build PATH... --full --index {self.folder}",
            )
        return found

    @cached_property
    def analyser(self) -> Analyser:
        """The analyser that cut the passages; raise IncompatibleIndex when it is no longer the same."""
        if self.manifest.dictionary:
            check_files(self.generation, [DICTIONARY])
        analyser = Analyser(self.generation.folder / DICTIONARY if self.manifest.dictionary else None)
        if analyser.fingerprint != self.manifest.words:
            raise IncompatibleIndex(
                f"The index was cut into words by {self.manifest.words}, this program has {analyser.fingerprint}.",
                f"Rebuild it: reportsearch build PATH... --index {self.folder}",
            )
        return analyser

    @property
    def encoder(self) -> Encoder:
        """The encoder that made the vectors; raise IncompatibleIndex when it is no longer the same."""
        with self._lock:
            if self._encoder is None:
                self._encoder = self._open_encoder()
        return self._encoder

    def _static(self) -> StaticEncoder:
        """Return the encoder, whose tokens the rows hold."""
        encoder = self.encoder
        assert isinstance(encoder, StaticEncoder)  # or its fingerprint would not be that of the tokens
        return encoder

    def _open_encoder(self) -> Encoder:
        wanted = self.manifest.encoder
        if self._given is not None and self._given.fingerprint == wanted.fingerprint:
            return self._given
        bundled = self.tokens_encoder
        encoder = bundled if wanted.fingerprint == bundled.fingerprint else open_encoder(wanted.name)
        if encoder.fingerprint != wanted.fingerprint:
            raise IncompatibleIndex(
                f"The index in {self.folder} was built with encoder {wanted.name} ({wanted.fingerprint}), "
                f"this program has {encoder.name} ({encoder.fingerprint}).",
                f"Rebuild it: reportsearch build PATH... --index {self.folder}",
            )
        return encoder

    @cached_property
    def tokens_encoder(self) -> StaticEncoder:
        """The bundled encoder, whose tokens the rows hold."""
        return bundled_encoder()

    @property
    def has_tokens(self) -> bool:
        """Say whether the tokens in the rows are those of the bundled encoder of this program."""
        return self.manifest.tokens == self.tokens_encoder.fingerprint

    # --- rows ---------------------------------------------------------------------------------------------------

    @property
    def rows(self) -> int:
        """Return the number of rows, with those of removed reports that still lie in a segment."""
        return int(self._bases[-1])

    @cached_property
    def _in_row_order(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """First rows of the reports, ascending, and their positions in the manifest."""
        filled = np.flatnonzero(self.manifest.reports.places[:, 3])
        order = filled[np.argsort(self._firsts[filled])]
        return self._firsts[order], order

    def report_of(self, row: int) -> ReportEntry:
        """Return the report that a row belongs to."""
        return self.manifest.reports[int(self._positions_of(row))]

    def _positions_of(self, rows: NDArray[np.int64] | int) -> NDArray[np.int64]:
        """Return where the reports of some rows stand in the manifest, int64[m]."""
        starts, order = self._in_row_order
        positions: NDArray[np.int64] = order[np.searchsorted(starts, rows, side="right") - 1]
        return positions

    def numbers_of(self, rows: NDArray[np.int64]) -> list[int]:
        """Return the numbers that the reports of some rows have in the index of words, each once."""
        reports = distinct(self._positions_of(rows))
        return [int(number) for number in self.manifest.reports.places[reports, 0]]

    def years_of(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the year of the report of each row, int64[m]; 0 where it is unknown."""
        found = self._positions_of(rows)
        reports = distinct(found)
        years = [self.stated[at].year or 0 for at in reports.tolist()]
        return np.array(years, np.int64)[np.searchsorted(reports, found)]

    def rows_of(self, report: ReportEntry) -> range:
        """Return the rows of a report."""
        first = self.first_rows[report.number]
        return range(first, first + report.rows)

    def passage(self, row: int) -> Located:
        """Return the passage in a row."""
        number, local = self._locate(row)
        return Located(row, self.report_of(row), self._segments[number].table.row(local))

    def texts(self, rows: np.ndarray) -> Iterator[str]:
        """Yield the texts of the passages in some rows, which ascend."""
        for number, _, local in self._by_segment(rows):
            yield from self._segments[number].table.texts(local)

    def _locate(self, row: int) -> tuple[int, int]:
        number = int(np.searchsorted(self._bases, row, side="right")) - 1
        return number, row - int(self._bases[number])

    @cached_property
    def alive(self) -> np.ndarray | None:
        """Return which rows belong to a report, bool[rows]; None when all do."""
        if self.manifest.rows == self.rows:
            return None
        return self.rows_of_reports(range(len(self.manifest.reports)))

    def in_section(self, section: str) -> np.ndarray:
        """Return which rows stand under a heading that holds the text, bool[rows]."""
        parts = [s.table.rows_in_section(section) for s in self._segments]
        return np.concatenate([np.zeros(0, bool), *parts])

    @property
    def languages(self) -> frozenset[str]:
        """Return the languages of the reports, as far as they are known."""
        return self._stated.languages

    @property
    def abbreviations(self) -> dict[str, str]:
        """Return what the reports' own definitions of short forms equate, in both directions."""
        return self._stated.abbreviations

    def abbreviations_in(self, text: str) -> list[str]:
        """Return the short and long names that stand in a text, in order, each once."""
        known, lengths = self._stated.abbreviations, self._stated.lengths
        pieces = (text[at : at + n] for at in range(len(text)) for n in lengths.get(text[at : at + 2], ()))
        return list(dict.fromkeys(piece for piece in pieces if piece in known))

    @property
    def stated(self) -> tuple[Stated, ...]:
        """What the reports say of themselves, in the order of the manifest."""
        return self._stated.reports

    def reports_of_symbol(self, symbol: str) -> list[ReportEntry]:
        """Return the reports that bear a symbol, in either case."""
        return [self.manifest.reports[at] for at in self._stated.of_symbol.get(symbol.casefold(), ())]

    @cached_property
    def _stated(self) -> _Summary:
        return _summary(self.manifest)

    def rows_of_reports(self, positions: Sequence[int]) -> np.ndarray:
        """Return which rows belong to the reports at some positions in the manifest, bool[rows]."""
        mask = np.zeros(self.rows, dtype=bool)
        counts = self.manifest.reports.places[positions, 3].tolist()
        for first, count in zip(self._firsts[positions].tolist(), counts, strict=True):
            mask[first : first + count] = True
        return mask

    # --- vectors and tokens -------------------------------------------------------------------------------------

    def nearest(self, vector: np.ndarray, depth: int, mask: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Return rows int64[m] and cosines float32[m] of the nearest passages, best first, among the masked rows."""
        mask = self.alive if mask is None else mask
        if len(self._segments) == 1:
            only = self._segments[0].dense.top(vector, depth, mask)
            return only.rows, only.scores
        rows, scores = [np.empty(0, np.int64)], [np.empty(0, np.float32)]
        for segment, base in zip(self._segments, self._bases, strict=False):
            part = None if mask is None else mask[base : base + segment.rows]
            found = segment.dense.top(vector, depth, part)
            rows.append(found.rows + base)
            scores.append(found.scores)
        best = ranked(np.concatenate(rows), np.concatenate(scores), depth)
        return best.rows, best.scores

    def vectors(self, rows: Sequence[int] | np.ndarray) -> np.ndarray:
        """Return the vectors of some rows as they are kept, float32[m, dim]: in large segments in fewer bits."""
        return self._vectors(rows, lambda segment: segment.dense.vectors)

    def encoded(self, rows: Sequence[int] | np.ndarray) -> np.ndarray:
        """Return the vectors of some rows as they were encoded, as nearly as can be had, float32[m, dim]."""
        return self._vectors(rows, lambda segment: segment.encoded)

    def _vectors(
        self, rows: Sequence[int] | np.ndarray, read: Callable[[Segment], Callable[[np.ndarray], np.ndarray]]
    ) -> np.ndarray:
        out = np.empty((len(rows), self.manifest.encoder.dim), dtype=np.float32)
        for number, places, local in self._by_segment(rows):
            out[places] = read(self._segments[number])(local)
        return out

    def token_ids(self, rows: Sequence[int] | np.ndarray) -> Bags:
        """Return the token ids of some rows, in the order asked for."""
        parts = self._by_segment(rows)
        bags = Bags.joined([self._segments[number].tokens.rows(local) for number, _, local in parts])
        if len(parts) == 1:
            return bags
        return bags.taken(np.argsort(np.concatenate([np.empty(0, np.int64), *(places for _, places, _ in parts)])))

    def _by_segment(self, rows: Sequence[int] | np.ndarray) -> list[tuple[int, np.ndarray, np.ndarray]]:
        wanted = np.asarray(rows, dtype=np.int64)
        numbers = np.searchsorted(self._bases, wanted, side="right") - 1
        groups = [(int(n), np.flatnonzero(numbers == n)) for n in distinct(numbers)]
        return [(n, places, wanted[places] - self._bases[n]) for n, places in groups]

    # --- names --------------------------------------------------------------------------------------------------

    def find_report(self, name: str) -> ReportEntry:
        """Return the one report that a path, a file name, its stem or a symbol names; raise UnknownPassage."""
        found = self.find_reports(name)
        if len(found) == 1:
            return found[0]
        if not found:
            raise UnknownPassage(
                f"The index holds no report {name!r}.", f"List the reports: reportsearch status --index {self.folder}"
            )
        names = ", ".join(r.path for r in found[:5])
        raise UnknownPassage(f"{len(found)} reports are named {name!r}: {names}.", "Give more of the path.")

    def find_reports(self, name: str) -> list[ReportEntry]:
        """Return the reports that a path, the end of one, a file name, its stem or a symbol names."""
        wanted = name.removeprefix("./").rstrip("/")
        exact, near, lower = list[int](), list[int](), wanted.lower()
        for at, report in enumerate(self.stated):
            path, symbol = report.path, report.symbol
            if wanted in (path, symbol):
                exact.append(at)
            elif (symbol or "").lower() == lower or (wanted in path and _is_end(path, wanted)):
                near.append(at)
        return [self.manifest.reports[at] for at in exact or near]

    def rows_of_paragraph(self, report: ReportEntry, paragraph: str, sub: str | None = None) -> list[int]:
        """Return the rows of a paragraph, or of one of its sub-paragraphs; raise UnknownPassage when there is none."""
        rows = self.rows_of(report)
        found: list[int] = []
        if rows:
            number, local = self._locate(rows.start)
            inside = self._segments[number].table.rows_of_paragraph(local, local + len(rows), paragraph)
            found = [int(self._bases[number]) + row for row in inside]
        if sub is not None:
            found = [row for row in found if self.passage(row).passage.sub == sub]
        if not found:
            name = paragraph if sub is None else f"{paragraph} ({sub})"
            raise UnknownPassage(
                f"{report.path} has no paragraph {name}.", f"See its paragraphs: reportsearch show {report.path}"
            )
        return found

    def paragraphs(self, report: ReportEntry) -> set[str]:
        """Return the paragraph numbers of a report."""
        rows = self.rows_of(report)
        if not rows:
            return set()
        number, local = self._locate(rows.start)
        return self._segments[number].table.paragraphs(local, local + len(rows))

    def sections(self, report: ReportEntry) -> tuple[str, ...]:
        """Return the outermost headings of a report, in order."""
        rows = self.rows_of(report)
        if not rows:
            return ()
        number, local = self._locate(rows.start)
        return self._segments[number].table.sections(local, local + len(rows))


def _is_end(path: str, wanted: str) -> bool:
    return path.endswith("/" + wanted) or PurePath(path).stem == wanted


def open_index(folder: str | Path, *, encoder: Encoder | None = None) -> OpenIndex:
    """Open the generation in force; raise NoIndex, DamagedIndex or IncompatibleIndex.

    `encoder` is used for questions if it is the one that made the vectors.
    """
    folder = Path(folder)
    while True:
        generation = current(folder)
        held = hold(generation)
        try:
            return OpenIndex(folder, generation, load_manifest(generation), held, encoder)
        except BaseException as error:
            if held >= 0:
                os.close(held)
            # A build may have put another in its place.
            if not isinstance(error, DamagedIndex) or current(folder).number == generation.number:
                raise
