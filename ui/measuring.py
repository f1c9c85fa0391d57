"""The commands that measure: evaluate a ranking, calibrate what counts as a good answer."""

import json
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, fields, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import UnreadableFile
from ui import wire
from ui.progress import ProgressLine
from ui.streams import complain, index_of, say

if TYPE_CHECKING:
    from search import Searcher
    from search.evaluate import Asked
    from search.questions import Question

_MOST_NAMED = 5  # of the paragraphs that are missing


def evaluate(options: Namespace) -> int:
    """Measure the ranking; a BEIR folder without --index is indexed for as long as it takes."""
    from search import open_searcher
    from search.evaluate import evaluate as measure
    from search.evaluate import index_of_corpus, trec_run
    from search.questions import placed, read_questions
    from ui import scores

    path = Path(options.questions)
    questions = read_questions(path)
    scores.check_floor_names(options.fail_under, [question.language for question in questions])
    baseline = scores.read_baseline(Path(options.baseline)) if options.baseline else {}
    with ExitStack() as stack:
        own = path.is_dir() and not options.index
        index = stack.enter_context(index_of_corpus(path, ProgressLine())) if own else index_of(options)
        searcher = open_searcher(index)
        questions = placed(questions, [report.path for report in searcher.reports()])
        _tell_of_missing(questions, searcher)
        measured = [measure(name, ask, questions) for name, ask in _ways(options, searcher)]
    if options.trec:
        Path(options.trec).write_text("".join(f"{line}\n" for line in trec_run(measured[0])), encoding="utf-8")
    if options.json:
        say(json.dumps(scores.evaluation_object(measured, baseline), ensure_ascii=False, allow_nan=False))
    else:
        say(*scores.evaluation_lines(measured, baseline))
    scores.check_floors(measured[0], options.fail_under)
    return 0


def _tell_of_missing(questions: "Sequence[Question]", searcher: "Searcher") -> None:
    from search.questions import missing

    lost = missing(questions, lambda path: searcher.index.paragraphs(searcher.index.find_report(path)))
    if lost:
        named = ", ".join(f"{target.report} {target.paragraph}" for target in lost[:_MOST_NAMED])
        complain(f"{len(lost)} paragraphs that answer are not in the index and count as not found: {named}.")


def _ways(options: Namespace, searcher: "Searcher") -> Iterator[tuple[str, "Asked"]]:
    """Yield the ways of searching that are measured: every mode, and hybrid without each of its stages."""
    from search import Searcher
    from search.fusion import Weights

    for mode in options.mode or ["hybrid", "dense", "lexical"]:
        yield mode, partial(searcher.search, mode=mode, closest=True)
    for stage in fields(Weights) if options.ablate else ():
        without = Searcher(searcher.index, replace(searcher.weights, **{stage.name: 0.0}))
        yield f"hybrid without {stage.name}", partial(without.search, closest=True)


def calibrate(options: Namespace) -> int:
    """Fit relevance and the line of no good answer, and keep them beside the index."""
    from search import open_searcher
    from search.calibrate import Collection
    from search.calibrate import calibrate as fit
    from search.questions import placed, read_questions
    from search.relevance import FILE

    path, index = Path(options.questions), index_of(options)
    questions = read_questions(path)
    if not any(question.grades for question in questions):
        raise UnreadableFile(f"{path} holds no question with an answer.", "Give some of both kinds.")
    searcher = open_searcher(index)
    fitted = fit(Collection(searcher, placed(questions, [report.path for report in searcher.reports()])))
    fitted.write(index / FILE)
    if options.json:
        say(wire.line(asdict(fitted)))
    else:
        reached = ", ".join(f"{name} {value:g}" for name, value in fitted.measured.items())
        say(f"{index / FILE}: no good answer below relevance {fitted.line:.3f} ({reached})")
    return 0
