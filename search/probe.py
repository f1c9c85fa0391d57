"""What a search looks for: the vector, tokens, words and lexicon words of a question or of a passage.

A leg that cannot look says why. Knows the open index's analyser and encoders; nothing of ranking.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from index.errors import ModelNotAvailable
from index.language import detect_language
from index.lexical import WeightedTerm
from index.opened import OpenIndex
from index.years import years_in_digits, years_named
from search.hit import Expansion
from search.late import Asked, asked_tokens, tokens_of
from search.lexicon import concepts_in

_MOST_TERMS = 48  # of a long question or of a passage: the rarest
_MOST_FORMS = 10  # of one concept: the rarest
_RAREST_COMMON = 1.2  # inverse document frequency under which an added word says nothing
_FILLER = 0.5  # share of the heaviest word's weight under which a word of the question asks for nothing
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
    foreign: int  # concepts that no report holds a word for
    expansions: tuple[Expansion, ...]
    problems: dict[str, str]
    years: frozenset[int] = frozenset()  # that a question names


def probe_of_question(index: OpenIndex, text: str, *, meaning: bool = True) -> Probe:
    """Return what to look for when a question is asked; without `meaning` no encoder is opened."""
    language = detect_language(text, least=1)
    problems: dict[str, str] = {}
    vector = _vector(index, text, problems) if meaning else None
    expanded = _expanded(index, text, language)
    probe = _probe(index, text, language, vector, expanded, problems, meaning)
    return replace(probe, years=years_named(text))


def probe_of_passage(index: OpenIndex, text: str, language: str | None, rows: NDArray[np.int64]) -> Probe:
    """Return what to look for when passages like some rows are wanted: their mean vector and their rarest words."""
    mean = index.encoded(rows).mean(axis=0)
    vector = np.asarray(mean / (np.linalg.norm(mean) or 1.0), np.float32)
    return _probe(index, text, language, vector, _Expanded((), (), 0), {}, True)


def _probe(
    index: OpenIndex,
    text: str,
    language: str | None,
    vector: NDArray[np.float32] | None,
    expanded: "_Expanded",
    problems: dict[str, str],
    meaning: bool,
) -> Probe:
    asked = None
    if meaning and index.has_tokens:
        encoder = index.tokens_encoder
        asked = asked_tokens(encoder, tokens_of(encoder, text).ids)
    elif meaning:
        problems["late"] = "the index was built with another bundled model; rebuild it to compare word by word"
    terms = _rarest(index, index.analyser.terms(text))
    grams = _grams(index, text)
    added = (expanded.groups, expanded.foreign, expanded.expansions)
    return Probe(text, language, vector, asked, terms, grams, *added, problems)


def _vector(index: OpenIndex, text: str, problems: dict[str, str]) -> NDArray[np.float32] | None:
    try:
        vector: NDArray[np.float32] = (
            index.tokens_encoder.pool([tokens_of(index.tokens_encoder, text).ids])[0]  # others want the tokens as well
            if index.encoder is index.tokens_encoder
            else index.encoder.encode_query(years_in_digits(text))
        )
    except ModelNotAvailable as error:
        problems["dense"] = str(error)
        return None
    if not np.any(vector):
        problems["dense"] = "the question holds no word that the model knows"
        return None
    return vector


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


@dataclass(frozen=True, slots=True)
class _Expanded:
    """What the lexicon and the reports' own abbreviations add to a question."""

    groups: tuple[tuple[tuple[str, ...], ...], ...]
    expansions: tuple[Expansion, ...]
    foreign: int


def _expanded(index: OpenIndex, text: str, language: str | None) -> _Expanded:
    targets = sorted(index.languages)
    known = concepts_in(text, language, targets, index.analyser)
    tells = _weigher(index, text) if known else None
    added = [(c.source, c.forms, "lexicon") for c in known if tells and tells(c.start, c.start + len(c.source))]
    added += [(source, (form,), "abbreviation") for source, form in _abbreviated(index, text)]
    groups, expansions, foreign = [], [], 0
    for source, forms, origin in added:
        standing = _standing_forms(index, forms)
        telling = [form for form in standing if form.idf > _RAREST_COMMON][:_MOST_FORMS]
        foreign += not standing
        if telling:
            groups.append(tuple(form.terms for form in telling))
            expansions += [Expansion(form.text, source, origin) for form in telling]
    return _Expanded(tuple(groups), tuple(expansions), foreign)


def _weigher(index: OpenIndex, text: str) -> Callable[[int, int], bool]:
    """Return what says whether text[start:end] is more than "who", "was" or "about": the encoder's weights know."""
    if not index.has_tokens:
        return lambda start, end: True
    tokens = tokens_of(index.tokens_encoder, text)
    lengths = index.tokens_encoder.lengths(tokens.ids)
    least = _FILLER * float(lengths.max(initial=0.0))
    spans = [(*span, heavy) for span, heavy in zip(tokens.spans, (lengths >= least).tolist(), strict=True)]

    def tells(start: int, end: int) -> bool:
        inside = [heavy for first, last, heavy in spans if first < end and start < last]
        return any(inside) or not inside

    return tells


@dataclass(frozen=True, slots=True)
class _Form:
    """A form of a concept whose every term stands in some passage; `idf` is that of its rarest term."""

    text: str
    terms: tuple[str, ...]
    idf: float


def _standing_forms(index: OpenIndex, forms: Sequence[str]) -> list[_Form]:
    """Return the forms that the collection can hold, rarest first; a single character tells nothing."""
    lexical, found = index.lexical, []
    for form in forms:
        terms = index.analyser.terms_of_form(form) if len(form) > 1 else ()
        if terms and all(lexical.frequency(term) for term in terms):
            found.append(_Form(form, terms, max(lexical.idf(term) for term in terms)))
    return sorted(found, key=lambda form: (-form.idf, form.text))


def _abbreviated(index: OpenIndex, text: str) -> list[tuple[str, str]]:
    """Return the short and long names in the text that the reports define, each with its counterpart."""
    found = [(name, index.abbreviations[name]) for name in index.abbreviations_in(text)]
    found = [(name, other) for name, other in found if other not in text]
    return [pair for pair in found if not pair[0].isascii() or re.search(rf"(?<!\w){re.escape(pair[0])}(?!\w)", text)]


def telling_terms(index: OpenIndex, probe: Probe) -> set[str]:
    """Return the words of a question that are rare enough to be shown as evidence; all of them when none is."""
    terms = [term.term for term in probe.terms]
    rare = {term for term in terms if index.lexical.idf(term) >= _TELLING}
    return rare or set(terms)
