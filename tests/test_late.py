"""Late interaction against its definition, computed word by word."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.encoder import StaticEncoder, bundled_encoder
from index.tokens import Bags
from search.late import Told, asked_tokens, late_scores, meant_words

QUESTIONS = ("谁负责监测千年发展目标？", "Which agency deals with waste?", "Какие области важны?", "")
TEXTS = ("环境规划署负责处理废物。", "监测千年发展目标的进展", "the regional commissions", "", "￼￼", "。")


def encoder() -> StaticEncoder:
    return bundled_encoder()


def told(text: str, start: int = 0) -> Told:
    return Told(text, start, encoder().token_ids([text])[0])


def naive(question: str, text: str) -> float:
    """One less the weighted mean, over the question's tokens, of the squared distance of the best cosine from 1."""
    asked, told = encoder().token_ids([question])[0], encoder().token_ids([text])[0]
    if not len(asked) or not len(told):
        return 0.0
    weights = encoder().lengths(asked) ** 2
    best = [max(float(q @ p) for p in encoder().directions(told)) for q in encoder().directions(asked)]
    return 1 - sum(w * (1 - b) ** 2 for w, b in zip(weights, best, strict=True)) / float(weights.sum())


def scores(question: str, texts: tuple[str, ...]) -> np.ndarray:
    return late_scores(
        encoder(), asked_tokens(encoder(), encoder().token_ids([question])[0]), Bags.of(encoder().token_ids(texts))
    )


def test_the_score_is_the_definition_s() -> None:
    for question in QUESTIONS:
        expected = [naive(question, text) for text in TEXTS]
        np.testing.assert_allclose(scores(question, TEXTS), expected, atol=2e-6)


def test_a_text_answers_itself_in_full() -> None:
    np.testing.assert_allclose(scores(TEXTS[0], TEXTS[:1]), [1.0], atol=1e-5)


@given(st.lists(st.sampled_from(TEXTS), max_size=6))
def test_a_passage_s_score_does_not_depend_on_the_others(texts: list[str]) -> None:
    alone = [float(scores(QUESTIONS[0], (text,))[0]) for text in texts]
    np.testing.assert_allclose(scores(QUESTIONS[0], tuple(texts)), alone, atol=2e-6)


def test_words_that_mean_the_same_are_found_across_languages() -> None:
    question, text = "energy", "首脑会议确定了能源领域"
    meant = meant_words(encoder(), question, [told(text), told("")], most=8)
    assert [(text[m.start : m.end], question[m.asked_start : m.asked_end]) for m in meant[0]] == [
        ("能源", "energ")
    ]  # a piece of the word
    assert meant[1] == []


@pytest.mark.parametrize(
    ("context", "text", "word"),
    [
        ("能源 能源\n", "首脑会议确定了能源领域", "能源"),  # what is not shown is passed over
        ("一. 能源", "", None),
        ("", "مجالات الطَّاقَة", "طَّاق"),  # marks are folded to nothing
        ("", "½ ﬀ № ЭНЕРГЕТИКА", "ЭНЕРГЕТИК"),  # others to several characters
        ("", "ภาษา énergie", "énergi"),
    ],
)
def test_a_word_is_shown_where_it_stands_in_the_passage(context: str, text: str, word: str | None) -> None:
    (meant,) = meant_words(encoder(), "energy", [told(context + text, len(context))], most=1)
    assert [text[m.start : m.end] for m in meant] == ([word] if word else [])
