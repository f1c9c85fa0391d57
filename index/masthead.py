"""Read the front matter: title, own symbol, date, session, body, agenda item. Pure; unknown stays None."""

import itertools
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import PurePath

from index.clean import Line, join, width
from index.language import CJK
from index.marks import heading_marks
from index.symbols import symbols_in

_AUTHOR = re.compile(
    r"(?:[^—–-].{0,23}(?:的报告|的说明|的報告|的說明)|(?:(?:\w+ )?[Rr]eport|Note) (?:of|by) the .{3,80}|Rapport (?:du|de la|de l.|des) .{3,80}|Note du .{3,80}|"
    r"Informe (?:del|de la) .{3,80}|Nota (?:del|de la) .{3,80}|(?:Доклад|Записка) .{3,80}|(?:تقرير|مذكرة من) .{3,80})[\s*＊]*"
)
_SESSION = re.compile(
    r"第[一二三四五六七八九十百\d]+[届屆](?:会议|會議|常会|常會|特别会议|特別會議|会|會)|(?:\w+-)?\w+(?:st|nd|rd|th) (?:special |emergency |regular )?session|"
    r"\w+(?:-\w+)* session(?= |$)|\b[\w-]+(?: et \w+)?ième session|\w+ ?\w* período (?:extraordinario )?de sesiones|\w+ ?\w+ сессия|الدورة \w+(?: و\w+)?",
    re.I,
)
_AGENDA = re.compile(
    r"(?:(?:point|tema|пункт)\s(?P<inner>\d{1,3}(?:\s?[a-zа-я]\))?)\s(?:de l.ordre du jour|del programa|(?:\w+\s)?повестки дня)|"
    r"(?:议程\s?\**\s?项目|議程\s?\**\s?項目|agenda items?|point .{0,4}de l.ordre du jour|tema .{0,4}del programa|пункт .{0,16}повестки дня|البند)\W{0,3}"
    r"(?P<item>\d{1,3}(?:\s?\([a-zأ-ي]\))?(?:(?:, | and | y | et | и |和|、)\d{1,3}(?:\s?\([a-z]\))?)*))",
    re.I,
)
_POINTS = str.maketrans("абвгдежзأبجدهوزح", "abcdefgh" * 2)
_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩", "0123456789")
_BODIES = (
    (
        "大会",
        "大會",
        "General Assembly",
        "Assemblée générale",
        "Asamblea General",
        "Генеральная Ассамблея",
        "الجمعية العامة",
    ),
    (
        "安全理事会",
        "Security Council",
        "Conseil de sécurité",
        "Consejo de Seguridad",
        "Совет Безопасности",
        "مجلس الأمن",
    ),
    (
        "经济及社会理事会",
        "Economic and Social Council",
        "Conseil économique et social",
        "Consejo Económico y Social",
        "Экономический и Социальный Совет",
        "المجلس الاقتصادي والاجتماعي",
    ),
    (
        "人权理事会",
        "Human Rights Council",
        "Conseil des droits de l’homme",
        "Consejo de Derechos Humanos",
        "Совет по правам человека",
        "مجلس حقوق الإنسان",
    ),
)
_MONTHS = {
    name: number
    for names in (
        "January February March April May June July August September October November December",
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    )
    for number, name in enumerate(names.split(), 1)
}
_DATE = re.compile(
    rf"(?P<d>\d{{1,2}})(?:er)?\s(?:de\s)?(?P<m>{'|'.join(_MONTHS)})\s(?:de\s)?(?P<y>(?:19|20)\d\d)", re.I
)
_CHINESE_DATE = re.compile(r"(?P<y>(?:19|20)\d\d)\s?年\s?(?P<m>\d{1,2})\s?月\s?(?P<d>\d{1,2})\s?日")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_META = re.compile(
    r"^(?:UNITED )?NATIONS(?: [A-Z]{1,4})?$|^(?:GENERAL|LIMITED|RESTRICTED)$|^(?:Arabic|Chinese|English|French|Russian|Spanish|Español|Français|العربية|Русский|中文)(?:\W|$)|"
    r"Distr\.|Original\s?:|^(?:United Nations|联合国|UNITED|NATIONS|Nations Unies|Naciones Unidas|Организация Объединенных Наций|الأمم المتحدة)$|"
    r"General Assembly|Security Council|Economic and Social Council|Official Records|Supplement No|Agenda item|临时议程|议程\s?\*?\s?项目|原文|\*|各位代表|同志们",
    re.I,
)
_BODY_NAMES = frozenset({*itertools.chain(*_BODIES), "联合国", "聯合國", "聯合國大會"})
_WRAPPED = 30  # Latin letters; a line of a title that goes on below is at least this wide
_UNITED_NATIONS = re.compile(
    r"United Nations|联合国|UNITED|NATIONS|Nations Unies|Naciones Unidas|Организация Объединенных Наций|الأمم المتحدة",
    re.I,
)
_OTHER_HEADING = re.compile(
    r"(?:Contents|Table of contents|Table des matières|Índice|Содержание|المحتويات|目\s?录|目\s?次|Summary|Executive summary|"
    r"Résumé|Resumen|Резюме|موجز|摘\s?要|Official Records.*|正式记录.*)\W*",
    re.I,
)
_SHORTEST = 5  # Latin letters of a title, or two Chinese characters
_SPACED = re.compile(f"(?<=[{CJK}]) (?=[{CJK}])")
_TITLE_LINES = 4
_LONGEST = 400  # Latin letters of a title
_RUN_ON = 200  # a front line wider than this, in Latin letters, holds more than the title
_HAN_DIGITS = dict(zip("一二三四五六七八九", range(1, 10), strict=True))
_ENGLISH = dict(zip("first second third fourth fifth sixth seventh eighth ninth".split(), range(1, 10), strict=True))
_ENGLISH_TENS = dict(zip("thirt fort fift sixt sevent eight ninet".split(), range(30, 100, 10), strict=True))


@dataclass(frozen=True, slots=True)
class Masthead:
    """What the front matter states."""

    title: str = ""
    symbol: str | None = None
    date: str | None = None  # ISO 8601, only a date that the masthead gives to the document
    year: int | None = None
    session: str | None = None
    body: str | None = None
    agenda_item: str | None = None


def stated_title(titles: tuple[str, ...]) -> str:
    """Choose among the lines that the file format shows as the title; "" when none can be one."""
    return next((re.sub(r"[\s*]+$", "", title) for title in titles if _is_title(title)), "")


def read_masthead(lines: list[Line], text: str, name: str, title: str = "") -> Masthead:
    """Read the lines before the summary, the contents and the first paragraph; `text` is the whole report.

    `title` is the one that the file format states.
    """
    stated = [line for line in lines if not line.text.startswith(("*", "＊"))]
    joined = " ".join(line.text for line in stated)
    session = _session(joined)
    body = _body(stated, text, session)
    date, year = _date(stated)
    return Masthead(
        title=title or _title(stated, text) or PurePath(name).stem,
        symbol=own_symbol(lines, text),
        date=date,
        session=session,
        body=body,
        year=year or _year(joined, session, body),
        agenda_item=_agenda_item(joined),
    )


def own_symbol(lines: list[Line], text: str) -> str | None:
    """Return the symbol that a masthead line is made of, or ends in; or that heads every page."""
    opening = [" ".join(raw.split()) for raw in text[:3000].split("\n") if raw.strip()][:12]
    for line in [*opening, *(line.text for line in lines[:12])]:
        line = _SPACED.sub("", line)
        symbols = symbols_in(line)
        bare = re.sub(
            r"^(?:United Nations|General Assembly|Security Council|Economic and Social Council|联合国|大会|Nations Unies|Naciones Unidas|Assemblée générale|Asamblea General|Организация Объединенных Наций|الأمم المتحدة|الجمعية العامة|\s)+",
            "",
            line,
        )
        if (
            symbols
            and re.fullmatch(r"[A-Z][\w./()\-–* ]*?(?:\s?\(\d{4}\))?[*\s]*(?:Distr.*)?", bare)
            and symbols_in(bare.split(" Distr")[0])[:1] == symbols[:1]
            and bare[0].isascii()
        ):
            return symbols[0] if bare.startswith(symbols[0].split("/")[0]) else None
    headers = Counter(
        raw.strip()
        for raw in text.split("\n")
        if len(raw.strip()) < 40 and "/" in raw and symbols_in(raw)[:1] and not raw.strip().startswith("*")
    )
    repeated = [line for line, count in headers.items() if count >= 3 and re.fullmatch(r"[A-Z][\w./()\-]+", line)]
    return symbols_in(repeated[0])[0] if len(repeated) == 1 else None


def _title(lines: list[Line], text: str) -> str:
    # The last one: a title may itself begin as an author line does, "Report on …" in Russian or Arabic.
    author = next((i for i in range(len(lines) - 1, 0, -1) if _AUTHOR.fullmatch(lines[i].text)), None)
    before = lines[author - 1].text if author else ""
    if author and (_may_be_title(before) or _runs_on(before)):
        title = _block_before(lines, author)
        return _trim_run_on(title, text) if _runs_on(before) else title
    first = next((i for i, line in enumerate(lines) if _may_be_title(line.text)), None)
    title = _block_after(lines, first) if first is not None else ""
    return re.sub(r"[\s*]+$", "", title) if width(title) < _LONGEST else ""


def _block_after(lines: list[Line], start: int) -> str:
    """Join the lines that a title was wrapped to: about as wide as the first, but for the last."""
    title, measure = lines[start].text, width(lines[start].text)
    for before, line in itertools.pairwise(lines[start : start + _TITLE_LINES]):
        if (
            line.gap
            or width(before.text) < max(_WRAPPED, 0.7 * measure)
            or width(line.text) > 1.25 * measure
            or not _goes_on(line.text)
        ):
            break
        title = join(title, line.text)
    return title


def _goes_on(text: str) -> bool:
    """Say whether a line may be the second of a title, which may name a body as the first may not."""
    names_body = any(name in text and text != name for name in _BODY_NAMES)
    return not _AUTHOR.fullmatch(text) and (_may_be_title(text) or (names_body and not symbols_in(text)))


def _may_be_title(text: str) -> bool:
    dated = _DATE.sub("", text).strip() == "" or _CHINESE_DATE.sub("", text).strip() == ""
    other = _META.search(text) or symbols_in(text) or _SESSION.fullmatch(text) or _AGENDA.match(text)
    return not (dated or other or text in _BODY_NAMES or text.endswith(("，", "、", "،")) or width(text) < _SHORTEST)


def _is_title(text: str) -> bool:
    """Say whether a line that is shown as a title can be the report's: no organ, symbol, date, section or contents."""
    organ = any(form == text for forms in _BODIES for form in forms) or _UNITED_NATIONS.fullmatch(text)
    other = organ or _SESSION.fullmatch(text) or _OTHER_HEADING.fullmatch(text) or own_symbol([], text)
    dated = _DATE.sub("", text).strip() == "" or _CHINESE_DATE.sub("", text).strip() == ""
    wordless = sum(c.isalpha() for c in text) * 3 < len(text)
    section = any(mark.kind != "chapter" for mark in heading_marks(text))
    return not (other or dated or wordless or section or width(text) < _SHORTEST)


def _block_before(lines: list[Line], end: int) -> str:
    title, i = "", end - 1
    while i >= 0:
        title = join(lines[i].text, title)
        if lines[i].gap or not _may_be_title(lines[i - 1].text):
            break
        i -= 1
    title = _undouble(title)
    return re.sub(r"[\s*]+$", "", title)


def _runs_on(text: str) -> bool:
    return width(text) > _RUN_ON or (width(text) > _RUN_ON / 2 and bool(_AGENDA.search(text)))


def _undouble(title: str) -> str:
    """Take one of two prints of a title that follow each other, as on the cover and above the text."""
    half = next((i for i in range(8, len(title)) if _letters(title[i:]) == _letters(title[:i])), None)
    return title[half:].strip() if half and len(title) < 1000 else title


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text)


def _trim_run_on(title: str, text: str) -> str:
    """Where the front matter ran into one line, begin the title where words begin that the report repeats."""
    if not _runs_on(title):
        return title
    behind = [match.end() for match in _AGENDA.finditer(title)][-1:]
    title = _undouble(title[sum(behind) :].strip(" *"))
    tail = re.split(r"[。]|\*{1,3}", title)[-1] or title
    for at in range(len(tail) - 12):
        if text.count(tail[at : at + 12]) >= 3:
            return tail[at:].strip(" ：:，,的和")
    return tail


def _session(joined: str) -> str | None:
    match = _SESSION.search(joined)
    return match[0].strip() if match else None


def _body(lines: list[Line], text: str, session: str | None) -> str | None:
    front = " ".join(line.text for line in lines[:12])
    named = [
        (front.find(form), form)
        for forms in _BODIES
        for form in forms
        if front.startswith(form) or re.search(rf"(?:^|[^\w]){form}(?!\w)", front)
    ]
    if named:
        return min(named)[1]
    for forms in _BODIES:
        if session and any(text.count(f"{form}{session}") >= 2 for form in forms[:1]):
            return forms[0]
    return None


def _date(lines: list[Line]) -> tuple[str | None, int | None]:
    for line in lines[:20]:
        short = re.sub(r"^.*Distr\.?:? ?\w*", "", line.text)
        for pattern in (_DATE, _CHINESE_DATE):
            match = pattern.search(short)
            if match and width(short) < 60 and not re.search(r"[-–至]", short):
                month = _month(match["m"])
                return f"{match['y']}-{month:02d}-{int(match['d']):02d}", int(match["y"])
    return None, None


def _month(name: str) -> int:
    lowered = {key.lower(): value for key, value in _MONTHS.items()}
    return int(name) if name.isdigit() else lowered[name.lower()]


def _year(joined: str, session: str | None, body: str | None) -> int | None:
    number = session_number(session or "")
    if number and 20 <= number <= 120 and body in _BODIES[0]:
        return 1945 + number  # a year in the text may be one that the title speaks of
    match = _YEAR.search(re.sub(r"[A-Z]+/\S+", " ", joined))
    return int(match[1]) if match else None


def session_number(session: str) -> int | None:
    """Read the number of a session written in Chinese or English words; special sessions have numbers of their own."""
    han = re.search(r"第(?:([一二三四五六七八九])?(十))?([一二三四五六七八九])?[届屆](?!特)", session)
    if han and (han[2] or han[3]):
        tens = _HAN_DIGITS.get(han[1] or "一", 1) * 10 if han[2] else 0
        return tens + _HAN_DIGITS.get(han[3] or "", 0)
    english = re.match(r"(?:(\w+?)(?:y|ie)?-)?(\w+) session", session.lower())
    tens = (
        _ENGLISH_TENS.get(english[1].removesuffix("y"), 20 if english[1].startswith("twent") else 0)
        if english and english[1]
        else 0
    )
    return tens + _ENGLISH[english[2]] if english and tens and english[2] in _ENGLISH else None


def _agenda_item(joined: str) -> str | None:
    items = [_item_number(match["item"] or match["inner"]) for match in _AGENDA.finditer(joined.translate(_DIGITS))]
    return "; ".join(dict.fromkeys(items)) or None


def _item_number(printed: str) -> str:
    """Write "39 b)", "39(b)" and "39 (ب)" alike."""
    return re.sub(r"(?<=\d)\s?\(?(\w)\)", r" (\1)", printed).translate(_POINTS)
