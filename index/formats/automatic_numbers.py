"""Count the automatic numbers of a Word document as Word does. Knows numbering.xml, nothing of paragraphs."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from index.formats.numerals import han, letters, roman

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MOST = 32767  # what a list in Word counts to
_WRITTEN: dict[str, Callable[[int], str]] = {
    "lowerLetter": letters,
    "upperLetter": lambda number: letters(number).upper(),
    "lowerRoman": roman,
    "upperRoman": lambda number: roman(number).upper(),
    "chineseCounting": han,
    "chineseCountingThousand": han,
    "ideographDigital": han,
    "japaneseCounting": han,
    "taiwaneseCounting": han,
    "taiwaneseCountingThousand": han,
    "bullet": lambda _: "•",
    "none": lambda _: "",
}


@dataclass(frozen=True, slots=True)
class _Level:
    start: int
    form: str
    text: str  # "%1.", "(%2)"; "%n" stands for the number of level n


class Numbering:
    """Gives every numbered paragraph its label, in text order."""

    def __init__(self, root: Element | None) -> None:
        self._levels: dict[str, dict[int, _Level]] = {}  # of the abstract lists
        self._abstract: dict[str, str] = {}  # of every list
        self._starts: dict[tuple[str, int], int] = {}  # where a list begins anew
        self._counts: dict[str, dict[int, int]] = {}
        self._met: set[tuple[str, int]] = set()
        if root is None:
            return
        for abstract in root.iter(f"{W}abstractNum"):
            levels = {_whole(level, "ilvl"): _level(level) for level in abstract.iter(f"{W}lvl")}
            self._levels[abstract.get(f"{W}abstractNumId", "")] = levels
        for number in root.iter(f"{W}num"):
            name = number.get(f"{W}numId", "")
            self._abstract[name] = value_of(number, "abstractNumId")
            for override in number.iter(f"{W}lvlOverride"):
                self._override(name, override)

    def label(self, name: str, depth: int) -> str:
        """Return the label of the next paragraph of a list at a depth from 0 on; "" for no such list."""
        abstract = self._abstract.get(name, "")
        level = self._levels.get(abstract, {}).get(depth)
        if level is None:
            return ""
        counts = self._counts.setdefault(abstract, {})
        begins = (name, depth) in self._starts and (name, depth) not in self._met
        self._met.add((name, depth))
        start = self._starts.get((name, depth), level.start)
        counts[depth] = start if begins or depth not in counts else min(counts[depth] + 1, _MOST)
        for deeper in [other for other in counts if other > depth]:
            del counts[deeper]
        return re.sub(r"%(\d)", lambda match: self._number(abstract, int(match[1]) - 1), _sign(level)).strip()

    def _number(self, abstract: str, depth: int) -> str:
        level = self._levels[abstract].get(depth, _Level(1, "decimal", ""))
        return _WRITTEN.get(level.form, str)(self._counts[abstract].get(depth, level.start))

    def _override(self, name: str, override: Element) -> None:
        depth = _whole(override, "ilvl")
        start = override.find(f"{W}startOverride")
        if start is not None:
            self._starts[name, depth] = _whole(start, "val")
        level = override.find(f"{W}lvl")
        if level is not None:
            own = f"{self._abstract[name]} of {name}"
            self._levels.setdefault(own, dict(self._levels.get(self._abstract[name], {})))[depth] = _level(level)
            self._abstract[name] = own


def _level(element: Element) -> _Level:
    start = element.find(f"{W}start")
    return _Level(
        _whole(start, "val") if start is not None else 0,
        value_of(element, "numFmt") or "decimal",
        value_of(element, "lvlText"),
    )


def _sign(level: _Level) -> str:
    return "•" if level.form == "bullet" else level.text


def value_of(element: Element, tag: str) -> str:
    """Return what the child of a name has as its value; "" where there is none."""
    child = element.find(f"{W}{tag}")
    return "" if child is None else child.get(f"{W}val", "")


def _whole(element: Element, attribute: str) -> int:
    value = element.get(f"{W}{attribute}", "")
    return min(int(value), _MOST) if value.isdecimal() else 0
