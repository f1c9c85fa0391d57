"""Say why a passage was found: which of its words the question's words stand for, and by what. For shown hits only."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.opened import Located, OpenIndex
from index.segment import embedding_text
from index.words import Word, fold
from search.hit import Match
from search.late import Meant, Told, meant_words
from search.probe import Probe, telling_terms

_MOST_BY_MEANING = 8  # of one passage, strongest first
_WEAKEST = 0.35  # share of the strongest likeness below which another is not shown
_WORD = re.compile(r"[^\W_]+")
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]")


@dataclass(frozen=True, slots=True)
class Evidence:
    """The matches of one passage, in text order, and the question's words that stand in it."""

    matches: tuple[Match, ...]
    matched: tuple[str, ...]


class Witness:
    """What is looked for in every hit of one search."""

    def __init__(self, index: OpenIndex, probe: Probe) -> None:
        self.index, self.probe = index, probe
        telling = telling_terms(index, probe)
        asked = index.analyser.words(probe.text)
        words = {w.term: probe.text[w.start : w.end] for w in asked if w.term in telling}
        self.words = {term: word for term, word in words.items() if not _is_single(term)} or words
        self.added: dict[tuple[str, ...], str] = {}
        for expansion in probe.expansions:
            if _HAN.match(expansion.word):  # looked for whole first: jieba cuts 可持续 into 可 and 持续
                self.added.setdefault((fold(expansion.word),), expansion.source)
            terms = index.analyser.terms_of_form(expansion.word)
            self.added.setdefault(tuple(term for term in terms if not _is_single(term)) or terms, expansion.source)
        self.terms = {*self.words, *(term for terms in self.added for term in terms)}

    def evidence(self, hits: Sequence[Located], tokens: Sequence[NDArray[np.int32]]) -> list[Evidence]:
        """Return the evidence in each passage, given its tokens; of overlapping matches the plainer one is kept."""
        meant: list[list[Meant]] = [[] for _ in hits]
        if self.probe.asked is not None:
            texts = [embedding_text(hit.passage) for hit in hits]
            starts = [len(text) - len(hit.passage.text) for text, hit in zip(texts, hits, strict=True)]
            told = [Told(*one) for one in zip(texts, starts, tokens, strict=True)]
            meant = meant_words(self.index.tokens_encoder, self.probe.text, told, _MOST_BY_MEANING)
        return [self._evidence(hit.passage.text, found) for hit, found in zip(hits, meant, strict=True)]

    def _evidence(self, text: str, meant: list[Meant]) -> Evidence:
        told = self.index.analyser.occurrences(text, self.terms)
        same = [Match(w.start, w.end, self.words[w.term], "lexical") for w in told if w.term in self.words]
        same = _apart(sorted(same, key=lambda m: (m.start - m.end, m.start)), [])
        matched = tuple(dict.fromkeys(text[m.start : m.end] for m in sorted(same, key=lambda m: m.start)))
        matches = _apart(self._by_lexicon(told), same)
        matches = _apart(self._by_meaning(text, meant), matches)
        return Evidence(tuple(sorted(matches, key=lambda m: m.start)), matched)

    def _by_lexicon(self, told: list[Word]) -> list[Match]:
        standing = {word.term for word in told}
        sources = {t: source for terms, source in self.added.items() if standing.issuperset(terms) for t in terms}
        return [Match(w.start, w.end, sources[w.term], "lexicon") for w in told if w.term in sources]

    def _by_meaning(self, text: str, meant: list[Meant]) -> list[Match]:
        question = self.probe.text
        strongest = meant[0].strength if meant else 0.0
        return [
            Match(*_whole(text, m.start, m.end), _asked_word(question, m.asked_start, m.asked_end), "dense")
            for m in meant
            if m.strength >= _WEAKEST * strongest and m.end > m.start + 1  # one letter shows nothing
        ]


def _apart(matches: Iterable[Match], taken: list[Match]) -> list[Match]:
    """Return the matches taken before and those that overlap none of them."""
    kept = list(taken)
    for match in matches:
        if all(match.end <= other.start or other.end <= match.start for other in kept):
            kept.append(match)
    return kept


def _whole(text: str, start: int, end: int) -> tuple[int, int]:
    """Widen a piece of a word to the word; Chinese words are pieces already."""
    if _HAN.search(text, start, end):
        return start, end
    while start > 0 and _joins(text[start - 1]):
        start -= 1
    while end < len(text) and _joins(text[end]):
        end += 1
    return start, end


def _is_single(term: str) -> bool:
    """Say whether a term is one Chinese character, which stands everywhere and shows nothing."""
    return len(term) == 1 and bool(_HAN.match(term))


def _joins(character: str) -> bool:
    return bool(_WORD.fullmatch(character)) and not _HAN.match(character)


def _asked_word(question: str, start: int, end: int) -> str:
    start, end = _whole(question, start, end)
    return question[start:end]
