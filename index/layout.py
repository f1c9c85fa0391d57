"""Lay the blocks of a report out as one text and cut its passages from it; every offset is made here. Pure."""

import re
from dataclasses import dataclass, field

from index.body import Block, Body
from index.contents import title_key
from index.marks import is_summary_heading
from index.paragraphs import split_subparagraphs
from index.report import Passage

_LONGEST = 1500  # characters; a longer unnumbered paragraph is cut at the ends of sentences
_SENTENCE = re.compile(r".+?(?:[。！？!?；;]+[”’」』）)]*|\.(?=\s)|\n|$)", re.S)
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
    if not text.strip():
        return []
    subs = split_subparagraphs(text)
    if not subs:
        return [_passage(text, start, 0, len(text), number, None, trail, "", block.page)]
    lead = text[: subs[0].mark].rstrip()
    whole = [_passage(text, start, 0, len(lead), number, None, trail, "", block.page)] if lead else []
    return whole + [
        _passage(text, start, sub.start, sub.end, number, sub.label, trail, lead, block.page)
        for sub in subs
        if sub.end > sub.start
    ]


def _passage(
    text: str,
    offset: int,
    start: int,
    end: int,
    number: str,
    sub: str | None,
    trail: tuple[str, ...],
    lead: str,
    page: int | None,
) -> Passage:
    return Passage(number, sub, text[start:end], offset + start, offset + end, trail, lead, page)


def _trail(desk: _Desk) -> tuple[str, ...]:
    return tuple(text for _, text in sorted(desk.trail.items()))


def _unnumbered(desk: _Desk, block: Block) -> None:
    run_in = _RUN_IN.match(block.text)
    if run_in:
        desk.trail = {d: t for d, t in desk.trail.items() if d < 3} | {3: run_in[1]}
    start = desk.write(block.text)
    for a, b in cut_long(block.text):
        if any(c.isalnum() for c in block.text[a:b]):
            desk.count += 1
            desk.passages.append(
                _passage(block.text, start, a, b, f"¶ {desk.count}", None, _trail(desk), "", block.page)
            )


def cut_long(text: str) -> list[tuple[int, int]]:
    """Cut an overlong text into pieces of about even length that end where sentences do."""
    if len(text) <= _LONGEST:
        return [(0, len(text))]
    target = len(text) / (len(text) // (_LONGEST * 2 // 3) + 1)
    cuts, start = [], 0
    for match in _SENTENCE.finditer(text):
        if match.end() - start >= target and len(text) - match.end() > target / 3:
            cuts.append((start, match.end()))
            start = match.end()
    return [_stripped(text, a, b) for a, b in [*cuts, (start, len(text))] if text[a:b].strip()]


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())


_WRITERS = {"heading": _heading, "note": _note, "paragraph": _numbered, "text": _unnumbered}
