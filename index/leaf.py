"""Read a handful of files all the way: parse, embed, cut into words. Finished leaves survive an interrupted build.

    leaves/NAME/        a segment with the passages of the files, in order
    leaves/NAME.words   a line for each passage: terms, runs of Chinese characters, terms of its context, references
    leaves/NAME.json    what became of each file; written last, so that it vouches for the other two

Knows nothing of generations or of what else is in the index.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from index.encoder import Encoder, StaticEncoder, bundled_encoder, open_encoder
from index.errors import NotAReport, UnreadableFile
from index.generation import flush_tree
from index.manifest import entry_line, entry_of
from index.reader import read_report
from index.report import Report
from index.segment import Segment, SegmentWriter, embedding_context, embedding_text
from index.sources import Source
from index.table import PassageRow, passage_rows
from index.tokens import Bags
from index.words import Analyser
from index.years import years_in_digits

_ENCODE_ROWS = 4096
_BETWEEN = "\x1f"  # between references, which may hold blanks


@dataclass(frozen=True, slots=True)
class Donor:
    """Rows in an earlier generation that were read from the same bytes under another name."""

    folder: str
    segment_rows: int
    first: int
    rows: int


@dataclass(frozen=True, slots=True)
class Task:
    """Files to be read into one leaf, and for each, if there is one, its donor."""

    name: str
    sources: tuple[Source, ...]
    donors: tuple[Donor | None, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file: a report (its line of the manifest), or a failure, or neither: not a report."""

    path: str
    sha256: str
    line: str | None = None
    rows: int = 0
    failure: tuple[str, str] | None = None  # fact, advice
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one passage, as the index of words takes them."""

    terms: str
    runs: str
    context: str
    references: tuple[str, ...]


class Cutter:
    """Cut passages into words; what stands before many passages is cut once."""

    def __init__(self, analyser: Analyser) -> None:
        self._analyser = analyser
        self._context = lru_cache(maxsize=10_000)(lambda text: " ".join(analyser.terms(text)))

    def words(self, row: PassageRow, title: str) -> Words:
        """Return the words of a passage of a report of that title."""
        terms, runs = self._analyser.fields(row.text)
        context = " ".join(filter(None, (self._context(text) for text in (title, *row.headings, row.lead))))
        return Words(terms, runs, context, row.references)


@dataclass(frozen=True, slots=True)
class Tools:
    """What passages are embedded and cut with."""

    encoder: Encoder
    tokens: StaticEncoder
    analyser: Analyser

    @classmethod
    def of(cls, model: Encoder | str | None, dictionary: str | None, *, download: bool = False) -> "Tools":
        """Open an encoder, by name unless it is one already, and the analyser with the collection's own words."""
        encoder = open_encoder(model, download=download) if model is None or isinstance(model, str) else model
        tokens = encoder if isinstance(encoder, StaticEncoder) else bundled_encoder()
        return cls(encoder, tokens, Analyser(Path(dictionary) if dictionary else None))

    @property
    def summed(self) -> StaticEncoder | None:
        """The encoder, if it makes vectors of the tokens that rows keep."""
        return self.tokens if self.encoder.fingerprint == self.tokens.fingerprint else None

    def encode(self, rows: Sequence[PassageRow]) -> tuple[NDArray[np.float32], Bags]:
        """Return the vectors of some passages, and the ids of their tokens."""
        # The bundled tokenizer reads lines one by one: what stands before many passages is cut once.
        contexts = [embedding_context(row) for row in rows]
        texts = sorted({text for context in contexts for text in context})
        known = dict(zip(texts, self.tokens.token_ids(texts), strict=True))
        own = self.tokens.token_ids([years_in_digits(row.text) for row in rows])
        ids = [
            np.concatenate([*(known[text] for text in context), tokens]) if context else tokens
            for context, tokens in zip(contexts, own, strict=True)
        ]
        if self.summed:
            return self.tokens.pool(ids), Bags.of(ids)
        return self.encoder.encode_passages([embedding_text(row) for row in rows]), Bags.of(ids)

    @property
    def opened(self) -> Callable[[], StaticEncoder] | None:
        """What segments make their vectors again with."""
        summed = self.summed
        return None if summed is None else lambda: summed

    def encode_question(self, ids: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return the vector of a question of these tokens."""
        return self.encoder.encode_query(self.tokens.text(ids))


@dataclass(frozen=True, slots=True)
class Leaf:
    """A finished leaf."""

    segment: Segment
    outcomes: tuple[Outcome, ...]
    words_path: Path

    def words(self) -> Iterator[Words]:
        """Yield the words of every passage, in row order."""
        with self.words_path.open(encoding="utf-8", newline="\n") as lines:
            for line in lines:
                terms, runs, context, references = line[:-1].split("\t")
                yield Words(terms, runs, context, tuple(references.split(_BETWEEN)) if references else ())


def open_leaf(leaves: Path, name: str) -> Leaf | None:
    """Return a leaf that has been finished, by this build or by an interrupted one."""
    try:
        listed = json.loads((leaves / f"{name}.json").read_text(encoding="utf-8"))
        (leaves / f"{name}.words").stat()
        outcomes = tuple(_outcome(values) for values in listed)
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return Leaf(Segment(leaves / name, sum(o.rows for o in outcomes)), outcomes, leaves / f"{name}.words")


def _outcome(values: dict[str, object]) -> Outcome:
    lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    return Outcome(**(values | lists))  # type: ignore[arg-type]


def write_leaf(leaves: Path, task: Task, tools: Tools, advance: Callable[[int, int], None]) -> None:
    """Read the files of a task into a leaf; `advance` hears of each file, and of passages, as they are done."""
    folder = leaves / task.name
    shutil.rmtree(folder, ignore_errors=True)
    outcomes: list[Outcome] = []
    with (
        SegmentWriter(folder, tools.encoder.dim, tools.tokens.vocabulary) as writer,
        (leaves / f"{task.name}.words").open("w", encoding="utf-8", newline="\n") as words,
    ):
        desk = _Desk(writer, words, tools, Cutter(tools.analyser), lambda rows: advance(0, rows))
        for source, donor in zip(task.sources, task.donors, strict=True):
            outcomes.append(desk.read(source, donor))
            advance(1, 0)
    flush_tree(folder)
    _vouch(leaves, task.name, outcomes)


def _vouch(leaves: Path, name: str, outcomes: list[Outcome]) -> None:
    fresh = leaves / f"{name}.json.new"
    with (leaves / f"{name}.words").open("rb") as words:
        os.fsync(words.fileno())
    with fresh.open("w", encoding="utf-8") as stream:
        json.dump([asdict(outcome) for outcome in outcomes], stream, ensure_ascii=False)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(leaves / f"{name}.json")


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where the files of one task are worked on."""

    writer: SegmentWriter
    words: TextIO
    tools: Tools
    cutter: Cutter
    advanced: Callable[[int], None]

    def read(self, source: Source, donor: Donor | None) -> Outcome:
        try:
            report = read_report(Path(source.path), source.path)
        except NotAReport:
            return Outcome(source.path, source.sha256)
        except UnreadableFile as error:
            return Outcome(source.path, source.sha256, failure=(error.fact, error.advice))
        self._write(report, donor)
        line = entry_line(entry_of(report, sha256=source.sha256, size=source.size))
        return Outcome(source.path, source.sha256, line, len(report.passages), warnings=report.warnings)

    def _write(self, report: Report, donor: Donor | None) -> None:
        rows = passage_rows(report)
        given = None if donor is None else _same_texts(donor, rows, self.tools)
        for start in range(0, len(rows), _ENCODE_ROWS):
            part = rows[start : start + _ENCODE_ROWS]
            if given is None:
                vectors, ids = self.tools.encode(part)
            else:
                vectors, ids = given.read(start, len(part))
            self.writer.append(part, vectors, ids)
            self.words.writelines(_line(self.cutter.words(row, report.title)) for row in part)
            self.advanced(len(part))


@dataclass(frozen=True, slots=True)
class _Given:
    """Vectors and tokens that need not be made again."""

    segment: Segment
    first: int

    def read(self, start: int, rows: int) -> tuple[NDArray[np.float32], Bags]:
        numbers = np.arange(self.first + start, self.first + start + rows)
        return self.segment.encoded(numbers), self.segment.tokens.rows(numbers)


def _same_texts(donor: Donor, rows: list[PassageRow], tools: Tools) -> _Given | None:
    """Return the donor's vectors if it holds the same passages: the name of a file can change how it is read."""
    segment = Segment(Path(donor.folder), donor.segment_rows, tools.opened)
    theirs = segment.table.rows(donor.first, donor.first + donor.rows)
    same = donor.rows == len(rows) and all(
        embedding_text(a) == embedding_text(b) for a, b in zip(theirs, rows, strict=True)
    )
    return _Given(segment, donor.first) if same else None


def _line(words: Words) -> str:
    return "\t".join([words.terms, words.runs, words.context, _BETWEEN.join(words.references)]) + "\n"
