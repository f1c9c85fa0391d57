"""The index of words; the only door to tantivy.

Fields hold words already cut by `index.words`; scores are BM25. Knows rows, not passages or ranking.
"""

import errno
import math
import os
import re
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import tantivy

from index.errors import DamagedIndex

# A match in the headings says less than one in the text; a pair of characters says less than a word.
CONTEXT_BOOST = 0.3
GRAM_BOOST = 0.35
_BM25_K1 = 1.2  # tantivy's constant: a term can score at most idf * (k1 + 1)


_FEW_REPORTS = 1_000  # a filter of so few is part of the question to tantivy
_PAIRS = "pairs"  # our tokenizer of runs of Chinese characters
_REMEMBERED = 50_000  # words whose frequency is kept
_HEAP = 128_000_000  # bytes that tantivy fills before it writes


@dataclass(frozen=True, slots=True)
class LexicalRow:
    """What the index of words holds of one passage; words of a field stand with a blank between them."""

    report: int  # a number that stays the report's own over all generations
    passage: int  # position in its report
    terms: str
    runs: str  # of Chinese characters: tantivy takes them apart into characters and pairs of neighbours
    context: str
    references: tuple[str, ...]


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    # Not the row: rows move when segments are rewritten, and the words need not be cut again for that.
    builder.add_unsigned_field("report", indexed=True, fast=True)
    builder.add_unsigned_field("passage", fast=True)
    for field, tokenizer in (("terms", "whitespace"), ("grams", _PAIRS), ("context", "whitespace")):
        builder.add_text_field(field, tokenizer_name=tokenizer, index_option="freq")
    builder.add_text_field("references", tokenizer_name="raw", index_option="basic")
    return builder.build()


def write_lexical(folder: Path, rows: Iterable[LexicalRow], *, removed_reports: Sequence[int] = ()) -> None:
    """Add rows to the index in the folder (made if missing) and take out the rows of removed reports.

    Raises OSError when the disk does not take what is written.
    """
    folder.mkdir(exist_ok=True)
    with _workshop(folder) as workshop:
        with _writing():
            index = tantivy.Index(_schema(), path=str(workshop))
            pairs = tantivy.Tokenizer.ngram(min_gram=1, max_gram=2, prefix_only=False)
            index.register_tokenizer(_PAIRS, tantivy.TextAnalyzerBuilder(pairs).build())
            # One thread keeps the order of rows; the cutting of words, not tantivy, is what takes the time.
            writer = index.writer(heap_size=_HEAP, num_threads=1)
            if removed_reports:
                gone = tantivy.Query.term_set_query(index.schema, "report", list(removed_reports))
                writer.delete_documents_by_query(gone)
        for row in rows:  # what goes wrong in making them is no refusal to write
            document = _document(row)
            with _writing():
                writer.add_document(document)
        with _writing():
            writer.commit()
            writer.wait_merging_threads()


@contextmanager
def _workshop(folder: Path) -> Iterator[Path]:
    """Give tantivy a folder to write in, and bring its files home when it is done.

    A thread of its own that watches the folder can lay down a lock at any later moment.
    """
    workshop = folder.with_name(folder.name + "-workshop")
    remove(workshop)
    folder.rename(workshop)
    try:
        yield workshop
        folder.mkdir()
        for path in workshop.iterdir():
            if not path.name.endswith(".lock"):
                path.rename(folder / path.name)
    finally:
        remove(workshop)


def remove(folder: Path) -> None:
    """Remove a folder that a thread of tantivy's may still lay a lock in; raise OSError when it stays."""
    for _ in range(100):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.002)
    shutil.rmtree(folder)


def _document(row: LexicalRow) -> tantivy.Document:
    document = tantivy.Document()
    document.add_unsigned("report", row.report)
    document.add_unsigned("passage", row.passage)
    document.add_text("terms", row.terms)
    for run in row.runs.split():
        document.add_text("grams", run)
    document.add_text("context", row.context)
    for reference in row.references:
        document.add_text("references", reference)
    return document


@contextmanager
def _writing() -> Iterator[None]:
    """Turn what tantivy raises when the system refuses a write into the OSError that the system meant."""
    try:
        yield
    except OSError:
        raise
    except BaseException as error:  # a panic of its threads is no Exception
        if isinstance(error, KeyboardInterrupt | SystemExit | MemoryError):
            raise
        told = re.search(r"os error (\d+)|code: (\d+)", str(error))
        code = int(told[1] or told[2]) if told else errno.EIO
        raise OSError(code, os.strerror(code), "the index of words") from error


@contextmanager
def _shadow(folder: Path) -> Iterator[Path]:
    """Give tantivy a folder of its own with names for the files of another.

    It writes lock files where it reads, which a published folder must be spared; it maps all files when it opens them.
    """
    shadow = Path(mkdtemp(prefix="reportsearch-"))
    try:
        for path in folder.iterdir():
            (shadow / path.name).symlink_to(path.absolute())
        yield shadow
    finally:
        with suppress(OSError):  # a name too many in the temporary folder harms nobody
            remove(shadow)


@dataclass(frozen=True, slots=True)
class WeightedTerm:
    """A word to look for, and how much it counts beside the person's own words (1.0)."""

    term: str
    weight: float = 1.0


class LexicalIndex:
    """The words of all passages of a generation.

    `first_rows` says at which row each report's passages begin: report number -> row.
    """

    def __init__(self, folder: Path, first_rows: dict[int, int]) -> None:
        self._folder = folder
        with self._reading(), _shadow(folder) as shadow:
            self._index = tantivy.Index.open(str(shadow))
            self._index.config_reader(reload_policy="manual")
            self._searcher = self._index.searcher()
        self._schema = self._index.schema
        self.frequency = lru_cache(maxsize=_REMEMBERED)(self._frequency)
        self._numbers = np.array(sorted(first_rows), dtype=np.uint64)
        self._firsts = np.array([first_rows[int(n)] for n in self._numbers], dtype=np.int64)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except DamagedIndex:
            raise
        except BaseException as error:  # a panic of tantivy is no Exception
            if isinstance(error, KeyboardInterrupt | SystemExit | MemoryError):
                raise
            raise DamagedIndex(
                f"The index of words in {self._folder} cannot be read ({error}).",
                "Find what is damaged: reportsearch verify; rebuild it: reportsearch build PATH... --full",
            ) from error

    def _frequency(self, term: str, field: str = "terms") -> int:
        """Return in how many passages the term stands."""
        return int(self._searcher.doc_freq(field, term))

    @property
    def rows(self) -> int:
        """Return how many passages the index of words holds."""
        return int(self._searcher.num_docs)

    @cached_property
    def _largest_idf(self) -> float:
        return math.log(1 + (self.rows + 0.5) / 0.5)

    def idf(self, term: str, field: str = "terms") -> float:
        """Return the term's inverse document frequency, BM25's form; a term that stands nowhere has the largest."""
        frequency = self.frequency(term, field)
        return math.log(1 + (self.rows - frequency + 0.5) / (frequency + 0.5)) if frequency else self._largest_idf

    def top(
        self, terms: Sequence[WeightedTerm], grams: Sequence[str], depth: int, reports: Sequence[int] | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return rows int64[m] and BM25 scores float32[m], best first; `reports` limits the search to some reports."""
        parts = [
            (tantivy.Occur.Should, self._term(field, t.term, t.weight * boost))
            for t in terms
            for field, boost in (("terms", 1.0), ("context", CONTEXT_BOOST))
        ]
        parts += [(tantivy.Occur.Should, self._term("grams", gram, GRAM_BOOST)) for gram in grams]
        return self._search(parts, depth, reports)

    def with_all(
        self, terms: Sequence[str], grams: Sequence[str], depth: int, reports: Sequence[int] | None = None
    ) -> np.ndarray:
        """Return the rows int64[m] that hold every one of the terms and of the grams; `reports` as for `top`."""
        parts = [(tantivy.Occur.Must, self._term("terms", term, 1.0)) for term in terms]
        parts += [(tantivy.Occur.Must, self._term("grams", gram, 1.0)) for gram in grams]
        return self._search(parts, depth, reports)[0]

    def top_alternatives(
        self, groups: Sequence[Sequence[Sequence[str]]], depth: int, reports: Sequence[int] | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return rows int64[m] and scores float32[m], best first, of the passages that hold an alternative of a group.

        A group is a list of alternatives, an alternative a list of terms of which all must stand in the passage. The
        score adds up, over the groups, the inverse document frequency of the rarest term of the best alternative.
        """
        parts = [
            (tantivy.Occur.Should, tantivy.Query.disjunction_max_query([self._all_of(terms) for terms in group]))
            for group in groups
        ]
        return self._search(parts, depth, reports)

    def _all_of(self, terms: Sequence[str]) -> tantivy.Query:
        every = tantivy.Query.boolean_query([(tantivy.Occur.Must, self._term("terms", term, 1.0)) for term in terms])
        return tantivy.Query.const_score_query(every, max(self.idf(term) for term in terms))

    def with_reference(self, references: Sequence[str], depth: int) -> np.ndarray:
        """Return the rows int64[m] that cite one of the references."""
        parts = [(tantivy.Occur.Should, self._term("references", reference, 1.0)) for reference in references]
        return self._search(parts, depth, None)[0]

    def _term(self, field: str, term: str, boost: float) -> tantivy.Query:
        query = tantivy.Query.term_query(self._schema, field, term, index_option="freq")
        return tantivy.Query.boost_query(query, boost)

    def _search(
        self, parts: list[tuple[tantivy.Occur, tantivy.Query]], depth: int, reports: Sequence[int] | None
    ) -> tuple[np.ndarray, np.ndarray]:
        if not parts:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        query = tantivy.Query.boolean_query(parts)
        if reports is None:
            return self._best(query, depth)
        if len(reports) <= max(_FEW_REPORTS, len(self._numbers) // 20):
            allowed = tantivy.Query.term_set_query(self._schema, "report", list(reports))
            allowed = tantivy.Query.const_score_query(allowed, 0.0)
            both = [(tantivy.Occur.Must, query), (tantivy.Occur.Must, allowed)]
            return self._best(tantivy.Query.boolean_query(both), depth)
        # Deeper until enough pass: quicker than to let tantivy look for each of many reports.
        asked = depth
        while True:
            rows, scores = self._best(query, asked, np.array(reports, dtype=np.uint64))
            if len(rows) >= depth or asked >= self.rows:
                return rows[:depth], scores[:depth]
            asked = min(4 * asked, self.rows)

    def _best(
        self, query: tantivy.Query, depth: int, reports: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows and scores of the best; those of other reports than the ones named are left out."""
        hits = self._searcher.search(query, depth, count=False).hits
        if not hits:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        scores = np.array([score for score, _ in hits], dtype=np.float32)
        addresses = [address for _, address in hits]
        found = np.array(self._searcher.fast_field_values("report", addresses), dtype=np.uint64)
        passages = np.array(self._searcher.fast_field_values("passage", addresses), dtype=np.int64)
        rows = self._firsts[np.searchsorted(self._numbers, found)] + passages
        order = np.lexsort((rows, -scores))
        if reports is not None:
            order = order[np.isin(found[order], reports)]
        return rows[order], scores[order]
