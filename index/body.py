"""Sort the lines of a report's body into paragraphs, headings and notes, whole again across lines and pages. Pure."""

import itertools
import re
from dataclasses import dataclass, field

from index.clean import HEADING_SIGN, Line, is_finished, join, width
from index.language import is_cjk
from index.marks import (
    UNMARKED_DEGREE,
    HeadingMark,
    annex_name,
    heading_marks,
    is_bullet,
    is_heading_like,
    is_notes_heading,
    is_summary_heading,
    note_text,
)
from index.numbering import text_after_number
from index.paragraphs import han_value, opens_subparagraph
from index.sequence import Candidate

_LONG = 100  # a line this wide is prose rather than a heading
_FULL_LINE = 45  # Latin letters; a line that was wrapped is at least as wide
_LINES_OF_HEADING = 3
_LONGEST = 20_000  # characters; what goes on for longer is no paragraph
_SENTENCE_WITHIN = re.compile(r"[。；！？]|[.;!?] (?=[A-ZА-ЯÀ-Þ])")
_GOES_ON = re.compile(r"[的、，,;；。）)”]")  # no line that these open begins a sentence
_COMMAS = re.compile("[，,،]")
_ORDINAL = re.compile(r"第[一二三四五六七八九十]{1,3}[，、：][^。]{2,22}。?")
ORDINAL_DEGREE = 6


_AFTER_NOTES = (
    "chapter",
    "han",
    "arabic",
    "section",
)  # headings that end notes, which have numbers and initials of their own


@dataclass(slots=True)
class Block:
    """A stretch of the report: kind "paragraph", "text" (unnumbered), "heading", "note", "front"."""

    kind: str
    text: str
    number: str = ""
    degree: int = 0
    page: int | None = None
    parts: int = 1
    annex: str = ""
    joined: bool = field(default=False)  # mended across a gap


@dataclass(frozen=True, slots=True)
class Body:
    """The blocks in text order, and the chains of numbers: one of the report, one of each annex."""

    blocks: tuple[Block, ...]
    chains: tuple[tuple[Candidate, ...], ...]


def sort_lines(
    lines: list[Line],
    numbered: bool,
    chains: list[list[Candidate]],
    entries: frozenset[str],
    *,
    whole: bool = False,
) -> Body:
    """Turn the lines into blocks; `entries` are the keys of the contents, which mark headings.

    With `whole`, a gap parts paragraphs even where the one before it has no full stop.
    """
    sorter = _Sorter(lines, numbered, chains, entries)
    sorter.whole = whole
    return Body(tuple(sorter.run()), tuple(map(tuple, chains)))


class _Sorter:
    """Walk through the lines once; what a line is depends on what came before it."""

    def __init__(
        self, lines: list[Line], numbered: bool, chains: list[list[Candidate]], entries: frozenset[str]
    ) -> None:
        self.lines, self.numbered, self.entries = lines, numbered, entries
        self.rows = {c.position: f"{c.number} {c.suffix}".strip() for chain in chains for c in chain}
        self.many = len(chains) > 1  # with one sequence alone its numbers are clear without the name of the annex
        self.blocks: list[Block] = []
        self.last_text: Block | None = None
        self.last_unnoted: Block | None = None
        self.annex, self.in_notes, self.whole = "", False, False
        self.letters: dict[str, str] = {}  # the last mark of every kind of heading
        self.outermost = ""
        self.wrapped = is_wrapped(lines)
        self.gapped = sum(line.gap for line in lines) * 4 > len(lines)

    def run(self) -> list[Block]:
        for i, line in enumerate(self.lines):
            self._place(i, line)
        return self.blocks

    def _place(self, i: int, line: Line) -> None:
        if i in self.rows:
            self.in_notes = False
            self._open("paragraph", text_after_number(line), line, number=self.rows[i])
        elif (name := annex_name(line.text)) is not None and (line.gap or not self.blocks):
            self.annex, self.in_notes, self.letters = name if self.many else "", False, {}
            self._open("heading", line.text.lstrip(HEADING_SIGN).strip(), line, degree=0)
        elif is_notes_heading(line.text) and (line.gap or is_cjk(line.text[0])):
            self.in_notes = True
            self._open("heading", line.text.lstrip(HEADING_SIGN).strip(), line, degree=0)
        elif self._is_note(line) or self._note_goes_on(line):
            self._note(line)
        elif (heading := self._heading(i, line)) is not None:
            self._open("heading", heading[1], line, degree=heading[0])
        else:
            self._text(line)

    def _is_note(self, line: Line) -> bool:
        if self.in_notes:
            self.in_notes = not (line.gap and any(mark.kind in _AFTER_NOTES for mark in heading_marks(line.text)))
            return self.in_notes
        mid_sentence = (
            self.wrapped
            and not line.gap
            and self.blocks
            and self.blocks[-1].kind != "note"
            and not is_finished(self.blocks[-1].text)
        )
        return self.numbered and not mid_sentence and bool(note_text(line.text)) and not line.text.startswith("**")

    def _note_goes_on(self, line: Line) -> bool:
        last = self.blocks[-1] if self.blocks else None
        unfinished = last is not None and last.kind == "note" and not is_finished(last.text)
        return unfinished and not line.gap and not heading_marks(line.text)

    def _open(self, kind: str, text: str, line: Line, *, number: str = "", degree: int = 0) -> None:
        block = Block(kind, text, number, degree, line.page, annex=self.annex)
        self.blocks.append(block)
        self.last_text = block if kind in ("paragraph", "text") else self.last_text
        self.last_unnoted = block if kind != "note" else self.last_unnoted

    def _note(self, line: Line) -> None:
        last = self.blocks[-1] if self.blocks else None
        if last and last.kind == "note" and not note_text(line.text) and not re.match(r"\d{1,3}[.\s]", line.text):
            last.text = join(last.text, line.text)
        else:
            self._open("note", line.text, line)

    def _heading(self, i: int, line: Line) -> tuple[int, str] | None:
        marks = heading_marks(line.text)
        last = self.last_text
        unfinished = last is not None and not is_finished(last.text) and self.blocks[-1] is last
        if marks and not (unfinished and not line.gap and self.wrapped and marks[0].kind in ("digit", "letter")):
            chosen = self._choose(marks)
            if (
                chosen is not None
                and (self.numbered or chosen.kind not in ("digit", "digit-bracket") or width(line.text) <= 100)
                and not (chosen.kind == "han-bracket" and self._is_item(i, chosen.mark))
                and not (chosen.kind == "digit" and self._ends_as_prose(i))
            ):
                self.letters[chosen.kind] = chosen.mark
                text = chosen.title if chosen.kind == "format" else line.text
                return self._degree(chosen.kind, chosen.degree), text
        if is_summary_heading(line.text):
            return 1, line.text.strip("*＊ ")
        if not self.numbered and _ORDINAL.fullmatch(line.text) and self._prose_follows(i):
            return ORDINAL_DEGREE, line.text.rstrip("。")
        return self._unmarked(i, line, unfinished)

    def _is_item(self, i: int, mark: str) -> bool:
        """Say whether （一） opens an item of the paragraph before it; behind a heading stands a number."""
        if not (self.numbered and self.last_text is not None and self.last_text.kind == "paragraph"):
            return False
        place, before = (han_value(m.strip("()（） ")) for m in (mark, self.letters.get("han-bracket", "")))
        return not (place in (1, before + 1) and self.lines[i].gap and i + 1 in self.rows)

    def _ends_as_prose(self, i: int) -> bool:
        """Say whether a line that looks like a heading is the first of a paragraph that was wrapped."""
        if not self.wrapped or width(self.lines[i].text) < _FULL_LINE:
            return False
        end = i
        while end + 1 < len(self.lines) and not self.lines[end + 1].gap and end + 1 not in self.rows:
            end += 1
            if end - i > _LINES_OF_HEADING or heading_marks(self.lines[end].text):
                return end - i > _LINES_OF_HEADING
        return is_finished(self.lines[end].text)

    def _degree(self, kind: str, degree: int) -> int:
        """Turn 一、 and （一） round in a report whose outermost headings are bracketed."""
        if self.outermost == "" and kind in ("han", "han-bracket"):
            self.outermost = kind
        return {"han": 3, "han-bracket": 1}.get(kind, degree) if self.outermost == "han-bracket" else degree

    def _choose(self, marks: tuple[HeadingMark, ...]) -> HeadingMark:
        """Tell the letter C from the Roman 100 by what came before."""
        kinds = {mark.kind: mark for mark in marks}
        letter, roman = kinds.get("letter"), kinds.get("roman")
        if not (letter and roman):
            return marks[0]
        before = self.letters.get("letter", "")
        follows = before and len(before) == 1 and ord(letter.mark) == ord(before) + 1
        starts_roman = roman.mark == "I" or (
            self.letters.get("roman") and _roman(roman.mark) == _roman(self.letters["roman"]) + 1
        )
        return letter if (follows and not (starts_roman and letter.mark in "VX")) or not starts_roman else roman

    def _unmarked(self, i: int, line: Line, unfinished: bool) -> tuple[int, str] | None:
        if not is_heading_like(line.text) or unfinished or opens_subparagraph(line.text) or is_bullet(line.text):
            return None
        if (
            width(line.text) > 160
            or line.text[0].islower()
            or not any(c.isalpha() for c in line.text)
            or self._is_prose(i)
        ):
            return None
        if self._is_chapter_title(line):
            return None
        after = self._after_heading(i)
        if after is None or not (line.gap or after in self.rows):
            return None
        listed = re.sub(r"[\W_]+", "", line.text).lower() in self.entries
        if self.numbered and not (listed or after in self.rows or heading_marks(self.lines[after].text)):
            return None
        if not self.numbered and not self.lines[after].gap:
            return None
        return UNMARKED_DEGREE, line.text

    def _is_prose(self, i: int) -> bool:
        """Say whether a line without a full stop is a sentence all the same, or the first half of one."""
        text, following = self.lines[i].text, self.lines[i + 1].text if i + 1 < len(self.lines) else ""
        return bool(_SENTENCE_WITHIN.search(text)) or len(_COMMAS.findall(text)) > 2 or bool(_GOES_ON.match(following))

    def _prose_follows(self, i: int) -> bool:
        following = self.lines[i + 1] if i + 1 < len(self.lines) else None
        return (
            following is not None
            and following.gap
            and width(following.text) > _LONG
            and not _ORDINAL.match(following.text)
        )

    def _after_heading(self, i: int) -> int | None:
        """Find the row behind a heading, which may take three lines where lines are wrapped."""
        after = i + 1
        while (
            self.numbered and after < min(i + 3, len(self.lines)) and after not in self.rows and self._carries_on(after)
        ):
            after += 1
        return after if after < len(self.lines) else None

    def _carries_on(self, i: int) -> bool:
        line = self.lines[i]
        return not line.gap and is_heading_like(line.text) and width(line.text) <= 100 and not heading_marks(line.text)

    def _text(self, line: Line) -> None:
        """Carry on the block before, or open an unnumbered one."""
        last = self.blocks[-1] if self.blocks else None
        text = line.text.lstrip(HEADING_SIGN).strip()
        if last and last.kind == "note":
            last = self._resumed()
        if last and last.kind == "heading" and not line.gap and self._heading_goes_on(last, line, text):
            last.text = join(last.text, text)
            return
        if last is None or last.kind == "heading" or len(last.text) > _LONGEST:
            self._open("text", text, line)
            return
        self._continue(last, text, line)

    def _heading_goes_on(self, last: Block, line: Line, text: str) -> bool:
        """Say whether a line right below a heading belongs to it: wrapped, or the title below "Chapter I"."""
        if is_summary_heading(last.text) or not is_heading_like(text) or width(text) > 120:
            return False
        return self._is_chapter_title(line) or (
            self.wrapped and (width(last.text) > 40 or (self.numbered and last.degree == UNMARKED_DEGREE))
        )

    def _is_chapter_title(self, line: Line) -> bool:
        last = self.blocks[-1] if self.blocks else None
        if last is None or last.kind != "heading" or line.gap:
            return False
        return any(mark.kind == "chapter" and not mark.title for mark in heading_marks(last.text))

    def _resumed(self) -> Block | None:
        """Return the paragraph that a footnote interrupted."""
        last = self.last_unnoted
        return last if last and last.kind in ("paragraph", "text") else None

    def _continue(self, last: Block, text: str, line: Line) -> None:
        marked = opens_subparagraph(text) or is_bullet(text)
        if not last.text:
            last.text = text
        elif not marked and (not is_finished(last.text) or text[:1].islower()) and not self._separate(last, line):
            last.joined = last.joined or line.gap
            last.text = join(last.text, text)
        elif not marked and not line.gap and (self.wrapped or self.gapped):
            last.text = join(last.text, text)
        elif (
            (last.kind == "paragraph" and self.numbered)
            or (marked and last.kind == "text" and not is_bullet(text) and self.numbered)
            or _is_salutation(last.text)
        ):
            last.text = f"{last.text}\n{text}"
        else:
            self._open("text", text, line)

    def _separate(self, last: Block, line: Line) -> bool:
        """In an unnumbered report an unfinished line before a gap is a line of its own."""
        if self.whole and line.gap:
            return True
        return not self.numbered and last.kind == "text" and line.gap and width(last.text.rsplit("\n")[-1]) < 60


def _is_salutation(text: str) -> bool:
    return width(text) < 40 and text.endswith(("：", ":", "！"))


def _roman(mark: str) -> int:
    values = [{"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}[letter] for letter in mark]
    return sum(-v if any(w > v for w in values[i + 1 : i + 2]) else v for i, v in enumerate(values))


def is_wrapped(lines: list[Line]) -> bool:
    """Say whether lines end where the page does rather than where the paragraph does."""
    followed = [width(a.text) for a, b in itertools.pairwise(lines) if not b.gap]
    if len(followed) < 5 or len(followed) * 3 < len(lines):
        return False
    followed.sort()
    return 45 <= followed[len(followed) // 2] <= 150 and followed[int(len(followed) * 0.97)] <= 200
