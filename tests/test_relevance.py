"""Relevance and its calibration: in closed form, on data with a known answer, and from files that are wrong."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import CharacterEncoder, write_report
from hypothesis import given
from hypothesis import strategies as st

from index import build_index, open_index
from index.encoder import bundled_encoder
from index.errors import DamagedIndex
from search import Searcher, open_searcher
from search.calibrate import Collection, calibrate, fit
from search.fusion import Signals
from search.questions import Question, Target, placed
from search.relevance import SIGNALS, Calibration, calibration_for


def signals(dense: list[float]) -> Signals:
    zeros = np.zeros(len(dense), np.float32)
    return Signals(np.arange(len(dense)), np.array(dense, np.float32), zeros, zeros, zeros, zeros, zeros, zeros)


MADE = Calibration("e", {"dense": 4.0, "late": 1.0}, -2.0, 0.6, {})


def test_relevance_is_the_logistic_of_the_weighted_signals() -> None:
    np.testing.assert_allclose(MADE.relevance(signals([0.5, 1.0])), [0.5, 1 / (1 + np.exp(-2))], rtol=1e-6)


def test_a_passage_that_holds_the_words_of_the_question_is_relevant_whatever_else_is_known() -> None:
    found = replace(signals([0.0, 0.0, 0.0]), words=np.array([0.2, 0.5, 0.9], np.float32))
    np.testing.assert_allclose(MADE.relevance(found), [1 / (1 + np.exp(2)), 0.5, 1.0], rtol=1e-6)


@given(st.floats(-1e3, 1e3))
def test_relevance_lies_between_0_and_1(value: float) -> None:
    assert 0 <= MADE.relevance(signals([value]))[0] <= 1


def test_an_answer_is_good_when_one_of_the_ten_best_reaches_the_line() -> None:
    assert MADE.answers(np.array([0.1] * 9 + [0.6], np.float32))
    assert not MADE.answers(np.array([0.1] * 10 + [0.9], np.float32))
    assert not MADE.answers(np.zeros(0, np.float32))


def test_a_calibration_is_read_back_as_written_and_only_for_its_encoder(tmp_path: Path) -> None:
    MADE.write(tmp_path / "calibration.json")
    assert calibration_for(tmp_path, "e") == MADE
    assert calibration_for(tmp_path, "another").encoder == bundled_encoder().fingerprint


@pytest.mark.parametrize("text", ["", "{", "[]", '{"encoder": "e"}'])
def test_a_calibration_that_cannot_be_read_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "calibration.json").write_text(text, encoding="utf-8")
    with pytest.raises(DamagedIndex, match=r"calibration\.json"):
        calibration_for(tmp_path, "e")


def test_the_bundled_calibration_is_the_bundled_encoder_s() -> None:
    """Where this fails: python -m training.calibration."""
    bundled = json.loads((Path(__file__).parents[1] / "search" / "calibration.json").read_text(encoding="utf-8"))
    assert bundled["encoder"] == bundled_encoder().fingerprint
    assert sorted(bundled["weights"]) == sorted(SIGNALS)


def test_the_fit_finds_the_boundary_halfway_between_two_groups() -> None:
    features = np.array([[0.0], [0.1], [0.9], [1.0]] * 50)
    slope, bias = fit(features, np.array([False, False, True, True] * 50), np.ones(200))
    assert slope[0] > 0
    assert -bias / slope[0] == pytest.approx(0.5, abs=0.01)


def test_the_fit_weighs_both_kinds_the_same_however_many_there_are() -> None:
    features = np.array([[0.0]] * 10 + [[1.0]] * 1000)
    slope, bias = fit(features, np.array([False] * 10 + [True] * 1000), np.ones(1010))
    assert -bias / slope[0] == pytest.approx(0.5, abs=0.02)


def test_a_collection_of_one_s_own_is_calibrated_by_its_questions(tmp_path: Path) -> None:
    texts = {"1": "淡水资源的管理", "2": "海洋与沿海地区", "3": "可再生能源的比例", "4": "消除贫穷的行动"}
    report = write_report(tmp_path / "r" / "a.jsonl", texts)
    build_index([report], tmp_path / "index")
    searcher = open_searcher(tmp_path / "index")
    asked = {"淡水资源": "1", "海洋": "2", "可再生能源": "3", "贫穷": "4"}
    questions = [Question(text, "zh", text, ((Target("a.jsonl", number), 2),)) for text, number in asked.items()]
    questions += [Question(text, "zh", text, ()) for text in ("红烧肉", "足球比赛", "量子计算机", "电影明星")]
    found = calibrate(Collection(searcher, placed(questions, [entry.path for entry in searcher.reports()])))
    assert (found.measured["answerable"], found.measured["unanswerable"], found.measured["auroc"]) == (4, 4, 1.0)
    found.write(tmp_path / "index" / "calibration.json")
    fresh = open_searcher(tmp_path / "index")
    assert [fresh.search(q.text).answered for q in questions] == [True] * 4 + [False] * 4


def test_a_question_in_words_that_no_model_knows_is_judged_by_the_words(
    tmp_path: Path, encoder: CharacterEncoder
) -> None:
    write_report(tmp_path / "r" / "a.jsonl", {"1": "ᚠᚢᚦ ᚨᚱᚲ", "2": "ᚺᚾᛁ"})
    build_index([tmp_path / "r"], tmp_path / "index", encoder=encoder)
    searcher = Searcher(open_index(tmp_path / "index", encoder=encoder))
    answer = searcher.search("ᚨᚱᚲ")
    assert (answer.answered, answer.hits[0].paragraph) == (True, "1")
    assert not searcher.search("ᛒᛖᛗ").answered
