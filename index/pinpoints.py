"""Read the paragraphs pointed at beside a symbol: "第 27(d)", "paras. 60 and 61", "الفقرة 39". Pure."""

import re
from dataclasses import dataclass

NUMERALS = r"\d{1,3}(?:\s(?:bis|ter|quater)\b)?(?:\s?\(\s?[a-z]{1,4}\s?\)|\s[a-z]\)){0,3}"
_AND = r"\s?(?:,\s?and|以及|[-–—和及与至、，,و]|and|to|et|à|au|y|a|и|по|إلى)\s?"
_LIST = rf"(?P<list>{NUMERALS}(?:{_AND}{NUMERALS})*)"
_WORD = r"(?:paragraphs?|paras?|par|párrs?|párrafos?|paragraphes?|пункт\w*|пп?|[ولب]{0,2}(?:ال|لل)?فقر(?:ة|تان|تين|ات|تا|تي))\.?"
_ANNEX = r"(?:附件\s?|(?:annexe?|anexo|приложение|المرفق)\s*,\s*)?"
_AFTER_CHINESE = re.compile(
    rf"[，,、\s]{{0,2}}{_ANNEX}(?:执行部分)?第\s?{_LIST}(?:\s?段(?P<letter>(?:\s?\([a-z]{{1,4}}\)){{1,2}})?|(?=\s?[)）]))"
)
_OF_WHOM = r"(?:\s(?:of the|de l['’]|de la|du|del|Генеральной)\s?(?:[^\W\d]+\s?){1,5}?)?"  # "57/270 B de l'Assemblée générale, par. 39"
_AFTER = re.compile(
    rf"{_OF_WHOM}(?:(?<=[\w)])[,،;]|،)?\s{{0,2}}\(?{_ANNEX}(?:(?:operative|at|aux?|en|el|los|в)\s)?(?i:{_WORD})\s?{_LIST}(?![\d/])"
)
_REACH = 130


@dataclass(frozen=True, slots=True)
class Pin:
    """One paragraph pointed at, and where its number stands."""

    paragraph: str
    start: int
    end: int


def paragraphs_after(text: str, end: int) -> tuple[Pin, ...]:
    """Return the paragraphs named right after a symbol that ends at `end`."""
    word = re.match(r"\s?(?:号)?\s?(?:决议|決議|决定|決定|文件)?\s?", text[end : end + 12])
    at = end + (len(word[0]) if word else 0)
    for pattern, position in ((_AFTER_CHINESE, at), (_AFTER, end)):
        match = pattern.match(text, position)
        if match:
            return _pins(match["list"], match.start("list"), match.groupdict().get("letter") or "")
    return ()


def paragraphs_before(text: str, start: int) -> tuple[Pin, ...]:
    """Return the paragraphs of "paragraph 39 of General Assembly resolution", which ends where the symbol begins."""
    near = text[max(0, start - _REACH) : start]
    offset = start - len(near)
    matches = list(re.finditer(rf"(?i:{_WORD})\s?{_LIST}", near))
    for match in reversed(matches):
        if _leads_to_symbol(near[match.end() :]):
            return _pins(match["list"], offset + match.start("list"), "")
    return ()


_LINK = re.compile(
    r"\s(?:of|de|du|des|del|من)\s[^.;:\d()]*|\s(?:(?:этой|той|его|ее|настоящей)\s)?(?:резолюци|решени|доклад|документ)[^.;:\d()]*|\s?من [^.;:\d()]*",
    re.I,
)


def _leads_to_symbol(between: str) -> bool:
    return bool(_LINK.fullmatch(between)) and len(between.split()) <= 12 and "," not in between.rstrip(" ,")


def _pins(numbers: str, offset: int, letter: str) -> tuple[Pin, ...]:
    matches = list(re.finditer(NUMERALS, numbers))
    pins = [Pin(_normal(match[0]), offset + match.start(), offset + match.end()) for match in matches]
    if letter and pins:
        last = pins[-1]
        pins[-1] = Pin(_normal(last.paragraph + letter), last.start, last.end)
    return tuple(_with_ranges(pins, numbers, offset))


def _normal(pin: str) -> str:
    bare = re.sub(r"\s([a-z])\)", r"(\1)", pin)
    return " ".join(re.sub(r"\(\s?([a-z]+)\s?\)", r" (\1)", bare).split())


def _with_ranges(pins: list[Pin], numbers: str, offset: int) -> list[Pin]:
    """Fill "60-63" in with 61 and 62."""
    filled: list[Pin] = []
    for pin in pins:
        between = numbers[filled[-1].end - offset : pin.start - offset].strip() if filled else ""
        if (
            re.fullmatch(r"[-–—至]|to|à|au|a|по|إلى", between)
            and filled[-1].paragraph.isdigit()
            and pin.paragraph.isdigit()
        ):
            inner = range(int(filled[-1].paragraph) + 1, int(pin.paragraph))
            filled += [Pin(str(n), pin.start, pin.end) for n in inner] if len(inner) <= 50 else []
        filled.append(pin)
    return filled
