"""Passages as HTML: every string escaped, every mark where the match says, every direction right."""

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.hit import Answer, Expansion, Hit, Match
from ui import render
from ui.phrases import AR, EN, PHRASES, ZH

EVIL = '<script>alert("1")</script><img src=x onerror=alert(1)>&amp;'
HIT = Hit(
    row=7,
    rank=2,
    score=0.5,
    relevance=0.834,
    report="a.txt",
    symbol=None,
    title="统筹执行及后续行动",
    language="zh",
    year=2003,
    paragraph="18",
    sub="b",
    citation="第18(b)段",
    headings=("四. 执行", "1. 大会"),
    lead="需要落实以下规定:",
    page=6,
    text="审议经济及社会理事会年度报告",
    start=100,
    end=114,
    ranks={"dense": 3, "lexical": 1},
    matched=("年度", "报告"),
    matches=(Match(10, 12, "年度", "lexical"), Match(12, 14, "report", "lexicon")),
)


class Tags(HTMLParser):
    """The elements of a piece of HTML, and whether they are balanced."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.open.append(tag)
        assert not [name for name, _ in attrs if name.startswith("on") or name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def written(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", html))


def test_a_card_shows_citation_title_trail_lead_passage_and_evidence() -> None:
    shown = written(render.card(HIT, ZH))
    for part in (
        "第18(b)段",
        HIT.title,
        "四. 执行",
        "1. 大会",
        HIT.lead,
        HIT.text,
        "83%",
        "字词第 1",
        "语义第 3",
        "年度",
    ):
        assert part in shown
    assert shown.index("字词第 1") < shown.index("语义第 3"), "the better rank stands first"


def test_a_report_without_a_symbol_is_named_once_beside_the_number_of_the_paragraph() -> None:
    cited = replace(HIT, citation=f"《{HIT.title}》，第18(b)段")
    assert written(render.card(cited, ZH)).count(HIT.title) == 1
    assert written(render.card(cited, EN)).startswith("2para. 18 (b)" + HIT.title)
    known = replace(HIT, symbol="A/58/359", citation="A/58/359，第18(b)段")
    assert written(render.card(known, ZH)).startswith("2A/58/359，第18(b)段" + HIT.title)


def test_the_name_leads_back_to_the_first_page_in_the_same_language() -> None:
    assert '<a href="?ui=ar" target="_self">' in render.masthead(AR)


def test_a_heading_that_is_the_title_is_not_told_again() -> None:
    html = render.card(replace(HIT, headings=(HIT.title, "一. 导言")), ZH)
    assert written(html).count(HIT.title) == 1
    assert "一. 导言" in html
    assert "rs-trail" not in render.card(replace(HIT, headings=(HIT.title,)), ZH)


def test_a_citation_to_copy_is_whole_and_tells_where_a_known_document_is() -> None:
    assert render.cited(HIT, ZH) == HIT.citation
    known = replace(HIT, symbol="A/58/359 (Vol. I)", citation="A/58/359 (Vol. I), para. 18 (b)")
    assert render.cited(known, EN) == f"{known.citation}\nhttps://docs.un.org/en/A/58/359%20%28Vol.%20I%29"


def test_an_unknown_symbol_and_year_are_said_to_be_unknown() -> None:
    assert "文号未知" in render.card(HIT, ZH)
    assert "文号未知" not in render.card(replace(HIT, symbol="A/58/359"), ZH)
    assert "year unknown" in render.card(replace(HIT, year=None), EN)


def test_marks_stand_at_the_offsets_of_the_matches() -> None:
    assert render.marked(HIT.text, HIT.matches) == (
        "审议经济及社会理事会"
        '<mark class="rs-lexical" title="年度">年度</mark><mark class="rs-lexicon" title="report">报告</mark>'
    )


def test_offsets_count_the_text_before_it_is_escaped() -> None:
    html = render.marked("a < b & c", [Match(8, 9, "c", "dense")])
    assert html == 'a &lt; b &amp; <mark class="rs-dense" title="c">c</mark>'


def test_where_matches_overlap_the_same_word_wins_over_its_meaning() -> None:
    overlapping = [Match(0, 4, "by meaning", "dense"), Match(2, 4, "same", "lexical")]
    assert render.marked("abcdef", overlapping) == 'ab<mark class="rs-lexical" title="same">cd</mark>ef'


def test_pieces_of_a_word_that_touch_are_one_mark() -> None:
    pieces = [Match(0, 1, "sustainable", "dense"), Match(1, 3, "sustainable", "dense"), Match(3, 5, "energy", "dense")]
    assert render.marked("可持续能源", pieces) == (
        '<mark class="rs-dense" title="sustainable">可持续</mark><mark class="rs-dense" title="energy">能源</mark>'
    )


def test_each_word_is_told_once_with_the_word_of_the_question_that_it_answers_to() -> None:
    matches = (Match(0, 2, "energy", "lexicon"), Match(3, 5, "energy", "lexicon"), Match(6, 7, "水", "lexical"))
    html = render.why(replace(HIT, text="能源、能源、水", matches=matches), EN)
    words = [written(word) for word in re.findall("<li>(?=<span)(.*?)</li>", html)]
    assert words == ["水", "能源energy"], "the same word first, then its translation"


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (3, 99), (2, 2), (4, 1)])
def test_a_match_outside_the_text_marks_nothing(start: int, end: int) -> None:
    assert render.marked("abc", [Match(start, end, "x", "lexical")]) == "abc"


@given(
    text=st.text(max_size=60),
    spans=st.lists(st.tuples(st.integers(-3, 63), st.integers(-3, 63), st.sampled_from(["lexical", "dense", "new"]))),
)
def test_the_segments_of_a_text_join_to_that_text(text: str, spans: list[tuple[int, int, str]]) -> None:
    matches = [Match(start, end, "w", leg) for start, end, leg in spans]
    assert "".join(segment.text for segment in render.segments(text, matches)) == text
    assert written(render.marked(text, matches)) == text


def evil_hit() -> Hit:
    return replace(
        HIT,
        report=EVIL,
        symbol=EVIL,
        title=EVIL,
        language=EVIL,
        paragraph=EVIL,
        sub=EVIL,
        citation=EVIL,
        headings=(EVIL,),
        lead=EVIL,
        text=EVIL,
        ranks={EVIL: 1},
        matched=(EVIL,),
        matches=(Match(0, 8, EVIL, EVIL), Match(9, 14, '" onmouseover="x', "lexical")),
        similar=(replace(HIT, citation=EVIL, title=EVIL),),
    )


def evil_answer() -> Answer:
    return Answer(
        EVIL, True, (evil_hit(),), 1, {EVIL: EVIL}, 1.0, expansions=(Expansion(EVIL, EVIL, EVIL),), notes=(EVIL,)
    )


@pytest.mark.parametrize("language", PHRASES)
def test_nothing_from_a_report_or_a_question_becomes_html(language: str) -> None:
    phrases = PHRASES[language]
    hit, answer = evil_hit(), evil_answer()
    for html in (
        render.card(hit, phrases),
        render.neighbours([hit], hit, phrases),
        render.related([hit], phrases),
        render.closing([hit], phrases),
        render.summary(answer, answer.hits, phrases),
        render.troubles(answer, phrases),
        render.state(EVIL, EVIL),
        render.failure(EVIL, EVIL),
        render.heading(EVIL),
        render.quiet(EVIL),
        render.notices([EVIL]),
    ):
        tags = Tags(html)
        assert not tags.open
        assert not {"script", "img"} & set(tags.names)


def test_a_label_reads_as_it_is_written_although_widgets_read_markdown() -> None:
    assert render.plain("**a** [b](c)\n`d`") == r"\*\*a\*\* \[b\]\(c\) \`d\`"


def test_passages_keep_the_direction_of_their_language_on_an_arabic_page() -> None:
    assert '<div class="rs-passage" lang="zh-Hans" dir="ltr">' in render.card(HIT, AR)
    assert '<div class="rs-passage" lang="ar" dir="rtl">' in render.card(replace(HIT, language="ar"), EN)
    assert 'dir="auto"' in render.card(replace(HIT, language=None), EN)


def test_context_picks_out_the_hit_with_its_marks_in_the_report_s_order() -> None:
    before, after = (
        replace(HIT, row=row, start=start, text=text, matches=())
        for row, start, text in ((6, 50, "前"), (8, 200, "后"))
    )
    html = render.neighbours([before, replace(HIT, matches=()), after], HIT, ZH)
    assert html.index("前") < html.index("年度") < html.index("后")
    assert html.count("rs-this") == 1
    assert html.count("本段") == 1
    assert '<mark class="rs-lexical" title="年度">' in html
    assert "18 (b)" in html


def test_context_holds_the_hit_even_where_the_neighbours_leave_it_out() -> None:
    after = replace(HIT, row=8, start=200, text="后", matches=())
    html = render.neighbours([after], HIT, ZH)
    assert html.index("本段") < html.index("后")


def test_related_passages_open_from_a_line_cut_short() -> None:
    long = replace(HIT, text="长" * 500, symbol="E/2004/1", citation="E/2004/1, para. 2")
    html = render.related([long], EN)
    assert html.count("<details>") == 1
    assert "长" * 110 + "…</span>" in html
    assert "长" * 500 in html
    assert "No passage is close enough." in render.related([], EN)


def test_the_summary_explains_only_the_marks_in_use() -> None:
    answer = Answer("q", True, (HIT,), 1, {"dense": "ok"}, 12.4)
    html = render.summary(answer, answer.hits, EN)
    assert "Passages shown: 1" in html and "12 ms" in html
    assert "1.3 s" in render.summary(replace(answer, took_ms=1270.0), answer.hits, EN)
    assert "Word of the question" in html and "Close in meaning" not in html


def test_added_words_stand_once_under_the_word_that_they_were_added_for() -> None:
    added = [("energy", "能源"), ("energy", "能量"), ("water", "水"), ("energy", "能源")]
    answer = Answer("q", True, (HIT,), 1, {}, 1.0, expansions=tuple(Expansion(w, s, "lexicon") for s, w in added))
    html = render.summary(answer, (), EN)
    assert "Words added to the search: 3" in html
    assert written(html.split("<dl>")[1]) == "energy能源能量water水"
    assert "<details" not in render.summary(replace(answer, expansions=()), (), EN)


def test_a_leg_that_could_not_work_is_named_in_the_page_s_language_with_the_reason_in_english() -> None:
    answer = Answer("q", True, (HIT,), 1, {"dense": "ok", "lexicon": "no dictionary"}, 1.0, notes=("2015 is a year.",))
    assert render.troubles(answer, ZH) == (
        '<p class="rs-notice">“译词”检索未能使用。<span lang="en" dir="ltr">no dictionary</span></p>'
        '<p class="rs-notice"><span lang="en" dir="ltr">2015 is a year.</span></p>'
    )
    assert render.troubles(replace(answer, legs={"dense": "ok"}, notes=()), ZH) == ""


def test_whose_numbers_stand_after_the_pilcrow_is_said_once() -> None:
    assert ZH.own_count in render.closing([replace(HIT, paragraph="¶ 7"), replace(HIT, paragraph="annex I, ¶ 2")], ZH)
    assert ZH.own_count not in render.closing([HIT], ZH)


@pytest.mark.parametrize(("relevance", "percent"), [(-0.2, 0), (0.834, 83), (1.7, 100)])
def test_relevance_is_a_share_of_a_hundred(relevance: float, percent: int) -> None:
    assert f'style="width:{percent}%"' in render.why(replace(HIT, relevance=relevance), EN)


def test_near_identical_passages_are_folded_under_the_hit() -> None:
    html = render.card(replace(HIT, similar=(replace(HIT, paragraph="9", sub=None),)), ZH)
    assert "内容几乎相同的段落：1" in html and "第9段" in html


def test_a_passage_among_its_neighbours_bears_its_whole_name() -> None:
    assert "<bdi>2 (b) (i)</bdi>" in render.neighbours([], replace(HIT, paragraph="2", sub="b (i)"), ZH)
