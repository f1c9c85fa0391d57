"""Ask an open index: a question in, ranked passages with their evidence out."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.generation import current
from index.manifest import ReportEntry as Indexed
from index.opened import OpenIndex, open_index
from search.citation import LANGUAGES
from search.collection import ReportEntry
from search.constraints import constrained
from search.diversity import Groups
from search.evidence import Witness
from search.filters import Filters, Scope, narrowed, narrowing_of
from search.fusion import Weights
from search.hit import Answer, Hit, hit_of
from search.probe import Probe, probe_of_passage, probe_of_question
from search.query import Query, parse_query
from search.ranking import Mode, Plan, Ranked, joined, rank
from search.references import named_rows, rows_of_name
from search.relevance import Calibration, calibration_for
from search.scale import Scale, scale_of
from search.threads import TURNS, keep_to_one_thread

_GROUPED = 100  # best passages that are looked through for ones like those that are shown
_AT_ONCE = 25  # of them
LONGEST_QUESTION = 4000  # characters; what stands behind is left out, and said so


class Searcher:
    """One generation of an index, ready to be asked; safe for many threads."""

    def __init__(self, index: OpenIndex, weights: Weights = Weights()) -> None:
        self.index = index
        self.weights = weights

    @property
    def generation(self) -> int:
        """The number of the generation that answers."""
        return self.index.generation.number

    @cached_property
    def scale(self) -> Scale:
        """What this index's cosines are worth."""
        return scale_of(self.index)

    @cached_property
    def calibration(self) -> Calibration:
        """How signals become relevance for this index's encoder."""
        return calibration_for(self.index.folder, self.index.manifest.encoder.fingerprint)

    def search(
        self,
        question: str,
        *,
        k: int = 10,
        mode: Mode = "hybrid",
        filters: Filters = Filters(),
        language: str | None = None,
        closest: bool = False,
        rerank: str | None = None,
    ) -> Answer:
        """Return the k best passages, best first; the answer says when none is good enough, and then holds no hits.

        `closest` returns the best passages as hits all the same; `language` is the reader's, for citations;
        `rerank` names a cross-encoder for the last word on the order. Raises UnknownPassage for a report in `filters`
        that the index does not hold, ModelNotAvailable, DamagedIndex.
        """
        with TURNS:
            return self._search(question, k, mode, filters, language, closest, rerank)

    def _search(
        self,
        question: str,
        k: int,
        mode: Mode,
        filters: Filters,
        language: str | None,
        closest: bool,
        rerank: str | None,
    ) -> Answer:
        started = time.perf_counter()
        query = parse_query(question[:LONGEST_QUESTION])
        notes = _notes(question, query)
        if query.blank:
            return Answer(question, False, (), self.generation, {}, _since(started), notes=notes)
        narrowing = narrowing_of(self.index, filters.joined(query.filters))
        scope = constrained(self.index, narrowing.scope, query.phrases, query.without)
        named = named_rows(self.index, query.references)
        first = {row: tier for row, tier in named.tiers.items() if scope.passes(np.array([row])).all()}
        probe = probe_of_question(self.index, query.text, meaning=mode != "lexical")
        parts = rank(self.index, probe, scope, Plan(mode, self.weights, first, self.scale))
        best = next(parts)
        if rerank is not None:
            from search import cross_encoder  # it imports torch

            best = cross_encoder.rerank(self.index, query.text, best, rerank)
        ranked, leading = self._deep_enough(best, parts, k)
        relevance = self._relevance(ranked, probe, named.certain)
        hits = self._hits(ranked, leading, relevance, probe, language or _reader(probe))
        answer = self._answer(question, hits, probe, (*notes, *narrowing.notes, *named.notes), started, mode)
        answered = self.calibration.answers(relevance)
        return replace(
            answer, answered=answered, hits=hits if answered or closest else (), closest=() if answered else hits
        )

    def related(
        self,
        report: str,
        paragraph: str,
        *,
        k: int = 10,
        mode: Mode = "hybrid",
        own: bool = False,
        language: str | None = None,
    ) -> Answer:
        """Return the passages nearest to a paragraph ("18" or "18 (b)"), of other reports only unless `own`.

        Raises UnknownPassage when the index holds no such report or paragraph.
        """
        started = time.perf_counter()
        entry = self.index.find_report(report)
        rows = np.array(rows_of_name(self.index, entry, paragraph), np.int64)
        text = "\n".join(self.index.passage(int(row)).passage.text for row in rows)
        probe = probe_of_passage(self.index, text, entry.language, rows)
        plan = Plan(mode, self.weights, scale=self.scale)
        parts = rank(self.index, probe, self._others(entry, rows, own), plan)
        ranked, leading = self._deep_enough(next(parts), parts, k)
        hits = self._hits(ranked, leading, self._relevance(ranked, probe), probe, language or _reader(probe))
        return self._answer(text, hits, probe, (), started, mode)

    def passages(self, report: str, paragraph: str | None = None, *, language: str | None = None) -> tuple[Hit, ...]:
        """Return the passages of a report, or of one of its paragraphs, in order; raise UnknownPassage for none."""
        entry = self.index.find_report(report)
        rows: Sequence[int] = self.index.rows_of(entry)
        if paragraph is not None:
            rows = rows_of_name(self.index, entry, paragraph)
        return tuple(self._at(row, language or entry.language or "en") for row in rows)

    def neighbours(self, row: int, *, before: int = 2, after: int = 2, language: str | None = None) -> tuple[Hit, ...]:
        """Return the passage in a row among those around it in its report, in order."""
        report = self.index.report_of(row)
        rows = self.index.rows_of(report)
        around = range(max(rows.start, row - before), min(rows.stop, row + after + 1))
        return tuple(self._at(other, language or report.language or "en") for other in around)

    def reports(self) -> tuple[ReportEntry, ...]:
        """Return the reports of the index in order of path."""
        return self._reports

    @cached_property
    def _reports(self) -> tuple[ReportEntry, ...]:
        # The same ones every time: their sections, once read, stay with them.
        return tuple(ReportEntry(self.index, entry) for entry in self.index.manifest.reports)

    def refreshed(self) -> "Searcher":
        """Return a searcher of the generation now in force: this one, or a new one after a build or a rollback."""
        return self if current(self.index.folder) == self.index.generation else open_searcher(self.index.folder)

    # --- steps ----------------------------------------------------------------------------------------------------

    def _others(self, report: Indexed, rows: np.ndarray, own: bool) -> Scope:
        mask = np.ones(self.index.rows, bool) if self.index.alive is None else self.index.alive.copy()
        mask[rows] = False
        if not own:
            inside = self.index.rows_of(report)
            mask[inside.start : inside.stop] = False
        return narrowed(Scope(), mask)

    def _deep_enough(self, ranked: Ranked, deeper: Iterator[Ranked], k: int) -> tuple[Ranked, list[list[int]]]:
        """Go deeper until there are k groups of near-identical passages; return the passages and the groups."""
        groups, grouped = Groups(), 0
        while len(groups) < k:
            if grouped == len(ranked.rows):
                part = next(deeper, None)
                if part is None:
                    break
                ranked = joined(ranked, part)
            end = min(grouped + _AT_ONCE, len(ranked.rows))
            groups.add(ranked.vectors[grouped:end], ranked.bags.part(grouped, end))
            grouped = end
        end = max(grouped, min(_GROUPED, len(ranked.rows)))
        groups.add(ranked.vectors[grouped:end], ranked.bags.part(grouped, end), found=False)
        return ranked, groups.members[: max(k, 0)]

    def _relevance(self, ranked: Ranked, probe: Probe, certain: frozenset[int] = frozenset()) -> NDArray[np.float32]:
        """Return the relevance of every ranked row; what the question names is relevant without a doubt."""
        known = probe.asked is not None and len(probe.asked.weights) > 0
        judge = self.calibration.relevance if known else self.calibration.without_meaning
        relevance = judge(ranked.signals)
        if certain:
            relevance[np.isin(ranked.rows, list(certain))] = 1.0
        return relevance

    def _hits(
        self, ranked: Ranked, leading: list[list[int]], relevance: NDArray[np.float32], probe: Probe, language: str
    ) -> tuple[Hit, ...]:
        if not leading:
            return ()
        located = [self.index.passage(int(ranked.rows[group[0]])) for group in leading]
        told = Witness(self.index, probe).evidence(located, [ranked.bags[group[0]] for group in leading])
        return tuple(
            hit_of(
                where.report,
                where.passage,
                where.row,
                language,
                matched=evidence.matched,
                matches=evidence.matches,
                rank=rank,
                score=float(ranked.scores[group[0]]),
                relevance=float(relevance[group[0]]),
                ranks={leg: rows[where.row] for leg, rows in ranked.ranks.items() if where.row in rows},
                similar=tuple(self._at(int(ranked.rows[other]), language) for other in group[1:]),
            )
            for rank, (group, where, evidence) in enumerate(zip(leading, located, told, strict=True), 1)
        )

    def _answer(
        self,
        question: str,
        hits: tuple[Hit, ...],
        probe: Probe,
        notes: tuple[str, ...],
        started: float,
        mode: Mode,
    ) -> Answer:
        legs = {leg: probe.problems.get(leg, "ok") for leg in ("dense", "lexical") if mode in ("hybrid", leg)}
        legs |= {leg: why for leg, why in probe.problems.items() if mode != "lexical"}
        return Answer(
            question=question,
            answered=bool(hits),
            hits=hits,
            generation=self.generation,
            legs=legs,
            took_ms=_since(started),
            expansions=probe.expansions if mode == "hybrid" else (),
            notes=notes,
        )

    def _at(self, row: int, language: str) -> Hit:
        located = self.index.passage(row)
        return hit_of(located.report, located.passage, row, language)


def open_searcher(folder: str | Path) -> Searcher:
    """Open the index in a folder; numpy's products keep to one thread from now on, unless the environment says more.

    Raises NoIndex, DamagedIndex or IncompatibleIndex.
    """
    keep_to_one_thread()
    return Searcher(open_index(folder))


def _since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 2)


def _reader(probe: Probe) -> str:
    return probe.language if probe.language in LANGUAGES else "en"


def _notes(question: str, query: Query) -> tuple[str, ...]:
    notes = []
    if query.blank:
        notes.append("The question holds no words.")
    if len(question) > LONGEST_QUESTION:
        notes.append(f"The question has {len(question):,} characters; only the first {LONGEST_QUESTION:,} were read.")
    return tuple(notes)
