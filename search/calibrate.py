"""Fit relevance to questions with and without an answer: `reportsearch calibrate`.

Every question with an answer is also asked of the collection without its relevant paragraphs, which makes it a question
without one, as close to the subject as it can be. The fit is a logistic regression with balanced classes and a ridge;
its first class are the questions whose answer is among the best passages found, for no others can be shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search.filters import Scope, narrowed
from search.metrics import auroc
from search.probe import probe_of_question
from search.query import parse_query
from search.questions import Question
from search.ranking import Plan, rank
from search.relevance import DECIDING, SIGNALS, Calibration, standing
from search.searcher import Searcher

_BEREFT = 0.25  # weight of a question bereft of its answer: other paragraphs may answer it a little
_RIDGE = 1.0
_REFUSED = 0.9  # share of the questions without an answer at which it is told how many of the others are kept
_FOUND = 3  # an answer among so many of the best is found


@dataclass(frozen=True, slots=True)
class Collection:
    """An index and questions on it, placed in it; each weighs so much beside those of other collections."""

    searcher: Searcher
    questions: Sequence[Question]
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class _Sample:
    """The signals of the best passages for one question, best first."""

    signals: NDArray[np.float64]  # float64[n, len(SIGNALS)], n >= 1
    standing: float  # how surely one of them holds the question's words
    answerable: bool
    found: bool  # the answer is among the best
    bereft: bool
    weight: float


@dataclass(frozen=True, slots=True)
class _Judged:
    """The best relevance that each question of one kind got, and what the question weighs."""

    relevance: NDArray[np.float64]
    weights: NDArray[np.float64]

    def share(self, chosen: NDArray[np.bool_]) -> float:
        """Return the share of some of them, by weight; 0 where there are none at all."""
        return float(self.weights[chosen].sum() / max(self.weights.sum(), 1e-9))

    def least(self, share: float) -> float:
        """Return the relevance that this share, by weight, does not exceed."""
        order = np.argsort(self.relevance)
        reached = np.cumsum(self.weights[order]) >= share * self.weights.sum() - 1e-9
        return float(self.relevance[order][reached][0]) if len(order) else 0.0


def calibrate(*collections: Collection) -> Calibration:
    """Return the calibration of the encoder of the collections; needs questions of both kinds."""
    samples = [s for c in collections for question in c.questions for s in _samples(c.searcher, question, c.weight)]
    features = np.array([sample.signals[0] for sample in samples])
    slope, bias = fit(features, np.array([s.found for s in samples]), np.array([s.weight for s in samples]))
    relevance = np.array([max(float(_sigmoid(s.signals @ slope + bias).max()), s.standing) for s in samples])
    answerable, bereft = (np.array([getattr(s, name) for s in samples]) for name in ("answerable", "bereft"))
    unanswerable = ~answerable & ~bereft
    weights = np.array([sample.weight for sample in samples])
    right, wrong = (
        _Judged(relevance[kind], weights[kind]) for kind in (answerable, unanswerable if unanswerable.any() else bereft)
    )
    line = _line(right, wrong)
    return Calibration(
        encoder=collections[0].searcher.index.manifest.encoder.fingerprint,
        weights={name: round(float(value), 4) for name, value in zip(SIGNALS, slope, strict=True)},
        bias=round(float(bias), 4),
        line=round(line, 4),
        measured={
            "answerable": len(right.relevance),
            "unanswerable": len(wrong.relevance),
            "auroc": round(auroc(list(right.relevance), list(wrong.relevance)), 4),
            "kept": round(right.share(right.relevance >= line), 4),
            "refused": round(wrong.share(wrong.relevance < line), 4),
            "kept_at_90_refused": round(right.share(right.relevance > wrong.least(_REFUSED)), 4),
        },
    )


def _samples(searcher: Searcher, question: Question, weight: float) -> list[_Sample]:
    rows = [
        row
        for target, grade in question.grades
        if grade > 0
        for row in _rows(searcher, target.report, target.paragraph)
    ]
    scope = Scope(mask=searcher.index.alive)
    if not rows:
        return _sample(searcher, question.text, scope, [], False, weight)
    without = np.ones(searcher.index.rows, bool)
    without[rows] = False
    return [
        *_sample(searcher, question.text, scope, rows, False, weight),
        *_sample(searcher, question.text, narrowed(scope, without), [], True, weight * _BEREFT),
    ]


def _rows(searcher: Searcher, report: str, paragraph: str) -> list[int]:
    return searcher.index.rows_of_paragraph(searcher.index.find_report(report), paragraph)


def _sample(
    searcher: Searcher, text: str, scope: Scope, right: list[int], bereft: bool, weight: float
) -> list[_Sample]:
    query = parse_query(text)
    if query.blank:
        return []
    probe = probe_of_question(searcher.index, query.text)
    ranked = next(rank(searcher.index, probe, scope, Plan(weights=searcher.weights, scale=searcher.scale)))
    if not len(ranked.rows):
        return []
    best = np.column_stack([getattr(ranked.signals, name)[:DECIDING] for name in SIGNALS]).astype(np.float64)
    found = bool(np.isin(ranked.rows[:_FOUND], right).any())
    words = float(standing(ranked.signals)[:DECIDING].max())
    return [_Sample(best, words, bool(right), found, bereft, weight)]


def _sigmoid(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -30, 30))))


def fit(
    features: NDArray[np.float64], positive: NDArray[np.bool_], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """Return slope float64[f] and bias of a logistic regression by Newton's method; both classes weigh the same."""
    weights = weights.astype(np.float64).copy()
    for chosen in (positive, ~positive):
        weights[chosen] *= len(weights) / (2 * max(weights[chosen].sum(), 1e-9))
    spread = np.maximum(features.std(axis=0), 1e-6)
    design = np.column_stack([features / spread, np.ones(len(features))])
    ridge = np.diag([_RIDGE] * features.shape[1] + [0.0])
    beta = np.zeros(design.shape[1])
    for _ in range(50):
        chance = _sigmoid(design @ beta)
        gradient = design.T @ (weights * (chance - positive)) + ridge @ beta
        curvature = (design.T * (weights * chance * (1 - chance))) @ design + ridge
        step = np.linalg.solve(curvature + 1e-9 * np.eye(len(beta)), gradient)
        beta -= step
        if np.abs(step).max() < 1e-8:
            break
    return beta[:-1] / spread, float(beta[-1])


def _line(right: _Judged, wrong: _Judged) -> float:
    """Return the relevance that keeps the most of the right and refuses the most of the wrong (Youden 1950)."""
    values = np.unique(np.concatenate([[0.0], right.relevance, wrong.relevance, [1.0]]))
    lines = (values[:-1] + values[1:]) / 2
    gained = np.array([right.share(right.relevance >= line) + wrong.share(wrong.relevance < line) for line in lines])
    best = lines[gained >= gained.max() - 1e-9]
    return float((best[0] + best[-1]) / 2)
