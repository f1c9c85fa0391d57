"""Calibrate relevance for the bundled model: python -m training.calibration writes search/calibration.json.

Needs nothing but the repository. Two collections: the sample reports, asked their development questions, and every
second authored paragraph, asked the held-out questions on them. The held-out questions on the other paragraphs have no
answer in either.
"""

from __future__ import annotations

import json
import random
import tempfile
from pathlib import Path

from index import build_index
from search import Searcher, open_searcher
from search.calibrate import Collection, calibrate
from search.questions import CORPUS, Question, Target, placed, read_questions
from search.relevance import FILE
from training.data import HELD_OUT, own_items

ROOT = Path(__file__).parents[1]
MOST, WEIGHT = 300, 0.2  # held-out questions of each kind, and what each weighs beside a development question


def main() -> None:
    """Fit on both collections and write the file that is shipped."""
    items = list(own_items(ROOT / "training" / "data"))
    told, others = items[::2], items[1::2]
    asked, strange = _questions(told), [Question(q.id, q.language, q.text, ()) for q in _questions(others)]
    with tempfile.TemporaryDirectory() as temporary:
        corpus = Path(temporary) / CORPUS
        lines = (json.dumps({"_id": _name(item), "title": "", "text": item["paragraph"]["zh"]}) for item in told)
        corpus.write_text("\n".join(lines), encoding="utf-8")
        seeds = _searcher(sorted((ROOT / "seeds").glob("*.txt")), Path(temporary) / "seeds")
        authored = _searcher([corpus], Path(temporary) / "authored")
        calibration = calibrate(
            Collection(seeds, _placed(seeds, read_questions(ROOT / "seeds" / "questions.jsonl"))),
            Collection(seeds, strange, WEIGHT),
            Collection(authored, _placed(authored, asked), WEIGHT),
            Collection(authored, strange, WEIGHT),
        )
    calibration.write(ROOT / "search" / FILE)
    print(calibration)


def _questions(items: list[dict]) -> tuple[Question, ...]:
    """Draw held-out questions on the items."""
    questions = [
        Question(f"{_name(item)}-{number}-{language}", language, text, ((Target(CORPUS, _name(item)), 1),))
        for item in items
        if item["id"] % HELD_OUT == 0
        for number, question in enumerate(item["questions"])
        for language, text in question.items()
    ]
    return tuple(random.Random(1).sample(questions, min(MOST, len(questions))))


def _name(item: dict) -> str:
    return f"{item['file']}-{item['id']}"


def _searcher(paths: list[Path], index: Path) -> Searcher:
    build_index(paths, index)
    return open_searcher(index)


def _placed(searcher: Searcher, questions: tuple[Question, ...]) -> tuple[Question, ...]:
    return placed(questions, [report.path for report in searcher.reports()])


if __name__ == "__main__":
    main()
