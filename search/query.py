"""Read a question as a person typed it: words, "phrases", -exclusions, field:filters, references. Pure.

Whatever does not fit the syntax is read as plain words; nothing here can fail.
"""

import re
import unicodedata
from dataclasses import dataclass

from index.report import Reference
from index.symbols import find_references, normal_symbol
from search.filters import Filters

_FIELDS = {
    "report": "reports",
    "lang": "languages",
    "language": "languages",
    "year": "years",
    "symbol": "symbols",
    "section": "sections",
}
_FIELD = re.compile(rf'(?<!\S)({"|".join(_FIELDS)})[:：](?:"([^"]+)"|(\S+))', re.I)
_PHRASE = re.compile(r'(?<![^\s(])(-?)"([^"]*\w[^"]*)"(?![\w"])|(?<=[\u3400-\u9fff])()"([^"]*\w[^"]*)"')
_WITHOUT = re.compile(r"(?<!\S)-(?=\d*[\u3400-\u9fff]|[^\W\d_])(\S+)")  # "-2003年", but not "-5"
_YEARS = re.compile(r"(\d{4})(?:[-–](\d{4}))?")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufeff\ud800-\udfff]")
_SMALL_SYMBOL = re.compile(r"(?<![\w/.])[a-z]{1,6}(?:\.\d+)?(?:/[a-z0-9.\-]*[a-z0-9]){2,}(?![\w/])", re.A)
_MOST_YEARS = 200


@dataclass(frozen=True, slots=True)
class Query:
    """A question taken apart."""

    text: str  # what is searched for: the question without its filters, exclusions and quotation marks
    phrases: tuple[str, ...] = ()  # must stand in the passage
    without: tuple[str, ...] = ()  # must not
    filters: Filters = Filters()
    references: tuple[Reference, ...] = ()  # documents and paragraphs named in the text

    @property
    def blank(self) -> bool:
        """Say whether nothing is left to search for."""
        return not any(character.isalnum() for character in self.text)


def parse_query(question: str) -> Query:
    """Return the parts of a question; control characters and half characters are dropped."""
    text = unicodedata.normalize("NFC", _CONTROL.sub(" ", question))
    filters, text = _take_filters(text)
    phrases: list[str] = []
    without: list[str] = []

    def unquote(match: re.Match[str]) -> str:
        minus, phrase = match[1] or "", match[2] or match[4]
        (without if minus else phrases).append(phrase.strip())
        return " " if minus else f" {phrase} "

    text = _PHRASE.sub(unquote, text)
    without += [_bare(match[1]) for match in _WITHOUT.finditer(text)]
    text = " ".join(_WITHOUT.sub(" ", text).split())
    return Query(text, tuple(phrases), tuple(word for word in without if word), filters, _references(text))


def _references(text: str) -> tuple[Reference, ...]:
    """Return the documents named in the text, also where a symbol is typed in small letters: "a/58/323/add.1"."""
    return find_references(_SMALL_SYMBOL.sub(_capital, text))


def _capital(match: re.Match[str]) -> str:
    return re.sub(r"(?<=/)(?:ADD|CORR|REV|AMEND)(?=\.)", lambda part: part[0].capitalize(), match[0].upper())


def _bare(word: str) -> str:
    return word.strip("\"'.,;:!?。，；：！？、()（）")


def _take_filters(text: str) -> tuple[Filters, str]:
    found: dict[str, tuple[str | int, ...]] = {}

    def take(match: re.Match[str]) -> str:
        name = _FIELDS[match[1].lower()]
        values = _values(name, match[2].strip("\"'，。；,;") if match[2] else _unquoted(match[3]))
        if not values:
            return match[0]
        found[name] = found.get(name, ()) + values
        return " "

    rest = _FIELD.sub(take, text)
    return Filters(**found), rest  # type: ignore[arg-type]


def _unquoted(value: str) -> str:
    """Return a value without what ends the sentence or closes a bracket around it; S/RES/1325(2000) keeps its own."""
    bare = value.strip("\"'，。；,;?!？！）")
    return bare if "(" in bare else bare.rstrip(")")


def _values(name: str, value: str) -> tuple[str | int, ...]:
    if name == "symbols":
        return (normal_symbol(value),) if value else ()
    if name == "languages":
        return (value.lower(),) if re.fullmatch(r"[A-Za-z]{2}", value) else ()
    if name != "years":
        return (value,) if value else ()
    match = _YEARS.fullmatch(value)
    if not match:
        return ()
    first, last = int(match[1]), int(match[2] or match[1])
    return tuple(range(first, last + 1)) if 0 <= last - first < _MOST_YEARS else ()
