"""A generation opened for reading: rows to passages, vectors, tokens and words.

Holds one generation for as long as it lives. Knows nothing of questions or ranking.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from index.encoder import Encoder, StaticEncoder, open_encoder
from index.errors import DamagedIndex, IncompatibleIndex, UnknownPassage
from index.generation import Generation, current, load_manifest
from index.lexical import LexicalIndex
from index.manifest import Manifest, ReportEntry
from index.segment import Segment
from index.table import PassageRow
from index.words import Analyser


@dataclass(frozen=True, slots=True)
class Located:
    """A passage with the report that it stands in and its row."""

    row: int
    report: ReportEntry
    passage: PassageRow


class OpenIndex:
    """The generation in force when it was opened; safe for many threads."""

    def __init__(self, folder: Path, generation: Generation, manifest: Manifest) -> None:
        self.folder = folder
        self.generation = generation
        self.manifest = manifest
        at = generation.folder / "segments"
        self._segments = [Segment(at / s.name, s.rows) for s in manifest.segments]
        self._bases = np.cumsum([0, *(s.rows for s in manifest.segments)])
        base = {s.name: int(b) for s, b in zip(manifest.segments, self._bases, strict=False)}
        try:
            self.first_rows = {r.number: base[r.segment] + r.first for r in manifest.reports}
        except KeyError as error:
            raise DamagedIndex(
                f"The manifest names no segment {error}.", "Rebuild the index: reportsearch build PATH... --full"
            ) from error
        self._lock = threading.Lock()
        self._encoder: Encoder | None = None

    @cached_property
    def lexical(self) -> LexicalIndex:
        """The index of words."""
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
        analyser = Analyser(Path(self.manifest.dictionary) if self.manifest.dictionary else None)
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

    def _open_encoder(self) -> Encoder:
        wanted = self.manifest.encoder
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
        encoder = open_encoder(None)
        if not isinstance(encoder, StaticEncoder):
            raise TypeError("the bundled encoder is a static one")
        return encoder

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
    def _report_starts(self) -> tuple[np.ndarray, tuple[ReportEntry, ...]]:
        ordered = sorted(self.manifest.reports, key=lambda r: self.first_rows[r.number])
        return np.array([self.first_rows[r.number] for r in ordered]), tuple(ordered)

    def report_of(self, row: int) -> ReportEntry:
        """Return the report that a row belongs to."""
        starts, ordered = self._report_starts
        return ordered[int(np.searchsorted(starts, row, side="right")) - 1]

    def rows_of(self, report: ReportEntry) -> range:
        """Return the rows of a report."""
        first = self.first_rows[report.number]
        return range(first, first + report.rows)

    def passage(self, row: int) -> Located:
        """Return the passage in a row."""
        number, local = self._locate(row)
        return Located(row, self.report_of(row), self._segments[number].table.row(local))

    def _locate(self, row: int) -> tuple[int, int]:
        number = int(np.searchsorted(self._bases, row, side="right")) - 1
        return number, row - int(self._bases[number])

    @cached_property
    def alive(self) -> np.ndarray | None:
        """Return which rows belong to a report, bool[rows]; None when all do."""
        if self.manifest.rows == self.rows:
            return None
        mask = np.zeros(self.rows, dtype=bool)
        for report in self.manifest.reports:
            rows = self.rows_of(report)
            mask[rows.start : rows.stop] = True
        return mask

    def in_section(self, section: str) -> np.ndarray:
        """Return which rows stand under a heading that holds the text, bool[rows]."""
        parts = [s.table.rows_in_section(section) for s in self._segments]
        return np.concatenate([np.zeros(0, bool), *parts])

    @cached_property
    def languages(self) -> frozenset[str]:
        """Return the languages of the reports, as far as they are known."""
        return frozenset(report.language for report in self.manifest.reports if report.language)

    @cached_property
    def abbreviations(self) -> dict[str, str]:
        """Return what the reports' own definitions of short forms equate, in both directions."""
        defined = [a for report in self.manifest.reports for a in report.abbreviations]
        return {a.full: a.short for a in reversed(defined)} | {a.short: a.full for a in reversed(defined)}

    # --- vectors and tokens -------------------------------------------------------------------------------------

    def nearest(self, vector: np.ndarray, depth: int, mask: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Return rows int64[m] and cosines float32[m] of the nearest passages, best first, among the masked rows."""
        mask = self.alive if mask is None else mask
        found = []
        for segment, base in zip(self._segments, self._bases, strict=False):
            part = None if mask is None else mask[base : base + segment.rows]
            rows, scores = segment.dense.top(vector, depth, part)
            found.append((rows + base, scores))
        rows = np.concatenate([np.empty(0, np.int64), *(f[0] for f in found)])
        scores = np.concatenate([np.empty(0, np.float32), *(f[1] for f in found)])
        order = np.lexsort((rows, -scores))[:depth]
        return rows[order], scores[order]

    def vectors(self, rows: Sequence[int] | np.ndarray) -> np.ndarray:
        """Return the vectors of some rows, float32[m, dim]."""
        out = np.empty((len(rows), self.manifest.encoder.dim), dtype=np.float32)
        for number, places, local in self._by_segment(rows):
            out[places] = self._segments[number].dense.vectors(local)
        return out

    def token_ids(self, rows: Sequence[int] | np.ndarray) -> list[np.ndarray]:
        """Return the token ids of some rows, in the order asked for."""
        out: list[np.ndarray] = [np.empty(0, np.int32)] * len(rows)
        for number, places, local in self._by_segment(rows):
            for place, ids in zip(places, self._segments[number].tokens.rows(local), strict=True):
                out[place] = ids
        return out

    def _by_segment(self, rows: Sequence[int] | np.ndarray) -> list[tuple[int, np.ndarray, np.ndarray]]:
        wanted = np.asarray(rows, dtype=np.int64)
        numbers = np.searchsorted(self._bases, wanted, side="right") - 1
        groups = [(int(n), np.flatnonzero(numbers == n)) for n in np.unique(numbers)]
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
        exact = [r for r in self.manifest.reports if wanted in (r.path, r.symbol)]
        return exact or [
            r
            for r in self.manifest.reports
            if r.path.endswith("/" + wanted) or Path(r.path).stem == wanted or (r.symbol or "").lower() == wanted.lower()
        ]

    def rows_of_paragraph(self, report: ReportEntry, paragraph: str, sub: str | None = None) -> list[int]:
        """Return the rows of a paragraph, or of one of its sub-paragraphs; raise UnknownPassage when there is none."""
        rows = self.rows_of(report)
        number, local = self._locate(rows.start)
        base = int(self._bases[number])
        found = [base + r for r in self._segments[number].table.rows_of_paragraph(local, local + len(rows), paragraph)]
        if sub is not None:
            found = [row for row in found if self.passage(row).passage.sub == sub]
        if not found:
            name = paragraph if sub is None else f"{paragraph} ({sub})"
            raise UnknownPassage(
                f"{report.path} has no paragraph {name}.", f"See its paragraphs: reportsearch show {report.path}"
            )
        return found

    def sections(self, report: ReportEntry) -> tuple[str, ...]:
        """Return the outermost headings of a report, in order."""
        rows = self.rows_of(report)
        number, local = self._locate(rows.start)
        return self._segments[number].table.sections(local, local + len(rows))


def open_index(folder: str | Path) -> OpenIndex:
    """Open the generation in force; raise NoIndex, DamagedIndex or IncompatibleIndex."""
    folder = Path(folder)
    for attempt in (1, 2):  # a build may remove the generation between reading CURRENT and opening it
        generation = current(folder)
        try:
            return OpenIndex(folder, generation, load_manifest(generation))
        except DamagedIndex:
            if attempt == 2 or current(folder).number == generation.number:
                raise
    raise AssertionError("unreachable")
