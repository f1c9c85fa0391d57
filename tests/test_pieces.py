"""The pieces of one question against the tokenizers library, which reads the same model."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from index.encoder import BUNDLED, StaticEncoder
from index.pieces import Pieces, compile_pieces

LIBRARY = Tokenizer.from_file(str(BUNDLED / "tokenizer.json"))
READ = Pieces.read(BUNDLED)
assert READ is not None
PIECES: Pieces = READ
EVERY = [chr(point) for point in range(0x20, 0x30000) if not 0xD800 <= point < 0xE000]
PLAIN = [character for character in EVERY if PIECES.cut(character) is not None]
LETTERS = "abzéŁßœ中国可持续發展的々〇абжёйЩШ٣تنميةالالوفللأئ 0129½.,。、-'’\n%$€µ"
TEXTS = [
    "截至3月底，已有94个国家提交了關於社會發展問題世界首脑会议承諾执行情况的国家报告（A/58/359）。",
    "Pourquoi tant de gouvernements n’ont-ils pas renvoyé l’enquête ?",
    "почему многие правительства ещё не прислали ответы на анкету № 5",
    "لماذا لم تجب حكومات كثيرة عن استطلاع متابعة القمة الاجتماعية؟ وللتنمية والبلدان",
    "",
]


def cut(text: str) -> list[tuple[int, int, int]] | None:
    pieces = PIECES.cut(text)
    return None if pieces is None else [(piece.number, piece.start, piece.end) for piece in pieces]


def by_the_library(text: str) -> list[tuple[int, int, int]]:
    encoding = LIBRARY.encode(text, add_special_tokens=False)
    return [(number, *span) for number, span in zip(encoding.ids, encoding.offsets, strict=True) if number]


@pytest.mark.parametrize("text", TEXTS)
def test_sentences_of_every_language_come_out_the_same(text: str) -> None:
    assert cut(text) == by_the_library(text)


@pytest.mark.parametrize("around", ["{}", "a{}b", "中{}国", "1{}2", "д{}а", "ا{}لتنمية", "ال{}تنمية"])
def test_every_plain_character_comes_out_the_same(around: str) -> None:
    assert len(PLAIN) > 27_000
    for first in range(0, len(PLAIN), 300):
        text = " ".join(map(around.format, PLAIN[first : first + 300]))
        assert cut(text) == by_the_library(text)


@settings(max_examples=400)
@given(st.text(st.one_of(st.sampled_from(LETTERS), st.sampled_from(PLAIN)), max_size=30))
def test_any_plain_text_comes_out_the_same(text: str) -> None:
    assert cut(text) in (by_the_library(text), None)


@pytest.mark.parametrize("text", ["مُحَمَّد", "e\u0301", "한국어", "ภาษา", "\r\n", "👩‍👩‍👧", "カナ", "a" * 5000, "\u200f"])
def test_what_is_not_sure_to_come_out_the_same_is_left_to_the_library(text: str) -> None:
    assert cut(text) is None
    tokens = StaticEncoder().tokens(text)
    assert [(n, *span) for n, span in zip(tokens.ids.tolist(), tokens.spans, strict=True)] == by_the_library(text)


@settings(max_examples=200)
@given(st.text(st.one_of(st.sampled_from(LETTERS), st.characters(exclude_categories=["Cs"])), max_size=40))
def test_places_of_known_pieces_lie_in_the_text_in_order(text: str) -> None:
    ids = [number for number, _, _ in by_the_library(text)]
    spans = list(PIECES.spans(ids, text))
    assert len(spans) == len(ids) and all(0 <= start <= end <= len(text) for start, end in spans)
    assert spans == sorted(spans)
    if (pieces := cut(text)) is not None:
        assert spans == [(start, end) for _, start, end in pieces]


def test_the_files_are_made_from_the_tokenizer(tmp_path: Path) -> None:
    shutil.copy(BUNDLED / "tokenizer.json", tmp_path)
    assert Pieces.read(tmp_path) is None
    compile_pieces(tmp_path, LIBRARY.normalizer.normalize_str)
    for name in ("pieces.txt", "pieces.npy"):
        assert (tmp_path / name).read_bytes() == (BUNDLED / name).read_bytes(), "python -m training.export"


def test_another_kind_of_tokenizer_is_refused(tmp_path: Path) -> None:
    Tokenizer.from_str('{"model": {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}}').save(
        str(tmp_path / "tokenizer.json")
    )
    with pytest.raises(ValueError, match="tokenizer of ours"):
        compile_pieces(tmp_path, LIBRARY.normalizer.normalize_str)


def test_a_question_does_not_open_the_library() -> None:
    code = "import sys; from index.encoder import bundled_encoder as b; b().encode_query('能源'); print(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "index.pieces" in told.stdout.split() and "tokenizers" not in told.stdout.split()
