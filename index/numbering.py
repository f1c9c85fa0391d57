"""Find the lines that open the numbered paragraphs of a report and of its annexes. Pure."""

import itertools
import re
from dataclasses import replace

from index.clean import Line, is_finished, width
from index.language import CJK
from index.marks import Number, annex_name, paragraph_number
from index.paragraphs import opens_subparagraph
from index.sequence import FEWEST, Candidate, missing_numbers, running_sequence, with_leaps

_UNNUMBERED_SHARE = 0.4  # of the long lines between the first and the last number, at least so many are numbered
_SENTENCES = 120  # Latin letters; few items of a list are as long
_SHORT_ITEM = 45  # Latin letters, on average
_LONG = 100  # a line this wide is prose rather than a heading
_HIGHEST_FIRST = 999  # what begins with a higher number is a list of years
_OPERATIVE_END = re.compile(r"[;；,，،؛]\s?[\d¹²³⁰⁴-⁹/]*$")  # the last one ends in a full stop
_CLAUSE_ENDS = (",", "，", "،")
_UNUSUAL = (  # prints of a number that stand for other things more often than for a paragraph's
    re.compile(r"(?P<number>[0-9٠-٩]{1,3})\s?[)）]\s*(?P<body>.*)"),
    re.compile(r"[(（]\s?(?P<number>[0-9٠-٩]{1,3})\s?[)）]\s*(?P<body>.*)"),
    re.compile(r"(?P<number>[0-9٠-٩]{1,3})\s?[。·]\s*(?P<body>.*)"),
    # Only before Chinese: in other scripts the rows of tables begin so.
    re.compile(rf"(?P<number>[0-9]{{1,3}})\s+(?P<body>(?![年月日])[{CJK}“《].*|\d{{4}}\s?年.*)"),
)


def numbered_lines(lines: list[Line]) -> list[list[Candidate]]:
    """Find the running sequence of the report and of every annex; positions are rows of `lines`."""
    starts = [0, *(i for i, line in enumerate(lines) if i and annex_name(line.text) is not None), len(lines)]
    chains = [_chain(lines, a, b) for a, b in itertools.pairwise(starts)]
    return [chain for chain in chains if chain]


def with_plain_numbers(lines: list[Line]) -> list[Line]:
    """Write "1)", "(1)" or "1" as "1." where a report numbers its paragraphs so; leave other reports as they are."""
    if numbered_lines(lines):
        return lines
    for form in _UNUSUAL:
        matches = [form.fullmatch(line.text) for line in lines]
        if sum(map(bool, matches)) < FEWEST:
            continue
        plain = [
            replace(line, text=f"{match['number']}. {match['body']}") if match else line
            for line, match in zip(lines, matches, strict=True)
        ]
        chains = numbered_lines(plain)
        rows = {c.position for chain in chains for c in chain}
        if chains and _is_whole(chains[0], plain) and len(rows) * 5 >= 4 * sum(map(bool, matches)):
            return [plain[i] if i in rows else line for i, line in enumerate(lines)]
    return lines


def _is_whole(chain: list[Candidate], lines: list[Line]) -> bool:
    prose = sum(_is_prose(lines[c.position]) for c in chain)
    return len(chain) >= FEWEST and chain[0].number == 1 and not missing_numbers(chain) and prose * 5 >= 4 * len(chain)


def text_after_number(line: Line) -> str:
    """Return what a line says behind its paragraph number."""
    number = paragraph_number(line.text)
    return number.body if number else line.text


def new_beginnings(lines: list[Line], chains: list[list[Candidate]]) -> tuple[str, ...]:
    """Name the paragraphs behind which numbers begin again at 1: another document, a chapter that counts anew."""
    told = []
    stops = [*(chain[0].position for chain in chains), len(lines)][1:]
    for chain, stop in zip(chains, stops, strict=True):
        again = running_sequence(_candidates(lines, chain[-1].position + 1, stop))
        if len(again) >= FEWEST and again[0].number == 1 and all(_is_prose(lines[c.position]) for c in again):
            told.append(f"the numbers begin again at 1 after paragraph {chain[-1].number}, and are not read as such")
    return tuple(told)


def _chain(lines: list[Line], start: int, end: int) -> list[Candidate]:
    candidates = _candidates(lines, start, end)
    chain = with_leaps(candidates, running_sequence(candidates))
    if start and len(chain) == 1:
        return chain if chain[0].number == 1 and _is_prose(lines[chain[0].position]) else []
    return chain if _carries_the_text(lines, chain, start, end) else []


def _leads_on(line: Line) -> bool:
    return line.text.endswith((":", "："))


def _weight(lines: list[Line], i: int, body: str, *, introduces: bool) -> float:
    """Weigh prose more than a finished phrase, and what introduces a list more than an item of the list."""
    following = lines[i + 1].text if i + 1 < len(lines) and not lines[i + 1].gap else ""
    prose = 0.5 if width(body) >= 45 or (not body and following) else 0.4 if is_finished(body) else 0.0
    prose += 0.1 * (_block_width(lines, i) >= _SENTENCES)
    after_sentence = i == 0 or lines[i].gap or is_finished(lines[i - 1].text)
    return 1.0 + prose + 0.2 * after_sentence + 0.2 * introduces


def _block_width(lines: list[Line], i: int) -> float:
    """Measure what follows without a gap from row i on, up to the next number or as far as it matters."""
    total, at = width(lines[i].text), i + 1
    while total < _SENTENCES and at < len(lines) and not lines[at].gap and not paragraph_number(lines[at].text):
        total, at = total + width(lines[at].text), at + 1
    return total


def _is_prose(line: Line) -> bool:
    return width(text_after_number(line)) > 60 or is_finished(line.text)


def _carries_the_text(lines: list[Line], chain: list[Candidate], start: int, end: int) -> bool:
    """Say whether the numbers number the report rather than a list within it."""
    if len(chain) < 2 or chain[0].number > _HIGHEST_FIRST:
        return False
    total = sum(width(lines[i].text) for i in range(start, end)) - _preamble_width(lines, start, chain[0].position)
    span = sum(width(lines[i].text) for i in range(chain[0].position, end))
    rows = {c.position for c in chain}
    within = range(chain[0].position, chain[-1].position + 1)
    openings = [i for i in within if i in rows or (lines[i].gap and width(lines[i].text) > _LONG)]
    marked = [i for i in openings if i in rows or opens_subparagraph(lines[i].text)]
    prose = sum(_is_prose(lines[row]) for row in rows)
    if _is_list(lines, chain, end):
        return False
    return span >= 0.4 * total and len(marked) >= _UNNUMBERED_SHARE * len(openings) and prose * 2 >= len(rows)


def _is_list(lines: list[Line], chain: list[Candidate], end: int) -> bool:
    """Say whether the numbers stand before short items, and most of the text behind the last of them."""
    first, last = chain[0].position, chain[-1].position
    listed = sum(width(lines[i].text) for i in range(first, last + 1))
    behind = sum(width(lines[i].text) for i in range(last + 1, end))
    return listed < _SHORT_ITEM * len(chain) and behind > 2 * listed


def _preamble_width(lines: list[Line], start: int, first: int) -> float:
    """Measure the clauses that stand before the first number and end in commas, as those of a resolution do."""
    measured, clause = 0.0, 0.0
    for i in range(start, first):
        clause = width(lines[i].text) + (0.0 if lines[i].gap else clause)
        ends = i + 1 == first or lines[i + 1].gap
        measured += clause if ends and lines[i].text.endswith(_CLAUSE_ENDS) else 0.0
    return measured


def _without_resolutions(lines: list[Line], found: list[tuple[int, Number]]) -> list[tuple[int, Number]]:
    """Leave out the operative paragraphs of a draft resolution, below a preamble, behind other numbers."""
    kept: list[tuple[int, Number]] = []
    wanted = 0  # the next number of the draft; 0 outside one
    ends = [*(row for row, _ in found), len(lines)][1:]
    for (row, number), after in zip(found, ends, strict=True):
        if number.number == 1 and len(kept) >= FEWEST and lines[row - 1].text.endswith(_CLAUSE_ENDS):
            wanted = 1
        if number.number != wanted:
            wanted = 0
            kept.append((row, number))
        else:
            goes_on = any(_OPERATIVE_END.search(line.text) for line in lines[row:after])
            wanted = wanted + 1 if goes_on else 0
    return kept


def _candidates(lines: list[Line], start: int, end: int) -> list[Candidate]:
    found = [(i, number) for i in range(start, end) if (number := paragraph_number(lines[i].text)) and number.number]
    found = _without_resolutions(lines, found)
    lists = {i for i, number in found if number.number == 1}
    following = [*(i for i, _ in found), end][1:]
    return [
        Candidate(
            i,
            number.number,
            number.suffix,
            _weight(lines, i, number.body, introduces=after in lists and _leads_on(lines[after - 1])),
        )
        for (i, number), after in zip(found, following, strict=True)
    ]
