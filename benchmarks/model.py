"""Measure an encoder: python -m benchmarks.model DATA [--model NAME].

Prints a Markdown table: nearest neighbours between languages (NTREX-128, SDG texts), Chinese questions
(CMRC 2018 dev), held-out authored questions on Chinese paragraphs, the questions on the two sample
reports, speed, load time and size.
"""

from __future__ import annotations

import argparse
import gzip
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.encoder import BUNDLED, Encoder, StaticEncoder, open_encoder
from index.reader import read_report
from training.data import HELD_OUT, authored_items

LANGUAGES = ("zh", "en", "fr", "es", "ru", "ar")
SEEDS = Path(__file__).parents[1] / "seeds"
Scores = NDArray[np.float32]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder with eval/ and authored/")
    parser.add_argument("--authored", type=Path, default=Path(__file__).parents[1] / "training" / "data")
    parser.add_argument("--model", help="folder or hub name; the bundled model where none is named")
    options = parser.parse_args()
    started = time.perf_counter()
    encoder = open_encoder(options.model)
    encoder.encode_query("可持续发展")
    print(f"{encoder.name}: {encoder.dim} dimensions, ready in {time.perf_counter() - started:.2f} s\n")
    print("| | " + " | ".join(LANGUAGES) + " |\n|---|" + "---|" * len(LANGUAGES))
    evaluation = options.data / "eval"
    _row("NTREX-128, language → zh, nearest of 1,996 (%)", ntrex(encoder, evaluation), 100)
    _row("SDG texts, language → zh, nearest of 421 (%)", sdg(encoder, evaluation / "sdg-targets"), 100)
    _row("CMRC 2018 dev, nDCG@10", {"zh": cmrc(encoder, evaluation / "cmrc2018-dev")})
    items = list(authored_items(options.data, options.authored))
    _row("held-out authored questions → zh, nDCG@10", authored(encoder, items, late=False))
    if isinstance(encoder, StaticEncoder):
        _row("the same with late interaction, nDCG@10", authored(encoder, items, late=True))
    _row("sample reports, nDCG@10", seeds(encoder, SEEDS, late=False))
    if isinstance(encoder, StaticEncoder):
        _row("the same with late interaction, nDCG@10", seeds(encoder, SEEDS, late=True))
    print(f"\n{speed(encoder):,.0f} passages of 50 Chinese characters a second; {size(options.model)}")


def _row(name: str, values: dict[str, float], factor: int = 1) -> None:
    cells = (f"{values[lang] * factor:.{1 if factor > 1 else 3}f}" if lang in values else "" for lang in LANGUAGES)
    print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def ntrex(encoder: Encoder, evaluation: Path) -> dict[str, float]:
    """Accuracy of the nearest Chinese sentence."""
    with gzip.open(evaluation / "NTREX128.en-zh-fr-es-ru-ar.tsv.gz", "rt", encoding="utf-8") as lines:
        columns = list(zip(*(line.rstrip("\n").split("\t") for line in lines), strict=True))
    texts = dict(zip(("en", "zh", "fr", "es", "ru", "ar"), columns, strict=True))
    chinese = encoder.encode_passages(texts["zh"])
    return {lang: _accuracy(encoder.encode_passages(texts[lang]) @ chinese.T) for lang in LANGUAGES if lang != "zh"}


def sdg(encoder: Encoder, folder: Path) -> dict[str, float]:
    """Accuracy of the nearest Chinese SDG text."""
    texts = {lang: _beir(next((folder / lang).glob("corpus*"))) for lang in LANGUAGES}
    ids = sorted(set.intersection(*(set(t) for t in texts.values())))
    chinese = encoder.encode_passages([texts["zh"][i] for i in ids])
    queries = {lang: _queries(encoder, [texts[lang][i] for i in ids]) for lang in LANGUAGES if lang != "zh"}
    return {lang: _accuracy(vectors @ chinese.T) for lang, vectors in queries.items()}


def cmrc(encoder: Encoder, folder: Path) -> float:
    """nDCG@10 of Chinese questions over encyclopaedia paragraphs; one paragraph answers each."""
    passages, questions = _beir(folder / "corpus.jsonl.gz"), _beir(folder / "queries.jsonl.gz")
    with gzip.open(folder / "qrels.tsv.gz", "rt", encoding="utf-8") as lines:
        wanted = {line.split("\t")[0]: line.split("\t")[1] for line in list(lines)[1:]}
    rows = {name: row for row, name in enumerate(passages)}
    scores = _queries(encoder, [questions[q] for q in wanted]) @ encoder.encode_passages(list(passages.values())).T
    return ndcg(scores, [rows[passage] for passage in wanted.values()])


def authored(encoder: Encoder, items: Sequence[dict], *, late: bool) -> dict[str, float]:
    """nDCG@10 of the held-out questions over all Chinese paragraphs, by language of the question."""
    paragraphs = [item["paragraph"]["zh"] for item in items]
    held_out = [(row, q) for row, item in enumerate(items) if item["id"] % HELD_OUT == 0 for q in item["questions"]]
    ranker = Ranker(encoder, paragraphs, late=late)
    wanted = [row for row, _ in held_out]
    return {lang: ndcg(ranker.scores([q[lang] for _, q in held_out]), wanted) for lang in LANGUAGES}


def seeds(encoder: Encoder, folder: Path, *, late: bool) -> dict[str, float]:
    """nDCG@10 of the answerable questions over the paragraphs of both sample reports, by language."""
    paragraphs: dict[tuple[str, str], str] = {}
    for path in sorted(folder.glob("*.txt")):
        for passage in read_report(path, path.name).passages:
            key = (path.name, passage.paragraph)
            paragraphs[key] = (paragraphs.get(key, "") + "\n" + passage.text).strip()
    rows = {key: row for row, key in enumerate(paragraphs)}
    questions = [json.loads(line) for line in (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
    ranker = Ranker(encoder, list(paragraphs.values()), late=late)
    found: dict[str, list[float]] = {lang: [] for lang in LANGUAGES}
    for question in questions:
        grades = {rows[r["report"], r["paragraph"]]: r["grade"] for r in question["relevant"]}
        if grades:
            found[question["lang"]].append(graded_ndcg(ranker.scores([question["question"]])[0], grades))
    return {lang: float(np.mean(values)) for lang, values in found.items() if values}


class Ranker:
    """Score every passage for questions: dense, or dense and late interaction as a sum of z-scores."""

    def __init__(self, encoder: Encoder, passages: Sequence[str], *, late: bool) -> None:
        self.encoder, self.vectors = encoder, encoder.encode_passages(passages)
        self.late = late_scorer(encoder, passages) if late and isinstance(encoder, StaticEncoder) else None

    def scores(self, questions: Sequence[str]) -> Scores:
        dense = _queries(self.encoder, questions) @ self.vectors.T
        if not self.late:
            return dense
        return _standard(dense) + _standard(np.stack([self.late(question) for question in questions]))


def late_scorer(encoder: StaticEncoder, passages: Sequence[str]) -> Callable[[str], Scores]:
    """Return a function that gives a question's late-interaction score with every passage."""
    bags = [bag if len(bag) else np.zeros(1, np.int32) for bag in encoder.token_ids(passages)]
    told, columns = np.unique(np.concatenate(bags), return_inverse=True)
    starts = np.cumsum([0, *(len(bag) for bag in bags[:-1])])
    matrix = encoder.directions(told).T

    def score(question: str) -> Scores:
        asked = encoder.token_ids([question])[0]
        weights = encoder.lengths(asked)
        cosines = encoder.directions(asked) @ matrix
        best = np.maximum.reduceat(cosines[:, columns], starts, axis=1)
        return weights @ best / max(float(weights.sum()), 1e-9)

    return score


def speed(encoder: Encoder) -> float:
    """Passages of 50 characters per second."""
    alphabet = "可持续发展委员会第二届会议的报告执行情况说明秘书长关于各国提高妇女地位和加强国际合作问题"
    count = 20000 if isinstance(encoder, StaticEncoder) else 64
    texts = [(alphabet[i % 40 :] + alphabet * 2)[:50] for i in range(count)]
    started = time.perf_counter()
    encoder.encode_passages(texts)
    return len(texts) / (time.perf_counter() - started)


def size(model: str | None) -> str:
    """Megabytes on disk, where the model is a folder."""
    folder = Path(model) if model else BUNDLED
    total = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return f"{total / 1e6:.1f} MB" if folder.is_dir() else "size unknown"


def _queries(encoder: Encoder, texts: Sequence[str]) -> Scores:
    if isinstance(encoder, StaticEncoder):  # A static encoder treats a question like any text.
        return encoder.encode_passages(texts)
    return np.stack([encoder.encode_query(text) for text in texts])


def _beir(path: Path) -> dict[str, str]:
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as lines:
        return {row["_id"]: row["text"] for row in map(json.loads, lines)}


def _accuracy(scores: Scores) -> float:
    return float((scores.argmax(axis=1) == np.arange(len(scores))).mean())


def ndcg(scores: Scores, wanted: Sequence[int], k: int = 10) -> float:
    """nDCG@k where one passage is relevant: 1 / log2(1 + rank)."""
    own = scores[np.arange(len(scores)), wanted][:, None]
    ranks = (scores > own).sum(axis=1) + 1
    return float(np.where(ranks <= k, 1 / np.log2(1 + ranks), 0).mean())


def graded_ndcg(scores: Scores, grades: dict[int, int], k: int = 10) -> float:
    """nDCG@k with the grade as the gain."""
    discounts = 1 / np.log2(np.arange(2, k + 2))
    gains = np.array([grades.get(int(row), 0) for row in np.argsort(-scores, kind="stable")[:k]])
    ideal = np.sort(list(grades.values()))[::-1][:k]
    return float(gains @ discounts[: len(gains)] / (ideal @ discounts[: len(ideal)]))


def _standard(scores: Scores) -> Scores:
    """Return z-scores per question."""
    spread = scores.std(axis=1, keepdims=True)
    return (scores - scores.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1)


if __name__ == "__main__":
    main()
