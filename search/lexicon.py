"""The six-language lexicon: from the words of a question to words that reports use for the same thing.

lexicon.tsv holds one concept a line, one language a column, forms separated by ";". lexicon.npy, made from it by
`python -m training.lexicon`, holds a 64-bit hash of every analysed form and its line, so that opening
parses nothing. Knows the analyser; nothing of indexes or ranking.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.words import Analyser, Word, fold

SOURCE = Path(__file__).with_name("lexicon.tsv")
COMPILED = SOURCE.with_suffix(".npy")
_KIND = np.dtype([("key", "<u8"), ("line", "<i4")])
_BASE = 0x9E3779B97F4A7C15  # of the hashes; odd, so that it has an inverse
_MOST_LINES = 4  # of one form; a form of more concepts tells none of them


@dataclass(frozen=True, slots=True)
class Concept:
    """A stretch of a question that the lexicon knows, and its forms in the languages asked for."""

    source: str  # as it stands in the question, from `start` on
    start: int
    forms: tuple[str, ...]


def concepts_in(question: str, language: str | None, targets: Iterable[str], analyser: Analyser) -> list[Concept]:
    """Return the concepts of a question, the longest forms first to be taken, with their forms in the target languages.

    A question too short to tell its language is looked up in all of them; English comes first.
    """
    units = _characters(question) if language == "zh" else _units(analyser.words(question))
    languages = (language,) if language in _columns() else tuple(_columns())
    wanted = [_columns()[target] for target in targets if target in _columns()]
    found = []
    for start, end, lines in _cover(units, languages, _CHARACTERS if language == "zh" else _WORDS):
        forms = {form for line in lines for column in wanted for form in _forms(_cells(line)[column])}
        source = question[start:end]
        forms.discard(source)
        if forms:
            found.append(Concept(source, start, tuple(sorted(forms))))
    return found


@dataclass(frozen=True, slots=True)
class _Unit:
    """A word or a Chinese character of a question, and how the lexicon spells it."""

    start: int
    end: int
    key: str


def _units(words: Sequence[Word]) -> list[_Unit]:
    """Return one unit a word: a compound with its parts, without an elided article ("l’énergie" is "énergie")."""
    units = []
    for (start, end), same in groupby(words, key=lambda word: (word.start, word.end)):
        terms = [word.term for word in same]
        elided = len(terms) > 2 and len(terms[1]) <= 2 and re.match(r"\w+['’]", terms[0])
        units.append(_Unit(start, end, " ".join(terms[2:] if elided else terms)))
    return units


def _characters(question: str) -> list[_Unit]:
    return [_Unit(at, at + 1, folded) for at, folded in enumerate(map(fold, question)) if folded]


@dataclass(frozen=True, slots=True)
class _Writing:
    """How units make a form: what stands between them, and how many there are."""

    between: str
    fewest: int
    most: int


_CHARACTERS, _WORDS = _Writing("", 2, 12), _Writing(" ", 1, 6)


def _cover(units: list[_Unit], languages: Sequence[str], writing: _Writing) -> Iterator[tuple[int, int, list[int]]]:
    """Yield the runs of units that the lexicon knows from left to right, longer ones first, without overlap."""
    firsts, lasts = _runs(len(units), writing)
    if not len(firsts):
        return
    ends = np.cumsum([len(unit.key) + len(writing.between) for unit in units]) - len(writing.between)
    starts = ends - [len(unit.key) for unit in units]
    hashes = _hashes(writing.between.join(unit.key for unit in units), starts[firsts], ends[lasts])
    keys = hashes[:, None] ^ np.array([_salt(language) for language in languages], np.uint64)
    known, numbers = _table()
    low = np.searchsorted(known, keys)
    stands = known[np.minimum(low, len(known) - 1)] == keys
    at = 0
    for run in np.flatnonzero(stands.any(axis=1)).tolist():
        first, last = int(firsts[run]), int(lasts[run])
        if first < at:
            continue
        known_in = int(np.argmax(stands[run]))  # of several languages the first that knows the run
        end = np.searchsorted(known, keys[run, known_in], "right")
        lines = numbers[low[run, known_in] : end].tolist()
        at = last + 1
        if len(lines) <= _MOST_LINES:
            yield units[first].start, units[last].end, lines


def _runs(units: int, writing: _Writing) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first and the last unit of every run, from left to right, longer ones first."""
    counts = np.arange(writing.most, writing.fewest - 1, -1)
    firsts = np.repeat(np.arange(units), len(counts))
    lasts = firsts + np.tile(counts, units) - 1
    inside = lasts < units
    return firsts[inside], lasts[inside]


def _hashes(text: str, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Hash many stretches text[start:end] at once: their characters are the digits of a number, modulo 2**64.

    As in Karp and Rabin (1987): a difference of two running sums, moved to the same place.
    """
    digits = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
    sums = np.zeros(len(digits) + 1, np.uint64)
    np.cumsum((digits + 1) * _powers(_BASE, len(digits)), out=sums[1:])
    return (sums[ends] - sums[starts]) * _powers(pow(_BASE, -1, 1 << 64), len(digits) + 1)[starts]


def _powers(base: int, count: int) -> NDArray[np.uint64]:
    powers = np.full(count, base, np.uint64)
    powers[:1] = 1
    return np.cumprod(powers, dtype=np.uint64)


def _salt(language: str) -> int:
    return (_columns()[language] + 1) * _BASE % (1 << 64)


@cache
def _lines() -> list[str]:
    return SOURCE.read_text(encoding="utf-8").rstrip("\n").split("\n")


def _cells(line: int) -> list[str]:
    return _lines()[line].split("\t")


@cache
def _columns() -> dict[str, int]:
    return {language: column for column, language in enumerate(_cells(0))}


@cache
def _table() -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """Return the hashed forms, ascending, and the line of each."""
    table: NDArray[np.void] = np.load(COMPILED, allow_pickle=False)
    return np.ascontiguousarray(table["key"]), np.ascontiguousarray(table["line"])


def _forms(cell: str) -> list[str]:
    return [form.strip() for form in cell.split(";") if form.strip()]


def compile_lexicon(analyser: Analyser) -> NDArray[np.void]:
    """Return the hashed forms of the source, sorted by key and line: {key: uint64, line: int32}[forms]."""
    rows = set()
    for number in range(1, len(_lines())):
        for language, column in _columns().items():
            for form in _forms(_cells(number)[column]):
                key = fold(form) if language == "zh" else " ".join(unit.key for unit in _units(analyser.words(form)))
                (hashed,) = _hashes(key, np.array([0]), np.array([len(key)])).tolist()
                rows.add((hashed ^ _salt(language), number))
    return np.array(sorted(rows), _KIND)
