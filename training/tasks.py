"""What an encoder is measured on: questions, passages, and which passages are right.

Owns the evaluation sets. Knows nothing of encoders; nothing here is ever trained on.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from index.reader import read_report
from training.data import HELD_OUT, LANGUAGES, authored_items

SEEDS = Path(__file__).parents[1] / "seeds"
FIRST_FILES = ("question-paragraphs.jsonl.gz", "authored-a.jsonl", "authored-b.jsonl")


@dataclass(frozen=True, slots=True)
class Task:
    """Questions of one language on passages; relevant[i] maps rows of passages to grades for question i."""

    name: str
    language: str
    questions: list[str]
    passages: list[str]
    relevant: list[dict[int, int]]
    late: bool = False  # Late interaction is measured as well.

    @property
    def measure(self) -> str:
        return "nearest, %" if self.name in ("NTREX-128", "SDG texts") else "nDCG@10"


def load_tasks(data: Path, authored: Path) -> list[Task]:
    """Return every task, in the order of the table."""
    evaluation = data / "eval"
    items = list(authored_items(data, authored))
    first = [item for item in items if item["file"] in FIRST_FILES]
    return [
        *_ntrex(evaluation),
        *_sdg(evaluation / "sdg-targets"),
        _cmrc(evaluation / "cmrc2018-dev"),
        *_authored("held out, first files", first, first),
        *_authored("held out, later files", items, [item for item in items if item["file"] not in FIRST_FILES]),
        *_samples(SEEDS),
    ]


def _ntrex(evaluation: Path) -> Iterator[Task]:
    with gzip.open(evaluation / "NTREX128.en-zh-fr-es-ru-ar.tsv.gz", "rt", encoding="utf-8") as lines:
        columns = list(zip(*(line.rstrip("\n").split("\t") for line in lines), strict=True))
    texts = {lang: list(column) for lang, column in zip(("en", "zh", "fr", "es", "ru", "ar"), columns, strict=True)}
    for lang in LANGUAGES[1:]:
        yield Task("NTREX-128", lang, texts[lang], texts["zh"], [{row: 1} for row in range(len(texts["zh"]))])


def _sdg(folder: Path) -> Iterator[Task]:
    texts = {lang: _beir(next((folder / lang).glob("corpus*"))) for lang in LANGUAGES}
    ids = sorted(set.intersection(*(set(t) for t in texts.values())))
    chinese = [texts["zh"][i] for i in ids]
    for lang in LANGUAGES[1:]:
        yield Task("SDG texts", lang, [texts[lang][i] for i in ids], chinese, [{row: 1} for row in range(len(ids))])


def _cmrc(folder: Path) -> Task:
    passages, questions = _beir(folder / "corpus.jsonl.gz"), _beir(folder / "queries.jsonl.gz")
    with gzip.open(folder / "qrels.tsv.gz", "rt", encoding="utf-8") as lines:
        wanted = {line.split("\t")[0]: line.split("\t")[1] for line in list(lines)[1:]}
    rows = {name: row for row, name in enumerate(passages)}
    return Task(
        "CMRC 2018 dev",
        "zh",
        [questions[q] for q in wanted],
        list(passages.values()),
        [{rows[passage]: 1} for passage in wanted.values()],
    )


def _authored(name: str, ranked: Sequence[dict], asked: Sequence[dict]) -> Iterator[Task]:
    """The held-out questions of `asked` over the Chinese paragraphs of `ranked`."""
    rows = {(item["file"], item["id"]): row for row, item in enumerate(ranked)}
    passages = [item["paragraph"]["zh"] for item in ranked]
    pairs = [
        (rows[item["file"], item["id"]], question)
        for item in asked
        if item["id"] % HELD_OUT == 0
        for question in item["questions"]
    ]
    for lang in LANGUAGES:
        questions = [question[lang] for _, question in pairs]
        yield Task(name, lang, questions, passages, [{row: 1} for row, _ in pairs], late=True)


def _samples(folder: Path) -> Iterator[Task]:
    """The answerable questions over the paragraphs of both sample reports."""
    paragraphs: dict[tuple[str, str], str] = {}
    for path in sorted(folder.glob("*.txt")):
        for passage in read_report(path, path.name).passages:
            key = (path.name, passage.paragraph)
            paragraphs[key] = (paragraphs.get(key, "") + "\n" + passage.text).strip()
    rows = {key: row for row, key in enumerate(paragraphs)}
    lines = (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [question for question in map(json.loads, lines) if question["relevant"]]
    for lang in LANGUAGES:
        chosen = [question for question in questions if question["lang"] == lang]
        relevant = [{rows[r["report"], r["paragraph"]]: r["grade"] for r in q["relevant"]} for q in chosen]
        yield Task(
            "sample reports", lang, [q["question"] for q in chosen], list(paragraphs.values()), relevant, late=True
        )


def _beir(path: Path) -> dict[str, str]:
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as lines:
        return {row["_id"]: row["text"] for row in map(json.loads, lines)}
