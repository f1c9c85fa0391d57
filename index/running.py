"""Break a report that came as one long line into lines: at paragraph numbers, at headings, around the front matter. Pure."""

import itertools
import re
from dataclasses import replace

from index.clean import is_finished, width
from index.language import CJK
from index.marks import ARABIC_FIRST, ARABIC_SECOND, HAN, SUFFIXES_IN_WORDS, paragraph_number
from index.sequence import FEWEST, SUFFIXES, Candidate, running_sequence, with_leaps

LONG_LINE = 4000  # in Latin letters; a paragraph is shorter, a whole report longer
_INLINE = re.compile(
    rf"(?<![^\W{CJK}])(?<![.,/:(（\-–第])(?<!第 )(\d{{1,3}})\s?(bis|ter|quater|quinquies|之[二三四])?\s?[.．]\s{{0,4}}(?=[^\d\s]|\d{{4}}\s?年|\d{{1,2}}\s?月)|(?<=\s)(\d{{1,3}})\s?()[-–]\s(?=[\u0600-\u06ff])|(?<=\s)(\d{{1,3}})()[.．]\s(?=\d)"
)
_MARK = re.compile(
    rf"(?:(?<=[\s。．.；;])|^)(?:[{HAN}]{{1,3}}\s?[.．、]|[(（]\s?[{HAN}]{{1,3}}\s?[)）]|[IVX]{{1,6}}\s?\.|[A-Z]\s?[.．]|\d{{1,2}}\s?[.．](?!\d)|Chapter [IVX]+|第[{HAN}]+章|(?:{'|'.join(ARABIC_FIRST + ARABIC_SECOND)})ً?\s?[-–]|注\s*$)\s?(?=\S|$)"
)
_FRONT = re.compile(
    r"\s((?:摘\s?要|Summary|Résumé|Resumen|Резюме|موجز)(?=\s)|目\s?录(?=\s)|Contents(?=\s)|Table des matières(?=\s)|Índice(?=\s)|Содержание(?=\s)|المحتويات(?=\s))"
)
_AUTHOR = re.compile(
    r"((?:秘书长|主席|高级专员|执行主任|特别报告员)\s?的\s?(?:报告|说明)[\s*＊]*|(?:Report|Note) (?:of|by) the Secretary-General[\s*]*|Rapport du Secrétaire général[\s*]*|Informe del Secretario General[\s*]*|Доклад Генерального секретаря[\s*]*)"
)


_SENTENCE_END = re.compile(r"[。！？][”』」）)]*\s|[.!?][”»)]*\s(?=[A-ZА-ЯÀ-Þ\u0600-\u06ff])")
_ANNEX_NAME = rf"(?P<annex>(?:附件|附录|附錄)\s?[{HAN}]{{0,3}}|(?i:Annexe?|Anexo|Приложение|Appendix)(?:\s[IVX]{{1,5}}\b)?|المرفق(?:\sال\w+)?)[.:：]?"
_ANNEX_HEAD = re.compile(rf"\A{_ANNEX_NAME}\s")
_ANNEX_BEFORE_NUMBER = re.compile(
    rf"(?<=[。.；;])\s+{_ANNEX_NAME}\s[^。；;.]{{0,120}}?(?<=\s)[1١]\s?(?:[.．、](?!\d)|[-–]\s)"
)
_FIRST_SYMBOL = re.compile(
    r"\A(\s*(?:联合国|联合国大会|大会|安全理事会|United Nations)?\s?[A-Z]{1,6}(?:/[\w.()-]*\w)+)\s"
)
_MASTHEAD = re.compile(
    r"\s?(Distr\.\s?:?\s?\w+(?:\s\d{1,2}\s[^\W\d]+\s\d{4})?(?:\s(?:Chinese|English|French|Spanish|Russian|Arabic|中文))?|原文\s?[:：]\s?\w+|Original\s?:\s?\w+|第[一二三四五六七八九十]+[届屆]\s?[会會][议議]|"
    r"(?:临时|臨時)?\s?[议議]程\s?\*?\s?[项項]目\s?\d+(?:\s?\([a-z]\))?|"
    r"Agenda item \d+(?: \([a-z]\))?|Point \d+(?: [a-z]\))? de l.ordre du jour(?: provisoire)?\*?|"
    r"Tema \d+(?: [a-z]\))? del programa(?: provisional)?\*?|Пункт \d+(?: [а-я]\))? (?:\w+ )?повестки дня\*?|"
    r"البند [\d٠-٩]+ من جدول الأعمال(?: المؤقت)?\*?)\s"
)
_NOTES = re.compile(r"(?<=[。.\d])\s(?:注|註|注释|Notes?|Примечания|Notas|الحواشي)\s(?=[¹*]|1\b)")
_NOTE = re.compile(r"\s(?=[¹²³⁴-⁹]+\s?\S)|(?<=[。.])\s(?=\d{1,2}\s(?:[《A-ZА-Я同见見]|\S/))")
_STARRED = re.compile(r"(?<=[。.)）])\s(?=(?:\*\s?){1,4}(?:[A-Z]\S*/|[^\s*]))")


def break_lines(text: str) -> str:
    """Put an empty line before every paragraph and heading inside overlong lines; other lines stay."""
    if not any(_is_long(line, len(text)) for line in text.split("\n")):
        return text
    cuts = [0, *(match.start("annex") for match in _ANNEX_BEFORE_NUMBER.finditer(text)), len(text)]
    return "\n\n".join(_broken(text[a:b], opens=a == 0) for a, b in itertools.pairwise(cuts))


def _broken(text: str, *, opens: bool) -> str:
    """Break the report, or one of its annexes; leave one without a sequence of numbers as it is."""
    candidates = _candidates(text, every=not opens)
    chain = {c.position for c in with_leaps(candidates, running_sequence(candidates))}
    if len(chain) < (FEWEST if opens else 1):
        return text
    cuts = sorted({0, *chain, len(text)})
    pieces = [text[a:b] for a, b in itertools.pairwise(cuts)]
    last = _set_notes_apart(pieces.pop())
    front = 0 not in chain
    if front and not opens:
        pieces[0] = _ANNEX_HEAD.sub(r"\g<annex>\n\n", pieces[0])
    broken = [
        _set_headings_apart(piece, front=i == 0 and front and opens, followed=True) for i, piece in enumerate(pieces)
    ]
    return "\n\n".join([*broken, _set_headings_apart(last, front=False, followed=False)])


def _is_long(line: str, whole: int) -> bool:
    """Say whether a line is longer than a paragraph, or is about the whole of a text of many sentences."""
    return width(line) > LONG_LINE or (len(line) > 0.8 * whole and width(line) > LONG_LINE / 10)


def _set_notes_apart(piece: str) -> str:
    """Cut the end notes off the last paragraph, and from one another."""
    match = _NOTES.search(piece)
    if not match:
        return piece
    return f"{piece[: match.start()]}\n\n{match[0].strip()}\n\n" + "\n\n".join(
        _NOTE.split(piece[match.end() :].strip())
    )


def _candidates(text: str, *, every: bool) -> list[Candidate]:
    """Find the numbers that open lines and, within long lines or within every one, those that open sentences."""
    candidates, offset = [], 0
    for line in text.split("\n"):
        lead = len(line) - len(line.lstrip())
        number = paragraph_number(line.strip())
        if number:
            candidates.append(Candidate(offset + lead, number.number, number.suffix, 1.5))
        if every or _is_long(line, len(text)):
            candidates += [
                _inline(match, line, offset)
                for match in _INLINE.finditer(line)
                if not (number and match.start() == lead)
            ]
        offset += len(line) + 1
    return _weighed_by_length([c for c in candidates if c.suffix in SUFFIXES], text)


def _weighed_by_length(candidates: list[Candidate], text: str) -> list[Candidate]:
    """Add weight to what goes on for a sentence, and to what introduces a list: an item of a list is short."""
    ends = [*(c.position for c in candidates), len(text)][1:]
    ones = {c.position for c in candidates if c.number == 1}
    return [
        replace(
            c,
            weight=c.weight
            + 0.3 * (width(text[c.position : min(end, c.position + 60)]) >= 45)
            + 0.2 * (end in ones and text[max(0, end - 3) : end].rstrip().endswith((":", "："))),
        )
        for c, end in zip(candidates, ends, strict=True)
    ]


def _inline(match: re.Match[str], line: str, offset: int) -> Candidate:
    """Weigh an inline number: more after the end of a sentence or a heading, more before a long sentence."""
    digits = match[1] or match[3] or match[5]
    after = line[match.end() : match.end() + 60]
    weight = (
        1.0 + 0.3 * is_finished(line[max(0, match.start() - 5) : match.start()].rstrip()) + 0.2 * (len(after) == 60)
    )
    return Candidate(offset + match.start(), int(digits), SUFFIXES_IN_WORDS.get(match[2], match[2] or ""), weight)


def _set_headings_apart(piece: str, *, front: bool, followed: bool) -> str:
    """Cut the headings that run on behind the last sentence of a paragraph."""
    body = piece.rstrip()
    if front:
        body = _FRONT.sub(r"\n\n\1\n", _AUTHOR.sub(r"\n\n\1\n\n", body))
        head, *rest = re.split(r"(?<=\n\n)(?=摘|Summary|Résumé|Resumen|Резюме|موجز)", body, maxsplit=1)
        summary, *listed = re.split(
            r"(?=\n\n(?:目|Contents|Table des|Índice|Содержание|المحتويات))", "".join(rest), maxsplit=1
        )
        body = "".join(
            [_MASTHEAD.sub(r"\n\1\n", _FIRST_SYMBOL.sub(r"\1\n", head)), _STARRED.sub("\n\n", summary), *listed]
        )
    start = _headings_start(body)
    if start is None and followed:
        start = _unmarked_heading_start(body)
    if start is None:
        return body
    tail = body[start:]
    inner = [m.start() for m in _MARK.finditer(tail) if m.start() > 0]
    cuts = [0, *inner, len(tail)]
    headings = [tail[a:b].strip() for a, b in itertools.pairwise(cuts)]
    return "\n\n".join([body[:start].rstrip(), *(h for h in headings if h)])


def _unmarked_heading_start(body: str) -> int | None:
    """Find where the words begin that stand between the last sentence and the next number: a heading without a mark."""
    ends = [match.end() for match in _SENTENCE_END.finditer(body, max(0, len(body) - 160))]
    tail = body[ends[-1] :].strip() if ends else ""
    named = tail[:1].isalpha() and not tail[:1].islower() and sum(map(str.isalpha, tail)) > 1
    return len(body.rstrip()) - len(tail) if named and width(tail) <= 120 and not is_finished(tail) else None


def _headings_start(body: str) -> int | None:
    near = max(0, len(body) - 400)
    for match in _MARK.finditer(body, near):
        rest = body[match.end() :]
        if (
            match.start() > 0
            and rest
            and not re.search(r"[。；！？!?]|[.;]\s+(?=[A-ZА-Я])", _MARK.sub("", rest))
            and not is_finished(rest)
        ):
            return match.start()
    return None
