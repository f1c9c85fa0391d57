"""Questions whose answers are known: our own questions.jsonl, and folders in the form of BEIR.

Knows how they are written down; nothing of searching or of measuring.
"""

import gzip
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from index.errors import UnknownPassage, UnreadableFile
from index.language import detect_language

CORPUS = "corpus.jsonl"
_FORM = '{"id", "lang", "question", "relevant": [{"report", "paragraph", "grade"}]}'
_MOST_PROBLEMS = 5


@dataclass(frozen=True, slots=True)
class Target:
    """A paragraph that answers a question: any of its passages will do."""

    report: str  # file name or path; the path as indexed once `placed` has been called
    paragraph: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the grades of the paragraphs that answer it; without any it has no answer in these reports."""

    id: str
    language: str
    text: str
    grades: tuple[tuple[Target, int], ...]


def read_questions(path: Path) -> tuple[Question, ...]:
    """Read a file of questions or a BEIR folder; raise UnreadableFile with the first problems found."""
    questions = tuple(_beir(path) if path.is_dir() else _own(path))
    if not questions:
        raise UnreadableFile(f"{path} holds no question.", f"Write one a line: {_FORM}.")
    if twice := [name for name, count in Counter(question.id for question in questions).items() if count > 1]:
        named = ", ".join(twice[:_MOST_PROBLEMS])
        raise UnreadableFile(f"{path}: {len(twice)} ids are those of several questions: {named}.", "Give each its own.")
    return questions


def placed(questions: Sequence[Question], reports: Sequence[str]) -> tuple[Question, ...]:
    """Replace names of reports by their paths as indexed; raise UnknownPassage for those the index does not hold."""
    names = {target.report for question in questions for target, _ in question.grades}
    paths = {name: [path for path in reports if _is_named(path, name)] for name in names}
    if unknown := sorted(name for name, found in paths.items() if len(found) != 1):
        fact = (
            f"The questions are about reports that the index does not hold, or holds twice: {', '.join(unknown[:5])}."
        )
        raise UnknownPassage(fact, "Index these reports first: reportsearch build PATH... --index DIR")
    return tuple(
        replace(q, grades=tuple((replace(target, report=paths[target.report][0]), grade) for target, grade in q.grades))
        for q in questions
    )


def missing(questions: Sequence[Question], held: Callable[[str], Collection[str]]) -> list[Target]:
    """Return the paragraphs that answer and are not in the index; `held` gives the paragraphs of a report."""
    wanted = list(dict.fromkeys(target for q in questions for target, grade in q.grades if grade > 0))
    known = {report: held(report) for report in {target.report for target in wanted}}
    return [target for target in wanted if target.paragraph not in known[target.report]]


def _is_named(path: str, name: str) -> bool:
    return path == name or path.endswith("/" + name) or PurePosixPath(path).stem == name


def _own(path: Path) -> Iterator[Question]:
    problems = []
    for number, line in _lines(path):
        try:
            yield _question(json.loads(line))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            problems.append(f"line {number} ({error or type(error).__name__})")
    if problems:
        told = "; ".join(problems[:_MOST_PROBLEMS])
        raise UnreadableFile(f"{path}: {len(problems)} lines are not questions: {told}.", f"Write each as {_FORM}.")


def _question(values: Any) -> Question:
    if not isinstance(values, dict):
        raise ValueError("it is no object")
    text, language = values["question"] if "question" in values else values["text"], values.get("lang") or None
    if not isinstance(text, str) or not isinstance(language, str | None):
        raise ValueError('"question" and "lang" must be text')
    grades = tuple((Target(str(r["report"]), str(r["paragraph"])), int(r.get("grade", 1))) for r in values["relevant"])
    return Question(str(values["id"]), language or detect_language(text) or "?", text, grades)


def corpus_of(folder: Path) -> Path:
    """Return the file of passages in a BEIR folder."""
    return _either(folder / CORPUS)


def copy_plain(source: Path, target: Path) -> None:
    """Copy a file that may be compressed."""
    with _open(source) as compressed, target.open("wb") as plain:
        while block := compressed.read(1 << 20):
            plain.write(block)


def _beir(folder: Path) -> Iterator[Question]:
    judged: dict[str, list[tuple[Target, int]]] = {}
    for query, passage, grade in _qrels(folder):
        judged.setdefault(query, []).append((Target(CORPUS, passage), grade))
    for number, line in _lines(_either(folder / "queries.jsonl")):
        try:
            values = json.loads(line)
            name, text = str(values["_id"]), str(values["text"])
        except (ValueError, KeyError, TypeError) as error:
            raise UnreadableFile(
                f"{folder}: line {number} of the queries cannot be read ({error}).", 'Write {"_id", "text"} a line.'
            ) from error
        if name in judged:  # BEIR keeps the queries of all its splits in one file
            yield Question(name, detect_language(text) or "?", text, tuple(judged[name]))


def _qrels(folder: Path) -> Iterator[tuple[str, str, int]]:
    """Yield query, passage and grade, from BEIR's three columns or from TREC's four."""
    path = _either(folder / "qrels.tsv", folder / "qrels" / "test.tsv")
    for number, line in _lines(path):
        fields = line.split("\t") if "\t" in line else line.split()
        if number == 1 and not fields[-1].strip().lstrip("-").isdigit():
            continue
        try:
            yield fields[0].strip(), fields[-2].strip(), int(fields[-1])
        except (ValueError, IndexError) as error:
            raise UnreadableFile(f"{path}: line {number} is not a judgement.", "Write: query passage grade.") from error


def _either(*names: Path) -> Path:
    for path in (p for name in names for p in (name, name.with_name(name.name + ".gz"))):
        if path.is_file():
            return path
    raise UnreadableFile(
        f"{names[0].parent} holds no {names[0].name}.",
        "A BEIR folder has corpus.jsonl, queries.jsonl and qrels.tsv, each as it is or with .gz.",
    )


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with _open(path) as stream:
            for number, line in enumerate(stream, 1):
                if text := line.decode("utf-8-sig").strip():
                    yield number, text
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise UnreadableFile(
            f"{path} cannot be read ({error}).", "Check its name; it must be text in UTF-8."
        ) from error


def _open(path: Path) -> Any:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")
