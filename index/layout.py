"""Lay the blocks of a report out as one text and cut its passages from it; every offset is made here. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from index.body import Block, Body
from index.contents import title_key
from index.marks import UNMARKED_DEGREE, is_summary_heading
from index.paragraphs import Sub, split_subparagraphs
from index.report import Passage

_LONGEST = 1500  # characters; a longer unnumbered paragraph is cut at the ends of sentences
_LONGEST_NUMBERED = 3000  # its pieces all bear its number
_RUN_IN_DEGREE = UNMARKED_DEGREE + 1  # so that any heading after it ends its reach
_SENTENCE_END = re.compile(r"[。！？!?；;]+[”’」』）)]*|\.(?=\s)|\n")
_RUN_IN = re.compile(r"([(（][一二三四五六七八九十]{1,3}[)）][^。；：:\n]{2,30})[。：]")


@dataclass(frozen=True, slots=True)
class Layout:
    """The report's text with everything that points into it."""

    text: str
    passages: tuple[Passage, ...]
    notes: tuple[str, ...]
    sections: dict[str, tuple[int, int]]  # heading key: first and last paragraph number under it
    repairs: tuple[str, ...]


@dataclass(slots=True)
class _Desk:
    """What grows while the blocks are laid out."""

    pieces: list[str] = field(default_factory=list)
    at: int = 0
    passages: list[Passage] = field(default_factory=list)
    trail: dict[int, str] = field(default_factory=dict)
    sections: dict[str, tuple[int, int]] = field(default_factory=dict)
    count: int = 0  # of unnumbered paragraphs
    repairs: list[str] = field(default_factory=list)

    def write(self, text: str, gap: str = "\n\n") -> int:
        """Add a text after a gap and return where it begins."""
        if self.at:
            self.pieces.append(gap)
            self.at += len(gap)
        start = self.at
        self.pieces.append(text)
        self.at += len(text)
        return start


def lay_out(front: list[str], body: Body, title: str) -> Layout:
    """Write front matter, body and notes in order; passages come from the body alone."""
    desk = _Desk()
    for line in front:
        desk.write(line, "\n")
    for block in body.blocks:
        _WRITERS[block.kind](desk, block)
    notes = tuple(block.text for block in body.blocks if block.kind == "note")
    return Layout("".join(desk.pieces), tuple(desk.passages), notes, desk.sections, tuple(desk.repairs))


def _heading(desk: _Desk, block: Block) -> None:
    desk.write(block.text)
    kept = {degree: text for degree, text in desk.trail.items() if degree < block.degree}
    summary_over = any(is_summary_heading(text) for text in kept.values())
    desk.trail = ({} if summary_over else kept) | {block.degree: block.text}


def _note(desk: _Desk, block: Block) -> None:
    desk.write(block.text)


def _numbered(desk: _Desk, block: Block) -> None:
    if any(is_summary_heading(text) for text in desk.trail.values()):
        desk.trail = {}
    opening = f"{block.number}. "
    start = desk.write(opening + block.text) + len(opening)
    number = f"{block.annex}, {block.number}" if block.annex else block.number
    if block.joined:
        desk.repairs.append(f"joined paragraph {number} across a page break")
    if not block.annex:
        _extend_sections(desk, int(block.number.split()[0]))
    desk.passages += _passages(desk, block, number, start)


def _extend_sections(desk: _Desk, number: int) -> None:
    for heading in desk.trail.values():
        key = title_key(heading)
        desk.sections[key] = (desk.sections.get(key, (number,))[0], number)


def _passages(desk: _Desk, block: Block, number: str, start: int) -> list[Passage]:
    text, trail = block.text, _trail(desk)
    subs = split_subparagraphs(text)
    lead = text[: subs[0].mark].rstrip() if subs else text.rstrip()
    parts = [Sub("", 0, 0, len(lead)), *subs]
    return [
        Passage(
            number, sub.label or None, text[a:b], start + a, start + b, trail, lead if sub.label else "", block.page
        )
        for sub in parts
        for a, b in cut_long(text[: sub.end], sub.start, limit=_LONGEST_NUMBERED)
        if b > a
    ]


def _trail(desk: _Desk) -> tuple[str, ...]:
    return tuple(text for _, text in sorted(desk.trail.items()))


def _unnumbered(desk: _Desk, block: Block) -> None:
    run_in = _RUN_IN.match(block.text)
    if run_in:
        desk.trail |= {_RUN_IN_DEGREE: run_in[1]}
    start = desk.write(block.text)
    for a, b in cut_long(block.text):
        if any(c.isalnum() for c in block.text[a:b]):
            desk.count += 1
            desk.passages.append(
                Passage(f"¶ {desk.count}", None, block.text[a:b], start + a, start + b, _trail(desk), "", block.page)
            )


def cut_long(text: str, start: int = 0, *, limit: int = _LONGEST) -> list[tuple[int, int]]:
    """Cut an overlong text from `start` on into pieces of about even length that end where sentences do."""
    length = len(text) - start
    if length <= limit:
        return [_stripped(text, start, len(text))]
    target = length / (length // (limit * 2 // 3) + 1)
    cuts, opened = [], start
    for end in _sentence_ends(text, start, limit):
        if end - opened >= target and len(text) - end > target / 3:
            cuts.append((opened, end))
            opened = end
    return [_stripped(text, a, b) for a, b in [*cuts, (opened, len(text))] if text[a:b].strip()]


def _sentence_ends(text: str, start: int, limit: int) -> Iterator[int]:
    """Yield where sentences end; one that is too long, a table say, ends between words, or anywhere."""
    at = start
    while at < len(text):
        match = _SENTENCE_END.search(text, at, at + limit // 3)
        space = -1 if match else text.rfind(" ", at + 1, at + limit // 3)
        at = match.end() if match else space + 1 if space > 0 else min(len(text), at + limit // 3)
        yield at


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())


_WRITERS = {"heading": _heading, "note": _note, "paragraph": _numbered, "text": _unnumbered}
