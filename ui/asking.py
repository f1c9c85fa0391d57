"""The commands that ask: one question, a batch of them, or a passage whose like is wanted."""

import json
import math
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.errors import UnreadableFile
from ui import wire
from ui.streams import clean, complain, index_of, say, told, whole

if TYPE_CHECKING:
    from search import Answer
    from ui.phrases import Phrases


def search(options: Namespace) -> int:
    """Answer one question, or a batch of them."""
    from search import Filters, open_searcher

    if bool(options.question) == bool(options.batch):
        complain("Give a question or --batch FILE. See: reportsearch search --help")
        return 2
    filters = Filters(
        reports=tuple(map(whole, options.report)),
        languages=tuple(map(whole, options.language)),
        years=tuple(options.year),
        symbols=tuple(map(whole, options.symbol)),
        sections=tuple(map(whole, options.section)),
    )
    searcher = open_searcher(index_of(options))

    def ask(question: str) -> "Answer":
        return searcher.search(
            whole(question),
            k=options.k,
            mode=options.mode,
            filters=filters,
            language=options.interface,
            closest=options.closest,
            rerank=options.rerank,
        )

    if options.batch:
        return _answer_all(options, ask)
    say(*_lines_of(options, ask(" ".join(options.question)), None))
    return 0


def _answer_all(options: Namespace, ask: Callable[[str], "Answer"]) -> int:
    """Answer every line in order as it comes; a bad one is told in its place and makes the whole exit with 1."""
    code = 0
    for number, line in _lines(options.batch):
        values = _parsed(line)
        question_id = values.get("id", values.get("_id"))
        try:
            lines = _lines_of(options, ask(_question(values, number)), question_id)
        except Exception as error:
            code = 1
            if options.json:
                lines = [wire.line(wire.error_object(told(error), _simple(question_id), number))]
            else:
                lines = []
                complain(f"line {number}: {told(error)}")
        say(*lines)
    return code


def _simple(question_id: object) -> object:
    """Return what a question is called, if it is such that it can surely be written."""
    return question_id if isinstance(question_id, str | int | float) else None


def _lines(name: str) -> Iterator[tuple[int, bytes]]:
    try:
        stream = sys.stdin.buffer if name == "-" else Path(name).open("rb")  # noqa: SIM115  closed below
    except OSError as error:
        raise UnreadableFile(
            f"{name} cannot be read ({error.strerror}).", "Check the name and the permissions."
        ) from None
    with stream:
        for number, line in enumerate(stream, 1):
            if line.strip(b"\xef\xbb\xbf \t\r\n"):
                yield number, line


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        values = json.loads(line.decode("utf-8-sig"), parse_constant=_refused, parse_float=_finite)
    except (ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}


def _refused(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


def _finite(text: str) -> float:
    return number if math.isfinite(number := float(text)) else _refused(text)


def _question(values: dict[str, Any], number: int) -> str:
    question = values.get("question", values.get("text"))
    if not isinstance(question, str):
        raise UnreadableFile(f"Line {number} is not a question.", 'Write {"id": "1", "question": "…"} on one line.')
    return question


def _lines_of(options: Namespace, answer: "Answer", question_id: object) -> list[str]:
    if options.json:
        return [wire.line(wire.answer_object(answer, question_id))]
    from ui.terminal import answer_text, terminal_of

    heading = [f"# {clean(answer.question)}\n"] if question_id is not None else []
    return [*heading, answer_text(answer, _phrases(options, answer.question), terminal_of(sys.stdout))]


def _phrases(options: Namespace, question: str) -> "Phrases":
    from index.language import detect_language
    from ui.phrases import phrases_for

    return phrases_for(options.interface, detect_language(question))


def related(options: Namespace) -> int:
    """Find passages like one."""
    from search import open_searcher

    searcher = open_searcher(index_of(options))
    answer = searcher.related(
        whole(options.report), whole(options.paragraph), k=options.k, own=options.own, language=options.interface
    )
    say(*_lines_of(options, answer, None))
    return 0
