"""Write printed pages as text: running heads left out, headings and the title told by their type. Pure."""

import itertools
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from index.clean import HEADING_SIGN, join, width
from index.formats.columns import reading_order
from index.formats.glyphs import Page, Row
from index.formats.printed import rows_of
from index.marks import UNMARKED_DEGREE, annex_name, heading_marks, is_bullet, is_heading_like, paragraph_number
from index.symbols import symbols_in

_NEW_PARAGRAPH = 1.25  # of the usual distance of lines
_DISPLAY = 1.15  # of the size of the running text: larger is a title or a heading
_CHAPTER = 1.35  # of that size: larger is a heading of the first degree
_PROSE = 60  # Latin letters; a longer line that is not set apart is no masthead any more
_MARGIN = 0.12  # of the height of the page, where running heads and feet stand
_FAR = 8  # sizes of type between a symbol and a page number
_REPEATED = 3  # pages that a running head stands on at least
_BOX = re.compile(r"\b(?:Distr|Original)\s?[.:]", re.I)
_CUTS = 0.02  # of the lines of a report that cuts words end in a hyphen, at least
_FEW = 5
_CUT_WORD = re.compile(r"(?P<left>[^\W\d_]+)-\n(?P<right>[^\W\d_A-Z]+)(?![^\W\d_]) ?")


def text_of_pages(pages: Sequence[Page]) -> tuple[str, tuple[str, ...]]:
    """Return the text and the lines that are shown as its title, the likeliest first.

    The text has an empty line where a paragraph begins, and a form feed behind every page.
    """
    rows = [_with_parted_margins(reading_order(rows_of(page)), page.height) for page in pages]
    rows = _without_running_heads(rows, [page.height for page in pages])
    body = _body(rows)
    lines = [_lines(page, printed, body) for page, printed in zip(pages, rows, strict=True)]
    titles = _titles(next((page for page in lines if page), []), body)
    sheets = ("".join(_written(line) for line in page) for page in _with_headings(lines, body))
    return _mend_cut_words("".join(f"{sheet}\f" for sheet in sheets)), titles


def _with_parted_margins(rows: list[Row], height: float) -> list[Row]:
    """Make what stands far apart in one line of the head or the foot of a page two rows."""
    parted: list[Row] = []
    for row in rows:
        parted.append(Row(row.pieces[:1]))
        for before, piece in itertools.pairwise(row.pieces):
            if _in_margin(row, height) and piece.left - before.right > _FAR * row.size:
                parted.append(Row((piece,)))
            else:
                parted[-1] = Row((*parted[-1].pieces, piece))
    return parted


def _without_running_heads(pages: list[list[Row]], heights: list[float]) -> list[list[Row]]:
    """Take out what stands at one place in the margins of several pages; symbols stay, they tell the report's own."""
    marginal = [
        {_place(row) for row in page if _in_margin(row, height)} for page, height in zip(pages, heights, strict=True)
    ]
    counts = Counter(place for places in marginal for place in places)
    return [
        [row for row in page if not _in_margin(row, height) or counts[_place(row)] < _REPEATED or _is_symbol(row.text)]
        for page, height in zip(pages, heights, strict=True)
    ]


def _is_symbol(text: str) -> bool:
    symbols = symbols_in(text)
    return bool(symbols) and len(text) < 2 * len(symbols[0])


def _in_margin(row: Row, height: float) -> bool:
    return not _MARGIN * height < row.base < (1 - _MARGIN) * height


def _place(row: Row) -> tuple[str, int]:
    return re.sub(r"\d+", "0", row.text), round(row.base / 4)


@dataclass(frozen=True, slots=True)
class _Body:
    """How the running text of a report is printed."""

    size: float
    distance: float  # of the baselines of neighbouring lines, in sizes of type

    def shows(self, row: Row) -> bool:
        """Say whether a row is set apart from the running text as titles and headings are."""
        return row.bold or row.size > _DISPLAY * self.size

    def degree(self, row: Row) -> int:
        """Return the degree of a heading, 1 for the largest."""
        return 2 if row.size > _CHAPTER * self.size else 3 if row.size > _DISPLAY * self.size else UNMARKED_DEGREE + 1

    def runs_on(self, before: Row, row: Row) -> bool:
        """Say whether no more than the usual space parts two rows."""
        return 0 < before.base - row.base <= _NEW_PARAGRAPH * self.distance * max(before.size, row.size)


def _body(pages: list[list[Row]]) -> _Body:
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
    row: Row  # its last
    top: float  # the base of its first
    sign: str = ""  # of a heading


def _written(line: _Line) -> str:
    return ("\n" if line.gap else "") + f"{line.sign}{line.text}\n"


def _lines(page: Page, rows: list[Row], body: _Body) -> list[_Line]:
    """Write rows as lines; the rows of one heading make one line."""
    lines: list[_Line] = []
    for row in rows:
        before = lines[-1].row if lines else None
        if before is None or not body.runs_on(before, row):
            lines.append(_Line(row.text, before is not None, row, row.base))
        elif not (body.shows(before) or body.shows(row)):
            lines.append(_Line(row.text, False, row, row.base))
        elif _same_style(before, row) and _carries_on(lines[-1].text, row.text) and not _in_margin(row, page.height):
            lines[-1] = replace(lines[-1], text=join(lines[-1].text, row.text), row=row)
        else:
            gap = not (_same_style(before, row) or row.text[0].islower())
            lines.append(_Line(row.text, gap, row, row.base))
    return lines


def _with_headings(pages: list[list[_Line]], body: _Body) -> list[list[_Line]]:
    """Sign the lines below the masthead that are set apart as headings and bear no mark of their own."""
    prose = False
    for page in pages:
        for i, line in enumerate(page[:-1]):
            prose = prose or (not body.shows(line.row) and width(line.text) > _PROSE)
            alone = prose and (line.gap or i == 0) and page[i + 1].gap
            if alone and body.shows(line.row) and _is_bare_heading(line):
                page[i] = replace(line, sign=HEADING_SIGN * body.degree(line.row))
    return pages


def _is_bare_heading(line: _Line) -> bool:
    worded = sum(c.isalpha() for c in line.text) * 2 > len(line.text) and len(line.row.pieces) == 1
    return worded and is_heading_like(line.text) and not _opens(line.text) and not symbols_in(line.text)


def _titles(lines: list[_Line], body: _Body) -> tuple[str, ...]:
    """Return what is printed larger than the running text of the first page, below the box of date and language."""
    box = min((line.row.base for line in lines if _BOX.search(line.text)), default=math.inf)
    large = [line for line in lines if line.row.size > _DISPLAY * body.size and line.top < box]
    return tuple(line.text for line in sorted(large, key=lambda line: (not line.row.bold, -line.row.size)))


def _same_style(a: Row, b: Row) -> bool:
    return a.bold == b.bold and a.size == b.size


def _carries_on(heading: str, text: str) -> bool:
    return annex_name(heading) is None and not _opens(text)


def _opens(text: str) -> bool:
    """Say whether a line begins with a mark of its own."""
    return bool(paragraph_number(text) or heading_marks(text) or is_bullet(text))


def _mend_cut_words(text: str) -> str:
    """Take the hyphen out of words that the end of a line cut; a report that cuts none has hyphens of its own there."""
    words = Counter(re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", _CUT_WORD.sub(" ", text).lower()))
    cuts = len(_CUT_WORD.findall(text)) > max(_FEW, _CUTS * text.count("\n"))

    def mended(match: re.Match[str]) -> str:
        left, right = match["left"].lower(), match["right"]
        whole, hyphened = words[left + right], words[f"{left}-{right}"]
        compound = hyphened > whole or (not whole and words[left] > 1 and words[right] > 1)
        cut = not compound if cuts else whole > hyphened
        return f"{match['left']}{'' if cut else '-'}{right}\n"

    return _CUT_WORD.sub(mended, text)
