"""What a search returns. Pure data: no engine, no page."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from search.citation import cite

if TYPE_CHECKING:
    from index.manifest import ReportEntry
    from index.report import Passage, Report
    from index.table import PassageRow


@dataclass(frozen=True, slots=True)
class Match:
    """A stretch of the passage that answers to a word of the question; `hit.text[start:end]`."""

    start: int
    end: int
    word: str  # the question's word, or its expansion's source word
    leg: str  # "lexical" (the same word), "lexicon" (a translation or abbreviation), "dense" (by meaning)


@dataclass(frozen=True, slots=True)
class Hit:
    """A ranked passage with the evidence for it."""

    row: int
    report: str  # the path as indexed
    symbol: str | None
    title: str
    language: str | None
    year: int | None
    paragraph: str
    sub: str | None
    citation: str  # in the reader's language
    headings: tuple[str, ...]
    lead: str
    page: int | None
    text: str
    start: int  # offsets into the report's text
    end: int
    rank: int = 0  # 1 is best; 0 where nothing was ranked
    score: float = 0.0
    relevance: float = 0.0  # calibrated, 0 to 1
    ranks: dict[str, int] = field(default_factory=dict)  # rank in each leg: {"dense": 3, "lexical": 1}
    matched: tuple[str, ...] = ()  # words of the question that stand in the passage, as they stand there
    matches: tuple[Match, ...] = ()
    similar: tuple["Hit", ...] = ()  # near-identical passages grouped under this one


def hit_of(
    report: "Report | ReportEntry", passage: "Passage | PassageRow", row: int, language: str, **ranked: Any
) -> Hit:
    """Return a passage as a hit, cited in a language; `ranked` are the fields that a search adds."""
    return Hit(
        row=row,
        report=report.path,
        symbol=report.symbol,
        title=report.title,
        language=report.language,
        year=report.year,
        paragraph=passage.paragraph,
        sub=passage.sub,
        citation=cite(report.symbol, report.title, passage.paragraph, passage.sub, language=language),
        headings=passage.headings,
        lead=passage.lead,
        page=passage.page,
        text=passage.text,
        start=passage.start,
        end=passage.end,
        **ranked,
    )


@dataclass(frozen=True, slots=True)
class Expansion:
    """A word that the search added to the question, and the question's word that it came from."""

    word: str
    source: str
    origin: str  # "lexicon" or "abbreviation"


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything that a question returned; `answered` is False when no hit reaches the line of relevance."""

    question: str
    answered: bool
    hits: tuple[Hit, ...]  # empty when not answered, unless the closest were asked for
    generation: int
    legs: dict[str, str]  # "ok", or why the leg could not work
    took_ms: float
    closest: tuple[Hit, ...] = ()  # best passages below the line, for "show the closest anyway"
    expansions: tuple[Expansion, ...] = ()
    notes: tuple[str, ...] = ()  # what was not understood or left out, one sentence each
