"""Put the glyphs of printed pages into lines, in reading order. Pure geometry: no file format, no paragraph numbers.

Lengths are in points; `base` grows upwards, as in PDF.
"""

import itertools
import math
import re
import statistics
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from index.clean import join
from index.language import CJK, CJK_MARKS
from index.marks import heading_marks, is_bullet, paragraph_number
from index.symbols import symbols_in

_SAME_LINE = 0.2  # of the size of type: two baselines this near are one
_RAISED = 0.65  # of the size: a mark set higher than this belongs to another line
_BLANK = 0.16  # of the size: a narrower space is kerning
_CELL = 1.2  # of the size: a wider space parts cells, or columns
_SMALL = 0.8  # of the size of the line: smaller and raised is a superscript
_NEW_PARAGRAPH = 1.25  # of the usual distance of lines
_DISPLAY = 1.15  # of the size of the running text: larger is a title or a heading
_MARGIN = 0.12  # of the height of the page, where running heads and feet stand
_REPEATED = 3  # pages that a running head stands on at least
_COLUMN_ROWS = 6  # rows that are parted at one place before that is a gutter
_COLUMN_WIDTH = 0.25  # of the width of the text: a narrower column is a cell of a table
_TIGHT = re.compile(f"[{CJK}{CJK_MARKS}]")
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_BULLETS = dict.fromkeys("\uf0b7\uf0a7\uf076\uf0d8\uf0fc\uf0a8\uf02d\uf06e", "•")
_COMPATIBLE = re.compile(r"[\u2e80-\u2fdf\uf900-\ufaff\ufb00-\ufb06\ufb50-\ufdff\ufe70-\ufefc]")
_UNWRITTEN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ue000-\uf8ff\ufffe\uffff]")
_BOX = re.compile(r"\b(?:Distr|Original)\s?[.:]", re.I)
_GAP = "\n"
_CUT_WORD = re.compile(r"(?P<left>[^\W\d_]+)-\n(?P<right>[^\W\d_]+)")


@dataclass(frozen=True, slots=True)
class Glyph:
    """A character and where it stands on the page."""

    text: str
    left: float
    right: float
    base: float
    size: float
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """The glyphs of one page, in the order in which the file paints them."""

    glyphs: tuple[Glyph, ...]
    height: float


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of a line without a wide space."""

    text: str
    left: float
    right: float
    base: float
    size: float
    bold: bool


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of print, or its part in one column."""

    pieces: tuple[_Piece, ...]

    @property
    def text(self) -> str:
        return " ".join(piece.text for piece in self.pieces)

    @property
    def base(self) -> float:
        return self.pieces[0].base

    @property
    def size(self) -> float:
        return max(self.pieces, key=lambda piece: len(piece.text)).size

    @property
    def bold(self) -> bool:
        return all(piece.bold for piece in self.pieces)


def text_of_pages(pages: Sequence[Page]) -> tuple[str, tuple[str, ...]]:
    """Return the text and the lines that are shown as its title, the likeliest first.

    The text has an empty line where a paragraph begins, and a form feed behind every page.
    """
    rows = [_reading_order(_rows(_pieces(page.glyphs))) for page in pages]
    rows = _without_running_heads(rows, [page.height for page in pages])
    body = _body(rows)
    lines = [_lines(page, printed, body) for page, printed in zip(pages, rows, strict=True)]
    text = "".join("".join(f"{_GAP * line.gap}{line.text}\n" for line in page) + "\f" for page in lines)
    return _mend_cut_words(text), _titles(next((page for page in lines if page), []), body)


def _pieces(glyphs: Iterable[Glyph]) -> list[_Piece]:
    pieces: list[_Piece] = []
    current: list[Glyph] = []
    for glyph in glyphs:
        if current and not _adjoins(current[-1], glyph):
            pieces += _piece(current)
            current = []
        current.append(glyph)
    return pieces + _piece(current)


def _adjoins(before: Glyph, glyph: Glyph) -> bool:
    size = max(before.size, glyph.size)
    height = abs(glyph.base - before.base)
    if _is_leftward(glyph.text) or _is_leftward(before.text):
        return height <= _SAME_LINE * size
    gap = glyph.left - before.right
    return height <= _RAISED * size and -size / 2 <= gap <= _CELL * size


def _is_leftward(text: str) -> bool:
    return unicodedata.bidirectional(text[0]) in ("R", "AL", "AN")


def _piece(glyphs: list[Glyph]) -> list[_Piece]:
    """Write the glyphs as text, with blanks where they stand apart and raised numbers as superscripts."""
    if not any(glyph.text.strip() for glyph in glyphs):
        return []
    size = Counter(round(glyph.size, 1) for glyph in glyphs if glyph.text.strip()).most_common(1)[0][0]
    size = max(size, *(round(g.size, 1) for g in glyphs)) if len(glyphs) < 4 else size
    base = statistics.median_low(g.base for g in glyphs if round(g.size, 1) == size)
    written: list[str] = []
    for i, glyph in enumerate(glyphs):
        if i and _apart(glyphs[i - 1], glyph):
            written.append(" ")
        raised = glyph.size < _SMALL * size and glyph.base - base > 0.1 * size
        written.append(glyph.text.translate(_SUPERSCRIPTS) if raised else glyph.text)
    text = _tightened(" ".join("".join(written).split()))
    left, right = min(glyph.left for glyph in glyphs), max(glyph.right for glyph in glyphs)
    bold = all(glyph.bold for glyph in glyphs if glyph.text.isalpha())
    return [_Piece(text, left, right, base, size, bold)]


def _apart(before: Glyph, glyph: Glyph) -> bool:
    gap = max(glyph.left - before.right, before.left - glyph.right)
    tight = _TIGHT.match(before.text) or _TIGHT.match(glyph.text)
    return gap > (_CELL if tight else _BLANK) * max(before.size, glyph.size)


def _tightened(text: str) -> str:
    return re.sub(f"(?<=[{CJK}{CJK_MARKS}]) (?=[{CJK}{CJK_MARKS}])", "", text)


def _rows(pieces: Iterable[_Piece]) -> list[_Row]:
    """Put pieces that follow each other on one baseline into one row."""
    rows: list[list[_Piece]] = []
    for piece in pieces:
        last = rows[-1][-1] if rows else None
        if last and abs(last.base - piece.base) <= _SAME_LINE * max(last.size, piece.size) and _follows(last, piece):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [_Row(tuple(row)) for row in rows]


def _follows(before: _Piece, piece: _Piece) -> bool:
    return piece.left >= before.right - piece.size / 2 or _is_leftward(piece.text)


def _reading_order(rows: list[_Row]) -> list[_Row]:
    """Keep the order of the file, which is that of reading, unless it leaps about or runs across columns."""
    leaps = sum(
        after.base > before.base + 2 * before.size and after.pieces[0].left < before.pieces[0].left + before.size
        for before, after in itertools.pairwise(rows)
    )
    if leaps > max(3, len(rows) // 8):
        pieces = sorted((piece for row in rows for piece in row.pieces), key=lambda p: (-round(p.base), p.left))
        rows = _rows(pieces)
    gutter = _gutter(rows)
    return rows if gutter is None else list(_by_column(rows, gutter))


def _gutter(rows: list[_Row]) -> float | None:
    """Find the place where rows are parted into two columns of prose."""
    if not rows:
        return None
    width = max(p.right for row in rows for p in row.pieces) - min(p.left for row in rows for p in row.pieces)
    gaps = [
        (left.right, right.left)
        for row in rows
        if len(row.pieces) == 2
        for left, right in [row.pieces]
        if min(left.right - left.left, right.right - right.left) >= _COLUMN_WIDTH * width
    ]
    if len(gaps) < _COLUMN_ROWS:
        return None
    middle = statistics.median(end for _, end in gaps) - 1
    parted = sum(start < middle < end for start, end in gaps)
    return middle if parted >= max(_COLUMN_ROWS, 0.8 * len(gaps)) else None


def _by_column(rows: list[_Row], gutter: float) -> Iterator[_Row]:
    left: list[_Row] = []
    right: list[_Row] = []
    for row in rows:
        if any(piece.left < gutter < piece.right for piece in row.pieces):
            yield from left + right
            yield row
            left, right = [], []
            continue
        for side, pieces in (
            (left, tuple(p for p in row.pieces if p.right <= gutter)),
            (right, tuple(p for p in row.pieces if p.left >= gutter)),
        ):
            if pieces:
                side.append(_Row(pieces))
    yield from left + right


def _without_running_heads(pages: list[list[_Row]], heights: list[float]) -> list[list[_Row]]:
    """Take out what stands at one place in the margins of several pages; symbols stay, they tell the report's own."""
    marginal = [
        {_place(row) for row in page if _in_margin(row, height)} for page, height in zip(pages, heights, strict=True)
    ]
    counts = Counter(place for places in marginal for place in places)
    return [
        [
            row
            for row in page
            if not (_in_margin(row, height) and counts[_place(row)] >= _REPEATED) or symbols_in(row.text)
        ]
        for page, height in zip(pages, heights, strict=True)
    ]


def _in_margin(row: _Row, height: float) -> bool:
    return not _MARGIN * height < row.base < (1 - _MARGIN) * height


def _place(row: _Row) -> tuple[str, int]:
    return re.sub(r"\d+", "0", row.text), round(row.base / 4)


@dataclass(frozen=True, slots=True)
class _Body:
    """How the running text of a report is printed."""

    size: float
    distance: float  # of the baselines of neighbouring lines, in sizes of type

    def shows(self, row: _Row) -> bool:
        """Say whether a row is set apart from the running text as titles and headings are."""
        return row.bold or row.size > _DISPLAY * self.size

    def runs_on(self, before: _Row, row: _Row) -> bool:
        """Say whether no more than the usual space parts two rows."""
        return 0 < before.base - row.base <= _NEW_PARAGRAPH * self.distance * max(before.size, row.size)


def _body(pages: list[list[_Row]]) -> _Body:
    sizes: Counter[float] = Counter()
    distances: Counter[float] = Counter()
    for page in pages:
        for row in page:
            sizes[row.size] += len(row.text)
        for a, b in itertools.pairwise(page):
            if a.size == b.size and 0.8 * a.size < a.base - b.base < 3 * a.size:
                distances[round((a.base - b.base) / a.size, 1)] += 1
    size = sizes.most_common(1)[0][0] if sizes else 10.0
    return _Body(size, distances.most_common(1)[0][0] if distances else 1.2)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of text; a heading of several rows is one."""

    text: str
    gap: bool
    row: _Row  # its last
    top: float  # the base of its first


def _lines(page: Page, rows: list[_Row], body: _Body) -> list[_Line]:
    """Write rows as lines; the rows of one heading make one line."""
    lines: list[_Line] = []
    for row in rows:
        before = lines[-1].row if lines else None
        if before is None or not body.runs_on(before, row):
            lines.append(_Line(row.text, before is not None, row, row.base))
        elif not (body.shows(before) or body.shows(row)):
            lines.append(_Line(row.text, False, row, row.base))
        elif _same_style(before, row) and not _opens(row.text) and not _in_margin(row, page.height):
            lines[-1] = replace(lines[-1], text=join(lines[-1].text, row.text), row=row)
        else:
            gap = not (_same_style(before, row) or row.text[0].islower())
            lines.append(_Line(row.text, gap, row, row.base))
    return lines


def _titles(lines: list[_Line], body: _Body) -> tuple[str, ...]:
    """Return what is printed larger than the running text of the first page, below the box of date and language."""
    box = min((line.row.base for line in lines if _BOX.search(line.text)), default=math.inf)
    large = [line for line in lines if line.row.size > _DISPLAY * body.size and line.top < box]
    return tuple(line.text for line in sorted(large, key=lambda line: (not line.row.bold, -line.row.size)))


def _same_style(a: _Row, b: _Row) -> bool:
    return a.bold == b.bold and a.size == b.size


def _opens(text: str) -> bool:
    """Say whether a line begins with a mark of its own."""
    return bool(paragraph_number(text) or heading_marks(text) or is_bullet(text))


def _mend_cut_words(text: str) -> str:
    """Join words that were cut at the end of a line, unless the report writes them with a hyphen elsewhere."""
    words = Counter(re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", text.lower()))

    def mended(match: re.Match[str]) -> str:
        left, right = match["left"], match["right"]
        whole, hyphened = words[f"{left}{right}".lower()], words[f"{left}-{right}".lower()]
        compound = hyphened > whole or (not whole and words[left.lower()] > 1 and words[right.lower()] > 1)
        return f"{left}{'-' if compound or not right[0].islower() else ''}{right}\n"

    return _CUT_WORD.sub(mended, text)


def plain_character(character: str) -> str:
    """Write a character as text has it: ligatures and presentation forms undone, signs without a meaning left out."""
    if character in _BULLETS:
        return _BULLETS[character]
    return unicodedata.normalize("NFKC", character) if _COMPATIBLE.match(character) else _UNWRITTEN.sub("", character)
