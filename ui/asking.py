"""The commands that ask: one question, a batch of them, or a passage whose like is wanted."""

import json
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.errors import UnreadableFile
from ui import wire
from ui.streams import complain, index_of, say, told

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
        reports=tuple(options.report),
        languages=tuple(options.language),
        years=tuple(options.year),
        symbols=tuple(options.symbol),
        sections=tuple(options.section),
    )
    searcher = open_searcher(index_of(options))

    def ask(question: str) -> "Answer":
        return searcher.search(
            _whole(question),
            k=options.k,
            mode=options.mode,
            filters=filters,
            language=options.interface,
            closest=options.closest,
            rerank=options.rerank,
        )

    if options.batch:
        return _answer_all(options, ask)
    _write_answer(options, ask(" ".join(options.question)), None)
    return 0


def _whole(text: str) -> str:
    """Return the text without halves of surrogate pairs: bytes of the command line that are no characters."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _answer_all(options: Namespace, ask: Callable[[str], "Answer"]) -> int:
    """Answer every line in order as it comes; a bad one is told in its place and makes the whole exit with 1."""
    code = 0
    for number, line in _lines(options.batch):
        values = _parsed(line)
        question_id = values.get("id", values.get("_id"))
        try:
            answer = ask(_question(values, number))
        except Exception as error:
            code = 1
            if options.json:
                say(wire.line(wire.error_object(told(error), question_id, number)))
            else:
                complain(f"line {number}: {told(error)}")
        else:
            _write_answer(options, answer, question_id)
    return code


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
        values = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}


def _question(values: dict[str, Any], number: int) -> str:
    question = values.get("question", values.get("text"))
    if not isinstance(question, str):
        raise UnreadableFile(f"Line {number} is not a question.", 'Write {"id": "1", "question": "…"} on one line.')
    return question


def _write_answer(options: Namespace, answer: "Answer", question_id: object) -> None:
    if options.json:
        say(wire.line(wire.answer_object(answer, question_id)))
        return
    from ui.terminal import answer_text, terminal_of

    heading = [f"# {answer.question}\n"] if question_id is not None else []
    say(*heading, answer_text(answer, _phrases(options, answer.question), terminal_of(sys.stdout)))


def _phrases(options: Namespace, question: str) -> "Phrases":
    from index.language import detect_language
    from ui.phrases import phrases_for

    return phrases_for(options.interface, detect_language(question))


def related(options: Namespace) -> int:
    """Find passages like one."""
    from search import open_searcher

    searcher = open_searcher(index_of(options))
    answer = searcher.related(
        options.report, options.paragraph, k=options.k, own=options.own, language=options.interface
    )
    _write_answer(options, answer, None)
    return 0
