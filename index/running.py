"""Break a report that came as one long line into lines: at paragraph numbers, at headings, around the front matter. Pure."""

import itertools
import re

from index.clean import is_finished, width
from index.language import CJK
from index.marks import ARABIC_FIRST, ARABIC_SECOND, HAN, paragraph_number
from index.sequence import SUFFIXES, Candidate, running_sequence

LONG_LINE = 4000  # in Latin letters; a paragraph is shorter, a whole report longer
_INLINE = re.compile(
    rf"(?<![^\W{CJK}])(?<![.,/:(（\-–第])(?<!第 )(\d{{1,3}})\s?(bis|ter|quater|quinquies)?\s?[.．]\s{{0,4}}(?=[^\d\s]|\d{{4}}\s?年|\d{{1,2}}\s?月)|(?<=\s)(\d{{1,3}})\s?()[-–]\s(?=[\u0600-\u06ff])|(?<=\s)(\d{{1,3}})()[.．]\s(?=\d)"
)
_MARK = re.compile(
    rf"(?:(?<=[\s。．.；;])|^)(?:[{HAN}]{{1,3}}\s?[.．、]|[IVX]{{1,6}}\s?\.|[A-Z]\s?[.．]|\d{{1,2}}\s?[.．](?!\d)|Chapter [IVX]+|第[{HAN}]+章|(?:{'|'.join(ARABIC_FIRST + ARABIC_SECOND)})ً?\s?[-–]|注\s*$)\s?(?=\S|$)"
)
_FRONT = re.compile(
    r"\s((?:摘\s?要|Summary|Résumé|Resumen|Резюме|موجز)(?=\s)|目\s?录(?=\s)|Contents(?=\s)|Table des matières(?=\s)|Índice(?=\s)|Содержание(?=\s)|المحتويات(?=\s))"
)
_AUTHOR = re.compile(
    r"((?:秘书长|主席|高级专员|执行主任|特别报告员)\s?的\s?(?:报告|说明)[\s*＊]*|(?:Report|Note) (?:of|by) the Secretary-General[\s*]*|Rapport du Secrétaire général[\s*]*|Informe del Secretario General[\s*]*|Доклад Генерального секретаря[\s*]*)"
)


_NOTES = re.compile(r"(?<=[。.])\s(?:注|註|注释|Notes?|Примечания|Notas|الحواشي)\s(?=[¹*]|1\b)")
_NOTE = re.compile(r"\s(?=[¹²³⁴-⁹]+\s?\S)|(?<=[。.])\s(?=\d{1,2}\s(?:[《A-ZА-Я]|\S/))")
_STARRED = re.compile(r"(?<=[。.)）])\s(?=(?:\*\s?){1,4}(?:[A-Z]\S*/|[^\s*]))")


def break_lines(text: str) -> str:
    """Put an empty line before every paragraph and heading inside overlong lines; other lines stay."""
    if not any(_is_long(line, len(text)) for line in text.split("\n")):
        return text
    chain = {c.position for c in running_sequence(_candidates(text))}
    if len(chain) < 3:
        return text
    cuts = sorted({0, *chain, len(text)})
    pieces = [text[a:b] for a, b in itertools.pairwise(cuts)]
    pieces[-1] = _set_notes_apart(pieces[-1])
    return "\n\n".join(_set_headings_apart(piece, front=i == 0 and 0 not in chain) for i, piece in enumerate(pieces))


def _is_long(line: str, whole: int) -> bool:
    """Say whether a line is longer than a paragraph, or holds most of a text of many sentences."""
    return width(line) > LONG_LINE or (len(line) > whole / 2 and width(line) > LONG_LINE / 4)


def _set_notes_apart(piece: str) -> str:
    """Cut the end notes off the last paragraph, and from one another."""
    match = _NOTES.search(piece)
    if not match:
        return piece
    return f"{piece[: match.start()]}\n\n{match[0].strip()}\n\n" + "\n\n".join(
        _NOTE.split(piece[match.end() :].strip())
    )


def _candidates(text: str) -> list[Candidate]:
    candidates, offset = [], 0
    for line in text.split("\n"):
        lead = len(line) - len(line.lstrip())
        number = paragraph_number(line.strip())
        if number:
            candidates.append(Candidate(offset + lead, number.number, number.suffix, 1.5))
        if _is_long(line, len(text)):
            candidates += [
                _inline(match, line, offset)
                for match in _INLINE.finditer(line)
                if not (number and match.start() == lead)
            ]
        offset += len(line) + 1
    return [c for c in candidates if c.suffix in SUFFIXES]


def _inline(match: re.Match[str], line: str, offset: int) -> Candidate:
    """Weigh an inline number: more after the end of a sentence or a heading, more before a long sentence."""
    digits = match[1] or match[3] or match[5]
    after = line[match.end() : match.end() + 60]
    weight = (
        1.0 + 0.3 * is_finished(line[max(0, match.start() - 5) : match.start()].rstrip()) + 0.2 * (len(after) == 60)
    )
    return Candidate(offset + match.start(), int(digits), match[2] or "", weight)


def _set_headings_apart(piece: str, *, front: bool) -> str:
    """Cut the headings that run on behind the last sentence of a paragraph."""
    body = piece.rstrip()
    if front:
        body = _FRONT.sub(r"\n\n\1\n", _AUTHOR.sub(r"\n\n\1\n\n", body))
        head, *rest = re.split(r"(?<=\n\n)(?=摘|Summary|Résumé|Resumen|Резюме|موجز)", body, maxsplit=1)
        summary, *listed = re.split(
            r"(?=\n\n(?:目|Contents|Table des|Índice|Содержание|المحتويات))", "".join(rest), maxsplit=1
        )
        body = "".join([head, _STARRED.sub("\n\n", summary), *listed])
    start = _headings_start(body)
    if start is None:
        return body
    tail = body[start:]
    inner = [m.start() for m in _MARK.finditer(tail) if m.start() > 0]
    cuts = [0, *inner, len(tail)]
    headings = [tail[a:b].strip() for a, b in itertools.pairwise(cuts)]
    return "\n\n".join([body[:start].rstrip(), *(h for h in headings if h)])


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
