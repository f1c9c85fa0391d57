"""Tell the sub-paragraphs of a paragraph apart, and decide which stand on their own. Pure; offsets into one text."""

import re
from dataclasses import dataclass, replace

from index.clean import width
from index.marks import HAN, is_bullet

_ALONE = 100  # mean width of sub-paragraphs that are worth finding by themselves: 40 Chinese characters, 100 letters
_TOKEN = re.compile(
    rf"(?P<open>[(（]\s?(?P<inner>[a-z]{{1,4}}|[{HAN}]{{1,3}}|[а-я]|[أبتثجدهوزحطيكلمنسع]ـ?|\d{{1,2}})\s?[)）])|(?P<han>[㈠-㈩])|(?P<half>(?:[a-z]{{1,4}}|[а-я])\))(?=\s)"
)
_BEFORE_INLINE = re.compile(r"[：:；;。،؛,，]\s*(?:以及|和|and|et|y|и)?\s*$")
_BEFORE_HALF = re.compile(r"[:;]\s+(?:et|y|и)?\s*$")
_FURTHER_SENTENCE = re.compile(r"(?:[。！？]\s*|[.!?]\s+)(?P<rest>[^\sa-zа-яß-ÿ\d])")
_ARABIC = "أبجدهوزحطيكلمنسع"
_RUSSIAN = "абвгдежзиклмн"
_ALIKE = dict(zip("асе", (1, 3, 5), strict=False))  # Cyrillic letters typed for Latin ones
_ROMAN = "i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx".split()


@dataclass(frozen=True, slots=True)
class Sub:
    """A sub-paragraph: its label, and where its text begins and ends behind the mark."""

    label: str
    mark: int  # where the mark begins
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Mark:
    start: int
    end: int
    readings: tuple[tuple[str, int], ...]  # (kind, place in the alphabet)
    printed: str
    at_line: bool


def split_subparagraphs(text: str) -> tuple[Sub, ...]:
    """Return the sub-paragraphs that stand on their own, second degree included; () when none do.

    Words behind the last one that belong to the whole paragraph come as a Sub without a label.
    """
    first = _list_in(text, 0, len(text), ())
    if len(first) < 2 or _mean(text, first) < _ALONE:
        return ()
    closing = _closing(text, first)
    first[-1] = replace(first[-1], end=closing)
    found: list[Sub] = []
    for sub in first:
        inner = _list_in(text, sub.start, sub.end, (_kind(text, first[0]),))
        if len(inner) < 2 or _mean(text, inner) < _ALONE:
            found.append(sub)
            continue
        found.append(Sub(sub.label, sub.mark, sub.start, inner[0].mark))
        found += [Sub(f"{sub.label} ({_second(text, s)})", s.mark, s.start, s.end) for s in inner]
    closed = [Sub("", closing, closing, len(text))] if text[closing:].strip() else []
    return tuple(_trimmed(text, sub) for sub in found + closed)


def _closing(text: str, subs: list[Sub]) -> int:
    """Find where the closing words of a paragraph begin behind its last sub-paragraph; the end of the text without any.

    They begin as the other sub-paragraphs do not go on: with a line of their own, or a further sentence within a line.
    """
    in_lines = subs[0].mark == 0 or text[subs[0].mark - 1] == "\n"
    further = _further_line if in_lines else _further_sentence
    if any(further(text, sub.start, sub.end) for sub in subs[:-1]):
        return len(text)
    return further(text, subs[-1].start, len(text)) or len(text)


def _further_line(text: str, start: int, end: int) -> int | None:
    openings = (match.end() for match in re.finditer(r"\n(?=\S)", text[start:end]))
    return next(
        (
            start + at
            for at in openings
            if not _TOKEN.match(text, start + at) and not is_bullet(text[start + at : start + at + 2])
        ),
        None,
    )


def _further_sentence(text: str, start: int, end: int) -> int | None:
    match = _FURTHER_SENTENCE.search(text, start, end)
    return match.start("rest") if match else None


def _mean(text: str, subs: list[Sub]) -> float:
    """Average the widths; what runs on behind the last sub-paragraph must not make up for short ones."""
    return sum(min(width(text[sub.start : sub.end]), 2 * _ALONE) for sub in subs) / len(subs)


def _trimmed(text: str, sub: Sub) -> Sub:
    piece = text[sub.start : sub.end]
    start = sub.start + len(piece) - len(piece.lstrip())
    return Sub(sub.label, sub.mark, start, max(start, sub.start + len(piece.rstrip())))


def _list_in(text: str, start: int, end: int, outer_kinds: tuple[str, ...]) -> list[Sub]:
    """Follow (a), (b), (c) in order; marks at line openings are preferred to those within lines."""
    marks = list(_marks(text, start, end))
    for chosen in ([m for m in marks if m.at_line], marks):
        run = _run(chosen, outer_kinds)
        if len(run) >= 2:
            ends = [mark.start for mark, _ in run[1:]] + [end]
            return [Sub(label, mark.start, mark.end, stop) for (mark, label), stop in zip(run, ends, strict=False)]
    return []


def _marks(text: str, start: int, end: int) -> list[_Mark]:
    marks = []
    for match in _TOKEN.finditer(text, start, end):
        at_line = match.start() == 0 or text[match.start() - 1] == "\n"
        before = _BEFORE_HALF if match["half"] else _BEFORE_INLINE
        if at_line or before.search(text[max(0, match.start() - 8) : match.start()]):
            printed = match["inner"] or match["han"] or match["half"][:-1]
            marks.append(_Mark(match.start(), match.end(), _readings(printed), printed, at_line))
    return marks


def _run(marks: list[_Mark], outer_kinds: tuple[str, ...]) -> list[tuple[_Mark, str]]:
    run: list[tuple[_Mark, str]] = []
    kind = ""
    for mark in marks:
        wanted = len(run) + 1
        for name, place in mark.readings:
            if place == wanted and name not in outer_kinds and kind in ("", name):
                kind = name
                run.append((mark, _label(name, place, mark.printed)))
                break
    return run


def _readings(printed: str) -> tuple[tuple[str, int], ...]:
    if "㈠" <= printed <= "㈩":
        return (("han", ord(printed) - ord("㈠") + 1),)
    if printed[0] in HAN:
        return (("han", han_value(printed)),)
    if printed.isdigit():
        return (("digit", int(printed)),)
    if printed[0] in _ARABIC:
        return (("letter", _ARABIC.index(printed[0]) + 1),)
    if printed in _RUSSIAN or printed in _ALIKE:
        return tuple(("letter", place) for place in {_RUSSIAN.find(printed) + 1, _ALIKE.get(printed, 0)} if place)
    letter = (("letter", ord(printed) - ord("a") + 1),) if len(printed) == 1 and printed.isascii() else ()
    roman = (("roman", _ROMAN.index(printed) + 1),) if printed in _ROMAN else ()
    return letter + roman


def han_value(printed: str) -> int:
    """Read 三, 十二 or 二十 as a number; 0 for anything else."""
    digits = "一二三四五六七八九"
    if "十" not in printed:
        return digits.find(printed) + 1
    tens, _, ones = printed.partition("十")
    return (digits.find(tens) + 1 if tens else 1) * 10 + (digits.find(ones) + 1 if ones else 0)


def _label(kind: str, place: int, printed: str) -> str:
    """Write a label as English prints it, so that "18 (b)" is the same passage in every language."""
    if kind == "letter":
        return chr(ord("a") + place - 1)
    if kind == "han" and "㈠" <= printed <= "㈩":
        return "一二三四五六七八九十"[place - 1]
    return printed


def _kind(text: str, sub: Sub) -> str:
    return _readings(re.sub(r"[()（）\s]", "", text[sub.mark : sub.start]))[0][0]


def _second(text: str, sub: Sub) -> str:
    """Label the second degree in Roman numbers: Chinese prints ㈠ where English prints (i)."""
    printed = re.sub(r"[()（）\s]", "", text[sub.mark : sub.start])
    kind, place = _readings(printed)[-1]
    return _ROMAN[place - 1] if kind == "han" and place <= len(_ROMAN) else printed


def opens_subparagraph(line: str) -> bool:
    """Say whether a line opens with (a), (一), ㈠, a) or their like."""
    match = _TOKEN.match(line)
    return match is not None and bool(_readings(match["inner"] or match["han"] or match["half"][:-1]))
