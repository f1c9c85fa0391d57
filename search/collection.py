"""The reports of an index as a person sees them. Knows the open index, nothing of questions."""

from dataclasses import dataclass
from functools import cached_property

from index.manifest import ReportEntry as Indexed
from index.opened import OpenIndex


@dataclass(frozen=True)
class ReportEntry:
    """A report of the collection; its sections are read when they are asked for."""

    index: OpenIndex
    indexed: Indexed

    path = property(lambda self: self.indexed.path)
    title = property(lambda self: self.indexed.title)
    language = property(lambda self: self.indexed.language)
    symbol = property(lambda self: self.indexed.symbol)
    year = property(lambda self: self.indexed.year)
    passages = property(lambda self: self.indexed.rows)
    numbered = property(lambda self: self.indexed.structure.numbered)

    @cached_property
    def sections(self) -> tuple[str, ...]:
        """The outermost headings, in order."""
        return self.index.sections(self.indexed)
