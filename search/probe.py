"""What a search looks for: the vector, tokens, words and lexicon words of a question or of a passage.

A leg that cannot look says why. Knows the open index's analyser and encoders; nothing of ranking.
"""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.errors import ModelNotAvailable
from index.language import detect_language
from index.lexical import WeightedTerm
from index.opened import OpenIndex
from search.hit import Expansion
from search.late import Asked, asked_tokens
from search.lexicon import concepts_in

_MOST_TERMS = 48  # of a long question or of a passage: the rarest
_MOST_FORMS = 10  # of one concept: the rarest
_RAREST_COMMON = 1.2  # inverse document frequency under which an added word says nothing
_TELLING = 0.7  # the same for a word of the question in the evidence


@dataclass(frozen=True, slots=True)
class Probe:
    """Everything that the legs look for."""

    text: str
    language: str | None
    vector: NDArray[np.float32] | None  # None: the dense leg cannot look, see `problems`
    asked: Asked | None
    terms: tuple[WeightedTerm, ...]
    grams: tuple[str, ...]
    groups: tuple[tuple[tuple[str, ...], ...], ...]  # per concept, its alternatives as terms
    expansions: tuple[Expansion, ...]
    problems: dict[str, str]


def probe_of_question(index: OpenIndex, text: str, *, meaning: bool = True) -> Probe:
    """Return what to look for when a question is asked; without `meaning` no encoder is opened."""
    language = detect_language(text) or _short_language(text)
    problems: dict[str, str] = {}
    vector = _vector(index, text, problems) if meaning else None
    groups, expansions = _expanded(index, text, language)
    return _probe(index, text, language, vector, groups, expansions, problems, meaning)


def probe_of_passage(index: OpenIndex, text: str, language: str | None, rows: NDArray[np.int64]) -> Probe:
    """Return what to look for when passages like some rows are wanted: their mean vector and their rarest words."""
    mean = index.vectors(rows).mean(axis=0)
    vector = np.asarray(mean / (np.linalg.norm(mean) or 1.0), np.float32)
    return _probe(index, text, language, vector, (), (), {}, True)


def _probe(
    index: OpenIndex,
    text: str,
    language: str | None,
    vector: NDArray[np.float32] | None,
    groups: tuple[tuple[tuple[str, ...], ...], ...],
    expansions: tuple[Expansion, ...],
    problems: dict[str, str],
    meaning: bool,
) -> Probe:
    asked = None
    if meaning and index.has_tokens:
        encoder = index.tokens_encoder
        asked = asked_tokens(encoder, encoder.token_ids([text])[0])
    elif meaning:
        problems["late"] = "the index was built with another bundled model; rebuild it to compare word by word"
    terms = _rarest(index, index.analyser.terms(text))
    return Probe(text, language, vector, asked, terms, _grams(index, text), groups, expansions, problems)


def _vector(index: OpenIndex, text: str, problems: dict[str, str]) -> NDArray[np.float32] | None:
    try:
        vector = index.encoder.encode_query(text)
    except ModelNotAvailable as error:
        problems["dense"] = str(error)
        return None
    if not np.any(vector):
        problems["dense"] = "the question holds no word that the model knows"
        return None
    return vector


def _short_language(text: str) -> str | None:
    """Guess the language of a few Latin words: a question too short to tell is most often English."""
    return "en" if any(c.isascii() and c.isalpha() for c in text) else None


def _rarest(index: OpenIndex, terms: list[str]) -> tuple[WeightedTerm, ...]:
    distinct = list(dict.fromkeys(terms))
    if len(distinct) > _MOST_TERMS:
        kept = set(sorted(distinct, key=lambda t: (-index.lexical.idf(t), t))[:_MOST_TERMS])
        distinct = [term for term in distinct if term in kept]
    return tuple(WeightedTerm(term) for term in distinct)


def _grams(index: OpenIndex, text: str) -> tuple[str, ...]:
    """Return the character pairs; single characters only when there is no pair, since they stand everywhere."""
    grams = list(dict.fromkeys(index.analyser.grams(text)))
    pairs = [gram for gram in grams if len(gram) > 1]
    return tuple((pairs or grams)[:_MOST_TERMS])


def _expanded(
    index: OpenIndex, text: str, language: str | None
) -> tuple[tuple[tuple[tuple[str, ...], ...], ...], tuple[Expansion, ...]]:
    """Return the alternatives that the lexicon and the reports' own abbreviations add, and how to tell of them."""
    groups, expansions = [], []
    targets = sorted(index.languages)
    added = [(c.source, c.forms, "lexicon") for c in concepts_in(text, language, targets, index.analyser)]
    added += [(source, (form,), "abbreviation") for source, form in _abbreviated(index, text)]
    for source, forms, origin in added:
        analysed = {form: tuple(dict.fromkeys(index.analyser.terms(form))) for form in forms if len(form) > 1}
        weighed = sorted((-_weakest_idf(index, terms), form, terms) for form, terms in analysed.items() if terms)
        telling = [(form, terms) for weight, form, terms in weighed if weight < -_RAREST_COMMON][:_MOST_FORMS]
        if telling:
            groups.append(tuple(terms for _, terms in telling))
            expansions += [Expansion(form, source, origin) for form, _ in telling]
    return tuple(groups), tuple(expansions)


def _abbreviated(index: OpenIndex, text: str) -> list[tuple[str, str]]:
    """Return the short and long names in the text that the reports define, each with its counterpart."""
    found = [(name, other) for name, other in index.abbreviations.items() if name in text]
    found = [(name, other) for name, other in found if other not in text]
    return [pair for pair in found if not pair[0].isascii() or re.search(rf"(?<!\w){re.escape(pair[0])}(?!\w)", text)]


def _weakest_idf(index: OpenIndex, terms: tuple[str, ...]) -> float:
    """Return the frequency weight of a form: that of its rarest term, or 0 when one of its terms stands nowhere."""
    if not all(index.lexical.frequency(term) for term in terms):
        return 0.0
    return max(index.lexical.idf(term) for term in terms)


def telling_terms(index: OpenIndex, probe: Probe) -> set[str]:
    """Return the words of a question that are rare enough to be shown as evidence; all of them when none is."""
    terms = [term.term for term in probe.terms]
    rare = {term for term in terms if index.lexical.idf(term) >= _TELLING}
    return rare or set(terms)
