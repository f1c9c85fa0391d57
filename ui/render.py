"""Passages as HTML, every string escaped. Pure: no page, no search; the looks are page.css's."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from search.hit import Answer, Hit, Match
from ui.phrases import PHRASES, Phrases

if TYPE_CHECKING:
    from search import ReportEntry

# On an overlap the plainer evidence wins: the same word, then its translation, then its meaning.
_PRECEDENCE = {"lexical": 0, "lexicon": 1, "dense": 2}
_RIGHT_TO_LEFT = {"ar", "fa", "he", "ur"}
_SNIPPET = 110  # characters of a related passage shown before it is opened
_MARKDOWN = str.maketrans({c: f"\\{c}" for c in "\\`*_{}[]()#+-.!|<>~$:^="})


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of text under at most one match; the segments of a text join to exactly that text."""

    text: str
    match: Match | None


def plain(text: str) -> str:
    """Escape a string for a widget's label, which reads Markdown."""
    return " ".join(text.split()).translate(_MARKDOWN)


def segments(text: str, matches: Iterable[Match]) -> list[Segment]:
    """Cut a text at its matches, in order; of two that overlap one is left out, and so are offsets outside."""
    found: list[Segment] = []
    at = 0
    for match in sorted(_apart(len(text), matches), key=lambda m: m.start):
        found.append(Segment(text[at : match.start], None))
        found.append(Segment(text[match.start : match.end], match))
        at = match.end
    found.append(Segment(text[at:], None))
    return [segment for segment in found if segment.text]


def _apart(length: int, matches: Iterable[Match]) -> list[Match]:
    kept: list[Match] = []
    for match in sorted(matches, key=lambda m: (_PRECEDENCE.get(m.leg, 3), m.start - m.end, m.start)):
        inside = 0 <= match.start < match.end <= length
        if inside and all(match.end <= other.start or other.end <= match.start for other in kept):
            kept.append(match)
    return kept


def marked(text: str, matches: Iterable[Match]) -> str:
    """Return a text as HTML with its matches marked; each mark's title is the word of the question."""
    return "".join(_mark(segment) for segment in segments(text, matches))


def _mark(segment: Segment) -> str:
    if segment.match is None:
        return escape(segment.text)
    leg = segment.match.leg if segment.match.leg in _PRECEDENCE else "other"
    return f'<mark class="rs-{leg}" title="{escape(segment.match.word)}">{escape(segment.text)}</mark>'


def spoken(language: str | None) -> str:
    """Return the attributes that tell a browser the language and direction of a text."""
    code = "zh-Hans" if language == "zh" else (language or "")
    direction = "rtl" if language in _RIGHT_TO_LEFT else "ltr" if language else "auto"
    return f'lang="{escape(code)}" dir="{direction}"'


def card(hit: Hit, phrases: Phrases) -> str:
    """Return a hit: citation, report, heading trail, marked passage, and why it is there."""
    return (
        f'<article class="rs-hit"><div class="rs-rank" aria-hidden="true">{hit.rank}</div><div class="rs-body">'
        f"{_cited(hit, phrases)}{_where(hit)}"
        f'<div class="rs-passage" {spoken(hit.language)}>{_lead(hit)}<p>{marked(hit.text, hit.matches)}</p></div>'
        f"{_similar(hit, phrases)}{why(hit, phrases)}</div></article>"
    )


def _cited(hit: Hit, phrases: Phrases) -> str:
    facts = [] if hit.symbol else [phrases.symbol_unknown]
    facts += [str(hit.year) if hit.year else phrases.year_unknown]
    facts += [language_name(hit.language)] if hit.language else []
    facts += [phrases.page.format(n=hit.page)] if hit.page else []
    return f'<div class="rs-cited"><span class="rs-chip">{escape(hit.citation)}</span>{_facts(facts)}</div>'


def _facts(facts: Sequence[str]) -> str:
    return f'<ul class="rs-facts">{"".join(f"<li>{escape(fact)}</li>" for fact in facts)}</ul>'


def _where(hit: Hit) -> str:
    said = spoken(hit.language)
    trail = "".join(f"<li>{escape(heading)}</li>" for heading in hit.headings)
    trail = f'<ol class="rs-trail" {said}>{trail}</ol>' if trail else ""
    return f'<div class="rs-title" {said}>{escape(hit.title)}</div>{trail}'


def _lead(hit: Hit) -> str:
    return f'<p class="rs-lead">{escape(hit.lead)}</p>' if hit.lead else ""


def _similar(hit: Hit, phrases: Phrases) -> str:
    if not hit.similar:
        return ""
    same = "".join(f"<li>{escape(other.citation)} · {escape(other.title)}</li>" for other in hit.similar)
    head = escape(phrases.same_text.format(n=len(hit.similar)))
    return f'<details class="rs-same"><summary>{head}</summary><ul>{same}</ul></details>'


def why(hit: Hit, phrases: Phrases) -> str:
    """Return the evidence for a hit in one line: relevance, rank in each leg, matched words."""
    share = round(100 * min(max(hit.relevance, 0.0), 1.0))
    ranks = "".join(
        f"<li>{escape(phrases.rank_of.format(leg=leg_name(leg, phrases), n=rank))}</li>"
        for leg, rank in sorted(hit.ranks.items(), key=lambda pair: (pair[1], pair[0]))
    )
    words = "".join(f"<li {spoken(hit.language)}>{escape(word)}</li>" for word in dict.fromkeys(hit.matched))
    words = f'<div class="rs-words"><span>{escape(phrases.matched)}</span><ul>{words}</ul></div>' if words else ""
    return (
        f'<div class="rs-why"><div class="rs-relevance"><span>{escape(phrases.relevance)}</span>'
        f'<i class="rs-bar"><b style="width:{share}%"></b></i><span>{share}%</span></div>'
        f'<ul class="rs-ranks">{ranks}</ul>{words}</div>'
    )


def leg_name(leg: str, phrases: Phrases) -> str:
    """Return what the page calls a leg of the search; a leg it does not know keeps its own name."""
    names = {"dense": phrases.meaning, "lexical": phrases.words, "lexicon": phrases.lexicon}
    return names.get(leg, phrases.reference if leg.startswith("reference") else leg)


def language_name(code: str) -> str:
    """Return a language's own name, or its code."""
    return PHRASES[code].name if code in PHRASES else code


def neighbours(around: Sequence[Hit], hit: Hit, phrases: Phrases) -> str:
    """Return a hit among the passages around it, in the report's order, the hit picked out and marked."""
    in_order = sorted({other.row: other for other in (*around, hit)}.values(), key=lambda other: other.start)
    return f'<div class="rs-context">{"".join(_neighbour(other, hit.row, phrases) for other in in_order)}</div>'


def _neighbour(hit: Hit, row: int, phrases: Phrases) -> str:
    this = hit.row == row
    note = f"<em>{escape(phrases.this_passage)}</em>" if this else ""
    number = f"{hit.paragraph} ({hit.sub})" if hit.sub else hit.paragraph
    return (
        f'<section class="rs-neighbour{" rs-this" if this else ""}">'
        f'<div class="rs-number"><bdi>{escape(number)}</bdi>{note}</div>'
        f"<p {spoken(hit.language)}>{marked(hit.text, hit.matches)}</p></section>"
    )


def related(hits: Sequence[Hit], phrases: Phrases) -> str:
    """Return passages close to one, each a line that opens to its text."""
    if not hits:
        return quiet(phrases.no_related)
    return f'<div class="rs-related">{"".join(_related(hit) for hit in hits)}</div>'


def _related(hit: Hit) -> str:
    said = spoken(hit.language)
    cut = escape(hit.text[:_SNIPPET]) + ("…" if len(hit.text) > _SNIPPET else "")
    return (
        f'<details><summary><span class="rs-chip">{escape(hit.citation)}</span>'
        f'<span class="rs-snippet" {said}>{cut}</span></summary>'
        f'{_where(hit)}<div class="rs-passage" {said}>{_lead(hit)}<p>{escape(hit.text)}</p></div></details>'
    )


def summary(answer: Answer, hits: Sequence[Hit], phrases: Phrases) -> str:
    """Return the line over the hits: how many, how fast, what else was searched, and what the marks mean."""
    found = escape(phrases.found.format(n=len(hits)))
    legend = "".join(
        f'<span><mark class="rs-{leg}">{escape(text)}</mark></span>' for leg, text in _legend(hits, phrases)
    )
    return (
        f'<div class="rs-summary"><strong>{found}</strong><span class="rs-took">{answer.took_ms:.0f} ms</span>'
        f'<span class="rs-legend">{legend}</span></div>{_expansions(answer, phrases)}'
    )


def _legend(hits: Sequence[Hit], phrases: Phrases) -> list[tuple[str, str]]:
    used = {match.leg for hit in hits for match in hit.matches}
    texts = {
        "lexical": phrases.words_question,
        "lexicon": phrases.words_lexicon,
        "dense": phrases.words_dense,
    }
    return [(leg, text) for leg, text in texts.items() if leg in used]


def _expansions(answer: Answer, phrases: Phrases) -> str:
    if not answer.expansions:
        return ""
    words = "".join(
        f'<li title="{escape(f"{e.source} → {e.word}")}"><bdi>{escape(e.word)}</bdi></li>' for e in answer.expansions
    )
    return f'<div class="rs-words rs-also"><span>{escape(phrases.also_searched)}</span><ul>{words}</ul></div>'


def troubles(answer: Answer, phrases: Phrases) -> str:
    """Return what the search could not do for this answer, one line each; empty when all went well."""
    lines = [
        phrases.leg_failed.format(leg=leg_name(leg, phrases), why=state)
        for leg, state in answer.legs.items()
        if state != "ok"
    ]
    return notices([*lines, *answer.notes])


def notices(lines: Sequence[str]) -> str:
    """Return sentences as quiet notices."""
    return "".join(f'<p class="rs-notice" dir="auto">{escape(line)}</p>' for line in lines)


def quiet(text: str) -> str:
    """Return a remark."""
    return f'<p class="rs-quiet">{escape(text)}</p>'


def state(title: str, text: str) -> str:
    """Return a state in place of hits: a headline and what to do about it."""
    return f'<div class="rs-state"><h2 dir="auto">{escape(title)}</h2><p dir="auto">{escape(text)}</p></div>'


def heading(text: str) -> str:
    """Return a quiet heading over a part of the page."""
    return f'<h2 class="rs-heading">{escape(text)}</h2>'


def masthead(phrases: Phrases) -> str:
    """Return the product's name and what it does."""
    return (
        f'<header class="rs-masthead"><h1><bdi dir="ltr">report<b>search</b></bdi></h1>'
        f"<p>{escape(phrases.tagline)}</p></header>"
    )


def collection(entries: Sequence["ReportEntry"], most: int, phrases: Phrases) -> str:
    """Return the reports of the index as a list, the first `most` of them."""
    listed = "".join(_entry(entry, phrases) for entry in entries[:most])
    more = len(entries) - most
    tail = quiet(phrases.more_reports.format(n=more)) if more > 0 else ""
    return f'<ul class="rs-collection">{listed}</ul>{tail}'


def _entry(entry: "ReportEntry", phrases: Phrases) -> str:
    facts = [
        entry.symbol or phrases.symbol_unknown,
        str(entry.year) if entry.year else phrases.year_unknown,
        *([language_name(entry.language)] if entry.language else []),
        phrases.passages.format(n=entry.passages),
        *([] if entry.numbered else [phrases.own_count]),
    ]
    return f'<li><div class="rs-title" {spoken(entry.language)}>{escape(entry.title)}</div>{_facts(facts)}</li>'
