"""Cut text into the words that the lexical index holds; the only door to jieba's dictionary.

The same analyser runs over passages and questions. It owns spelling (case, accents, width, traditional
characters, Arabic and Cyrillic variants, years) and knows nothing of files, indexes or ranking.
"""

import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from itertools import chain
from operator import add
from pathlib import Path
from typing import Any

from index.errors import UnreadableFile
from index.years import years_in_digits

# Rust port of jieba with jieba's dictionary and search mode: five times faster, a sixth of the start-up time.
TOKENIZER = "rjieba-search-2"

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_OTHER = rf"[^\W_{_HAN}]+(?:[/.\-'’][^\W_{_HAN}]+)*"
_TOKEN, _OTHER_TOKEN = re.compile(rf"[{_HAN}]+|{_OTHER}"), re.compile(_OTHER)
_HAN_RUN = re.compile(rf"[{_HAN}]+")


@cache
def _run_or_token() -> re.Pattern[str]:
    """Return what passages are cut with; questions do without."""
    return re.compile(rf"([{_HAN}]+)|({_OTHER})")


_MARK = re.compile("[\u0300-\u036f\u0610-\u061a\u0640\u064b-\u065f\u0670\u200b-\u200d\ufeff]")  # folded to nothing
_PART = re.compile(r"[^\W_]+")
_ARABIC = {"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ة": "ه", "ؤ": "و", "ئ": "ي", "ـ": ""}


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text: `text[start:end]` is how it stands there, `term` how the index holds it."""

    term: str
    start: int
    end: int


class _Folding(dict[int, str]):
    """Map one character to its plain spelling; filled as characters are met."""

    def __missing__(self, code: int) -> str:
        if chr(code) in "йЙ":  # a letter of its own, not an accented и
            return "й"
        folded = "".join(_fold_character(c) for c in unicodedata.normalize("NFKD", chr(code)))
        self[code] = folded
        return folded


def _fold_character(character: str) -> str:
    if unicodedata.combining(character) or character in "\u200b\u200c\u200d\ufeff":
        return ""
    if (digit := unicodedata.decimal(character, None)) is not None:
        return str(digit)
    character = _ARABIC.get(character, character)
    return _simplified().get(character, character).casefold()


@cache
def _simplified() -> dict[str, str]:
    """Return traditional character -> simplified (single characters; source: OpenCC's TSCharacters table)."""
    lines = (files("index") / "tables" / "traditional.txt").read_text(encoding="utf-8").split("\n")
    return dict(zip(lines[0], lines[1], strict=True))


@cache
def _folding() -> _Folding:
    return _Folding()


def fold(text: str) -> str:
    """Return the text in plain spelling: lower case, no accents, half width, simplified characters, years in digits."""
    return years_in_digits(text.translate(_folding()))


class Analyser:
    """Cut text with jieba's dictionary and, if given, the collection's own dictionary on top."""

    def __init__(self, dictionary: Path | None = None) -> None:
        import rjieba

        self._jieba = rjieba.Jieba() if dictionary else rjieba._DEFAULT_JIEBA
        content = b""
        if dictionary:
            content = _read_dictionary(dictionary)
            for word, frequency, tag in _parse_dictionary(content.decode("utf-8-sig")):
                self._jieba.add_word(fold(word), frequency, tag)
        self.fingerprint = TOKENIZER + (":" + hashlib.sha256(content).hexdigest()[:16] if content else "")
        self._stem = lru_cache(maxsize=200_000)(stem)
        self.terms_of_form = lru_cache(maxsize=20_000)(lambda form: tuple(dict.fromkeys(self.terms(form))))

    def terms(self, text: str) -> list[str]:
        """Return the words of a passage or a question, in order, as the index holds them."""
        return [term for token in _TOKEN.findall(fold(text)) for term in self._split(token)]

    def grams(self, text: str) -> list[str]:
        """Return every Chinese character and pair of neighbours: what jieba cuts differently is found by these."""
        return [gram for run in _HAN_RUN.findall(fold(text)) for gram in _grams(run)]

    def parts(self, text: str) -> tuple[list[str], list[str]]:
        """Return the terms and the grams of every passage that holds a text, whatever stands around it there."""
        # Not jieba's words, which depend on the surroundings, nor compounds, which may go on there; pairs are certain.
        folded = fold(text)
        words = [part for token in _OTHER_TOKEN.findall(folded) for part in _PART.findall(token)]
        runs = _HAN_RUN.findall(folded)
        grams = chain.from_iterable(map(add, run, run[1:]) if len(run) > 1 else run for run in runs)
        return list(dict.fromkeys(map(self._stem, words))), list(dict.fromkeys(grams))

    def fields(self, text: str) -> tuple[str, str]:
        """Return the terms and the runs of Chinese characters of a passage, blanks between them."""
        terms: list[str] = []
        runs: list[str] = []
        for run, token in _run_or_token().findall(fold(text)):
            if run:
                runs.append(run)
            terms += self._jieba.cut_for_search(run) if run else self._parts(token)
        return " ".join(terms), " ".join(runs)

    def words(self, text: str) -> list[Word]:
        """Return the words with their places in the text as it was given, for highlighting."""
        folded, places = _fold_with_places(text)
        return list(self._words(folded, places))

    def occurrences(self, text: str, terms: Collection[str]) -> list[Word]:
        """Return where the terms stand in a text, in text order; a Chinese term also where jieba cuts differently."""
        folded = fold(text)
        han, others = _by_script(frozenset(terms))
        found = [Word(term, at, at + len(term)) for term in han for at in _places(folded, term)]
        if others:
            found += [
                Word(term, match.start(), match.end())
                for match in _OTHER_TOKEN.finditer(folded)
                for term in self._split(match.group())
                if term in others
            ]
        if len(folded) != len(text) or _MARK.search(text):
            places = _fold_with_places(text)[1]
            found = [Word(word.term, places[word.start], places[word.end]) for word in found]
        return sorted(found, key=lambda word: (word.start, -word.end))

    def _words(self, folded: str, places: list[int]) -> Iterator[Word]:
        for match in _TOKEN.finditer(folded):
            token, at = match.group(), match.start()
            if not _HAN_RUN.match(token):
                yield from (_word(term, places, at, match.end()) for term in self._split(token))
                continue
            for term, start, end in self._jieba.tokenize(token, "search"):
                yield _word(term, places, at + start, at + end)

    def _split(self, token: str) -> list[str]:
        if _HAN_RUN.match(token):
            return self._jieba.cut_for_search(token)
        return self._parts(token)

    def _parts(self, token: str) -> list[str]:
        """Return a word of another script, and before its parts itself if it has several."""
        parts = _PART.findall(token)
        stems = [self._stem(part) for part in parts]
        return stems if len(parts) == 1 else [token, *stems]


def _word(term: str, places: list[int], start: int, end: int) -> Word:
    # One character can fold to several (¼), and an accent to none: it goes with the letter before it.
    return Word(term, places[start], max(places[end], places[end - 1] + 1))


def _places(text: str, term: str) -> Iterator[int]:
    at = text.find(term)
    while at >= 0:
        yield at
        at = text.find(term, at + len(term))


@lru_cache(maxsize=64)
def _by_script(terms: frozenset[str]) -> tuple[tuple[str, ...], frozenset[str]]:
    """Tell Chinese terms, which are looked for as they are, from those that are found word by word."""
    han = tuple(sorted(term for term in terms if _HAN_RUN.fullmatch(term)))
    return han, terms.difference(han)


def _grams(run: str) -> list[str]:
    return [*run, *map(add, run, run[1:])]


def _fold_with_places(text: str) -> tuple[str, list[int]]:
    folding = _folding()
    pieces = [folding[ord(character)] for character in text]
    places = [at for at, piece in enumerate(pieces) for _ in piece]
    return years_in_digits("".join(pieces)), [*places, len(text)]


@cache
def _stemmer(language: str) -> Any:
    import Stemmer

    return Stemmer.Stemmer(language)


def stem(word: str) -> str:
    """Return a word without its inflection; the language is told by the script, Latin script by English rules."""
    first = word[0]
    if first.isdigit() or len(word) < 3:
        return word
    if "\u0400" <= first <= "\u04ff":
        return str(_stemmer("russian").stemWord(word))
    if "\u0600" <= first <= "\u06ff":
        return _stem_arabic(word)
    return str(_stemmer("english").stemWord(word)) if first < "\u0250" else word


_ARABIC_PREFIX = re.compile(r"^(?:[وف]?(?:[بك]?ال|لل)|و(?=\w{4}))")
_ARABIC_SUFFIX = re.compile(r"(?:هما|يه|ات|ون|ين|ها|هم|ان|ه|ي)$")


def _stem_arabic(word: str) -> str:
    """Light stemming in the manner of Larkey's light10: article and conjunction off, common endings off."""
    bare = _ARABIC_PREFIX.sub("", word)
    word = bare if len(bare) >= 3 else word
    bare = _ARABIC_SUFFIX.sub("", word)
    return bare if len(bare) >= 3 else word


def _read_dictionary(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableFile(
            f"The dictionary {path} cannot be read ({error}).",
            "Give a UTF-8 text file with one word a line: word [frequency] [tag].",
        ) from error
    return content


def _parse_dictionary(text: str) -> Iterator[tuple[str, int, str]]:
    """Yield word, frequency, tag from jieba's format; a word without frequency outweighs its own parts."""
    for line in text.splitlines():
        fields = line.split()
        if fields:
            frequency = int(fields[1]) if len(fields) > 1 and fields[1].isdigit() else 1_000_000
            yield fields[0], frequency, fields[-1] if len(fields) > 2 else "nz"
