"""Read ready paragraphs, one JSON object a line: {"_id", "title", "text"}. Pure; linear in the length of the text."""

import json
import unicodedata
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from index.abbreviations import find_abbreviations
from index.errors import NotAReport, UnreadableFile
from index.language import detect_language
from index.report import Passage, Reference, Report, Structure
from index.symbols import find_references

_MOST_WARNINGS = 20  # a file of a million bad lines is told in as many sentences
_GAP = "\n\n"


@dataclass(slots=True)
class _Desk:
    """What grows while the lines are read."""

    texts: list[str] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    questions: int = 0
    at: int = 0


def report_of_lines(name: str, text: str, *, encoding: str, warnings: tuple[str, ...]) -> Report:
    """Return one report whose paragraphs bear the lines' ids; bad lines become warnings.

    Raises NotAReport for questions, UnreadableFile when no line is a paragraph.
    """
    desk = _Desk()
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip("\ufeff \t\r"):
            _read_line(desk, number, line.strip("\ufeff \t\r"))
    if not desk.passages:
        _refuse(name, desk)
    whole = _GAP.join(desk.texts)
    return Report(
        path=name,
        text=whole,
        title=_title(desk, name),
        language=detect_language(whole),
        passages=tuple(desk.passages),
        structure=Structure(True, len(desk.passages)),
        references=tuple(desk.references),
        abbreviations=find_abbreviations(whole),
        encoding=encoding,
        warnings=warnings + _told(desk.problems),
    )


def _refuse(name: str, desk: _Desk) -> None:
    if desk.questions:
        raise NotAReport(f"{name} holds questions, not paragraphs.", "Give it to: reportsearch evaluate")
    first = desk.problems[0] if desk.problems else "it has no lines"
    raise UnreadableFile(
        f"{name} holds no paragraph: {first}.", 'Write one object a line: {"_id": "1", "title": "…", "text": "…"}'
    )


def _read_line(desk: _Desk, number: int, line: str) -> None:
    try:
        values = json.loads(line)
        if ("\\ud" in line or "\\uD" in line) and isinstance(values, dict):
            values = {name: _whole(value) if isinstance(value, str) else value for name, value in values.items()}
    except (ValueError, RecursionError):
        desk.problems.append(f"line {number} is not JSON")
        return
    problem = _problem(desk, values)
    if problem:
        desk.problems.append(f"line {number} {problem}")
        return
    title = values.get("title")
    title = unicodedata.normalize("NFC", title) if isinstance(title, str) else ""
    _add(desk, _number(values), title, unicodedata.normalize("NFC", values["text"]))


def _whole(text: str) -> str:
    """Replace half surrogate pairs, which can stand in JSON and in no file."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _problem(desk: _Desk, values: object) -> str | None:
    if not isinstance(values, dict):
        return "is not an object"
    if ("question" in values or "relevant" in values) and not ("text" in values and "_id" in values):
        desk.questions += 1
        return "is a question"
    if not isinstance(values.get("_id"), str | int) or isinstance(values["_id"], bool) or not _number(values):
        return 'has no "_id"'
    if not isinstance(values.get("text"), str) or not values["text"].strip():
        return 'has no "text"'
    return f'repeats the "_id" {values["_id"]}' if _number(values) in desk.seen else None


def _number(values: dict[str, Any]) -> str:
    return str(values["_id"]).strip()


def _add(desk: _Desk, number: str, title: str, text: str) -> None:
    start = desk.at + (len(_GAP) if desk.texts else 0)
    desk.seen.add(number)
    desk.texts.append(text)
    desk.at = start + len(text)
    desk.passages.append(Passage(number, None, text, start, desk.at, (title,) if title else ()))
    desk.references += [Reference(r.symbol, r.paragraph, r.start + start, r.end + start) for r in find_references(text)]


def _title(desk: _Desk, name: str) -> str:
    titles = {passage.headings for passage in desk.passages}
    return next(iter(titles))[0] if len(titles) == 1 and titles != {()} else PurePath(name).stem


def _told(problems: list[str]) -> tuple[str, ...]:
    more = len(problems) - _MOST_WARNINGS
    told = tuple(problems[:_MOST_WARNINGS])
    return (*told, f"{more} further lines could not be read") if more > 0 else told
