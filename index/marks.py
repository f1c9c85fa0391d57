"""Recognise the marks of paragraphs, headings and sub-paragraphs in six languages. Pure; one line at a time."""

import re
from dataclasses import dataclass

from index.clean import HEADING_SIGN, is_finished, width

_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")
SUFFIXES_IN_WORDS = {"之二": "bis", "之三": "ter", "之四": "quater", "مكرر": "bis", "مكررا": "bis"}
_NUMBER = re.compile(
    r"(?P<number>[0-9٠-٩]{1,4})\s?(?P<suffix>(?:bis|ter|quater|quinquies)\b|之[二三四]|مكررا?)?\s?"
    r"(?:[.．](?:(?!\d)|(?=\d{4}\s?年|\d{1,2}\s?月))|、|[-–—]\s?(?=[\u0600-\u06ff\"«(\[]))\s*(?P<body>.*)"
)
HAN = "一二三四五六七八九十百"
_ROMAN = r"[IVXLC]{1,7}"
ARABIC_FIRST = "أولا ثانيا ثالثا رابعا خامسا سادسا سابعا ثامنا تاسعا عاشرا".split()
ARABIC_SECOND = "ألف باء جيم دال هاء واو زاي حاء طاء ياء كاف لام ميم نون".split()
_CHAPTER_WORD = r"(?:Chapter|Chapitre|Capítulo|Глава|الفصل|Part|Partie|Parte|Часть|CHAPTER|PART)"
_HEADINGS = (  # kind, degree, pattern
    (
        "chapter",
        0,
        re.compile(
            rf"(?P<mark>{_CHAPTER_WORD}\s+(?:{_ROMAN}|\d+|[Oo]ne|[Tt]wo|[Tt]hree|[Ff]our|ONE|TWO|الأول|الثاني|الثالث|الرابع|الخامس))(?!\w)[.:\s]*(?P<title>.*)"
        ),
    ),
    ("chapter", 0, re.compile(rf"(?P<mark>第[{HAN}\d]+(?:章|部分|编|篇))[\s：:、.]*(?P<title>.*)")),
    ("han", 1, re.compile(rf"(?P<mark>[{HAN}]{{1,4}})\s?[.．、]\s?(?P<title>\S.*)")),
    ("arabic", 1, re.compile(rf"(?P<mark>(?:{'|'.join(ARABIC_FIRST)})ً?(?: عشر)?)\s?[-–—:.]\s?(?P<title>\S.*)")),
    ("arabic-letter", 2, re.compile(rf"(?P<mark>{'|'.join(ARABIC_SECOND)})\s?[-–—:.]\s?(?P<title>\S.*)")),
    ("letter", 2, re.compile(r"(?P<mark>[A-ZА-Я])\s?[.．]\s?(?P<title>[^\W\d_].*|[《“\"(（«].*)")),
    ("roman", 1, re.compile(rf"(?P<mark>{_ROMAN})\s?[.．]\s?(?P<title>\S.*)")),
    ("section", 1, re.compile(rf"(?P<mark>第[{HAN}\d]+节)[\s：:、.]*(?P<title>.*)")),
    ("han-bracket", 3, re.compile(rf"(?P<mark>[(（][{HAN}]{{1,3}}[)）])\s?(?P<title>\S.*)")),
    ("digit", 4, re.compile(r"(?P<mark>\d{1,2})\s?[.．、](?!\d)\s*(?P<title>\S.*)")),
    ("digit-bracket", 5, re.compile(r"(?P<mark>[(（]\d{1,2}[)）])\s?(?P<title>\S.*)")),
)
UNMARKED_DEGREE = 7
_LONGEST_HEADING = 260  # in Latin letters, see clean.width
_LONGEST_ANNEX = 120  # in Latin letters, its title included
_ANNEX = re.compile(
    rf"(?:(?P<word>(?i:Annexe?|Anexo|Приложение|Appendix)|المرفق)(?:\s+(?P<roman>{_ROMAN}|\d+|الأول|الثاني|الثالث))?[*]*(?:[.:–—-]\s*[^\W\d_].*)?"
    rf"|(?:附件|附录|附錄)(?P<han>[{HAN}\d]*)[*]*(?:[.．:：、]\s*\S.*|\s\S.*|[.．:：]?))"
)
_NOTES = re.compile(r"(?:注|註|尾注|注释|Notes?|Endnotes|Footnotes|Notas?|Примечани[ея]|الحواشي)\s*[:：]?", re.I)
_SUMMARY = re.compile(
    r"(?:摘要|提要|内容提要|Summary|Executive summary|Abstract|Résumé|Resumen|Резюме|موجز)\s*[*:：]*", re.I
)
_OPENING = re.compile(
    r"(?:导言|導言|引言|前言|序言|绪论|概述|概况|背景|Introduction|Foreword|Preface|Background|Overview|Avant-propos|Préface|"
    r"Contexte|Introducción|Prefacio|Prólogo|Antecedentes|Введение|Предисловие|مقدمة|تمهيد|معلومات أساسية)",
    re.I,
)
_NOTE_LINE = re.compile(r"(?P<mark>[¹²³⁰⁴-⁹]+|\d{1,3}/(?!\d)|\*{1,4}|\[\d{1,3}\])\s?(?P<body>\S.*)")
_BULLET = re.compile(r"[•·▪◦‣–—●○■□]\s|——")


@dataclass(frozen=True, slots=True)
class Number:
    """A paragraph number and where the text after it begins in the line."""

    number: int
    suffix: str
    body: str


@dataclass(frozen=True, slots=True)
class HeadingMark:
    """What a heading line opens with; a smaller degree is further out."""

    kind: str
    degree: int
    mark: str
    title: str


def paragraph_number(line: str) -> Number | None:
    """Read "18.", "18 bis.", "18、" or Arabic "١٨ -" at the opening of a line."""
    match = _NUMBER.fullmatch(line)
    if not match:
        return None
    suffix = match["suffix"] or ""
    return Number(int(match["number"].translate(_DIGITS)), SUFFIXES_IN_WORDS.get(suffix, suffix), match["body"])


def heading_marks(line: str) -> tuple[HeadingMark, ...]:
    """Return every way to read a line as a marked heading: "C. …" may be a letter or a Roman number."""
    if line.startswith(HEADING_SIGN):
        title = line.lstrip(HEADING_SIGN).strip()
        return (HeadingMark("format", len(line) - len(line.lstrip(HEADING_SIGN)) - 1, "", title),)
    if not is_heading_like(line):
        return ()
    found = ((kind, degree, pattern.fullmatch(line)) for kind, degree, pattern in _HEADINGS)
    return tuple(HeadingMark(kind, degree, match["mark"], match["title"]) for kind, degree, match in found if match)


def is_heading_like(line: str) -> bool:
    """Say whether a line is short and does not end as a sentence does."""
    return width(line) <= _LONGEST_HEADING and not is_finished(line) and not line.endswith(("，", ",", "、"))


def annex_name(line: str) -> str | None:
    """Return "annex", "annex I" for the heading of an annex; None for any other line."""
    match = _ANNEX.fullmatch(line.lstrip(HEADING_SIGN).strip())
    if not match or width(line) > _LONGEST_ANNEX or not is_heading_like(line.rstrip(":：.")):
        return None
    number = match["roman"] or match["han"] or ""
    return f"annex {number}".strip()


def is_notes_heading(line: str) -> bool:
    """Say whether a line heads the end notes."""
    return bool(_NOTES.fullmatch(line.lstrip(HEADING_SIGN).strip()))


def is_summary_heading(line: str) -> bool:
    """Say whether a line heads the summary."""
    return bool(_SUMMARY.fullmatch(line.lstrip(HEADING_SIGN).strip()))


def is_opening_heading(line: str) -> bool:
    """Say whether a line without a mark heads what reports begin with: an introduction, a foreword."""
    return bool(_OPENING.fullmatch(line.lstrip(HEADING_SIGN).strip()))


def note_text(line: str) -> str | None:
    """Return the line when it opens as a foot or end note does."""
    return line if _NOTE_LINE.fullmatch(line) else None


def is_bullet(line: str) -> bool:
    """Say whether a line opens a bulleted item."""
    return bool(_BULLET.match(line))
