"""From a probe to ranked rows: gather the best of every leg, weigh their signals, put references first.

The main path of reading. Knows rows and numbers; nothing of texts, citations or pages.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from index.opened import OpenIndex
from index.rows import distinct
from search.filters import Scope
from search.fusion import Signals, Weights, feedback, fuse
from search.late import late_scores
from search.probe import Probe
from search.scale import Scale

Mode = Literal["hybrid", "dense", "lexical"]
Rows = NDArray[np.int64]
Scores = NDArray[np.float32]

# Rows that each leg gives to the pool: a fixed depth, so that the order does not depend on k.
DEPTHS = {"dense": 100, "lexical": 100, "lexicon": 50}
_BM25_CEILING = 2.2  # a term adds at most its inverse document frequency times k1 + 1


@dataclass(frozen=True, slots=True)
class Ranked:
    """The pool of a search, best first."""

    signals: Signals
    scores: Scores
    ranks: dict[str, dict[int, int]]  # leg -> row -> rank in it

    @property
    def rows(self) -> Rows:
        """Return the rows, best first."""
        return self.signals.rows


@dataclass(frozen=True, slots=True)
class Plan:
    """How to rank: by what, and which rows lead in their own order."""

    mode: Mode = "hybrid"
    weights: Weights = Weights()
    first: tuple[int, ...] = ()
    scale: Scale = Scale()


def rank(index: OpenIndex, probe: Probe, scope: Scope, plan: Plan, *, k: int) -> Ranked:
    """Rank the passages in scope; the first k are the same for every k."""
    if scope.empty:
        return _nothing()
    legs = _legs(index, probe, scope, plan.mode, DEPTHS)
    pool = _pool(legs, plan.first)
    ranked = _weighed(index, probe, pool, legs, plan)
    if k <= len(ranked.rows):
        return ranked
    deeper = _legs(index, probe, scope, plan.mode, {leg: max(depth, k) for leg, depth in DEPTHS.items()})
    more = _pool(deeper, ())
    rest = more[pool[np.minimum(np.searchsorted(pool, more), len(pool) - 1)] != more] if len(pool) else more
    return _joined(ranked, _weighed(index, probe, rest, deeper, replace(plan, first=()))) if len(rest) else ranked


@dataclass(frozen=True, slots=True)
class _Leg:
    """Rows that one leg found, best first, with its scores."""

    rows: Rows
    scores: Scores


def _legs(index: OpenIndex, probe: Probe, scope: Scope, mode: Mode, depths: dict[str, int]) -> dict[str, _Leg]:
    legs: dict[str, _Leg] = {}
    if mode != "lexical" and probe.vector is not None:
        legs["dense"] = _Leg(*index.nearest(probe.vector, depths["dense"], scope.mask))
    if mode != "dense" and (probe.terms or probe.grams):
        legs["lexical"] = _within(
            lambda depth: index.lexical.top(probe.terms, probe.grams, depth, scope.reports), depths["lexical"], scope
        )
    if mode == "hybrid" and probe.groups:
        legs["lexicon"] = _within(
            lambda depth: index.lexical.top_alternatives(probe.groups, depth, scope.reports), depths["lexicon"], scope
        )
    return legs


def _within(search: Callable[[int], tuple[Rows, Scores]], depth: int, scope: Scope) -> _Leg:
    """Search deeper and deeper until enough rows pass the filters or no more are found."""
    asked = depth
    while True:
        rows, scores = search(asked)
        kept = scope.passes(rows)
        if not scope.by_row or len(rows) < asked or kept.sum() >= depth:
            return _Leg(rows[kept][:depth], scores[kept][:depth])
        asked *= 4


def _pool(legs: dict[str, _Leg], first: Sequence[int]) -> Rows:
    return distinct(np.concatenate([np.array(first, np.int64), *(leg.rows for leg in legs.values())]))


def _weighed(index: OpenIndex, probe: Probe, pool: Rows, legs: dict[str, _Leg], plan: Plan) -> Ranked:
    vectors = index.vectors(pool) if probe.vector is not None else np.zeros((len(pool), 1), np.float32)
    signals = _signals(index, probe, pool, legs, vectors, plan.scale)
    scores = _scores(signals, vectors, legs, plan)
    first = plan.first
    lead = {row: len(first) - place for place, row in enumerate(first)}
    leading = np.array([lead.get(int(row), 0) for row in pool], np.int64)
    order = np.lexsort((pool, -scores, -leading))
    ranks = {leg: {int(row): n for n, row in enumerate(found.rows, 1)} for leg, found in legs.items()}
    ranks |= {"reference": {row: n for n, row in enumerate(first, 1)}} if first else {}
    return Ranked(_taken(signals, order), scores[order], ranks)


def _scores(signals: Signals, vectors: NDArray[np.float32], legs: dict[str, _Leg], plan: Plan) -> Scores:
    """Weigh everything for a hybrid search; a single leg ranks by what it alone knows."""
    if plan.mode == "dense":
        return signals.dense
    if plan.mode == "lexical":
        return _spread(signals.rows, legs.get("lexical"), 1.0)
    scores = fuse(signals, plan.weights)
    return np.asarray(scores + plan.weights.feedback * plan.scale(feedback(scores, vectors)), np.float32)


def _signals(
    index: OpenIndex, probe: Probe, pool: Rows, legs: dict[str, _Leg], vectors: NDArray[np.float32], scale: Scale
) -> Signals:
    bags = index.token_ids(pool)
    zeros = np.zeros(len(pool), np.float32)
    idf, known = index.lexical.idf, index.lexical.frequency
    words = _BM25_CEILING * sum(idf(term.term) for term in probe.terms)
    # What the reports say in the question's own words leaves less to the words that the lexicon adds.
    lexicon = sum(max(idf(term) for terms in group for term in terms) for group in probe.groups)
    lexicon += sum(idf(term.term) for term in probe.terms if known(term.term)) + probe.foreign * idf("")
    return Signals(
        rows=pool,
        dense=scale(vectors @ probe.vector) if probe.vector is not None else zeros,
        late=late_scores(index.tokens_encoder, probe.asked, bags) if probe.asked is not None else zeros,
        words=np.minimum(_spread(pool, legs.get("lexical"), words), 1),
        lexicon=_spread(pool, legs.get("lexicon"), lexicon),
        tokens=bags.lengths.astype(np.float32),
    )


def _spread(pool: Rows, leg: _Leg | None, ceiling: float) -> Scores:
    """Return the leg's score of each row of the pool as a share of the ceiling, 0 where the leg did not find it."""
    out = np.zeros(len(pool), np.float32)
    if leg is not None and len(leg.rows) and ceiling > 0:
        out[np.searchsorted(pool, leg.rows)] = leg.scores / ceiling
    return out


def _taken(signals: Signals, order: NDArray[np.integer]) -> Signals:
    return Signals(
        signals.rows[order], signals.dense[order], signals.late[order], signals.words[order], signals.lexicon[order],
        signals.tokens[order],
    )  # fmt: skip


def reordered(ranked: Ranked, order: NDArray[np.int64], scores: Scores, leg: str) -> Ranked:
    """Return the ranking with its first rows in another order and with other scores; `scores` is in the old order."""
    count = len(order)
    whole = np.concatenate([order, np.arange(count, len(ranked.rows))])
    fresh = np.concatenate([scores[order], ranked.scores[count:]])
    found = {int(row): n for n, row in enumerate(ranked.rows[order], 1)}
    return Ranked(_taken(ranked.signals, whole), fresh, ranked.ranks | {leg: found})


def _joined(ranked: Ranked, rest: Ranked) -> Ranked:
    """Put the rest behind, no score above the last before it."""
    both = [
        np.concatenate([getattr(ranked.signals, name), getattr(rest.signals, name)])
        for name in ("rows", "dense", "late", "words", "lexicon", "tokens")
    ]
    last = ranked.scores[-1] if len(ranked.scores) else np.float32(np.inf)
    scores = np.concatenate([ranked.scores, np.minimum(rest.scores, last)])
    return replace(ranked, signals=Signals(*both), scores=scores, ranks={**rest.ranks, **_reference(ranked)})


def _reference(ranked: Ranked) -> dict[str, dict[int, int]]:
    return {"reference": ranked.ranks["reference"]} if "reference" in ranked.ranks else {}


def _nothing() -> Ranked:
    empty = np.empty(0, np.float32)
    return Ranked(Signals(np.empty(0, np.int64), empty, empty, empty, empty, empty), empty, {})
