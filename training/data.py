"""Read the training material into sources of texts that mean the same.

Owns which files are read and which items are held out. A source is a list of items; an item
holds views, and two views of one item are a positive pair. Never reads the evaluation folder.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LANGUAGES = ("zh", "en", "fr", "es", "ru", "ar")
HELD_OUT = 5  # Authored items whose id divides by this are for measuring only.


@dataclass(frozen=True, slots=True)
class View:
    """One text of an item: a passage or a term, or else one of the questions that the passage answers."""

    language: str
    text: str
    question: int = 0  # Views with the same number say the same; 0 is the passage.


@dataclass(frozen=True, slots=True)
class Source:
    """Items of one kind, drawn into batches of their own with probability ~ weight."""

    name: str
    items: list[list[View]]
    weight: float


# Weights by file name, first match wins: in-domain text most, law and everyday text capped.
WEIGHTS = (
    ("UNv1.0-devset", 10.0), ("UNBIS", 5.0), ("TICO19-all", 6.0), ("TICO19-terms", 0.3), ("UDHR", 0.2),
    ("UNTERM", 0.7), ("GovernmentWorkReports", 5.0), ("CC-CEDICT", 4.0), ("TaiwanLaws-articles", 8.0),
    ("TaiwanLaws-titles", 0.7), ("CanadaLaws.", 5.0), ("CanadaLaws-", 1.0), ("MLQE-PE", 4.0),
    ("Tatoeba", 2.0), ("3AM", 0.7), ("Gapminder", 0.3), ("SDG-metadata", 0.5), ("OpenData", 0.15),
)  # fmt: skip


def load_sources(data: Path, authored: Path, *, weight: float = 200.0) -> list[Source]:
    """Return every training source, the authored items without the held-out fifth."""
    sources = [_parallel(path) for path in sorted((data / "parallel").glob("*.tsv.gz"))]
    sources += [_questions(path) for path in sorted((data / "questions").glob("*.jsonl.gz"))]
    sources += [
        _passages(data / "passages" / f"{name}.jsonl.gz", language, share)
        for name, language, share in (
            ("cn_gov_reports_passages", "zh", 4.0),
            ("un_agency_reports_passages_en", "en", 5.0),
        )
    ]
    sources += [_lexicon(data / "authored" / "lexicon.tsv", 8.0), _lexicon(authored / "lexicon-general.tsv", 10.0)]
    items = [item for item in authored_items(data, authored) if item["id"] % HELD_OUT]
    sources.append(Source("authored", [_authored(item) for item in items], weight))
    return sources


def _parallel(path: Path) -> Source:
    name, languages = path.name.removesuffix(".tsv.gz").rsplit(".", 1)
    items = []
    for line in _lines(path):
        columns = zip(languages.split("-"), line.split("\t"), strict=False)
        items.append([View(language, text) for language, text in columns if text.strip()])
    weight = next(weight for prefix, weight in WEIGHTS if path.name.startswith(prefix))
    return Source(f"{name}.{languages}", [item for item in items if len(item) > 1], weight)


def _questions(path: Path) -> Source:
    items = []
    for row in map(json.loads, _lines(path)):
        language = row["lang"][:2]
        items.append([View(language, row["question"], 1), View(language, row["passage"])])
    return Source(path.name.split(".")[0], items, len(items) / 1000)


def _passages(path: Path, language: str, weight: float) -> Source:
    """Passages without a question: part of a passage is paired with the rest of it."""
    items = [[View(language, row["text"])] for row in map(json.loads, _lines(path))]
    return Source(path.name.split(".")[0], items, weight)


def _lexicon(path: Path, weight: float) -> Source:
    """Every form of a concept is a view; a batch draws two of different languages."""
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    items = []
    for row in rows:
        cells = zip(header.split("\t"), row.split("\t"), strict=False)
        items.append([View(lang, form.strip()) for lang, cell in cells for form in cell.split(";") if form.strip()])
    return Source(path.stem, [item for item in items if len(item) > 1], weight)


def authored_items(data: Path, authored: Path) -> Iterator[dict]:
    """Yield the authored items, old and new, in one shape: id, file, paragraph, questions."""
    first = data / "authored" / "question-paragraphs.jsonl.gz"
    for row in map(json.loads, _lines(first)):
        yield {"id": row["id"], "file": first.name, "paragraph": row["paragraph"], "questions": [row["question"]]}
    yield from own_items(authored)


def own_items(authored: Path) -> Iterator[dict]:
    """Yield the items that this folder keeps; lines that are no item are named and left out."""
    for path in sorted(authored.glob("authored-*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            row = _authored_row(line)
            if row:
                yield row | {"id": int(re.sub(r"\D", "", str(row["id"]))), "file": path.name}
            else:
                print(f"{path.name}, line {number}: not a paragraph with questions, left out", file=sys.stderr)


def _authored_row(line: str) -> dict | None:
    """Return an item: a paragraph in Chinese and in other languages, and its questions in all six."""
    try:  # The last line of a file that is still being written may be cut.
        row = json.loads(line)
        whole = all(set(LANGUAGES) == {k for k, v in question.items() if v} for question in row["questions"])
        return row if row["id"] and row["paragraph"]["zh"] and whole else None
    except (json.JSONDecodeError, AttributeError, KeyError, TypeError):
        return None


def _authored(item: dict) -> list[View]:
    views = [View(language, text) for language, text in item["paragraph"].items()]
    for number, question in enumerate(item["questions"], 1):
        views += [View(language, text, number) for language, text in question.items()]
    return views


def _lines(path: Path) -> Iterator[str]:
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as lines:
        for line in lines:
            yield line.rstrip("\r\n")


def texts_by_language(sources: list[Source], *, cap: int, seed: int) -> dict[str, list[str]]:
    """Sample at most cap items of each source for the tokenizer, grouped by language."""
    draw, texts = random.Random(seed), {language: [] for language in LANGUAGES}
    for source in sources:
        items = draw.sample(source.items, min(cap, len(source.items)))
        repeats = max(1, round(min(6.0, 4000 * source.weight / len(items)))) if source.weight >= 5 else 1
        for item in items:
            for view in item:
                texts[view.language].extend([view.text] * repeats)
    return texts
