"""What a person reads in a terminal: lines that fit, words in bold, nothing that steers the terminal."""

import io
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.report import Structure
from search.hit import Answer, Expansion, Hit, Match
from ui.phrases import EN, ZH
from ui.terminal import Terminal, answer_text, columns_of, passages_text, report_text, terminal_of, wrapped

PLAIN, STYLED = Terminal(60), Terminal(60, styles=True)
TEXT = "首脑会议确定五个关键领域，认为它们对于实现促进可持续发展的能源目标极为重要。"


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


HIT = Hit(
    row=0,
    rank=1,
    score=1.0,
    relevance=0.93,
    report="seeds/a.txt",
    symbol=None,
    title="报告",
    language="zh",
    year=None,
    paragraph="18",
    sub="b",
    citation="《报告》，第18(b)段",
    headings=("四. 执行", "B. 协调"),
    lead="委员会：",
    page=None,
    text=TEXT,
    start=0,
    end=len(TEXT),
    ranks={"lexical": 2, "dense": 1},
    matched=("能源", "能源", "领域"),
    matches=(Match(10, 12, "领域", "lexical"),),
)
ANSWER = Answer("?", True, (HIT,), 1, {"dense": "ok", "lexical": "ok"}, 1.0)
REFUSED = replace(ANSWER, answered=False, hits=(), closest=(HIT,))


def test_a_hit_says_where_it_stands_and_why_it_is_there() -> None:
    assert answer_text(ANSWER, ZH, Terminal(100)).split("\n") == [
        "1. 《报告》，第18(b)段",
        "   报告 · seeds/a.txt",
        "   四. 执行 › B. 协调",
        "   委员会：",
        "   首脑会议确定五个关键领域，认为它们对于实现促进可持续发展的能源目标极为重要。",
        "   相关度 93% · dense 1, lexical 2 · 匹配字词: 能源 · 领域",
    ]


def test_matches_are_bold_where_that_can_be_shown() -> None:
    assert "关键\x1b[1m领域\x1b[0m，" in passages_text([HIT], STYLED)
    assert "\x1b" not in passages_text([HIT], PLAIN)


def test_no_good_answer_is_said_plainly_with_the_way_to_the_closest() -> None:
    refused = answer_text(REFUSED, EN, PLAIN)
    assert refused.startswith("No good answer\n")
    assert refused.endswith("Show the closest passages anyway: --closest")
    shown = answer_text(replace(REFUSED, hits=(HIT,)), EN, PLAIN)
    assert shown.startswith(EN.closest_shown)
    assert "《报告》" in shown


def test_notes_failed_legs_and_added_words_are_told() -> None:
    added = (Expansion("能源", "energy", "lexicon"), Expansion("能", "energy", "lexicon"))
    legs = {"dense": "no model", "lexical": "ok"}
    told = answer_text(replace(ANSWER, notes=("A note.",), legs=legs, expansions=added), EN, PLAIN)
    first, second, third = told.split("\n\n")[:3]
    assert first == "A note."
    assert "dense" in second
    assert "no model" in second
    assert third == f"{EN.also_searched.format(n=2)} (energy → 能源, 能)"


def test_without_anything_to_look_for_there_is_one_line_of_advice() -> None:
    blank = Answer("", False, (), 1, {}, 0.0, notes=("The question holds no words.",))
    told = answer_text(blank, EN, PLAIN)
    assert told.split("\n\n") == [
        "The question holds no words.",
        'Ask in words: reportsearch search "谁负责可持续能源"',
    ]


def test_headings_and_lead_ins_of_passages_stand_once() -> None:
    first, second = replace(HIT, sub=None, citation="18", text="委员会：", lead=""), replace(HIT, citation="18(b)")
    other = replace(HIT, citation="19", paragraph="19", headings=("五. 结论",), lead="")
    told = passages_text([first, second, other], Terminal(100)).split("\n\n")
    assert told[0] == "18\n   四. 执行 › B. 协调\n   委员会："
    assert told[1] == f"18(b)\n   {TEXT}"
    assert told[2] == f"19\n   五. 结论\n   {TEXT}"


def test_what_a_report_says_of_itself_is_a_fact_a_line() -> None:
    structure = Structure(False, 3, ("paragraph 2 is missing",), (), ("joined paragraph 6",))
    assert report_text({"symbol": "unknown", "agenda_item": "55"}, structure, ["guessed"]).split("\n") == [
        "symbol: unknown",
        "agenda item: 55",
        "paragraphs: 3 (not numbered in the report: ¶ is our own count)",
        "missing: paragraph 2 is missing",
        "mended: joined paragraph 6",
        "warning: guessed",
    ]


def test_nothing_in_a_report_steers_the_terminal() -> None:
    evil = "a\x1b[2Jb\x9b31mc\u202ed\re"
    hit = replace(HIT, text=evil, title=evil, citation=evil, lead=evil, headings=(evil,))
    shown = answer_text(replace(ANSWER, hits=(hit,)), EN, PLAIN)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", shown)


@given(st.text(alphabet="ab 能源，。（\n\u0301é", max_size=80), st.integers(4, 30))
def test_lines_fit_and_nothing_is_lost(text: str, width: int) -> None:
    lines = wrapped(text, (), width, PLAIN)
    assert "".join("".join(lines).split()) == "".join(text.split())
    for line in lines:
        atoms = re.findall(r"[能源][，。]*|[^\s能源]+[，。]*", line)
        assert columns_of(line) <= width or len(atoms) == 1


@given(st.text(alphabet="ab 能源。", min_size=1, max_size=60), st.data())
def test_bold_changes_no_line(text: str, data: st.DataObject) -> None:
    places = st.integers(0, len(text))
    matches = [
        Match(min(pair), max(pair), "w", "lexical")
        for pair in data.draw(st.lists(st.tuples(places, places), max_size=4))
    ]
    bold = wrapped(text, matches, 12, STYLED)
    assert [re.sub(r"\x1b\[\dm", "", line) for line in bold] == wrapped(text, (), 12, PLAIN)
    assert all(line.count("\x1b[1m") == line.count("\x1b[0m") for line in bold)


def test_wide_characters_take_two_columns() -> None:
    assert columns_of("能源 a\u0301") == 6


@pytest.mark.parametrize(
    ("variable", "value", "styles"), [("NO_COLOR", "1", False), ("NO_COLOR", "", True), ("TERM", "dumb", False)]
)
def test_styles_need_a_terminal_that_wants_them(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, styles: bool
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv(variable, value)
    assert terminal_of(Screen()).styles is styles
    assert terminal_of(io.StringIO()).styles is False
