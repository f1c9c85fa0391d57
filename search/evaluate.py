"""Measure a searcher with questions whose answers are known: per language, per mode, with and without each stage.

Owns what is asked and how hits become a ranking of paragraphs; the measures are in metrics.py.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from index import Progress, build_index
from search.hit import Answer, Hit
from search.metrics import MEASURES, Interval, auroc, interval
from search.questions import CORPUS, Question, Target, copy_plain, corpus_of

DEPTH = 50  # hits asked for: a paragraph may have several passages, and ten paragraphs are judged
ALL = "all"


class Asked(Protocol):
    """What answers questions: a searcher with its options set."""

    def __call__(self, question: str, *, k: int) -> Answer:
        """Return the first k hits, also those below the line of a good answer."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one question."""

    question: Question
    ranking: tuple[Target, ...]  # paragraphs, best first, each once
    answered: bool
    relevance: float  # of the first hit
    scores: Mapping[str, float]  # per measure; empty for a question without an answer

    @property
    def answerable(self) -> bool:
        """Say whether the reports answer the question at all."""
        return any(grade > 0 for _, grade in self.question.grades)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: the questions in one language, or all of them."""

    language: str
    questions: int  # with an answer
    scores: Mapping[str, Interval]
    kept: float  # share of them that was answered
    unanswerable: int
    wrongly_answered: float  # share of the unanswerable ones that was answered
    auroc: float  # how well relevance tells the ones from the others


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The table of one way of searching, and what became of every question."""

    name: str  # "hybrid", "hybrid without lexicon"
    rows: tuple[Row, ...]  # all languages first
    judged: tuple[Judged, ...]


def evaluate(name: str, ask: Asked, questions: Sequence[Question]) -> Evaluation:
    """Ask every question and judge what comes back."""
    judged = tuple(_judge(question, ask(question.text, k=DEPTH)) for question in questions)
    languages = [ALL, *dict.fromkeys(question.language for question in questions)]
    return Evaluation(name, tuple(_row(language, judged) for language in languages), judged)


def _judge(question: Question, answer: Answer) -> Judged:
    ranking = tuple(dict.fromkeys(_targets(answer.hits)))
    grades = {_name(target): grade for target, grade in question.grades}
    names = [_name(target) for target in ranking]
    answerable = any(grade > 0 for grade in grades.values())
    scores = {measure: value(names, grades) for measure, value in MEASURES.items()} if answerable else {}
    relevance = answer.hits[0].relevance if answer.hits else 0.0
    return Judged(question, ranking, answer.answered, relevance, scores)


def _targets(hits: Sequence[Hit]) -> Iterator[Target]:
    """Yield the paragraphs of the hits; passages grouped under a hit follow it, as a reader sees them."""
    for hit in hits:
        yield from (Target(shown.report, shown.paragraph) for shown in (hit, *hit.similar))


def _name(target: Target) -> str:
    return f"{target.report}#{target.paragraph}"


def _row(language: str, judged: Sequence[Judged]) -> Row:
    among = [j for j in judged if language in (ALL, j.question.language)]
    right, wrong = [j for j in among if j.answerable], [j for j in among if not j.answerable]
    return Row(
        language=language,
        questions=len(right),
        scores={measure: interval([j.scores[measure] for j in right]) for measure in MEASURES},
        kept=interval([float(j.answered) for j in right]).mean,
        unanswerable=len(wrong),
        wrongly_answered=interval([float(j.answered) for j in wrong]).mean,
        auroc=auroc([j.relevance for j in right], [j.relevance for j in wrong]),
    )


def worse(evaluation: Evaluation, before: Mapping[str, float], measure: str = "nDCG@10") -> list[tuple[Judged, float]]:
    """Return the questions that score lower than before, with the earlier score; the largest loss first."""
    lost = [
        (judged, before[judged.question.id])
        for judged in evaluation.judged
        if judged.scores and judged.scores[measure] < before.get(judged.question.id, 0.0) - 1e-6
    ]
    return sorted(lost, key=lambda pair: pair[0].scores[measure] - pair[1])


def trec_run(evaluation: Evaluation) -> Iterator[str]:
    """Yield the ranking as lines of a TREC run; where there is one report only, its paragraphs need no path."""
    reports = {target.report for judged in evaluation.judged for target in judged.ranking}
    tag = evaluation.name.replace(" ", "-")
    for judged in evaluation.judged:
        for rank, target in enumerate(judged.ranking, 1):
            name = target.paragraph if len(reports) == 1 else _name(target)
            yield f"{_word(judged.question.id)} Q0 {_word(name)} {rank} {1 / rank:.6f} {tag}"


def _word(name: str) -> str:
    """Return a name without blanks, which part the columns of a run."""
    return "_".join(name.split())


@contextmanager
def index_of_corpus(folder: Path, progress: Callable[[Progress], None]) -> Iterator[Path]:
    """Build the index of a BEIR folder for as long as it is measured."""
    with tempfile.TemporaryDirectory() as temporary:
        corpus, index = Path(temporary) / CORPUS, Path(temporary) / "index"
        copy_plain(corpus_of(folder), corpus)
        build_index([corpus], index, progress=progress)
        yield index
