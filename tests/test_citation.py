"""Citations in the reader's language."""

import pytest

from search.citation import cite, paragraph_name
from search.references import split_name


@pytest.mark.parametrize(
    ("language", "citation"),
    [
        ("en", "A/58/359, para. 18 (b)"),
        ("zh", "A/58/359，第18(b)段"),
        ("fr", "A/58/359, par. 18 b)"),
        ("es", "A/58/359, párr. 18 b)"),
        ("ru", "A/58/359, пункт 18 b)"),
        ("ar", "A/58/359، الفقرة 18 (ب)"),
        ("de", "A/58/359, para. 18 (b)"),
    ],
)
def test_a_sub_paragraph_is_cited_as_each_language_does(language: str, citation: str) -> None:
    assert cite("A/58/359", "", "18", "b", language=language) == citation


def test_the_second_degree_follows_the_first() -> None:
    assert cite("A/58/359", "", "18", "b (ii)", language="en") == "A/58/359, para. 18 (b) (ii)"
    assert cite("A/58/359", "", "18", "b (ii)", language="zh") == "A/58/359，第18(b)(ii)段"


def test_an_unknown_symbol_is_never_made_up() -> None:
    assert cite(None, "可持续发展问题世界首脑会议", "3", None, language="zh") == "《可持续发展问题世界首脑会议》，第3段"
    assert cite(None, "x" * 80, "3", None, language="en") == f"“{'x' * 59}…”, para. 3"


def test_the_reader_s_own_count_does_not_look_like_the_report_s() -> None:
    assert cite(None, "政府工作报告", "¶ 7", None, language="zh") == "《政府工作报告》，¶ 7"


def test_annexes_and_inserted_paragraphs_are_named() -> None:
    assert cite("A/58/1", "", "annex II, 4", None, language="en") == "A/58/1, annex II, para. 4"
    assert cite("A/58/1", "", "annex 二, 4", None, language="zh") == "A/58/1，附件二，第4段"
    assert cite("A/58/1", "", "18 bis", None, language="en") == "A/58/1, para. 18 bis"


def test_an_identifier_of_a_prepared_collection_is_no_paragraph_number() -> None:
    assert cite(None, "corpus.jsonl", "DEV_12_QUERY", None, language="en") == "“corpus.jsonl”, DEV_12_QUERY"


def test_an_identifier_with_a_comma_is_no_annex() -> None:
    assert cite(None, "corpus", "Smith, 12", None, language="en") == "“corpus”, Smith, 12"
    assert cite("A/58/1", "", "annex, 4", None, language="en") == "A/58/1, annex, para. 4"


@pytest.mark.parametrize(("sub", "name"), [(None, "2"), ("b", "2 (b)"), ("b (i)", "2 (b) (i)")])
def test_a_name_is_read_back_as_the_passage_that_it_names(sub: str | None, name: str) -> None:
    assert paragraph_name("2", sub) == name
    assert split_name(name) == ("2", sub)
