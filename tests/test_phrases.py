"""The page speaks six languages completely, and offers questions that the collection answers."""

import string
from dataclasses import dataclass, fields
from pathlib import Path

import pytest

from ui.examples import examples
from ui.phrases import EN, PHRASES, ZH, Phrases, phrases_for

SEEDS = Path(__file__).parents[1] / "seeds"


@dataclass(frozen=True)
class Entry:
    path: str
    sections: tuple[str, ...] = ()


def holes(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_the_six_official_languages_are_spoken() -> None:
    assert list(PHRASES) == ["zh", "en", "fr", "es", "ru", "ar"]
    assert [code for code, phrases in PHRASES.items() if phrases.right_to_left] == ["ar"]


@pytest.mark.parametrize("language", PHRASES)
def test_every_phrase_is_said_with_the_same_holes_as_in_english(language: str) -> None:
    for field in fields(Phrases):
        said, english = getattr(PHRASES[language], field.name), getattr(EN, field.name)
        if isinstance(said, str):
            assert said.strip(), field.name
            assert holes(said) == holes(english), field.name


@pytest.mark.parametrize(
    ("wishes", "language"),
    [
        (("zh-CN",), "zh"),
        (("fr_CA",), "fr"),
        (("", "ru"), "ru"),
        (("xx", None), "en"),
        ((None,), "en"),
        (("ES",), "es"),
    ],
)
def test_the_first_wish_that_is_spoken_decides(wishes: tuple[str | None, ...], language: str) -> None:
    assert phrases_for(*wishes).language == language


@pytest.mark.parametrize("language", PHRASES)
def test_examples_are_questions_of_the_sample_reports(language: str) -> None:
    stems = {path.stem for path in SEEDS.glob("*.txt")}
    asked = PHRASES[language].examples_asked
    assert 4 <= len(asked) <= 6
    assert {report for report, _ in asked} <= stems


def test_examples_ask_only_what_the_collection_holds() -> None:
    one = Entry("reports/000_fc3021cedd9a0355.txt")
    assert examples([one], ZH) == [
        "2005年打算举行什么样的重大活动？",
        "怎样让大会的辩论更有互动性？",
        "谁在国家一级监测千年发展目标的进展？",
    ]


def test_examples_for_unknown_reports_are_their_own_headings_in_turn() -> None:
    entries = [
        Entry("a.txt", ("一. 导言", "二. 淡水以及水和环卫问题", "（三）海洋和沿海地区管理")),
        Entry("b.txt", ("A. Introduction", "B. Financing for development")),
    ]
    assert examples(entries, ZH) == ["淡水以及水和环卫问题", "Financing for development", "海洋和沿海地区管理"]
    assert examples([], ZH) == []
