"""The page: state, form, stop early, hits. Layout only: what is shown is made, and escaped, in render.py.

What opens engines is imported where it is first needed, so that the question box does not wait for it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import streamlit as st

from index.errors import NoIndex, ReportSearchError
from ui import render
from ui.address import FILTERS, MODES, MOST, STEP, Address, parameters, parse
from ui.examples import examples
from ui.phrases import PHRASES, Phrases, phrases_for

if TYPE_CHECKING:
    from search import Answer, Hit, ReportEntry, Searcher

HERE = Path(__file__).parent
RELATED = 6  # passages of other reports shown for one hit
AROUND = 2  # paragraphs shown before and after a hit
LISTED = 12  # reports listed on the first page


def main() -> None:
    """Show the page for the address at hand."""
    address = parse(st.query_params.get_all)
    title = f"{address.q} · reportsearch" if address.q else "reportsearch"
    # A file of our own: Streamlit fetches its named icons from a server of Google's.
    st.set_page_config(page_title=title, page_icon=HERE / "icon.svg", layout="centered")
    st.html(HERE / "page.css")
    phrases = phrases_for(address.ui, st.context.locale)
    if phrases.right_to_left:
        st.html(HERE / "rtl.css")
    header(address, phrases)
    question(address, phrases)
    searcher = opened(phrases)
    address = narrowing(address, searcher.reports(), phrases)
    if not address.q:
        welcome(searcher.reports(), phrases)
        warm(searcher)
        st.stop()
    results(searcher, asked(searcher, address, phrases), address, phrases)


def header(address: Address, phrases: Phrases) -> None:
    """Show the name of the product and the choice of language; before a question, what the product does."""
    st.session_state["ui"] = phrases.language
    with st.container(key="header", horizontal=True, vertical_alignment="center", wrap=False):
        st.html(render.masthead(phrases))
        st.selectbox(
            phrases.interface,
            list(PHRASES),
            format_func=lambda code: PHRASES[code].name,
            key="ui",
            label_visibility="collapsed",
            on_change=speak,
            width=118,
        )
    if not address.q:
        st.html(render.tagline(phrases))


def question(address: Address, phrases: Phrases) -> None:
    """Show the question box."""
    follow(q=address.q)
    with st.form("ask", border=False), st.container(horizontal=True, vertical_alignment="bottom", wrap=False):
        st.text_input(phrases.ask, key="q", placeholder=phrases.ask_hint, max_chars=1000, label_visibility="collapsed")
        st.form_submit_button(phrases.search, type="primary", on_click=ask)


def follow(**held: Any) -> None:
    """Let widgets follow the address, which rules, also after a link or the browser's Back."""
    for name, value in held.items():
        if st.session_state.get(name) != value:
            st.session_state[name] = value


@st.cache_resource(show_spinner=False)
def searcher_at(index: Path) -> list[Searcher]:
    """Hold the open index between runs, in a list of one so that a newer generation can take its place."""
    from search import open_searcher

    return [open_searcher(index)]


@st.cache_resource(show_spinner=False)
def warm(_searcher: Searcher) -> None:
    """Ask once, unseen, while the first page is read: nobody waits for what a first question loads."""

    def asked() -> None:
        with suppress(ReportSearchError):
            _searcher.search("water 水", k=1)

    Thread(target=asked, daemon=True).start()


def opened(phrases: Phrases) -> Searcher:
    """Return the searcher of the generation in force; say what is missing and stop where there is none."""
    try:
        held = searcher_at(Path(os.environ.get("REPORTSEARCH_INDEX", ".reportsearch")))
        held[0] = held[0].refreshed()
    except ReportSearchError as error:
        failed(error, phrases)
    return held[0]


def narrowing(address: Address, reports: Sequence[ReportEntry], phrases: Phrases) -> Address:
    """Show the filters; return the address without filters that these reports do not know."""
    options = choices(reports, address.report)
    held: dict[str, Any] = {name: tuple(v for v in getattr(address, name) if v in options[name]) for name in FILTERS}
    known = replace(address, **held)
    follow(mode=address.mode, **{name: list(values) for name, values in held.items()})
    with st.expander(filters_label(known, phrases), key="filters", type="compact"):
        filters(options, {entry.path: entry.title for entry in reports}, phrases)
        if known.filtered():
            st.button(phrases.clear, on_click=go, key="clear", kwargs=dict.fromkeys(FILTERS, ()), type="tertiary")
    if lost := [v for name in FILTERS for v in getattr(address, name) if v not in held[name]]:
        st.html(render.notices([phrases.dropped.format(values=" · ".join(lost))]))
    return known


def filters(options: dict[str, list[str]], titles: dict[str, str], phrases: Phrases) -> None:
    """Show what narrows the search; each change goes to the address at once."""
    names: dict[str, tuple[str, Callable[[str], str]]] = {
        "report": (phrases.reports, lambda path: titles[path]),
        "section": (phrases.sections, str),
        "language": (phrases.languages, render.language_name),
        "year": (phrases.years, str),
        "symbol": (phrases.symbols, str),
    }
    wide, narrow = st.columns(2), st.columns(3)
    for place, (name, (label, shown)) in zip([*wide, *narrow], names.items(), strict=True):
        with place:
            choice(name, label, options[name], shown, phrases)
    st.segmented_control(
        phrases.mode,
        MODES,
        key="mode",
        format_func=lambda mode: getattr(phrases, mode),
        required=True,
        on_change=lambda: go(mode=st.session_state["mode"] or MODES[0]),
    )


def choice(name: str, label: str, options: list[str], shown: Callable[[str], str], phrases: Phrases) -> None:
    """Show one filter; one that these reports leave no choice in says why."""
    unknown = {"symbol": phrases.symbol_unknown, "year": phrases.year_unknown}
    st.multiselect(
        label,
        options,
        key=name,
        format_func=shown,
        placeholder=phrases.any if options else unknown.get(name, phrases.any),
        disabled=not options,
        on_change=lambda: go(**{name: tuple(st.session_state[name])}),
    )


def choices(reports: Sequence[ReportEntry], chosen: Sequence[str]) -> dict[str, list[str]]:
    """Return the values that each filter can take; sections are those of the chosen reports."""
    within = [entry for entry in reports if not chosen or entry.path in chosen]
    return {
        "report": [entry.path for entry in reports],
        "language": sorted({entry.language for entry in reports if entry.language}),
        "year": sorted({str(entry.year) for entry in reports if entry.year}, reverse=True),
        "symbol": sorted({entry.symbol for entry in reports if entry.symbol}),
        "section": list(dict.fromkeys(section for entry in within for section in entry.sections)),
    }


def filters_label(address: Address, phrases: Phrases) -> str:
    """Return the label over the filters, with their number when some are in force."""
    return f"{phrases.filters} · {address.filtered()}" if address.filtered() else phrases.filters


def ask() -> None:
    """Take the typed question to the address."""
    go(q=st.session_state["q"].strip())


def speak() -> None:
    """Take the chosen language to the address; the hits stay."""
    address = replace(parse(st.query_params.get_all), ui=st.session_state["ui"])
    st.query_params.from_dict(parameters(address))


def go(**changes: Any) -> None:
    """Change the address, and start again from its first hits unless the change says otherwise."""
    address = replace(parse(st.query_params.get_all), **{"k": STEP, "closest": False} | changes)
    st.query_params.from_dict(parameters(address))


def welcome(reports: Sequence[ReportEntry], phrases: Phrases) -> None:
    """Show questions to start with, and what the collection holds."""
    st.html(render.heading(phrases.examples))
    with st.container(key="examples", horizontal=True, gap="small"):
        for question in examples(reports, phrases):
            st.button(render.plain(question), on_click=go, kwargs={"q": question})
    st.html(render.heading(phrases.collection))
    st.html(render.collection(reports, LISTED, phrases))


def asked(searcher: Searcher, address: Address, phrases: Phrases) -> Answer:
    """Return the answer to the address, kept while neither it nor the index changes."""
    from search import Filters

    key = (searcher.generation, address, phrases.language)
    if st.session_state.get("answered_for") != key:
        try:
            answer = searcher.search(
                address.q,
                k=address.k,
                mode=address.mode,
                filters=Filters(
                    reports=address.report,
                    languages=address.language,
                    years=tuple(int(year) for year in address.year),
                    symbols=address.symbol,
                    sections=address.section,
                ),
                language=phrases.language,
                closest=address.closest,
            )
        except ReportSearchError as error:
            failed(error, phrases)
        st.session_state.update(answered_for=key, answer=answer)
    kept: Answer = st.session_state["answer"]
    return kept


def results(searcher: Searcher, answer: Answer, address: Address, phrases: Phrases) -> None:
    """Show the hits, or say that there is no good answer and offer the closest."""
    if not answer.legs:
        st.html(render.state(phrases.blank, phrases.ask_hint))
        st.stop()
    hits = answer.hits
    if trouble := render.troubles(answer, phrases):
        st.html(trouble)
    if not hits:
        unanswered(answer, phrases)
        st.stop()
    if not answer.answered:
        st.html(render.notices([phrases.closest_shown]))
    st.html(render.summary(answer, hits, phrases))
    for hit in hits:
        with st.container(key=f"hit-{hit.row}"):
            st.html(render.card(hit, phrases))
            more(searcher, hit, phrases)
    if len(hits) >= address.k and address.k < MOST:
        st.button(phrases.show_more, on_click=go, kwargs={"k": address.k + STEP, "closest": address.closest})
    st.html(render.closing(hits, phrases))


def unanswered(answer: Answer, phrases: Phrases) -> None:
    """Say that no passage answers, and offer the closest."""
    if answer.answered or not answer.closest:
        st.html(render.state(phrases.nothing, phrases.nothing_why))
    else:
        st.html(render.state(phrases.no_answer, phrases.no_answer_why))
        st.button(phrases.closest, on_click=go, kwargs={"closest": True})


def more(searcher: Searcher, hit: Hit, phrases: Phrases) -> None:
    """Show, on demand, what stands around a hit, what is like it elsewhere, and how to cite it."""
    panels = {"context": phrases.context, "related": phrases.related, "cite": phrases.cite}
    panel = st.pills(
        render.plain(hit.citation),
        list(panels),
        key=f"more-{hit.row}",
        format_func=panels.__getitem__,
        label_visibility="collapsed",
    )
    try:
        if panel == "context":
            around = searcher.neighbours(hit.row, before=AROUND, after=AROUND)
            st.html(render.neighbours(around, hit, phrases))
        elif panel == "related":
            name = render.named(hit)
            close = searcher.related(hit.report, name, k=RELATED, language=phrases.language)
            st.html(render.related(close.hits, phrases))
        elif panel == "cite":
            st.code(render.cited(hit, phrases), language=None, wrap_lines=True)
    except ReportSearchError as error:
        tell(error, phrases)


def failed(error: ReportSearchError, phrases: Phrases) -> None:
    """Show an error as a state of the page, and stop."""
    tell(error, phrases)
    st.stop()


def tell(error: ReportSearchError, phrases: Phrases) -> None:
    """Show what went wrong, and what to do about it."""
    title = phrases.no_index if isinstance(error, NoIndex) else phrases.trouble
    st.html(render.failure(title, error.fact))
    st.code(error.advice, language=None, wrap_lines=True)


if __name__ == "__main__":
    main()
