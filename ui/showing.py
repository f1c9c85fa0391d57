"""A report as it was read: from its file, now, or from the index. Knows the two ways to it, not how it is shown."""

from dataclasses import dataclass
from pathlib import Path

from index import open_index
from index.errors import UnknownPassage
from index.manifest import ReportEntry
from index.reader import read_report
from index.report import Report, Structure
from search import Hit, open_searcher
from search.hit import hit_of
from search.references import named_passages


@dataclass(frozen=True, slots=True)
class Shown:
    """What there is to show of a report."""

    about: dict[str, str]  # "symbol": "unknown" where the report does not say
    structure: Structure
    warnings: tuple[str, ...]
    passages: tuple[Hit, ...]  # with rank 0


def read_now(path: str, paragraph: str | None, language: str | None) -> Shown:
    """Read a file; raise UnreadableFile for what is no report, UnknownPassage for a paragraph it does not have."""
    report = read_report(Path(path), path)
    hits = _hits(report, language or report.language or "en")
    if paragraph is not None:
        hits = _within(hits, paragraph, path)
    return Shown(_about(report), report.structure, report.warnings, hits)


def read_then(name: str, paragraph: str | None, index: Path, language: str | None) -> Shown:
    """Look a report up in the index; raise UnknownPassage for what it does not hold."""
    entry = open_index(index).find_report(name)
    hits = open_searcher(index).passages(entry.path, paragraph, language=language)
    return Shown(_about(entry), entry.structure, entry.warnings, hits)


def _hits(report: Report, language: str) -> tuple[Hit, ...]:
    return tuple(hit_of(report, passage, row, language) for row, passage in enumerate(report.passages))


def _within(hits: tuple[Hit, ...], named: str, path: str) -> tuple[Hit, ...]:
    places = named_passages(named, lambda paragraph: {h.row: h.sub for h in hits if h.paragraph == paragraph})
    if not places:
        raise UnknownPassage(f"{path} has no paragraph {named}.", f"See its paragraphs: reportsearch show {path}")
    return tuple(hits[place] for place in places)


def _about(report: Report | ReportEntry) -> dict[str, str]:
    names = ("title", "path", "symbol", "date", "year", "session", "body", "agenda_item", "language", "encoding")
    about = {name: getattr(report, name) for name in names} | {"terms": " · ".join(report.terms) or None}
    return {name: "unknown" if value is None else str(value) for name, value in about.items()}
