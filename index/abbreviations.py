"""Find the short forms that a report defines for its long names. Pure; one text in, pairs out.

联合国系统行政首长协调理事会（行政首长协调会）      经济及社会理事会（以下简称“经社理事会”）
the Commission on Sustainable Development (CSD)     Комиссия по устойчивому развитию (КУР)
"""

import re

from index.language import CJK
from index.report import Abbreviation

_CHINESE = re.compile(
    rf"[（(](?:以下)?(?:统称|简称|下称)?(?:为)?[“\"「《]?(?P<short>[{CJK}]{{3,12}}|[A-Z][A-Za-z0-9-]{{1,9}})[”\"」》]?[）)]"
)
_CHINESE_BEFORE = re.compile(rf"[{CJK}A-Za-z、·《》]{{4,30}}$")
_LETTERS = re.compile(r"(?<=[^\W\d_] )\((?:“|\"|«)?(?P<short>[A-ZА-Я][A-Za-zА-Яа-я-]{1,9})(?:”|\"|»)?\)")
_WORDS_BEFORE = re.compile(r"(?:[^\W\d_][\w’'\-]*[ \n]){2,12}$")
_REACH = 160  # letters that a name may take
_REACH_CHINESE = 30  # the same in Chinese
_SMALL = frozenset(
    "of the and for on in to de la le les du des et pour sur y del los las el en para по и в на о the".split()
)
_MOST = 200  # of one report


def find_abbreviations(text: str) -> tuple[Abbreviation, ...]:
    """Return each short form once, with the name that stands right before its first definition."""
    found: dict[str, Abbreviation] = {}
    for match in _CHINESE.finditer(text):
        before = _CHINESE_BEFORE.search(text, max(0, match.start() - _REACH_CHINESE), match.start())
        full = _chinese_name(before[0], match["short"]) if before else None
        if full and match["short"] not in found:
            found[match["short"]] = Abbreviation(match["short"], full)
    for match in _LETTERS.finditer(text):
        before = _WORDS_BEFORE.search(text[max(0, match.start() - _REACH) : match.start()])
        full = _name_of_initials(before[0].split(), match["short"]) if before else None
        if full and match["short"] not in found:
            found[match["short"]] = Abbreviation(match["short"], full)
    return tuple(found.values())[:_MOST]


def _chinese_name(before: str, short: str) -> str | None:
    """Cut the name out of what stands before: from "联合国" on, else from the short form's own first character."""
    if short.isascii() or len(short) < 3:
        return None  # Latin initials say nothing of where a Chinese name begins; two characters stand anywhere
    starts = [i for i in range(len(before)) if before.startswith("联合国", i) or before[i] == short[0]]
    names = [before[i:] for i in starts if _is_subsequence(short, before[i:]) and len(before) - i > len(short) + 1]
    whole = [name for name in names if name.startswith("联合国")]
    return (whole or names)[-1] if names else None


def _is_subsequence(short: str, name: str) -> bool:
    letters = iter(name)
    return all(character in letters for character in short)


def _name_of_initials(words: list[str], short: str) -> str | None:
    """Take the last words whose initials spell the short form; small words may stand between."""
    wanted = [c.lower() for c in short if c.isupper()]
    if len(wanted) < 2:
        return None
    at = len(words)
    for letter in reversed(wanted):
        at -= 1
        while at >= 0 and words[at].lower() in _SMALL and words[at][0].lower() != letter:
            at -= 1
        if at < 0 or words[at][0].lower() != letter:
            return None
    return " ".join(words[at:])
