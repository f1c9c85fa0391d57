"""Which passages a search may return: filters as the person gives them, and the rows that pass. Knows no ranking."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from index.errors import UnknownPassage
from index.opened import OpenIndex


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows a search: values of one field are alternatives, fields must all hold; () narrows nothing."""

    reports: tuple[str, ...] = ()  # paths, file names, their stems, or symbols
    languages: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    symbols: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()  # any part of a heading

    def __bool__(self) -> bool:
        return any(getattr(self, f.name) for f in fields(self))

    def joined(self, other: "Filters") -> "Filters":
        """Return the filters of both."""
        return Filters(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


@dataclass(frozen=True, slots=True)
class Scope:
    """The rows that may be found; None stands for all."""

    reports: tuple[int, ...] | None = None  # their numbers in the index of words
    mask: NDArray[np.bool_] | None = None  # bool[rows]; narrower than `reports` where `by_row`
    by_row: bool = False

    def passes(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Say which of the rows may be found, bool[m]."""
        return np.ones(len(rows), bool) if self.mask is None else self.mask[rows]

    @property
    def empty(self) -> bool:
        """Say whether no row passes."""
        return self.mask is not None and not self.mask.any()


@dataclass(frozen=True, slots=True)
class Narrowing:
    """The scope of some filters, and which of their values no report has, a sentence each."""

    scope: Scope
    notes: tuple[str, ...] = ()


def narrowing_of(index: OpenIndex, filters: Filters) -> Narrowing:
    """Return what the filters leave; raise UnknownPassage for a report that the index does not hold."""
    if not filters:
        return Narrowing(Scope(mask=index.alive))
    positions = _positions(index, filters)
    mask = index.rows_of_reports(positions)
    sections = {section: index.in_section(section) for section in filters.sections}
    if sections:
        mask &= np.logical_or.reduce(list(sections.values()))
    numbers = index.manifest.reports.places[positions, 0].tolist()
    lost = _unknown(index, filters) + [f"section {name}" for name, rows in sections.items() if not rows.any()]
    notes = tuple(f"No report here has the {value}." for value in lost)
    return Narrowing(Scope(tuple(numbers), mask, bool(sections)), notes)


def narrowed(scope: Scope, mask: NDArray[np.bool_]) -> Scope:
    """Return the scope without the rows that the mask bool[rows] leaves out."""
    return Scope(scope.reports, mask if scope.mask is None else scope.mask & mask, True)


def _positions(index: OpenIndex, filters: Filters) -> list[int]:
    """Return where the reports that pass stand in the manifest."""
    named = {number for name in filters.reports for number in _named(index, name)}
    languages = {language.lower() for language in filters.languages}
    symbols = {symbol.casefold() for symbol in filters.symbols}
    numbers = index.manifest.reports.places[:, 0].tolist()
    return [
        at
        for at, (number, report) in enumerate(zip(numbers, index.stated, strict=True))
        if (not filters.reports or number in named)
        and (not languages or report.language in languages)
        and (not filters.years or report.year in filters.years)
        and (not symbols or (report.symbol or "").casefold() in symbols)
    ]


def _unknown(index: OpenIndex, filters: Filters) -> list[str]:
    unknown = [f"language {name}" for name in filters.languages if name.lower() not in index.languages]
    return unknown + [f"symbol {name}" for name in filters.symbols if not index.reports_of_symbol(name)]


def _named(index: OpenIndex, name: str) -> set[int]:
    found = index.find_reports(name)
    if not found:
        raise UnknownPassage(
            f"The index holds no report {name!r}.", f"List the reports: reportsearch status --index {index.folder}"
        )
    return {report.number for report in found}
