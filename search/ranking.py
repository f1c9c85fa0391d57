"""From a probe to ranked rows: gather the best of every leg, weigh their signals, put references first.

The main path of reading. Knows rows and numbers; nothing of texts, citations or pages.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import count
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from index.opened import OpenIndex
from index.rows import distinct
from index.tokens import Bags
from search.filters import Scope
from search.fusion import Signals, Weights, feedback, fuse
from search.late import late_scores
from search.probe import Probe
from search.scale import Scale
from search.threads import beside

Mode = Literal["hybrid", "dense", "lexical"]
Rows = NDArray[np.int64]
Scores = NDArray[np.float32]

# Rows that each leg gives to the pool: a fixed depth, so that the order does not depend on k.
DEPTHS = {"dense": 64, "lexical": 64, "lexicon": 32}
_DEEPER = 4  # times as many in every further part
_MANY_ROWS = 200_000  # a second thread gains a tenth of a million rows' search, of 100,000 nothing
_FEW_ROWS = 2_000  # a mask that leaves so few rows is told to the index of words by their reports
OWN = 3  # tier of what a question names itself; those below it are ordered by their scores
_TIER = 10.0  # more than any score
_LONG = 40  # tokens of a question; a passage whose like is looked for is no longer a question
_BM25_CEILING = 2.2  # a term adds at most its inverse document frequency times k1 + 1


@dataclass(frozen=True, slots=True)
class Ranked:
    """Some passages, best first."""

    signals: Signals
    scores: Scores
    vectors: NDArray[np.float32]
    bags: Bags  # their tokens
    ranks: dict[str, dict[int, int]]  # leg -> row -> rank in it

    @property
    def rows(self) -> Rows:
        """Return the rows, best first."""
        return self.signals.rows


@dataclass(frozen=True, slots=True)
class Plan:
    """How to rank: by what, and which rows lead, each with its tier: those of a higher one stand before all others."""

    mode: Mode = "hybrid"
    weights: Weights = Weights()
    first: Mapping[int, int] = field(default_factory=dict)
    scale: Scale = Scale()


def rank(index: OpenIndex, probe: Probe, scope: Scope, plan: Plan) -> Iterator[Ranked]:
    """Yield the passages in scope, best first, part by part: each part goes deeper and stands behind those before it.

    How deep a part goes is fixed, so that the order does not depend on how many parts are asked for.
    """
    seen: Rows = np.empty(0, np.int64)
    last = np.float32(np.inf)
    for stage in count():
        depths = {leg: depth * _DEEPER**stage for leg, depth in DEPTHS.items()}
        legs = {} if scope.empty else _legs(index, probe, scope, plan.mode, depths)
        pool = _pool(legs, () if scope.empty else plan.first)
        pool = pool[~np.isin(pool, seen)] if stage else pool
        part = _weighed(index, probe, pool, legs, plan if stage == 0 else replace(plan, first={}))
        part = replace(part, scores=np.minimum(part.scores, last))
        if len(pool) or stage == 0:
            yield part
        if all(len(leg.rows) < depths[name] for name, leg in legs.items()):
            return
        seen = np.concatenate([seen, pool])
        last = part.scores[-1] if len(pool) else last


def joined(ranked: Ranked, rest: Ranked) -> Ranked:
    """Put a later part behind the earlier ones."""
    both = [np.concatenate([getattr(ranked.signals, f.name), getattr(rest.signals, f.name)]) for f in fields(Signals)]
    ranks = {leg: rows | ranked.ranks.get(leg, {}) for leg, rows in rest.ranks.items()}
    return Ranked(
        Signals(*both),
        np.concatenate([ranked.scores, rest.scores]),
        np.concatenate([ranked.vectors, rest.vectors]),
        Bags.joined([ranked.bags, rest.bags]),
        ranked.ranks | ranks,
    )


@dataclass(frozen=True, slots=True)
class _Leg:
    """Rows that one leg found, best first, with its scores."""

    rows: Rows
    scores: Scores


def _legs(index: OpenIndex, probe: Probe, scope: Scope, mode: Mode, depths: dict[str, int]) -> dict[str, _Leg]:
    """Search every leg; where both have much to do, the words on another core than the vectors."""
    if mode == "dense" or probe.vector is None or index.rows < _MANY_ROWS:
        return _by_meaning(index, probe, scope, mode, depths) | _by_words(index, probe, scope, mode, depths)
    words = beside(lambda: _by_words(index, probe, scope, mode, depths))
    return _by_meaning(index, probe, scope, mode, depths) | words.result()


def _by_meaning(index: OpenIndex, probe: Probe, scope: Scope, mode: Mode, depths: dict[str, int]) -> dict[str, _Leg]:
    if mode == "lexical" or probe.vector is None:
        return {}
    return {"dense": _Leg(*index.nearest(probe.vector, depths["dense"], scope.mask))}


def _by_words(index: OpenIndex, probe: Probe, scope: Scope, mode: Mode, depths: dict[str, int]) -> dict[str, _Leg]:
    legs: dict[str, _Leg] = {}
    reports = _reports(index, scope)
    if mode != "dense" and (probe.terms or probe.grams):
        legs["lexical"] = _within(
            lambda depth: index.lexical.top(probe.terms, probe.grams, depth, reports), depths["lexical"], scope
        )
    if mode == "hybrid" and probe.groups:
        legs["lexicon"] = _within(
            lambda depth: index.lexical.top_alternatives(probe.groups, depth, reports), depths["lexicon"], scope
        )
    return legs


def _reports(index: OpenIndex, scope: Scope) -> Sequence[int] | None:
    """Return the reports that the words are looked for in: where few rows pass, just those of the rows."""
    if scope.mask is None or not scope.by_row or np.count_nonzero(scope.mask) > _FEW_ROWS:
        return scope.reports
    return index.numbers_of(np.flatnonzero(scope.mask))


def _within(search: Callable[[int], tuple[Rows, Scores]], depth: int, scope: Scope) -> _Leg:
    """Search deeper and deeper until enough rows pass the filters or no more are found."""
    asked = depth
    while True:
        rows, scores = search(asked)
        kept = scope.passes(rows)
        if not scope.by_row or len(rows) < asked or kept.sum() >= depth:
            return _Leg(rows[kept][:depth], scores[kept][:depth])
        asked *= 4


def _pool(legs: dict[str, _Leg], first: Iterable[int]) -> Rows:
    return distinct(np.concatenate([np.array([*first], np.int64), *(leg.rows for leg in legs.values())]))


def _weighed(index: OpenIndex, probe: Probe, pool: Rows, legs: dict[str, _Leg], plan: Plan) -> Ranked:
    vectors, bags = index.vectors(pool), index.token_ids(pool)
    signals = _signals(index, probe, pool, legs, vectors, bags, plan.scale)
    scores = _scores(signals, vectors, legs, plan)
    if plan.first:
        tiers = np.array([plan.first.get(row, 0) for row in pool.tolist()], np.float32)
        scores = np.where(tiers == OWN, 0, scores) + _TIER * tiers
    order = np.lexsort((pool, -scores))
    ranks = {leg: _numbered(found.rows.tolist()) for leg, found in legs.items()}
    leading = [row for row in pool[order].tolist() if row in plan.first] if plan.first else []
    ranks |= {"reference": _numbered(leading)} if leading else {}
    return Ranked(_taken(signals, order), scores[order], vectors[order], bags.taken(order), ranks)


def _numbered(rows: list[int]) -> dict[int, int]:
    return dict(zip(rows, range(1, len(rows) + 1), strict=True))


def _scores(signals: Signals, vectors: NDArray[np.float32], legs: dict[str, _Leg], plan: Plan) -> Scores:
    """Weigh everything for a hybrid search; a single leg ranks by what it alone knows."""
    if plan.mode == "dense":
        return signals.dense
    if plan.mode == "lexical":
        return _spread(signals.rows, legs.get("lexical"), 1.0)
    scores = fuse(signals, plan.weights)
    return np.asarray(scores + plan.weights.feedback * plan.scale(feedback(scores, vectors)), np.float32)


def _signals(
    index: OpenIndex,
    probe: Probe,
    pool: Rows,
    legs: dict[str, _Leg],
    vectors: NDArray[np.float32],
    bags: Bags,
    scale: Scale,
) -> Signals:
    zeros = np.zeros(len(pool), np.float32)
    idf, known = index.lexical.idf, index.lexical.frequency
    words = _BM25_CEILING * sum(idf(term.term) for term in probe.terms)
    # What the reports say in the question's own words leaves less to the words that the lexicon adds.
    lexicon = sum(max(idf(term) for terms in group for term in terms) for group in probe.groups)
    lexicon += sum(idf(term.term) for term in probe.terms if known(term.term)) + probe.foreign * idf("")
    return Signals(
        rows=pool,
        dense=scale(_cosines(pool, legs.get("dense"), vectors, probe.vector)) if probe.vector is not None else zeros,
        late=late_scores(index.tokens_encoder, probe.asked, bags) if probe.asked is not None else zeros,
        words=np.minimum(_spread(pool, legs.get("lexical"), words), 1),
        lexicon=_spread(pool, legs.get("lexicon"), lexicon),
        dated=_dated(index, probe, pool) if probe.years else zeros,
        tokens=bags.lengths.astype(np.float32),
        asked=zeros + (0 if probe.asked is None else np.float32(np.log1p(min(len(probe.asked.weights), _LONG)))),
    )


def _dated(index: OpenIndex, probe: Probe, pool: Rows) -> Scores:
    """Return 1 for rows of reports of a year that the question names, or of the next: reports look back."""
    years = {later for year in probe.years for later in (year, year + 1)}
    return np.isin(index.years_of(pool), list(years)).astype(np.float32)


def _cosines(pool: Rows, leg: _Leg | None, vectors: NDArray[np.float32], asked: NDArray[np.float32]) -> Scores:
    """Return the cosine of each row of the pool: the leg's, which is exact for the best, where the leg found it."""
    return _laid_over(vectors @ asked, pool, leg, 1.0)


def _spread(pool: Rows, leg: _Leg | None, ceiling: float) -> Scores:
    """Return the leg's score of each row of the pool as a share of the ceiling, 0 where the leg did not find it."""
    return _laid_over(np.zeros(len(pool), np.float32), pool, leg if ceiling > 0 else None, ceiling)


def _laid_over(out: Scores, pool: Rows, leg: _Leg | None, ceiling: float) -> Scores:
    if leg is not None and len(pool):
        places = np.minimum(np.searchsorted(pool, leg.rows), len(pool) - 1)
        inside = pool[places] == leg.rows
        out[places[inside]] = leg.scores[inside] / ceiling
    return out


def _taken(signals: Signals, order: NDArray[np.integer]) -> Signals:
    return Signals(*(getattr(signals, f.name)[order] for f in fields(Signals)))


def reordered(ranked: Ranked, order: NDArray[np.int64], scores: Scores, leg: str) -> Ranked:
    """Return the ranking with its first rows in another order and with other scores; `scores` is in the old order."""
    count = len(order)
    whole = np.concatenate([order, np.arange(count, len(ranked.rows))])
    fresh = np.concatenate([scores[order], ranked.scores[count:]])
    found = {int(row): n for n, row in enumerate(ranked.rows[order], 1)}
    taken = _taken(ranked.signals, whole)
    return Ranked(taken, fresh, ranked.vectors[whole], ranked.bags.taken(whole), ranked.ranks | {leg: found})
