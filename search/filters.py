"""Which passages a search may return: filters as the person gives them, and the rows that pass. Knows no ranking."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from index.errors import UnknownPassage
from index.manifest import ReportEntry
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


def scope_of(index: OpenIndex, filters: Filters) -> Scope:
    """Return the scope of the filters; raise UnknownPassage for a report that the index does not hold."""
    if not filters:
        return Scope(mask=index.alive)
    entries = _reports(index, filters)
    mask = np.zeros(index.rows, bool)
    for entry in entries:
        rows = index.rows_of(entry)
        mask[rows.start : rows.stop] = True
    if filters.sections:
        mask &= np.logical_or.reduce([index.in_section(section) for section in filters.sections])
    return Scope(tuple(entry.number for entry in entries), mask, bool(filters.sections))


def narrowed(scope: Scope, mask: NDArray[np.bool_]) -> Scope:
    """Return the scope without the rows that the mask bool[rows] leaves out."""
    return Scope(scope.reports, mask if scope.mask is None else scope.mask & mask, True)


def _reports(index: OpenIndex, filters: Filters) -> list[ReportEntry]:
    entries = list(index.manifest.reports)
    if filters.reports:
        named = {entry.number for name in filters.reports for entry in _named(index, name)}
        entries = [entry for entry in entries if entry.number in named]
    languages = {language.lower() for language in filters.languages}
    symbols = {symbol.casefold() for symbol in filters.symbols}
    return [
        entry
        for entry in entries
        if (not languages or entry.language in languages)
        and (not filters.years or entry.year in filters.years)
        and (not symbols or (entry.symbol or "").casefold() in symbols)
    ]


def _named(index: OpenIndex, name: str) -> Sequence[ReportEntry]:
    found = index.find_reports(name)
    if not found:
        raise UnknownPassage(
            f"The index holds no report {name!r}.", f"List the reports: reportsearch status --index {index.folder}"
        )
    return found
