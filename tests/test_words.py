"""Cutting text into words: the same on both sides, and nothing that stands in a text is lost."""

from pathlib import Path

import jieba
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import UnreadableFile
from index.lexical import LexicalIndex, LexicalRow, write_lexical
from index.words import Analyser, fold, stem

SEEDS = sorted((Path(__file__).parents[1] / "seeds").glob("*.txt"))
HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=2, max_size=12)


@pytest.fixture(scope="module")
def analyser() -> Analyser:
    return Analyser()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("聯合國經濟及社會理事會", "联合国经济及社会理事会"),
        ("Ａ／５８／３５９（２００３）", "a/58/359(2003)"),
        ("ÉNERGIE Française", "energie francaise"),
        ("Ёлка и ещё", "елка и еще"),
        ("التَّنْمِيَة المُسْتَدَامَة", "التنميه المستدامه"),
        ("إلى أفريقيا", "الي افريقيا"),
        ("niño", "NIN\u0303O"),
        ("عام ٢٠٠٣", "عام 2003"),
        ("२००३", "2003"),
        ("zero\u200bwidth", "zerowidth"),
        ("一九八五年至二〇〇三年", "1985年至2003年"),
    ],
)
def test_spellings_of_the_same_word_fold_together(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_a_russian_letter_is_not_taken_for_an_accent() -> None:
    assert fold("Йод") == "йод"


@settings(deadline=None)
@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@settings(deadline=None)
@given(text=st.text(max_size=60))
def test_words_say_where_they_stand(analyser: Analyser, text: str) -> None:
    for word in analyser.words(text):
        assert 0 <= word.start < word.end <= len(text)
        assert fold(text[word.start : word.end])


@settings(deadline=None)
@given(text=st.text(max_size=80))
def test_the_fields_of_a_passage_are_the_words_of_a_question(analyser: Analyser, text: str) -> None:
    terms, runs = analyser.fields(text)
    assert terms.split() == analyser.terms(text)
    grams = [gram for run in runs.split() for gram in (*run, *(run[i : i + 2] for i in range(len(run) - 1)))]
    assert sorted(grams) == sorted(analyser.grams(text))


def test_cuts_are_those_of_jieba(analyser: Analyser) -> None:
    for path in SEEDS:
        text = fold(path.read_text(encoding="utf-8"))[:4000]
        for run in "".join(c if "\u4e00" <= c <= "\u9fff" else " " for c in text).split():
            assert analyser.terms(run) == list(jieba.cut_for_search(run))


def test_inflected_words_meet() -> None:
    assert stem("resolutions") == stem("resolution")
    assert stem("резолюции") == stem("резолюция")
    assert stem("والتنمية".replace("ة", "ه")) == stem("تنميه")
    assert stem("2003") == "2003"


def test_a_symbol_is_found_whole_and_in_parts(analyser: Analyser) -> None:
    assert analyser.terms("A/58/359") == ["a/58/359", "a", "58", "359"]


@settings(deadline=None, max_examples=50)
@given(run=HAN)
def test_every_pair_of_neighbours_is_a_gram(analyser: Analyser, run: str) -> None:
    grams = analyser.grams(run)
    folded = fold(run)
    assert set(folded) <= set(grams)
    assert {folded[i : i + 2] for i in range(len(folded) - 1)} <= set(grams)


def test_every_two_characters_of_a_report_are_found_where_they_stand(analyser: Analyser, tmp_path: Path) -> None:
    lines = [line for path in SEEDS for line in path.read_text(encoding="utf-8").split("\n") if line.strip()][:80]
    texts = ["".join(line.split()) for line in lines]
    rows = [LexicalRow(1, i, *analyser.fields(text), "", ()) for i, text in enumerate(texts)]
    write_lexical(tmp_path / "x", rows)
    index = LexicalIndex(tmp_path / "x", {1: 0})
    pairs = {
        text[i : i + 2]
        for text in texts
        for i in range(0, len(text) - 1, 5)
        if all("\u4e00" <= c <= "\u9fff" for c in text[i : i + 2])
    }
    assert len(pairs) > 500
    for pair in pairs:
        standing = [i for i, text in enumerate(texts) if pair in text]
        assert sorted(index.with_all([], [fold(pair)], len(texts)).tolist()) == standing, pair


def test_a_dictionary_joins_words_and_is_part_of_the_fingerprint(analyser: Analyser, tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text("行政首长协调会 5000 nt\n約翰內斯堡首腦會議\n\n", encoding="utf-8")
    own = Analyser(path)
    assert "行政首长协调会" in own.terms("由行政首长协调会决定")
    assert "约翰内斯堡首脑会议" in own.terms("约翰内斯堡首脑会议之后")
    assert own.fingerprint != analyser.fingerprint
    path.write_text("行政首长协调会 5001 nt\n", encoding="utf-8")
    assert Analyser(path).fingerprint != own.fingerprint
    assert analyser.terms("由行政首长协调会决定") == Analyser().terms("由行政首长协调会决定")


def test_a_dictionary_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_bytes("能源".encode("utf-16"))
    for path in (tmp_path / "words.txt", tmp_path / "none.txt"):
        with pytest.raises(UnreadableFile, match=str(path)):
            Analyser(path)
