"""The commands that measure: evaluate a ranking, calibrate what counts as a good answer."""

import json
from argparse import Namespace
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ui.progress import ProgressLine
from ui.streams import index_of, say

if TYPE_CHECKING:
    from search import Searcher
    from search.evaluate import Asked


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
        measured = [measure(name, ask, questions) for name, ask in _ways(options, searcher)]
    if options.trec:
        Path(options.trec).write_text("".join(f"{line}\n" for line in trec_run(measured[0])), encoding="utf-8")
    if options.json:
        say(json.dumps(scores.evaluation_object(measured, baseline), ensure_ascii=False, allow_nan=False))
    else:
        say(*scores.evaluation_lines(measured, baseline))
    scores.check_floors(measured[0], options.fail_under)
    return 0


def _ways(options: Namespace, searcher: "Searcher") -> Iterator[tuple[str, "Asked"]]:
    """Yield the ways of searching that are measured: every mode, and the first one without each of its stages."""
    modes = options.mode or ["hybrid", "dense", "lexical"]
    for mode in modes:
        yield mode, partial(searcher.search, mode=mode, closest=True)


def calibrate(options: Namespace) -> int:
    """Fit relevance and the line of no good answer."""
    raise NotImplementedError
