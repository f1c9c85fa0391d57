"""Years in Chinese numerals: only years are changed, and nothing moves; years that are named."""

from pathlib import Path

import pytest
from conftest import write_report
from hypothesis import given
from hypothesis import strategies as st

from index import build_index
from index.years import years_in_digits, years_named
from search import open_searcher


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("一九五四年海外住着多少中国人？", "1954年海外住着多少中国人？"),
        ("一九八一——一九八五年", "1981——1985年"),
        ("二○○三年和二零一一年", "2003年和2011年"),
        ("一百九十八亿", "一百九十八亿"),
        ("一二三四五", "一二三四五"),
        ("四千二三百", "四千二三百"),
        ("in 1985", "in 1985"),
        ("", ""),
    ],
)
def test_years_are_written_in_digits(written: str, digits: str) -> None:
    assert years_in_digits(written) == digits


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("Which conferences were held in 2002 and 2003?", {2002, 2003}),
        ("一九五四年和1955年", {1954, 1955}),
        ("في عام ٢٠٠٩", {2009}),
        ("A/2004/58, 12,2003 and 20031 of 3000", set()),
        ("no year", set()),
    ],
)
def test_years_are_told_from_symbols_and_other_numbers(text: str, years: set[int]) -> None:
    assert years_named(text) == years


@given(st.text("一二三九〇零○十百年的a1", max_size=30))
def test_every_character_keeps_its_place(text: str) -> None:
    changed = years_in_digits(text)
    assert len(changed) == len(text)
    assert all(a == b or b in "0123456789" for a, b in zip(text, changed, strict=True))
    assert years_in_digits(changed) == changed


def test_a_passage_is_found_in_either_spelling_and_its_year_is_marked(tmp_path: Path) -> None:
    write_report(tmp_path / "reports" / "a.jsonl", {"1": "到一九五六年春天，合作社建成。", "2": "到一九六五年秋天。"})
    build_index([tmp_path / "reports"], tmp_path / "index")
    searcher = open_searcher(tmp_path / "index")
    for question in ("一九五六年", "1956年", "1956"):
        hit = searcher.search(question, closest=True).hits[0]
        assert hit.paragraph == "1"
        assert any("一九五六" in hit.text[m.start : m.end] for m in hit.matches)
    digits, numerals = (searcher.search(question, closest=True).hits[0] for question in ("1956年", "一九五六年"))
    assert digits.score == pytest.approx(numerals.score)
