"""The words of the product as types: reports, passages, references. Pure data: no files, no models, no index."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Reference:
    """A document, or a paragraph of one, named in a text: symbol "A/RES/57/270 B", paragraph "39" or None."""

    symbol: str
    paragraph: str | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Abbreviation:
    """A short form that a report defines for a name: "行政首长协调会" for "联合国系统行政首长协调理事会"."""

    short: str
    full: str


@dataclass(frozen=True, slots=True)
class Passage:
    """The smallest unit that can be cited; `report.text[start:end] == text`, exactly."""

    paragraph: str  # the report's own number "18", "18 bis"; the reader's own "¶ 7" where the report has none
    sub: str | None  # "b", "b (i)"; None for a whole paragraph or for its lead-in
    text: str
    start: int
    end: int
    headings: tuple[str, ...] = ()  # outermost first: ("四. …的执行", "B. …", "1. 大会")
    lead: str = ""  # the lead-in of the paragraph that a sub-paragraph belongs to
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Structure:
    """What the parser found, lost and mended in one report; every entry is a sentence in English."""

    numbered: bool  # False: the report numbers nothing and "¶ n" is the reader's own count
    paragraphs: int
    gaps: tuple[str, ...] = ()  # numbers missing from the sequence
    contents_mismatches: tuple[str, ...] = ()  # contents ranges that the text contradicts
    repairs: tuple[str, ...] = ()  # "joined paragraph 6 across a page break", "E/200 4/100 read as E/2004/100"


@dataclass(frozen=True, slots=True)
class Report:
    """One document in one language; None and () mean honestly unknown."""

    path: str
    text: str  # cleaned text that offsets point into
    title: str
    language: str | None  # "zh", "en", "fr", "es", "ru", "ar" or another ISO 639-1 code
    passages: tuple[Passage, ...]
    structure: Structure
    symbol: str | None = None  # its own symbol, when stated; never guessed from other documents' symbols
    references: tuple[Reference, ...] = ()  # documents cited in the text, offsets into `text`
    terms: tuple[str, ...] = ()  # subject terms
    notes: tuple[str, ...] = ()  # end notes, apart from the paragraphs
    date: str | None = None
    year: int | None = None
    session: str | None = None
    body: str | None = None
    agenda_item: str | None = None
    abbreviations: tuple[Abbreviation, ...] = ()  # defined in the text, each once
    encoding: str = "utf-8"
    warnings: tuple[str, ...] = field(default=())
