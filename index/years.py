"""Years in Chinese numerals, as reports and people write them by turns: 一九八五年 is brought to 1985年. Pure text."""

import re

_NUMERALS = "〇零○一二三四五六七八九"
_YEAR = re.compile(f"(?<![{_NUMERALS}十百千万亿])[一二][{_NUMERALS}]{{3}}(?![{_NUMERALS}十百千万亿])")
_DIGITS = str.maketrans(_NUMERALS, "000123456789")


def years_in_digits(text: str) -> str:
    """Return the text with its years in digits; every character keeps its place."""
    return _YEAR.sub(lambda year: year[0].translate(_DIGITS), text)
