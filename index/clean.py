"""Mend the text of a report: line ends, odd spaces, given word segmentation, page furniture, joins.

Pure text to text; knows nothing of paragraphs and sections.
"""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass

from index.language import CJK, CJK_MARKS

HEADING_SIGN = "\ue000"  # n of them before a line: a heading of degree n that the file format marked as such

_GLUE = f"{CJK}{CJK_MARKS}"
_ODD = dict.fromkeys(
    map(ord, "\ufeff\u200b\u200d\u2060\u00ad\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
)
_ODD |= dict.fromkeys(map(ord, "\u00a0\u2007\u202f\u3000\u2002\u2003\u2009"), " ")
_ODD |= dict.fromkeys(map(ord, "\x0b\x85\u2028\u2029"), "\n")
_WIDE = {
    code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B), 0xFF05)
}
_SPACED_PAIR = re.compile(f"[{_GLUE}] +(?=[{_GLUE}])")
_CHINESE = re.compile(f"[{CJK}]")
_SPLIT_SYMBOL = re.compile(
    r"\b((?:A|E|S|ST|TD|DP|CRC|CCPR|CEDAW|FCCC|UNEP|HSP|ICCD)(?:/[A-Z][A-Za-z.]*\d*)*/)(\d{1,3}) (\d{1,3})(?=/\d)"
)
_SPLIT_LETTER = re.compile(r"([(（])\s*([a-z]{1,4})\s*([)）])(?<=.)")
_SPLIT_NUMBER = re.compile(r"(?<=\d) (?=[/-] \d)|(?<=\d [/-]) (?=\d)|(?<=\d[/-]) (?=\d)")
_EMPHASIS = re.compile(r"\*\*(?=[^\s*])([^*\n]{1,300}?)(?<=[^\s*])\*\*")
_SYMBOL_LINE = re.compile(r"(?:[A-Z]{1,6}/[\w.()/*–-]+)(?:\s{2,}|\t)?(?:\d{1,4})?")
_PAGE_LINE = re.compile(
    r"[-–—]?\s*\d{1,4}\s*[-–—]?|\d{1,3}\s?/\s?\d{1,3}|(?:Page|page|página|Стр\.|стр\.|第)\s*\d{1,4}\s*页?|/\s?(?:\.\.\.|…)|[_—-]{5,}|\*\d{6,9}\*|(?:\d{6}\s?){1,2}"
)
_JOB_LINE = re.compile(
    r"(?:(?:\d{1,3}|[ivxl]{1,6})\s+)?(?:\d{2}-\d{4,5}X?|[A-Z]{2,4}\.\d{2}-\d{4,5})(?!\d)\s*(?:\([A-Z]\))?[\s\d*/ivxl]*"
)
_LONE_MARK = re.compile(r"(?:[A-ZА-Я]|[IVXL]{1,6})[.．]|[一二三四五六七八九十]{1,3}[.．、]")
_ENDING = 60  # characters that tell whether a text is finished
_LICENCE = re.compile(
    r"(?:本|此|这部|這部)作品(?:来自|來自|是|在|为|為|的)|Public domain|This work is in the public domain"
)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A text and what was mended in it, one sentence each."""

    text: str
    repairs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A line with what stood around it; `text` has single spaces and none at its ends."""

    text: str
    gap: bool  # an empty line or a page break stands before it
    page: int | None


def straighten(text: str) -> Cleaned:
    """Give the text plain line ends, plain spaces and ordinary digits; form feeds stay."""
    plain = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").translate(_ODD)
    ordinary = plain.translate(_WIDE)
    ordinary = re.sub(r"(?<=\d)．(?=\d)", ".", ordinary) if ordinary != plain else ordinary
    return Cleaned(ordinary, ("read full-width digits and letters as ordinary ones",) if ordinary != plain else ())


def is_segmented(text: str) -> bool:
    """Say whether Chinese words are held apart by spaces."""
    return len(_SPACED_PAIR.findall(text)) * 6 > len(_CHINESE.findall(text)) > 20


def despace(text: str) -> Cleaned:
    """Take the spaces beside Chinese characters out of a segmented text, and mend what they had cut."""
    if not is_segmented(text):
        return Cleaned(text)
    repairs = ["took out the spaces between Chinese words"]
    for match in _SPLIT_SYMBOL.finditer(text):
        whole = match[1] + match[2] + match[3]
        tail = "".join(re.findall(r"\A/\d+", text[match.end() :]))
        repairs.append(f"{match[0]}{tail} read as {whole}{tail}")
    mended = _SPLIT_SYMBOL.sub(r"\1\2\3", text)
    mended, count = _SPLIT_NUMBER.subn("", mended)
    if count:
        repairs.append(f"closed up {count} numbers such as 57 / 270")
    if _cut_letters(mended):
        repairs.append(f"closed up {_cut_letters(mended)} bracketed letters such as (c )")
    mended = _SPLIT_LETTER.sub(r"\1\2\3", mended)
    mended = re.sub(f"(?<=[{_GLUE}])[ \t]+(?=\\S)|(?<=\\S)[ \t]+(?=[{_GLUE}])", "", mended)
    return Cleaned(mended, tuple(repairs))


def _cut_letters(text: str) -> int:
    return sum(" " in match[0] for match in _SPLIT_LETTER.finditer(text))


def strip_emphasis(text: str) -> Cleaned:
    """Take `**` away where a pair of them sets words in bold; footnote signs stay."""
    plain, count = _EMPHASIS.subn(r"\1", text)
    return Cleaned(plain, (f"took the bold marks from {count} stretches of text",) if count else ())


def lines_of(text: str) -> list[Line]:
    """Cut the text into lines; pages are counted only where form feeds show them."""
    lines, gap, page = [], True, 1 if "\f" in text else None
    for sheet_number, sheet in enumerate(text.split("\f")):
        page = sheet_number + 1 if page is not None else None
        gap = gap or sheet_number > 0
        for raw in sheet.split("\n"):
            words = " ".join(raw.split())
            if words:
                lines.append(Line(words, gap, page))
            gap = not words
    return lines


def join_lone_marks(lines: list[Line]) -> list[Line]:
    """Put "A." or "IV.", alone on a line, before the title that it belongs to, as the print has them."""
    joined: list[Line] = []
    for line in lines:
        if (
            joined
            and _LONE_MARK.fullmatch(joined[-1].text)
            and not _LONE_MARK.fullmatch(line.text)
            and not line.text[0].isdigit()
        ):
            joined[-1] = Line(f"{joined[-1].text} {line.text}", joined[-1].gap, joined[-1].page)
        else:
            joined.append(line)
    return joined


def drop_furniture(lines: list[Line]) -> tuple[list[Line], tuple[str, ...]]:
    """Take page numbers, running symbols and job numbers out; what follows one counts as after a gap."""
    counts = Counter(line.text for line in lines)
    kept: list[Line] = []
    after = False
    for line in lines:
        if _is_furniture(line.text, counts):
            after = True
            continue
        kept.append(Line(line.text, line.gap or after, line.page))
        after = False
    dropped = len(lines) - len(kept)
    return kept, (f"took out {dropped} lines of page headers, page numbers and job numbers",) if dropped else ()


def drop_licence(lines: list[Line]) -> tuple[list[Line], tuple[str, ...]]:
    """Take the licence note of a wiki copy off the end."""
    first_possible = max(3, len(lines) - 25)
    start = next((i for i, line in enumerate(lines) if i >= first_possible and _LICENCE.match(line.text)), None)
    if start is None:
        return lines, ()
    return lines[:start], (f"took out {len(lines) - start} lines of a licence note",)


def _is_furniture(text: str, counts: Counter[str]) -> bool:
    if len(text) > 60:
        return False
    if _PAGE_LINE.fullmatch(text) or _JOB_LINE.fullmatch(text):
        return True
    return bool(_SYMBOL_LINE.fullmatch(text)) and any(c.isdigit() for c in text)


def join(left: str, right: str) -> str:
    """Join two lines of one sentence: no space beside Chinese characters, nor after a hyphen in a word."""
    if not left or not right:
        return left + right
    if re.match(f"[{_GLUE}]", left[-1]) or re.match(f"[{_GLUE}]", right[0]):
        return left + right
    return left + right if left[-1] == "-" and right[0].islower() else f"{left} {right}"


def is_finished(text: str) -> bool:
    """Say whether a text ends as a sentence or a list item does."""
    bare = text[-_ENDING:].rstrip(" \t\n¹²³⁰⁴⁵⁶⁷⁸⁹*")
    bare = re.sub(r"(?<=[.;:!?。；：！？])\d{1,3}$", "", bare)
    bare = bare.rstrip(')]）」』”’"»〕') or bare
    return bare.endswith(tuple(".。!！?？;；:：…؟؛"))


def width(text: str) -> float:
    """Measure a text in Latin letters; a Chinese character counts for two and a half."""
    chinese = len(_CHINESE.findall(text))
    return len(text) + 1.5 * chinese
