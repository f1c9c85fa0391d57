"""Put the glyphs of a printed page into rows of text, in the order of the file. Pure geometry."""

import itertools
import re
import statistics
import unicodedata
from collections import Counter
from collections.abc import Iterable

from index.formats.glyphs import Glyph, Page, Piece, Row
from index.formats.leftward import in_logical_order, is_leftward
from index.language import CJK

_SAME_LINE = 0.2  # of the size of type: two baselines this near are one
_RAISED = 0.65  # of the size: a mark set higher than this belongs to another line
_BLANK = 0.06  # of the size: a narrower space is kerning
_BLANK_BESIDE = 0.145  # the same, on a page that has blanks as glyphs, too
_LOOSE = 1.5  # times these: letters of Arabic that do not join stand further apart
_BLANKS = 0.05  # of the glyphs of a page that has them are blanks, at least
_CELL = 1.2  # of the size: a wider space parts cells, or columns
_SMALL = 0.8  # of the size of the line: smaller and raised is a superscript
_EAST_ASIAN = f"{CJK}\u3000-\u303f\uff00-\uffef"  # written without blanks
_TIGHT = re.compile(f"[{_EAST_ASIAN}]")
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def rows_of(page: Page) -> list[Row]:
    """Return the rows of a page, in the order of the file."""
    written = sum(glyph.text.isspace() for glyph in page.glyphs) > _BLANKS * len(page.glyphs)
    blank = _BLANK_BESIDE if written else _BLANK
    letters = [glyph for glyph in page.glyphs if glyph.text.isalpha()]
    if sum(is_leftward(glyph.text) for glyph in letters) * 2 > len(letters):
        return [Row((piece,)) for line in _baselines(page.glyphs) for piece in _leftward_piece(line, blank)]
    return join_pieces(_pieces(page.glyphs, blank))


def _pieces(glyphs: Iterable[Glyph], blank: float) -> list[Piece]:
    pieces: list[Piece] = []
    current: list[Glyph] = []
    for glyph in glyphs:
        if current and not _adjoins(current[-1], glyph):
            pieces += _piece(current, blank)
            current = []
        current.append(glyph)
    return pieces + _piece(current, blank)


def _adjoins(before: Glyph, glyph: Glyph) -> bool:
    size = max(before.size, glyph.size)
    height = abs(glyph.base - before.base)
    gap = glyph.left - before.right
    return height <= _RAISED * size and -size / 2 <= gap <= _CELL * size


def _piece(glyphs: list[Glyph], blank: float) -> list[Piece]:
    """Write the glyphs as text, with blanks where they stand apart and raised numbers as superscripts."""
    if not any(glyph.text.strip() for glyph in glyphs):
        return []
    size = Counter(round(glyph.size, 1) for glyph in glyphs if glyph.text.strip()).most_common(1)[0][0]
    size = max(size, *(round(g.size, 1) for g in glyphs)) if len(glyphs) < 4 else size
    base = statistics.median_low(g.base for g in glyphs if round(g.size, 1) == size)
    written: list[str] = []
    was_raised = False
    for i, glyph in enumerate(glyphs):
        raised = glyph.size < _SMALL * size and glyph.base - base > 0.1 * size
        letter = raised and i and glyph.text.isalpha() and glyphs[i - 1].text.isalpha() and not was_raised
        if i and (letter or _apart(glyphs[i - 1], glyph, blank)):
            written.append(" ")
        was_raised = raised
        written.append(glyph.text.translate(_SUPERSCRIPTS) if raised else glyph.text)
    text = _tightened(" ".join("".join(written).split()))
    left, right = min(glyph.left for glyph in glyphs), max(glyph.right for glyph in glyphs)
    bold = all(glyph.bold for glyph in glyphs if glyph.text.isalpha())
    return [Piece(text, left, right, base, size, bold)]


def _apart(before: Glyph, glyph: Glyph, blank: float) -> bool:
    gap = max(glyph.left - before.right, before.left - glyph.right)
    tight = _TIGHT.match(before.text) or _TIGHT.match(glyph.text)
    return gap > (_CELL if tight else blank) * max(before.size, glyph.size)


def _tightened(text: str) -> str:
    return re.sub(f"(?<=[{_EAST_ASIAN}]) (?=[{_EAST_ASIAN}])", "", text)


def join_pieces(pieces: Iterable[Piece]) -> list[Row]:
    """Put pieces that follow each other on one baseline into one row."""
    rows: list[list[Piece]] = []
    for piece in pieces:
        last = rows[-1][-1] if rows else None
        if last and abs(last.base - piece.base) <= _SAME_LINE * max(last.size, piece.size) and _follows(last, piece):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [Row(tuple(row)) for row in rows]


def _follows(before: Piece, piece: Piece) -> bool:
    return piece.left >= before.right - piece.size / 2


def _baselines(glyphs: Iterable[Glyph]) -> Iterable[list[Glyph]]:
    """Group the glyphs that follow each other at one height, wherever in the line they stand."""
    wide = (glyph for glyph in glyphs if glyph.text.strip() or glyph.right > glyph.left)
    return (list(group) for _, group in itertools.groupby(wide, key=_Height()))


class _Height:
    """A key that stays the same while glyphs keep to one line."""

    def __init__(self) -> None:
        self.base = 0.0
        self.number = 0

    def __call__(self, glyph: Glyph) -> int:
        if not unicodedata.combining(glyph.text[0]) and abs(glyph.base - self.base) > _RAISED * glyph.size:
            self.base = glyph.base
            self.number += 1
        return self.number


def _from_the_right(glyph: Glyph) -> float:
    """Order glyphs by their middle, and a vowel sign behind the letter that it stands on."""
    behind = _BLANK * glyph.size if unicodedata.combining(glyph.text[0]) else 0
    return behind - (glyph.left + glyph.right) / 2


def _leftward_piece(glyphs: list[Glyph], blank: float) -> list[Piece]:
    """Write a line that is printed from right to left."""
    if not any(glyph.text.strip() for glyph in glyphs):
        return []
    painted = sorted(glyphs, key=_from_the_right)
    characters: list[str] = []
    for before, glyph in zip([None, *painted], painted, strict=False):
        if before and before.left - glyph.right > _LOOSE * blank * glyph.size:
            characters.append(" ")
        characters.append(glyph.text)
    most = max(painted, key=lambda glyph: glyph.size)
    left, right = min(glyph.left for glyph in painted), max(glyph.right for glyph in painted)
    text = " ".join(in_logical_order(characters).split())
    return [Piece(text, left, right, most.base, most.size, all(g.bold for g in painted if g.text.isalpha()))]
