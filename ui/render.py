"""Passages as HTML, every string escaped. Pure: no page, no search; the looks are page.css's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

from ui.phrases import PHRASES, Phrases

if TYPE_CHECKING:
    from search import Answer, Hit, Match, ReportEntry

# On an overlap the plainer evidence wins: the same word, then its translation, then its meaning.
_PRECEDENCE = {"lexical": 0, "lexicon": 1, "dense": 2}
_RIGHT_TO_LEFT = {"ar", "fa", "he", "ur"}
_SNIPPET = 110  # characters of a related passage shown before it is opened
_MOST_WORDS = 10  # of the words that a hit was found by, the plainest first
_DOCUMENTS = "https://docs.un.org"  # the United Nations' own address of a document by its symbol; printed, not fetched
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
    for match in _joined(_apart(len(text), matches)):
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


def _joined(matches: Iterable[Match]) -> list[Match]:
    """Make one of the pieces of a word: matches that touch and answer to the same word in the same way."""
    joined: list[Match] = []
    for match in sorted(matches, key=lambda m: m.start):
        last = joined[-1] if joined else None
        if last and (last.end, last.word, last.leg) == (match.start, match.word, match.leg):
            joined[-1] = replace(last, end=match.end)
        else:
            joined.append(match)
    return joined


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
    """Return a hit: paragraph, report, heading trail, marked passage, and why it is there."""
    return (
        f'<article class="rs-hit"><div class="rs-rank" aria-hidden="true">{hit.rank}</div><div class="rs-body">'
        f'<h2 class="rs-head">{_head(hit, phrases)}</h2>{_about(hit, phrases)}{_trail(hit)}'
        f'<div class="rs-passage" {spoken(hit.language)}>{_lead(hit)}<p>{marked(hit.text, hit.matches)}</p></div>'
        f"{_similar(hit, phrases)}{why(hit, phrases)}</div></article>"
    )


def _head(hit: Hit, phrases: Phrases) -> str:
    """Return the shortest citation that is clear beside the title, and the title."""
    from search.citation import place  # search opens engines, which the first sight of the page must not wait for

    cited = hit.citation if hit.symbol else place(hit.paragraph, hit.sub, language=phrases.language)
    return f'<span class="rs-chip">{escape(cited)}</span>{_title(hit.title, hit.language)}'


def _title(title: str, language: str | None) -> str:
    # In a <bdi> the title reads in its own direction and stands where the page's lines begin.
    return f'<span class="rs-title" title="{escape(title)}"><bdi {spoken(language)}>{escape(title)}</bdi></span>'


def _about(hit: Hit, phrases: Phrases) -> str:
    facts = [] if hit.symbol else [phrases.symbol_unknown]
    facts += [str(hit.year) if hit.year else phrases.year_unknown]
    facts += [language_name(hit.language)] if hit.language else []
    facts += [phrases.page.format(n=hit.page)] if hit.page else []
    return _facts(facts)


def _facts(facts: Sequence[str]) -> str:
    return f'<ul class="rs-facts">{"".join(f"<li>{escape(fact)}</li>" for fact in facts)}</ul>'


def _trail(hit: Hit) -> str:
    said = spoken(hit.language)
    headings = (heading for heading in hit.headings if heading != hit.title)
    trail = "".join(f"<li><bdi {said}>{escape(heading)}</bdi></li>" for heading in headings)
    return f'<ol class="rs-trail">{trail}</ol>' if trail else ""


def _lead(hit: Hit) -> str:
    return f'<p class="rs-lead">{escape(hit.lead)}</p>' if hit.lead else ""


def _similar(hit: Hit, phrases: Phrases) -> str:
    if not hit.similar:
        return ""
    same = "".join(f"<li>{_head(other, phrases)}</li>" for other in hit.similar)
    head = escape(phrases.same_text.format(n=len(hit.similar)))
    return f'<details class="rs-same"><summary>{head}</summary><ul>{same}</ul></details>'


def why(hit: Hit, phrases: Phrases) -> str:
    """Return the evidence for a hit: relevance, rank in each leg, and its words with those they answer to."""
    share = round(100 * min(max(hit.relevance, 0.0), 1.0))
    ranks = "".join(
        f"<li>{escape(phrases.rank_of.format(leg=leg_name(leg, phrases), n=rank))}</li>"
        for leg, rank in sorted(hit.ranks.items(), key=lambda pair: (pair[1], pair[0]))
    )
    words = "".join(f"<li>{word}</li>" for word in _words(hit)[:_MOST_WORDS])
    words = f'<div class="rs-words"><span>{escape(phrases.matched)}</span><ul>{words}</ul></div>' if words else ""
    return (
        f'<div class="rs-why"><div class="rs-relevance"><span>{escape(phrases.relevance)}</span>'
        f'<i class="rs-bar" aria-hidden="true"><b style="width:{share}%"></b></i><bdi>{share}%</bdi></div>'
        f'<ul class="rs-ranks">{ranks}</ul>{words}</div>'
    )


def _words(hit: Hit) -> list[str]:
    """Return each marked word once, the plainest evidence first, with the question's word where that is another."""
    marks = [segment for segment in segments(hit.text, hit.matches) if segment.match]
    marks.sort(key=lambda segment: _PRECEDENCE.get(segment.match.leg, 3) if segment.match else 3)
    shown = (
        f"<span {spoken(hit.language)}>{_mark(mark)}</span>"
        + (f"<bdi>{escape(mark.match.word)}</bdi>" if mark.match and _other(mark.match.word, mark.text) else "")
        for mark in marks
    )
    return list(dict.fromkeys(shown))


def _other(word: str, text: str) -> bool:
    return word.casefold() != text.casefold()


def cited(hit: Hit, phrases: Phrases) -> str:
    """Return a hit's citation as plain text, with the address of the document where its symbol is known."""
    return f"{hit.citation}\n{_DOCUMENTS}/{phrases.language}/{quote(hit.symbol)}" if hit.symbol else hit.citation


def leg_name(leg: str, phrases: Phrases) -> str:
    """Return what the page calls a leg of the search; a leg it does not know keeps its own name."""
    names = {
        "dense": phrases.meaning,
        "lexical": phrases.words,
        "lexicon": phrases.lexicon,
        "late": phrases.late,
        "reference": phrases.reference,
    }
    return names.get(leg, leg)


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
    return (
        f'<section class="rs-neighbour{" rs-this" if this else ""}">'
        f'<div class="rs-number"><bdi>{escape(named(hit))}</bdi>{note}</div>'
        f"<p {spoken(hit.language)}>{marked(hit.text, hit.matches)}</p></section>"
    )


def named(hit: Hit) -> str:
    """Return a passage's own name in its report: "18 (b)"."""
    from search.citation import paragraph_name

    return paragraph_name(hit.paragraph, hit.sub)


def related(hits: Sequence[Hit], phrases: Phrases) -> str:
    """Return passages close to one, each a line that opens to its text."""
    if not hits:
        return quiet(phrases.no_related)
    return f'<div class="rs-related">{"".join(_related(hit, phrases) for hit in hits)}</div>'


def _related(hit: Hit, phrases: Phrases) -> str:
    said = spoken(hit.language)
    cut = escape(hit.text[:_SNIPPET]) + ("…" if len(hit.text) > _SNIPPET else "")
    return (
        f'<details><summary><span class="rs-head">{_head(hit, phrases)}</span>'
        f'<span class="rs-snippet" {said}>{cut}</span></summary>'
        f'{_trail(hit)}<div class="rs-passage" {said}>{_lead(hit)}<p>{escape(hit.text)}</p></div></details>'
    )


def summary(answer: Answer, hits: Sequence[Hit], phrases: Phrases) -> str:
    """Return the line over the hits: how many, how fast, what else was searched, and what the marks mean."""
    found = escape(phrases.found.format(n=len(hits)))
    legend = "".join(
        f'<span><mark class="rs-{leg}">{escape(text)}</mark></span>' for leg, text in _legend(hits, phrases)
    )
    return (
        f'<div class="rs-summary"><strong role="status">{found}</strong><bdi class="rs-took">{_took(answer)}</bdi>'
        f'<span class="rs-legend">{legend}</span>{_expansions(answer, phrases)}</div>'
    )


def _took(answer: Answer) -> str:
    return f"{answer.took_ms:.0f} ms" if answer.took_ms < 1000 else f"{answer.took_ms / 1000:.1f} s"


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
    added: dict[str, dict[str, None]] = {}
    for expansion in answer.expansions:
        added.setdefault(expansion.source, {})[expansion.word] = None
    rows = "".join(
        f"<dt><bdi>{escape(source)}</bdi></dt><dd>{''.join(f'<bdi>{escape(word)}</bdi>' for word in words)}</dd>"
        for source, words in added.items()
    )
    head = phrases.also_searched.format(n=len({word for words in added.values() for word in words}))
    return f'<details class="rs-also"><summary>{escape(head)}</summary><dl>{rows}</dl></details>'


def troubles(answer: Answer, phrases: Phrases) -> str:
    """Return what the search could not do for this answer, one line each; empty when all went well."""
    failed = "".join(
        _notice(escape(phrases.leg_failed.format(leg=leg_name(leg, phrases))) + _english(state))
        for leg, state in answer.legs.items()
        if state != "ok"
    )
    return failed + "".join(_notice(_english(note)) for note in answer.notes)


def notices(lines: Sequence[str]) -> str:
    """Return sentences in the page's language as quiet notices."""
    return "".join(_notice(escape(line)) for line in lines)


def _notice(html: str) -> str:
    return f'<p class="rs-notice">{html}</p>'


def _english(text: str) -> str:
    """Return what the search says, which is English, as a line of its own in whatever language the page is."""
    return f'<span lang="en" dir="ltr">{escape(text)}</span>'


def closing(hits: Sequence[Hit], phrases: Phrases) -> str:
    """Return what is said once under the hits: how to share them, and whose numbers "¶" are."""
    counted = any("¶" in hit.paragraph for hit in hits)
    return quiet(phrases.share) + (quiet(phrases.own_count) if counted else "")


def quiet(text: str) -> str:
    """Return a remark."""
    return f'<p class="rs-quiet">{escape(text)}</p>'


def state(title: str, text: str) -> str:
    """Return a state in place of hits: a headline and what to do about it."""
    return _state(title, escape(text))


def failure(title: str, fact: str) -> str:
    """Return the state of a search that cannot answer: a headline, and the fact in English."""
    return _state(title, _english(fact))


def _state(title: str, html: str) -> str:
    return f'<div class="rs-state"><h2>{escape(title)}</h2><p>{html}</p></div>'


def heading(text: str) -> str:
    """Return a quiet heading over a part of the page."""
    return f'<h2 class="rs-heading">{escape(text)}</h2>'


def masthead(phrases: Phrases) -> str:
    """Return the product's name, which leads back to the first page."""
    home = f'<a href="?ui={phrases.language}" target="_self">report<b>search</b></a>'
    return f'<header class="rs-masthead"><h1><bdi dir="ltr">{home}</bdi></h1></header>'


def tagline(phrases: Phrases) -> str:
    """Return what the product does."""
    return f'<p class="rs-tagline">{escape(phrases.tagline)}</p>'


def collection(entries: Sequence[ReportEntry], most: int, phrases: Phrases) -> str:
    """Return the reports of the index as a list, the first `most` of them."""
    listed = "".join(_entry(entry, phrases) for entry in entries[:most])
    more = len(entries) - most
    tail = quiet(phrases.more_reports.format(n=more)) if more > 0 else ""
    tail += "" if all(entry.numbered for entry in entries) else quiet(phrases.own_count)
    return f'<ul class="rs-collection">{listed}</ul>{tail}'


def _entry(entry: ReportEntry, phrases: Phrases) -> str:
    facts = [
        entry.symbol or phrases.symbol_unknown,
        str(entry.year) if entry.year else phrases.year_unknown,
        *([language_name(entry.language)] if entry.language else []),
        phrases.passages.format(n=entry.passages),
    ]
    return f"<li>{_title(entry.title, entry.language)}{_facts(facts)}</li>"
