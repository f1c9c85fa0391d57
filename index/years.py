"""Years in a text; in Chinese numerals, as reports and people write them by turns, they are brought to digits. Pure."""

import re

_NUMERALS = "〇零○一二三四五六七八九"
_YEAR = re.compile(f"(?<![{_NUMERALS}十百千万亿])[一二][{_NUMERALS}]{{3}}(?![{_NUMERALS}十百千万亿])")
_NAMED = re.compile(r"(?<![\d/.,])\d{4}(?![\d/])")  # no part of a symbol or a longer number
_EARLIEST, _LATEST = 1800, 2100
_DIGITS = str.maketrans(_NUMERALS, "000123456789")


def years_in_digits(text: str) -> str:
    """Return the text with its years in digits; every character keeps its place."""
    return _YEAR.sub(lambda year: year[0].translate(_DIGITS), text)


def years_named(text: str) -> frozenset[int]:
    """Return the years that a text names, in digits of any script or in Chinese numerals."""
    numbers = map(int, _NAMED.findall(years_in_digits(text)))
    return frozenset(number for number in numbers if _EARLIEST <= number <= _LATEST)
