"""Write lines printed from right to left, with their numbers and Latin words that are not, as text. Pure.

A simple inverse of the Unicode bidirectional algorithm (UAX #9), for lines whose paragraphs run to the left.
"""

import re
import unicodedata
from collections.abc import Sequence

_LEFTWARD = ("R", "AL")
_LATIN = re.compile(r"[A-Za-zÀ-ɏ]")
_OUTER = re.compile(r"^\W*|\W*$")
_NUMBER = re.compile(r"[\d٠-٩]+(?:[.,/:٫٬][\d٠-٩]+)+|[\d٠-٩]{2,}")
_MIRRORED = dict(zip("()[]{}«»", ")(][}{»«", strict=True))


def is_leftward(text: str) -> bool:
    """Say whether a character belongs to a script written from right to left."""
    return unicodedata.bidirectional(text[0]) in _LEFTWARD


def in_logical_order(characters: Sequence[str]) -> str:
    """Return the text of a line whose characters are given from the right to the left."""
    stretches: list[list[str]] = [[]]
    for character in characters:
        if stretches[-1] and is_leftward(character) != is_leftward(stretches[-1][0]):
            stretches.append([])
        stretches[-1].append(character)
    text = "".join("".join(s) if s and is_leftward(s[0]) else _rightward("".join(s)) for s in stretches)
    return "".join(_bracket(text, i) for i in range(len(text)))


def _rightward(stretch: str) -> str:
    """Turn what reads from left to right: all of it where there are Latin words, else every number by itself."""
    if not _LATIN.search(stretch):
        return _NUMBER.sub(lambda match: match[0][::-1], stretch)
    head, tail = (match[0] for match in list(_OUTER.finditer(stretch))[:2])
    return head + stretch[len(head) : len(stretch) - len(tail)][::-1] + tail


def _bracket(text: str, i: int) -> str:
    """Turn a bracket that opens to a blank or closes behind one: it is the sign as printed, not as written."""
    sign = text[i]
    if sign not in _MIRRORED:
        return sign
    blank_before = i == 0 or text[i - 1] == " "
    blank_behind = i + 1 == len(text) or text[i + 1] in " .,،؛:"
    opens = unicodedata.category(sign) in ("Ps", "Pi")
    wrong = blank_behind and not blank_before if opens else blank_before and not blank_behind
    return _MIRRORED[sign] if wrong else sign
