"""A question taken apart: plain words, phrases, exclusions, filters, references; nothing typed can fail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.filters import Filters
from search.query import Query, parse_query


def test_plain_words_stay_as_they_are() -> None:
    assert parse_query("谁负责监测千年发展目标？") == Query("谁负责监测千年发展目标？")


def test_a_phrase_is_searched_for_and_required() -> None:
    query = parse_query('工作 "多年度工作方案" 的期限')
    assert query.phrases == ("多年度工作方案",)
    assert query.text == "工作 多年度工作方案 的期限"


def test_an_excluded_word_or_phrase_leaves_the_text() -> None:
    query = parse_query('water -energy -"clean production" policy')
    assert query.without == ("clean production", "energy")
    assert query.text == "water policy"


@pytest.mark.parametrize("text", ["follow-up", "2001-2003 年", "a - b", "- 5", "-5 degrees", "well-being of all"])
def test_a_hyphen_within_words_or_before_a_number_excludes_nothing(text: str) -> None:
    assert parse_query(text).without == ()


@pytest.mark.parametrize(
    ("text", "filters"),
    [
        ("report:A_58_354.txt water", Filters(reports=("A_58_354.txt",))),
        ('report:"my report.txt" water', Filters(reports=("my report.txt",))),
        ("lang:zh water", Filters(languages=("zh",))),
        ("language:ZH water", Filters(languages=("zh",))),
        ("year:2003 water", Filters(years=(2003,))),
        ("year:2003-2005 water", Filters(years=(2003, 2004, 2005))),
        ("symbol:A/58/359 water", Filters(symbols=("A/58/359",))),
        ("section:能源 water", Filters(sections=("能源",))),
        ("year:2003 year:2005 water", Filters(years=(2003, 2005))),
    ],
)
def test_a_field_narrows_the_search_and_leaves_the_text(text: str, filters: Filters) -> None:
    assert parse_query(text).filters == filters
    assert parse_query(text).text == "water"


@pytest.mark.parametrize("text", ["year:soon", "lang:klingon", "report:", "year:2005-2003", "author:Annan", "at 10:30"])
def test_a_field_that_makes_no_sense_is_plain_words(text: str) -> None:
    assert parse_query(text).filters == Filters()
    assert parse_query(text).text == text


@pytest.mark.parametrize("text", ['"unbalanced', '""', '" "', 'a "b', "AND OR (NOT", "* ? ~ ^ [", "\\"])
def test_malformed_syntax_is_plain_words(text: str) -> None:
    query = parse_query(text)
    assert (query.phrases, query.without, query.filters) == ((), (), Filters())


def test_a_year_in_chinese_can_be_excluded() -> None:
    assert parse_query("工作 -2003年").without == ("2003年",)


def test_references_are_found_where_they_stand() -> None:
    found = parse_query("What does 57/270 B, para. 39 ask for?").references
    assert [(r.symbol, r.paragraph) for r in found] == [("A/RES/57/270 B", "39")]


@pytest.mark.parametrize("text", ["", "   ", "？！…", "\x00\x01", "\ud800", '-"" :'])
def test_a_question_without_words_is_blank(text: str) -> None:
    assert parse_query(text).blank


@given(st.text(max_size=300))
def test_no_text_whatever_fails(text: str) -> None:
    query = parse_query(text)
    assert "\x00" not in query.text
    query.text.encode("utf-8")


def test_a_letter_typed_as_two_characters_is_one() -> None:
    assert parse_query('"и\u0306од"').phrases == ("йод",)


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        ("symbol:A/58/323?", "A/58/323"),
        ("symbol:A/58/323）", "A/58/323"),
        ("symbol:A/RES/2625(XXV)", "A/RES/2625 (XXV)"),
    ],
)
def test_what_ends_the_sentence_is_no_part_of_a_filter(text: str, symbol: str) -> None:
    assert parse_query(f"water {text}").filters.symbols == (symbol,)


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("what does a/58/323 say", ["A/58/323"]),
        ("e/cn.17/2004/1/add.1是什么", ["E/CN.17/2004/1/Add.1"]),
        ("and/or/both, 24/7, he/she/it 5, http://a/58/323", []),
    ],
)
def test_a_symbol_may_be_typed_in_small_letters(text: str, symbols: list[str]) -> None:
    assert [r.symbol for r in parse_query(text).references] == symbols
