"""Measure the whole ranking, and each stage: python -m benchmarks.ranking DATA [--reports FOLDER] [--stages].

The collections: the two sample reports with their development questions; the held-out authored questions over the
authored Chinese paragraphs, those of the first files and those of the later ones; CMRC 2018 dev; the SDG texts of five
languages as questions on the Chinese ones; and, with --reports, a folder of Chinese government reports with the
questions in zh-government.jsonl. The weights of search/fusion.py were chosen on the first two, that of the years on the
last, and confirmed on the others. Prints nDCG@10 by language.
"""

import argparse
import gzip
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from index import build_index
from search import Searcher, open_searcher
from search.evaluate import Asked, Evaluation, evaluate
from search.fusion import Weights
from search.questions import CORPUS, Question, Target, placed, read_questions
from search.ranking import Mode

ROOT = Path(__file__).parents[1]
LANGUAGES = ("zh", "en", "fr", "es", "ru", "ar")
HELD_OUT = 5
DEPTH = 20  # hits asked for: ten paragraphs may have several passages each


@dataclass(frozen=True, slots=True)
class Collection:
    """What is indexed, and what it is asked."""

    name: str
    paths: Sequence[Path]
    questions: tuple[Question, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with eval/ and authored/")
    parser.add_argument("--reports", type=Path, help="folder of the reports that zh-government.jsonl asks about")
    parser.add_argument("--every", type=int, default=1, help="ask only every n-th question of the large collections")
    parser.add_argument("--stages", action="store_true", help="also measure without each stage, and each leg alone")
    options = parser.parse_args()
    print("| collection | way | " + " | ".join(LANGUAGES) + " | mean | best first | kept | refused | AUROC |")
    print("|---" * (len(LANGUAGES) + 7) + "|")
    with tempfile.TemporaryDirectory() as temporary:
        for collection in collections(options.data, options.reports, Path(temporary)):
            index = Path(temporary) / f"{collection.name}.index"
            build_index(collection.paths, index)
            searcher = open_searcher(index)
            step = options.every if len(collection.questions) > 500 else 1
            questions = placed(collection.questions[::step], [report.path for report in searcher.reports()])
            for way, ask in ways(searcher, options.stages):
                _print(collection.name, evaluate(way, ask, questions))


def ways(searcher: Searcher, stages: bool) -> Iterator[tuple[str, Asked]]:
    """Yield the ways of searching that are measured."""
    yield "hybrid", asking(searcher)
    if stages:
        for stage in fields(Weights):
            without = Searcher(searcher.index, replace(searcher.weights, **{stage.name: 0.0}))
            yield f"without {stage.name}", asking(without)
        for mode in ("dense", "lexical"):
            yield f"{mode} alone", asking(searcher, mode)


def asking(searcher: Searcher, mode: Mode = "hybrid") -> Asked:
    """Return what answers a question with enough hits for nDCG@10."""
    return lambda question, k: searcher.search(question, k=min(k, DEPTH), mode=mode, closest=True)


def _print(name: str, evaluation: Evaluation) -> None:
    rows = {row.language: row for row in evaluation.rows}
    cells = [f"{rows[lang].scores['nDCG@10'].mean:.3f}" if lang in rows else "" for lang in LANGUAGES]
    every = rows["all"]
    means = [row.scores["nDCG@10"].mean for lang, row in rows.items() if lang != "all" and row.questions]
    refused = f"{1 - every.wrongly_answered:.3f} | {every.auroc:.3f}" if every.unanswerable else " | "
    cells += [f"{sum(means) / len(means):.3f}", f"{every.scores['best@1'].mean:.3f}", f"{every.kept:.3f}"]
    print(f"| {name} | {evaluation.name} | {' | '.join(cells)} | {refused} |", flush=True)


def collections(data: Path, reports: Path | None, temporary: Path) -> Iterator[Collection]:
    """Yield the collections, written to a temporary folder where they are not files of reports already."""
    seeds = ROOT / "seeds"
    yield Collection("seeds", sorted(seeds.glob("*.txt")), read_questions(seeds / "questions.jsonl"))
    yield authored(data, temporary, "authored, first files")
    yield authored(data, temporary, "authored, later files")
    yield cmrc(data, temporary)
    yield sdg(data / "eval" / "sdg-targets", temporary)
    if reports:
        yield Collection("zh-government", [reports], read_questions(ROOT / "benchmarks" / "zh-government.jsonl"))


def authored(data: Path, temporary: Path, name: str) -> Collection:
    """The held-out fifth of the authored questions: of the first files over their paragraphs, of the later over all."""
    from training.data import authored_items
    from training.tasks import FIRST_FILES

    items = list(authored_items(data, ROOT / "training" / "data"))
    first = name.endswith("first files")
    items = [item for item in items if item["file"] in FIRST_FILES] if first else items
    passages = {str(row): item["paragraph"]["zh"] for row, item in enumerate(items)}
    questions = [
        Question(f"{row}-{number}-{lang}", lang, asked[lang], ((Target(CORPUS, str(row)), 1),))
        for row, item in enumerate(items)
        if item["id"] % HELD_OUT == 0 and (item["file"] in FIRST_FILES) == first
        for number, asked in enumerate(item["questions"])
        for lang in LANGUAGES
    ]
    return Collection(
        name, [_corpus(temporary / name.replace(", ", "-").replace(" ", "-"), passages)], tuple(questions)
    )


def cmrc(data: Path, temporary: Path) -> Collection:
    """Chinese questions on encyclopaedia paragraphs."""
    folder = data / "eval" / "cmrc2018-dev"
    passages = dict(_texts(folder / "corpus.jsonl.gz"))
    return Collection("CMRC", [_corpus(temporary / "cmrc", passages)], read_questions(folder))


def sdg(folder: Path, temporary: Path) -> Collection:
    """The SDG texts of five languages, each to find the same text in Chinese."""
    texts = {lang: dict(_texts(next((folder / lang).glob("corpus*")))) for lang in LANGUAGES}
    shared = sorted(set.intersection(*(set(t) for t in texts.values())))
    questions = [
        Question(f"{name}-{lang}", lang, texts[lang][name], ((Target(CORPUS, name), 1),))
        for lang in LANGUAGES[1:]
        for name in shared
    ]
    passages = {name: texts["zh"][name] for name in shared}
    return Collection("SDG", [_corpus(temporary / "sdg", passages)], tuple(questions))


def _texts(path: Path) -> Iterator[tuple[str, str]]:
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as lines:
        for values in map(json.loads, lines):
            yield values["_id"], values["text"]


def _corpus(folder: Path, passages: dict[str, str]) -> Path:
    folder.mkdir()
    lines = (json.dumps({"_id": name, "title": "", "text": text}) + "\n" for name, text in passages.items())
    (folder / CORPUS).write_text("".join(lines), encoding="utf-8")
    return folder / CORPUS


if __name__ == "__main__":
    main()
