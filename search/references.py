"""Passages that a question names: paragraphs of a report by its symbol, and passages that cite a document. Exact."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from unicodedata import normalize

from index.errors import UnknownPassage
from index.manifest import ReportEntry
from index.opened import OpenIndex
from index.report import Reference
from index.table import reference_key
from search.ranking import OWN

_MOST = 100  # passages that cite one document
_LETTERS = "ABCDE"
_NEAR, _EXACT = 1, 2  # tiers below OWN: passages that cite the document, or just the paragraph that is named


@dataclass(frozen=True, slots=True)
class Named:
    """The rows that the references of a question name, each with its tier, and what could not be found."""

    tiers: dict[int, int]
    notes: tuple[str, ...]

    @property
    def certain(self) -> frozenset[int]:
        """Return the rows that are, or cite, just what is named."""
        return frozenset(row for row, tier in self.tiers.items() if tier > _NEAR)


def named_rows(index: OpenIndex, references: tuple[Reference, ...]) -> Named:
    """Return the rows named: a report's own paragraph first, then passages that cite just that, then the document."""
    tiers: dict[int, int] = {}
    notes = []
    for reference in references:
        own, exact, near = (list(found) for found in _found(index, reference))
        for rows, tier in ((near, _NEAR), (exact, _EXACT), (own, OWN)):
            tiers |= {row: max(tier, tiers.get(row, 0)) for row in rows}
        name = reference.symbol + (f", para. {reference.paragraph}" if reference.paragraph else "")
        if not (own or exact or near):
            notes.append(f"No report here is {name} or cites it.")
        elif not (own or exact):
            notes.append(f"No passage cites {name} exactly; those that cite {reference.symbol} stand first.")
    return Named(tiers, tuple(notes))


def _found(index: OpenIndex, reference: Reference) -> tuple[Iterator[int], Iterator[int], Iterator[int]]:
    key = reference_key(reference.symbol, reference.paragraph)
    exact = index.lexical.with_reference([key], _MOST)
    near = index.lexical.with_reference([reference.symbol], _MOST) if reference.paragraph else ()
    if not len(exact) and not len(near) and re.search(r"/\d+$", reference.symbol):
        # "57/270" stands for 57/270 A and B where it is no resolution of its own.
        near = index.lexical.with_reference([f"{reference.symbol} {letter}" for letter in _LETTERS], _MOST)
    return _own(index, reference), map(int, sorted(exact)), map(int, sorted(near))


def _own(index: OpenIndex, reference: Reference) -> Iterator[int]:
    """Yield the rows of the paragraph in the report that bears the symbol; its first where no paragraph is named."""
    for report in index.reports_of_symbol(reference.symbol):
        if not report.rows:
            continue
        if reference.paragraph is None:
            yield index.rows_of(report).start
            continue
        try:
            yield from rows_of_name(index, report, reference.paragraph)
        except UnknownPassage:
            continue


def rows_of_name(index: OpenIndex, report: ReportEntry, name: str) -> list[int]:
    """Return the rows of a paragraph named "18" or "18 (b)"; raise UnknownPassage when the report has none."""

    def labels(paragraph: str) -> dict[int, str | None]:
        with suppress(UnknownPassage):
            return {row: index.passage(row).passage.sub for row in index.rows_of_paragraph(report, paragraph)}
        return {}

    if rows := named_passages(name, labels):
        return rows
    raise UnknownPassage(
        f"{report.path} has no paragraph {name}.", f"See its paragraphs: reportsearch show {report.path}"
    )


def named_passages(name: str, labels: Callable[[str], Mapping[int, str | None]]) -> list[int]:
    """Return which passages a name means; `labels` tells those of a paragraph, each with its sub-paragraph's label.

    A sub-paragraph comes with those within it. One that is no passage of its own is found in what holds it, unless
    that is taken apart into others.
    """
    whole = list(labels(name.strip()))
    return whole or _labelled(*split_name(normalize("NFKC", name)), labels)


def _labelled(number: str, sub: str | None, labels: Callable[[str], Mapping[int, str | None]]) -> list[int]:
    known = {at: label and label.lower() for at, label in labels(number).items()}
    holder = sub = sub and sub.lower()
    while not (found := [at for at, label in known.items() if _is_within(label, holder)]) and holder:
        holder = holder.rpartition(" (")[0] or None
    return found if holder == sub or all(known[at] == holder for at in found) else []


def _is_within(label: str | None, holder: str | None) -> bool:
    return holder is None or label == holder or (label or "").startswith(f"{holder} (")


def split_name(name: str) -> tuple[str, str | None]:
    """Return the paragraph number and the sub-paragraph's label: "26 (d) (i)" is ("26", "d (i)")."""
    match = re.fullmatch(r"(.*?\S)\s*((?:\(\s*[^()]+\s*\)\s*)+)", name.strip())
    if not match:
        return name.strip(), None
    labels = [label.strip() for label in re.findall(r"\(([^()]+)\)", match[2])]
    return match[1], " ".join([labels[0], *(f"({label})" for label in labels[1:])])
