"""Turn the training material into token ids: python -m training.prepare --data DATA --out OUT.

Writes OUT/tokenizer.json, unless it is there already, and OUT/corpus.npz: all texts as token ids, end to end,
with what they are. Training reads these two files and no text.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from training.data import LANGUAGES, Source, load_sources, texts_by_language
from training.tasks import Task, load_tasks
from training.tokenizer import train_tokenizer

LONGEST = 700  # Characters of a passage that are read in training; longer ones teach little more.


@dataclass(frozen=True, slots=True)
class Bags:
    """Texts as token ids, end to end, in order; text i has lengths[i] of them."""

    ids: np.ndarray
    lengths: np.ndarray


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with parallel/, questions/, passages/, ...")
    parser.add_argument("--authored", type=Path, default=Path(__file__).parent / "data")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--pieces", type=int, default=64000)
    parser.add_argument("--most", type=int, default=60000, help="items read of one source")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    sources = load_sources(options.data, options.authored)
    path = options.out / "tokenizer.json"
    if not path.exists():
        train_tokenizer(texts_by_language(sources, cap=40000, seed=1), pieces=options.pieces).save(str(path))
    tasks = load_tasks(options.data, options.authored)
    np.savez(options.out / "corpus.npz", **corpus(sources, tasks, Tokenizer.from_file(str(path)), options.most))


def corpus(sources: list[Source], tasks: list[Task], tokenizer: Tokenizer, most: int) -> dict[str, np.ndarray]:
    """Return the arrays of corpus.npz: texts of the sources, then texts of the tasks."""
    draw = random.Random(1)
    drawn = [draw.sample(source.items, min(most, len(source.items))) for source in sources]
    views = [view for items in drawn for item in items for view in item]
    measured, ranges = _texts(tasks)
    bags = tokenize(tokenizer, [*(view.text[:LONGEST] for view in views), *measured])
    described = [
        {
            "name": task.name,
            "language": task.language,
            "late": task.late,
            "measure": task.measure,
            "questions": asked,
            "passages": told,
            "relevant": [list(r.items()) for r in task.relevant],
        }
        for task, (asked, told) in zip(tasks, ranges, strict=True)
    ]
    sizes = [[source.name, len(items), source.weight] for source, items in zip(sources, drawn, strict=True)]
    about = {"sources": sizes, "first_measured": len(views), "tasks": described}
    return {
        "ids": bags.ids.astype(np.uint16 if tokenizer.get_vocab_size() < 2**16 else np.int32),
        "lengths": bags.lengths.astype(np.int32),
        "views": np.array([len(item) for items in drawn for item in items], np.uint8),
        "languages": np.array([LANGUAGES.index(view.language) for view in views], np.uint8),
        "questions": np.array([view.question for view in views], np.uint8),
        "about": np.frombuffer(json.dumps(about).encode(), np.uint8),
    }  # fmt: skip


def _texts(tasks: list[Task]) -> tuple[list[str], list[list[list[int]]]]:
    """Return all texts of the tasks, and for each task where its questions and its passages stand among them."""
    texts: list[str] = []
    places: dict[int, list[int]] = {}
    ranges = []
    for task in tasks:
        for group in (task.questions, task.passages):
            if id(group) not in places:
                places[id(group)] = [len(texts), len(texts) + len(group)]
                texts.extend(group)
        ranges.append([places[id(task.questions)], places[id(task.passages)]])
    return texts, ranges


def tokenize(tokenizer: Tokenizer, texts: Iterable[str]) -> Bags:
    """Encode the texts without unknown pieces."""
    texts, pieces = list(texts), []
    for start in range(0, len(texts), 20000):
        for encoding in tokenizer.encode_batch_fast(texts[start : start + 20000], add_special_tokens=False):
            ids = np.array(encoding.ids, np.int32)
            pieces.append(ids[ids != 0])
    return Bags(np.concatenate(pieces), np.array([len(ids) for ids in pieces]))


if __name__ == "__main__":
    main()
