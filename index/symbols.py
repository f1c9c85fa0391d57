"""Find the symbols of documents and resolutions in a text, and write each in one normal form.

Pure; the same function reads reports and questions. The normal forms, whatever the language of the text:

    General Assembly resolution         A/RES/57/270 B, A/RES/S-26/2, A/RES/2625 (XXV)
    General Assembly decision           A/DEC/58/554        (numbers from 401 on are decisions)
    Economic and Social Council         E/RES/2003/61, E/DEC/2004/201   (from 201 on decisions)
    Security Council resolution         S/RES/1325 (2000)
    Human Rights Council resolution     A/HRC/RES/16/21
    any other document                  A/58/323, E/CN.17/2004/1/Add.1
    a paragraph of one                  39, 27 (d), 26 (d) (i), 18 bis

The number tells resolutions and decisions apart, since the languages translate the words differently.
"""

import re

from index.pinpoints import paragraphs_after, paragraphs_before
from index.report import Reference

_Span = tuple[int, int, str]  # start, end, symbol
_ORGANS = (
    "A|E|S|T|ST|CRC|CCPR|CEDAW|CERD|CAT|CMW|CRPD|CED|CESCR|DP|TD|UNEP|HSP|HS|ICCD|FCCC|JIU|HRI|UNW|IDB|GC|LOS|SPLOS|ISBA|"
    "ECE|ESCAP|ECLAC|LC|ECA|ESCWA|TRANS|TRADE|ENERGY|CBD|DC|BWC|NPT|UNCTAD|UNICEF|WFP|GEGN|UNHCR|PCNICC|ICC|CTOC|CAC|OPP|PBC"
)
_PART = r"[A-Z0-9][A-Za-z0-9]*(?:[.\-][A-Za-z0-9]+)*"
_SYMBOL = re.compile(
    rf"(?<![A-Za-z0-9/.])(?:{_ORGANS})(?:\.\d+)?(?:/{_PART})+(?:\s?\((?:\d{{4}}|[IVXLC]+)\))?"
    rf"(?P<letter>\s[A-Z](?![A-Za-z/.]))?(?P<tail>\s?\((?:Vol\.|Part)\s?[IVX\d]+\))?"
)
_MORE = re.compile(
    r"(?:\s*(?:,|、|和|及|and|et|y|и|و)\s*(?:Add|Corr|Rev|Amend)\.\d+(?:\s*(?:,|、|-|和|及|and|et|y|и)\s*\d+(?![\d/]))*)+"
)
_LETTER = r"(?:\s?[A-ZАВСБ](?![A-Za-zА-я.]|\.\w)|\s(?:ألف|باء|جيم|دال|هاء|واو)(?!\w))"
_AND = r"\s*(?:,\s*and|以及|和|及|与|或|、|，|,|and|or|et|ou|y|e|o|и|или|و|،)\s*"
_FURTHER_LETTER = r"(?:[A-ZАВСБ](?![A-Za-zА-я])|(?:ألف|باء|جيم|دال|هاء|واو)(?!\w))"
_TWO_PART = rf"(?:E?S-)?\d{{1,4}}/\d{{1,3}}(?![\d/])(?:{_LETTER}(?:{_AND}{_FURTHER_LETTER})*)?"
_OLD = r"\d{1,4}\s?(?:[A-Z]\s?)?\((?:(?:E?S-)?[IVXLC]+|(?:19|20)\d\d)\)"
_NUMBER = rf"(?:{_TWO_PART}|{_OLD})"
_NUMBERS = rf"{_NUMBER}(?:{_AND}(?:第\s?|No\.?\s?|nos?\s?)?{_NUMBER}){{0,40}}"
_WORD = (
    r"(?:resolutions?|decisions?|résolutions?|décisions?|resoluci(?:ón|ones)|decisi(?:ón|ones)|"
    r"резолюци\w*|решени\w*|[ولبك]{0,2}(?:ال|لل)?(?:قرار|قراري|قرارات|مقرر|مقررات)(?:ان|ين|ها|ه)?)"
)
_HRC = re.compile(
    r"人权理事会|human rights council|conseil des droits de l.homme|consejo de derechos humanos|совет\w* по правам человека|مجلس حقوق الإنسان",
    re.I,
)
_BETWEEN = r"(?:[^\S\n]+[^\W\d_][^\s\d.;:()]*){0,6}?"  # "resolution of the General Assembly 57/270"
_FRAMES = (
    re.compile(rf"第\s?(?P<numbers>{_NUMBERS})\s?号"),
    re.compile(rf"(?i:{_WORD}){_BETWEEN}[\s،,]*(?:(?i:nos?|№|رقم)\.?\s?)?(?P<numbers>{_NUMBERS})"),
    re.compile(rf"(?:决议|決議|决定|決定)\s?(?P<numbers>{_NUMBERS})"),
    re.compile(rf"(?<![\w/.])(?P<numbers>{_NUMBERS})\s?号?\s?(?:决议|決議|决定|決定|(?i:resolution|decision)s?\b)"),
)
_BARE = re.compile(rf"(?<![\w/.\-])(?P<numbers>{_TWO_PART})(?![\w/])")
_ARABIC_LETTERS = dict(zip("ألف باء جيم دال هاء واو".split(), "ABCDEF", strict=False))
_LOOKALIKES = str.maketrans("АВСБ", "ABCB")  # Cyrillic letters typed for the Latin part of a number
_ORDINARY: dict[int, str | int] = {
    **str.maketrans("０１２３４５６７８９／（）－．٠١٢٣٤٥٦٧٨٩", "0123456789/()-.0123456789"),
    **{ord("Ａ") + n: chr(ord("A") + n) for n in range(26)},
}
_FILE_NAME = re.compile(
    rf"(?P<stem>(?:{_ORGANS})(?:\.\d+)?_[\w.\- ]*?\d[\w.\- ]*?(?:\s?\(\d{{4}}\))?)(?:[.\-_](?:ar|en|es|fr|ru|zh|[ACEFRS]))?\.\w+$"
)


def find_references(text: str) -> tuple[Reference, ...]:
    """Return the documents named in the text in text order, one entry for every paragraph pointed at."""
    if "/" not in text and "(" not in text and "／" not in text and "（" not in text:
        return ()
    plain = text.translate(_ORDINARY)
    found = _documents(plain)
    found += _resolutions(plain, set(found))
    references = [
        reference for start, end, symbol in found for reference in _with_paragraphs(plain, start, end, symbol)
    ]
    return tuple(sorted(set(references), key=lambda r: (r.start, r.end, r.symbol, r.paragraph or "")))


def normal_symbol(symbol: str) -> str:
    """Write a document's symbol in its normal form."""
    bare = re.sub(r"\s+", " ", symbol.translate(_ORDINARY)).strip(" .,;*")
    match = re.fullmatch(r"(A/RES/\S+?/\d+)\s?([A-Z])", bare)
    if match:
        return f"{match[1]} {match[2]}"
    return re.sub(r"(?<=\d)\s?\((?=\d{4}|[IVX])", " (", bare)


def symbol_of_file(name: str) -> str | None:
    """Read the symbol that a file name such as "A_58_354.en.pdf" states."""
    match = _FILE_NAME.fullmatch(name.replace("\\", "/").rsplit("/", 1)[-1])
    return normal_symbol(match["stem"].replace("_", "/")) if match else None


def symbols_in(text: str) -> tuple[str, ...]:
    """Return the full symbols of documents in the text, in normal form, in text order."""
    return tuple(symbol for _, _, symbol in _documents(text.translate(_ORDINARY)))


def _documents(text: str) -> list[_Span]:
    found = []
    for match in _SYMBOL.finditer(text):
        if not any(c.isdigit() for c in match[0]):
            continue
        letter = match["letter"] if re.match(r"[A-Z]/RES/", match[0]) else None
        end = match.end() if letter or not match["letter"] else match.start("letter")
        for start, stop, symbol in _split_pair(text[match.start() : end], match.start()):
            found.append((start, stop, normal_symbol(symbol)))
        found += _further_parts(text, end, found[-1][2])
    return found


def _split_pair(symbol: str, offset: int) -> list[_Span]:
    """Take "A/79/798-S/2025/110", one document with two symbols, apart."""
    pieces, at = [], offset
    for piece in re.split(r"[-–](?=(?:A|E|S)/)", symbol):
        pieces.append((at, at + len(piece), piece))
        at += len(piece) + 1
    return pieces


def _further_parts(text: str, end: int, symbol: str) -> list[_Span]:
    """Read the "and Add.1 and 2" that follows a symbol."""
    match = _MORE.match(text, end)
    if not match:
        return []
    base = re.sub(r"/(?:Add|Corr|Rev|Amend)\.\d+$", "", symbol)
    found, kind = [], ""
    for piece in re.finditer(r"(?:(Add|Corr|Rev|Amend)\.)?(\d+)", match[0]):
        kind = piece[1] or kind
        found.append((end + piece.start(), end + piece.end(), f"{base}/{kind}.{piece[2]}"))
    return found


def _resolutions(text: str, documents: set[_Span]) -> list[_Span]:
    taken, found = bytearray(len(text)), set[_Span]()
    for frame in _FRAMES:
        for match in frame.finditer(text):
            hrc = bool(_HRC.search(text[max(0, match.start() - 60) : match.end()]))
            numbers = _numbers_in(match["numbers"], match.start("numbers"), hrc)
            found |= _take({number for number in numbers if not _overlaps(number, taken)}, taken)
    for match in _BARE.finditer(text):
        numbers = _numbers_in(match["numbers"], match.start("numbers"), False)
        if numbers and not _overlaps(numbers[0], taken) and _stands_alone(text, match):
            found |= _take(set(numbers), taken)
    occupied = bytearray(len(text))
    _take(documents, occupied)
    return sorted(number for number in found if not _overlaps(number, occupied))


def _take(numbers: set[_Span], taken: bytearray) -> set[_Span]:
    for start, end, _ in numbers:
        taken[start:end] = b"\1" * (end - start)
    return numbers


def _overlaps(number: _Span, taken: bytearray) -> bool:
    return 1 in taken[number[0] : number[1]]


def _stands_alone(text: str, match: re.Match[str]) -> bool:
    """Say whether a number without "resolution" beside it is one all the same: the whole text, or with a paragraph."""
    if len(text) < 2 * len(match[0]) + 20 and text.strip(" ?？.。") == match[0].strip():
        return True
    digits = re.match(r"(?:E?S-)?(\d+)", match[0])
    session = int(digits[1]) if digits else 0
    plausible = 31 <= session <= 99 or 1946 <= session <= 2099
    return plausible and bool(paragraphs_after(text, match.end()) or paragraphs_before(text, match.start()))


def _numbers_in(numbers: str, offset: int, hrc: bool) -> list[_Span]:
    found = []
    for match in re.finditer(_NUMBER, numbers):
        start, end = offset + match.start(), offset + match.start() + len(match[0].rstrip())
        found += [(start, end, symbol) for symbol in _resolution_symbols(match[0].strip(), hrc)]
    return found


def _resolution_symbols(number: str, hrc: bool) -> list[str]:
    if number.endswith(")"):
        return [symbol] if (symbol := _old_symbol(number)) else []
    match = re.match(r"(?:E?S-)?\d{1,4}/\d{1,3}", number)
    if not match:
        return []
    base = match[0]
    rest = number[len(base) :]
    letters = [
        _ARABIC_LETTERS.get(word, word.translate(_LOOKALIKES))
        for word in re.findall(rf"[A-ZАВСБ]|{'|'.join(_ARABIC_LETTERS)}", rest)
    ]
    stem = _two_part_symbol(base, hrc)
    return [f"{stem} {letter}" for letter in letters] or [stem] if stem else []


def _two_part_symbol(base: str, hrc: bool) -> str | None:
    first, number = base.rsplit("/", 1)
    if first.startswith(("S-", "ES-")):
        return f"A/RES/{base}"
    if hrc and int(first) < 100:
        return f"A/HRC/RES/{base}"
    if 1946 <= int(first) <= 2099:
        return f"E/{'DEC' if int(number) > 200 else 'RES'}/{base}"
    if 31 <= int(first) <= 99:
        return f"A/{'DEC' if int(number) > 400 else 'RES'}/{base}"
    return None  # before 1976 numbers had no session, so this is another body's, unnamed


def _old_symbol(number: str) -> str | None:
    match = re.fullmatch(r"(.*?)\s?\(([^)]+)\)", number)
    if not match:
        return None
    head, session = " ".join(match[1].split()), match[2]
    if session.isdigit():
        return f"S/RES/{head} ({session})" if head.isdigit() else None
    return f"A/RES/{re.sub(r'(?<=[0-9])(?=[A-Z])', ' ', head)} ({session})"


def _with_paragraphs(text: str, start: int, end: int, symbol: str) -> list[Reference]:
    """Give the symbol the paragraphs that stand right after or before it; one reference each."""
    pins = paragraphs_after(text, end) or paragraphs_before(text, start)
    if not pins:
        return [Reference(symbol, None, start, end)]
    return [
        Reference(symbol, pin.paragraph, start if i == 0 else pin.start, end if i == 0 else pin.end)
        for i, pin in enumerate(pins)
    ]


__all__ = ["find_references", "normal_symbol", "symbol_of_file", "symbols_in"]
