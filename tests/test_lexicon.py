"""The six-language lexicon: what it knows in a question, and that its compiled form is made from its source."""

import numpy as np
import pytest

from index.words import Analyser
from search.lexicon import COMPILED, SOURCE, compile_lexicon, concepts_in

ANALYSER = Analyser()


def forms(question: str, language: str | None, *targets: str) -> dict[str, tuple[str, ...]]:
    return {c.source: c.forms for c in concepts_in(question, language, targets, ANALYSER)}


def test_the_compiled_lexicon_is_the_source_s() -> None:
    """Where this fails: python -m training.lexicon"""
    np.testing.assert_array_equal(np.load(COMPILED), compile_lexicon(ANALYSER))


def test_every_line_has_six_languages_and_no_empty_cell() -> None:
    lines = SOURCE.read_text(encoding="utf-8").splitlines()
    assert lines[0].split("\t") == ["en", "zh", "fr", "es", "ru", "ar"]
    assert [n for n, line in enumerate(lines, 1) if len(line.split("\t")) != 6 or not all(line.split("\t"))] == []


@pytest.mark.parametrize(
    ("language", "question", "source"),
    [
        ("en", "What about renewable ENERGY?", "ENERGY"),
        ("fr", "Que dit-on de l’énergie ?", "énergie"),
        ("es", "¿Qué se dice de la energía?", "energía"),
        ("ru", "Что сказано об энергии?", "энергии"),
        ("ar", "ماذا عن الطاقة؟", "الطاقة"),
    ],
)
def test_a_word_of_any_language_leads_to_the_chinese_one(language: str, question: str, source: str) -> None:
    found = forms(question, language, "zh")
    matching = [chinese for asked, chinese in found.items() if source in asked]
    assert matching and any("能源" in form for form in matching[0])


def test_the_longest_form_is_taken_and_its_words_are_not_taken_again() -> None:
    found = forms("the small island developing States", "en", "zh")
    assert any(source.startswith("small island developing") for source in found)
    assert "island" not in found


def test_a_chinese_question_leads_to_other_languages_and_to_synonyms() -> None:
    assert any("energy" in form for form in forms("能源", "zh", "en")["能源"])
    assert "能源" not in forms("能源", "zh", "zh")["能源"]


@pytest.mark.parametrize("question", ["", "？", "qwertyuiop", "\x00", "   "])
def test_a_question_without_known_words_has_no_concepts(question: str) -> None:
    assert forms(question, "en", "zh") == {}
