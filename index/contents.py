"""Find the table of contents, read its entries, and check their paragraph ranges against the text. Pure."""

import re
from dataclasses import dataclass

from index.clean import HEADING_SIGN, Line, is_finished, width
from index.language import CJK
from index.marks import heading_marks, paragraph_number

_TITLE = re.compile(
    r"(?:目录|目次|目\s录|Contents|Table of contents|Table des matières|Sommaire|Índice|Содержание|Оглавление|المحتويات)",
    re.I,
)
_COLUMNS = re.compile(r"段次|Paragraphs|Paragraphes|Párrafos|Пункты|الفقرات", re.I)
_HEADER = re.compile(
    r"(?:段\s?次|页\s?次|页码|章\s?次?|节|附件|Paragraphs|Pages?|Chapter|Paragraphes|Chapitre|Párrafos|Página|Capítulo|Пункты|Стр\.?|Глава|الفقرات|الصفحة|الفصل|\s)+",
    re.I,
)
_LEADERS = re.compile(r"(?:[.…·_](?: ?[.…·_])+ ?)+")
_LEADER = "\t"  # what a row of dots is read as; lines hold no other tab
_NUMBER = r"\d{1,4}|[ivxl]{1,5}"
_RANGE = r"\d{1,4}(?: ?[-–—−~～至] ?\d{1,4})?"
_TAIL = re.compile(
    rf"(?:(?:(?:[ \t]+|(?<=[{CJK})）]))(?P<range>{_RANGE}))?[ \t]+(?P<page>{_NUMBER})|(?:[ \t]+|(?<=[{CJK})）]))(?P<lone>\d{{1,4}} ?[-–—−~～至] ?\d{{1,4}})|\t) *$"
)
_REACH = 40  # characters at the end of a line that a range and a page take at most
_PROSE = 300  # no entry is as long as this, in Latin letters


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the contents; `first` and `last` are None where it gives no paragraphs."""

    key: str
    title: str
    first: int | None = None
    last: int | None = None


@dataclass(frozen=True, slots=True)
class Contents:
    """Where the table of contents stands among the lines, and what it says."""

    start: int = 0
    end: int = 0  # lines[start:end]
    entries: tuple[Entry, ...] = ()
    letters: str = ""  # everything in it as one key, for contents whose entries run together


def title_key(title: str) -> str:
    """Reduce a heading to the letters that every print of it has in common; its mark is left out."""
    plain = title.lstrip(HEADING_SIGN).strip()
    marks = [mark for mark in heading_marks(plain) if mark.title]
    bare = marks[0].title if marks else plain
    return re.sub(r"[\W_]+", "", bare).lower()


def find_contents(lines: list[Line]) -> Contents:
    """Return the table of contents; an empty one at 0 when there is none."""
    start = next(
        (i for i, line in enumerate(lines) if _TITLE.fullmatch(line.text.lstrip(HEADING_SIGN).strip(" :：*"))), None
    )
    if start is None:
        return Contents()
    end = _end(lines, start + 1)
    has_columns = any(_COLUMNS.search(line.text) for line in lines[start : min(start + 4, end)])
    entries = _entries([_plain(line.text) for line in lines[start + 1 : end]], has_columns)
    letters = re.sub(r"[\W_\d]+", "", "".join(line.text for line in lines[start + 1 : end])).lower()
    return Contents(start, end, tuple(entries), letters)


def _end(lines: list[Line], start: int) -> int:
    """Find where the contents end: where an early entry comes again as a bare heading, or prose begins."""
    keys: list[str] = []
    silent = 0  # lines in a row that end in no number
    for i in range(start, len(lines)):
        text = _plain(lines[i].text)
        if _HEADER.fullmatch(text) or _TITLE.fullmatch(text):
            continue
        tail = _tail(text)
        key = title_key(_strip_tail(text))
        if not tail and key and key in keys[:4] and (i - start) >= 2:
            return _with_chapter_line(lines, i, start)
        prose = is_finished(text) and _LEADER not in text and width(text) > (50 if paragraph_number(text) else 120)
        if prose or (not tail and width(text) > _PROSE):
            return _back_over_headings(lines, i, start)
        silent = 0 if tail else silent + 1
        if keys and silent > 6 and any(_tail(_plain(line.text)) for line in lines[start:i]):
            return i - silent + 1
        keys.append(key)
    return len(lines) if len(lines) - start < 4 else start


def _with_chapter_line(lines: list[Line], i: int, start: int) -> int:
    """Leave "Chapter I" on the line before the repeated title outside the contents."""
    before = heading_marks(lines[i - 1].text) if i - 1 > start else ()
    return i - 1 if any(mark.kind == "chapter" and not mark.title for mark in before) else i


def _back_over_headings(lines: list[Line], i: int, start: int) -> int:
    """Step back from the first prose over the headings right before it that a gap sets apart."""
    while i - 1 > start and heading_marks(lines[i - 1].text) and not _tail(_plain(lines[i - 1].text)):
        i -= 1
    return i


def _plain(text: str) -> str:
    """Read every row of dots in a line as one sign."""
    return _LEADERS.sub(_LEADER, text)


def _tail(text: str) -> re.Match[str] | None:
    return _TAIL.search(text, max(0, len(text) - _REACH))


def _strip_tail(text: str) -> str:
    match = _tail(text)
    return text[: match.start()].split(_LEADER)[0] if match else text.split(_LEADER)[0]


def _entries(texts: list[str], has_columns: bool) -> list[Entry]:
    entries, pending = [], ""
    for text in texts:
        if _HEADER.fullmatch(text):
            continue
        match = _tail(text)
        title = f"{pending} {_strip_tail(text)}".strip()
        if not match and not heading_marks(text):
            pending = title
            continue
        first, last = _range(match, has_columns)
        entries.append(Entry(title_key(title), title, first, last))
        pending = ""
    return entries


def _range(match: re.Match[str] | None, has_columns: bool) -> tuple[int | None, int | None]:
    stated = match and (match["range"] or match["lone"])
    if not stated:
        return None, None
    numbers = [int(n) for n in re.findall(r"\d+", stated)]
    if len(numbers) == 1 and not has_columns:
        return None, None
    return numbers[0], numbers[-1]


def check_ranges(contents: Contents, found: dict[str, tuple[int, int]]) -> tuple[str, ...]:
    """Compare the ranges with the first and last paragraph found under each heading key."""
    problems = []
    for entry in contents.entries:
        if entry.first is None:
            continue
        said = _span(entry.first, entry.last)
        if entry.key not in found:
            problems.append(f"contents list “{entry.title}” with paragraphs {said}, the text has no such heading")
        elif found[entry.key] != (entry.first, entry.last):
            problems.append(f"contents give “{entry.title}” paragraphs {said}, the text has {_span(*found[entry.key])}")
    return tuple(problems)


def _span(first: int, last: int | None) -> str:
    return str(first) if first == last else f"{first}-{last}"
