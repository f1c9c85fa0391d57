"""What a person reads in a terminal: answers, passages, how a report was read. Lays out; knows no search, no index."""

import os
import re
import shutil
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, TextIO

from ui.phrases import Phrases
from ui.render import segments
from ui.streams import clean, harmless

if TYPE_CHECKING:
    from index.report import Structure
    from search import Answer, Hit
    from search.hit import Match

_INDENT = "   "
_BOLD, _FAINT, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"
_WIDE = "\u2e80-\u2fff\u3040-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003134f"
_CLOSING = "，。；：、？！）》」』”’"
# A line may end after each Chinese character, but never before a closing mark.
_ATOM = re.compile(rf"\s+|[{_WIDE}][{_CLOSING}]*|[^\s{_WIDE}]+[{_CLOSING}]*")


@dataclass(frozen=True, slots=True)
class Terminal:
    """Where the text goes: how wide it is and whether it shows bold."""

    width: int = 80
    styles: bool = False

    def bold(self, text: str) -> str:
        """Return the text in bold where that can be shown."""
        return f"{_BOLD}{text}{_PLAIN}" if self.styles and text else text

    def faint(self, text: str) -> str:
        """Return the text in grey where that can be shown."""
        return f"{_FAINT}{text}{_PLAIN}" if self.styles and text else text


def terminal_of(stream: TextIO) -> Terminal:
    """Return what a stream can show; NO_COLOR and a dumb terminal show no styles."""
    plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    width = shutil.get_terminal_size((100, 24)).columns
    return Terminal(min(max(width, 40), 110), stream.isatty() and not plain)


def answer_text(answer: "Answer", phrases: Phrases, terminal: Terminal) -> str:
    """Return an answer: what could not be done, then the hits or the lack of them."""
    parts = [clean(note) for note in answer.notes]
    if not answer.legs:  # there was nothing to look for
        return "\n\n".join([*parts, 'Ask in words: reportsearch search "谁负责可持续能源"'])
    failed = ((phrases.leg_failed.format(leg=leg), why) for leg, why in answer.legs.items() if why != "ok")
    parts += [clean(f"{what} {why}") for what, why in failed]
    if answer.expansions:
        parts.append(_expansions(answer, phrases, terminal))
    if not answer.answered:
        parts.append(_unanswered(answer, phrases, terminal))
    return "\n\n".join([*parts, *(hit_text(hit, phrases, terminal) for hit in answer.hits)])


def _expansions(answer: "Answer", phrases: Phrases, terminal: Terminal) -> str:
    words: dict[str, list[str]] = {}
    for expansion in answer.expansions:
        words.setdefault(expansion.source, []).append(expansion.word)
    also = " · ".join(f"{source} → {', '.join(added)}" for source, added in words.items())
    told = f"{phrases.also_searched.format(n=len(answer.expansions))} ({also})"
    rows = wrapped(clean(told), (), terminal.width, terminal)
    return "\n".join(map(terminal.faint, rows))


def _unanswered(answer: "Answer", phrases: Phrases, terminal: Terminal) -> str:
    if answer.hits:
        return phrases.closest_shown
    if not answer.closest:
        return f"{terminal.bold(phrases.nothing)}\n{phrases.nothing_why}"
    return f"{terminal.bold(phrases.no_answer)}\n{phrases.no_answer_why}\n{phrases.closest}: --closest"


def hit_text(hit: "Hit", phrases: Phrases, terminal: Terminal) -> str:
    """Return a hit: rank and citation, title, heading trail, the text with the question's words in bold, evidence."""
    head = f"{hit.rank}.".ljust(len(_INDENT)) + terminal.bold(clean(hit.citation))
    ranks = ", ".join(f"{leg} {rank}" for leg, rank in sorted(hit.ranks.items(), key=lambda pair: pair[1]))
    evidence = [f"{phrases.relevance} {hit.relevance:.0%}", ranks]
    evidence += [f"{phrases.matched}: {clean(' · '.join(dict.fromkeys(hit.matched)))}"] if hit.matched else []
    evidence += [phrases.same_text.format(n=len(hit.similar))] if hit.similar else []
    title = _INDENT + terminal.faint(clean(f"{hit.title} · {hit.report}"))
    return "\n".join([head, title, *_body(hit, terminal), _INDENT + terminal.faint(" · ".join(filter(None, evidence)))])


def passages_text(hits: Sequence["Hit"], terminal: Terminal) -> str:
    """Return passages as their report has them, in order; headings and lead-ins stand once."""
    told: list[str] = []
    headings: tuple[str, ...] = ()
    paragraph = ""
    for hit in hits:
        new = replace(hit, headings=hit.headings if hit.headings != headings else ())
        new = replace(new, lead=hit.lead if hit.paragraph != paragraph else "")
        told.append("\n".join([terminal.bold(clean(hit.citation)), *_body(new, terminal)]))
        headings, paragraph = hit.headings, hit.paragraph
    return "\n\n".join(told)


def _body(hit: "Hit", terminal: Terminal) -> list[str]:
    width = terminal.width - len(_INDENT)
    trail = [terminal.faint(clean(" › ".join(hit.headings)))] if hit.headings else []
    lead = [terminal.faint(row) for row in wrapped(hit.lead, (), width, Terminal())]
    return [_INDENT + row for row in (*trail, *lead, *wrapped(hit.text, hit.matches, width, terminal))]


def report_text(about: Mapping[str, str], structure: "Structure", warnings: Sequence[str]) -> str:
    """Return what a report says of itself, and what the parser found, lost and mended: one fact a line."""
    kind = "" if structure.numbered else " (not numbered in the report: ¶ is our own count)"
    told = {
        "missing": structure.gaps,
        "contents": structure.contents_mismatches,
        "mended": structure.repairs,
        "warning": tuple(warnings),
    }
    facts = [*about.items(), ("paragraphs", f"{structure.paragraphs}{kind}")]
    facts += [(name, fact) for name, all_of_it in told.items() for fact in all_of_it]
    return "\n".join(f"{name.replace('_', ' ')}: {clean(fact)}" for name, fact in facts)


def wrapped(text: str, matches: Iterable["Match"], width: int, terminal: Terminal) -> list[str]:
    """Return the text in lines of at most so many columns, its matches in bold."""
    marked = [segment.match is not None for segment in segments(text, matches) for _ in segment.text]
    text = re.sub(r"\s", " ", harmless(text))
    return [_styled(text, marked, start, end, terminal) for start, end in _lines(text, width)]


def _styled(text: str, marked: Sequence[bool], start: int, end: int, terminal: Terminal) -> str:
    runs = groupby(range(start, end), key=lambda at: marked[at])
    parts = ((bold, "".join(text[at] for at in places)) for bold, places in runs)
    return "".join(terminal.bold(part) if bold else part for bold, part in parts)


def _lines(text: str, width: int) -> Iterator[tuple[int, int]]:
    """Yield start and end of each line; white space at its ends is left out."""
    start = end = 0  # equal while the line is empty
    used = 0
    for match in _ATOM.finditer(text):
        columns = columns_of(match.group())
        if match.group().isspace():
            used += columns
            continue
        if end > start and used + columns > width:
            yield start, end
            start = end
        if end == start:
            start, used = match.start(), 0
        end = match.end()
        used += columns
    if end > start:
        yield start, end


def columns_of(text: str) -> int:
    """Return how many columns a text takes: two for a Chinese character, none for an accent of its own."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1 for c in text)
