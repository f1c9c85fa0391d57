"""Years in Chinese numerals: only years are changed, and nothing moves; years that are named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.encoder import bundled_encoder
from index.years import years_in_digits, years_named


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


def test_the_encoder_reads_both_spellings_alike_and_says_where_they_stand() -> None:
    written, digits = bundled_encoder().tokens(["到一九五六年春天", "到1956年春天"])
    assert written.ids.tolist() == digits.ids.tolist()
    assert [written.span(i) for i in range(len(written))] == [digits.span(i) for i in range(len(digits))]
