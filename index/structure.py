"""Turn the text of a report into paragraphs, passages and what the front matter states. Pure: no files, no models.

The order of the work: mend characters, break a one-line report into lines, take out page furniture and contents,
find the running numbers, sort the lines into blocks, lay the blocks out as the report's text, cut passages from it.
"""

import re
from dataclasses import dataclass
from functools import reduce

from index.abbreviations import find_abbreviations
from index.body import Block, Body, sort_lines
from index.clean import (
    HEADING_SIGN,
    Line,
    close_hyphens,
    despace,
    drop_furniture,
    drop_licence,
    is_finished,
    join,
    join_lone_marks,
    lines_of,
    straighten,
    strip_emphasis,
    width,
)
from index.contents import Contents, check_ranges, find_contents, title_key
from index.language import detect_language
from index.layout import Layout, lay_out
from index.marks import heading_marks, is_opening_heading, is_summary_heading
from index.masthead import Masthead, read_masthead, stated_title
from index.numbering import new_beginnings, numbered_lines, with_plain_numbers
from index.report import Report, Structure
from index.running import break_lines
from index.sequence import missing_numbers
from index.symbols import find_references, symbol_of_file, symbols_in

PARSER_VERSION = 3  # raise it with every change that makes other passages

_PROSE = 45  # Latin letters; a line of the front matter is shorter, or ends in no full stop
_LONG = 100  # the same; longer than any line between the title and the text
_OPENING = 60  # lines that a masthead takes at most
_TERMS = re.compile(r"\s*%%%([^\n]*)\n?")


@dataclass(frozen=True, slots=True)
class _Parts:
    """The lines of a report, told apart."""

    front: list[Line]
    contents: list[Line]
    body: list[Line]


def parse_report(
    name: str,
    text: str,
    *,
    encoding: str = "utf-8",
    warnings: tuple[str, ...] = (),
    titles: tuple[str, ...] = (),
    whole: bool = False,
) -> Report:
    """Return the report; a text without paragraphs gives a report without passages.

    `titles` are lines of the text that the file format shows as its title, the likeliest first; with `whole`, every
    line of the text is a whole paragraph.
    """
    straight = straighten(text)
    terms, rest = _subject_terms(straight.text)
    hyphens = close_hyphens(rest)
    despaced = despace(break_lines(hyphens.text))
    plain = strip_emphasis(despaced.text)
    lines, furniture = drop_furniture(lines_of(plain.text))
    lines, licence = drop_licence(join_lone_marks(lines))
    lines = with_plain_numbers(lines)
    contents = find_contents(lines)
    title = stated_title(titles)
    parts = _split(lines, contents, title)
    chains = numbered_lines(parts.body)
    entries = frozenset(entry.key for entry in contents.entries)
    body = sort_lines(parts.body, bool(chains), chains, entries, whole=whole)
    front = read_masthead(parts.front, plain.text, name, title or _marked_title(parts.body))
    layout = lay_out([line.text for line in parts.front + parts.contents], body, front.title)
    repairs = (
        straight.repairs + hyphens.repairs + despaced.repairs + plain.repairs + furniture + licence + layout.repairs
    )
    structure = _structure(body, contents, layout, new_beginnings(parts.body, chains), repairs)
    return _report(name, front, layout, structure, terms, encoding=encoding, warnings=warnings)


def _subject_terms(text: str) -> tuple[tuple[str, ...], str]:
    """Take the "%%%TERM|TERM|" line off the head of the text."""
    match = _TERMS.match(text)
    if not match:
        return (), text
    return tuple(term.strip() for term in match[1].split("|") if term.strip()), text[match.end() :]


def _split(lines: list[Line], contents: Contents, title: str) -> _Parts:
    """Part front matter, contents and body; the summary belongs to the body."""
    if contents.end:
        front, listed, body = lines[: contents.start], lines[contents.start : contents.end], lines[contents.end :]
    else:
        behind = _behind(title, lines)
        first = _prose_start(lines, behind) if behind else _body_start(lines)
        front, listed, body = lines[:first], [], lines[first:]
    summary = next((i for i, line in enumerate(front) if is_summary_heading(line.text)), None)
    if summary is None:
        return _Parts(front, listed, body)
    starred = _footnote_rows(front, summary)
    aside = [line for i, line in enumerate(front) if i < summary or i in starred]
    return _Parts(aside, listed, [line for i, line in enumerate(front) if i >= summary and i not in starred] + body)


def _footnote_rows(lines: list[Line], start: int) -> set[int]:
    """Find the lines of the notes "* …" to the title that stand at the foot of the page below the summary."""
    rows: set[int] = set()
    for i in range(start, len(lines)):
        if lines[i].text.startswith(("*", "＊")) or (i - 1 in rows and not lines[i].gap):
            rows.add(i)
    return rows


def _body_start(lines: list[Line]) -> int:
    """Find the first line of the body where no contents part it from the front matter."""
    chains = numbered_lines(lines)
    if not chains:
        return _after_title(lines)
    end = chains[0][0].position
    starred = _footnote_rows(lines[:end], 0)
    for i, line in enumerate(lines[:end]):
        if (
            is_summary_heading(line.text)
            or heading_marks(line.text)
            or (i and is_opening_heading(line.text))
            or (i not in starred and _is_preamble(line, lines[i + 1]))
        ):
            return i
    return end


def _behind(title: str, lines: list[Line]) -> int:
    """Return the row behind the title that the file format shows; 0 where it is not among the first lines."""
    key = title_key(title)
    rows = (i for i, line in enumerate(lines[:_OPENING], 1) if key and title_key(line.text) == key)
    return next(rows, 0)


def _prose_start(lines: list[Line], behind: int) -> int:
    """Find the first paragraph or heading of the body behind the title, past the author and the date."""
    chains = numbered_lines(lines)
    numbered = chains[0][0].position if chains else len(lines)
    for i in range(behind, min(numbered, behind + _OPENING)):
        if not lines[i].gap or lines[i].text.startswith(("*", "＊")):
            continue
        end = next((j for j in range(i + 1, len(lines)) if lines[j].gap), len(lines))
        block = reduce(join, (line.text for line in lines[i:end]))
        prose = width(block) > (_PROSE if is_finished(block) else _LONG)
        if prose or is_summary_heading(block) or heading_marks(block):
            return i
    return numbered if chains else behind


def _is_preamble(line: Line, following: Line) -> bool:
    """Say whether a line before the first number is prose: a preamble, a letter."""
    clause = line.text.endswith((",", "，", "،")) and (following.gap or following.text[0].isupper())
    return width(line.text) > _PROSE and (is_finished(line.text) or clause) and not symbols_in(line.text)


def _after_title(lines: list[Line]) -> int:
    """Count the lines of title, date and speaker that an unnumbered report opens with."""
    for i, line in enumerate(lines[:12]):
        prose = is_finished(line.text) or width(line.text) > 250
        if prose or heading_marks(line.text) or is_summary_heading(line.text):
            return i
    return min(1, len(lines)) if len(lines) > 1 and lines[1].gap else 0


def _marked_title(lines: list[Line]) -> str:
    """Return the one heading of the first degree that the file format marks as such."""
    first = [line.text[1:].strip() for line in lines if re.match(f"{HEADING_SIGN}(?!{HEADING_SIGN})", line.text)]
    return first[0] if len(first) == 1 else ""


def _structure(
    body: Body, contents: Contents, layout: Layout, again: tuple[str, ...], repairs: tuple[str, ...]
) -> Structure:
    numbered = bool(body.chains)
    paragraphs = len(
        {p.paragraph for p in layout.passages if not p.paragraph.startswith("¶")} if numbered else layout.passages
    )
    gaps = tuple(gap for chain in body.chains for gap in missing_numbers(list(chain))) + again
    return Structure(numbered, paragraphs, gaps, check_ranges(contents, layout.sections), repairs)


def _report(
    name: str,
    front: Masthead,
    layout: Layout,
    structure: Structure,
    terms: tuple[str, ...],
    *,
    encoding: str,
    warnings: tuple[str, ...],
) -> Report:
    symbol = _own_symbol(front, symbol_of_file(name), layout)
    references = tuple(r for r in find_references(layout.text) if r.symbol != symbol)
    return Report(
        path=name,
        text=layout.text,
        title=front.title,
        language=detect_language(layout.text),
        passages=layout.passages,
        structure=structure,
        symbol=symbol,
        references=references,
        terms=terms,
        notes=layout.notes,
        date=front.date,
        year=front.year or _year_of_name(name),
        session=front.session,
        body=front.body,
        agenda_item=front.agenda_item,
        abbreviations=find_abbreviations(layout.text),
        encoding=encoding,
        warnings=warnings,
    )


def _own_symbol(front: Masthead, named: str | None, layout: Layout) -> str | None:
    """Choose between the masthead and the file name: of a document's two symbols, the file's."""
    if front.symbol and named and named in symbols_in(layout.text[:1500]):
        return named
    return front.symbol or named


def _year_of_name(name: str) -> int | None:
    match = re.search(r"(?<!\d)((?:19|20)\d\d)年", name.rsplit("/", 1)[-1])
    return int(match[1]) if match else None


__all__ = ["HEADING_SIGN", "PARSER_VERSION", "Block", "parse_report", "title_key"]
