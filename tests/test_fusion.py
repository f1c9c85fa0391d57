"""The weighing of signals, in closed form."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from search.fusion import FEEDBACK_DEPTH, Signals, Weights, feedback, fuse


def signals(**given_: list[float]) -> Signals:
    rows = len(next(iter(given_.values())))
    zeros = {name: np.zeros(rows, np.float32) for name in ("dense", "late", "words", "lexicon", "dated", "asked")}
    stated = {name: np.array(values, np.float32) for name, values in given_.items()}
    return Signals(rows=np.arange(rows), **({"tokens": np.full(rows, 60, np.float32)} | zeros | stated))


def test_the_score_is_the_weighted_sum_of_the_signals() -> None:
    weights = Weights(dense=1, late=2, words=3, lexicon=4, dated=5, length=0, feedback=0)
    found = fuse(signals(dense=[0.1, 0], late=[0.2, 0], words=[0.3, 0], lexicon=[0.4, 1], dated=[0, 1]), weights)
    np.testing.assert_allclose(found, [0.1 + 0.4 + 0.9 + 1.6, 9], rtol=1e-6)


def test_length_counts_by_its_logarithm() -> None:
    found = fuse(signals(tokens=[60, 120, 1]), Weights(length=-1))
    np.testing.assert_allclose(found, [0, -np.log(2), -np.log(8 / 60)], rtol=1e-6)


def test_feedback_is_the_cosine_with_the_best_row_when_it_stands_far_above() -> None:
    vectors = np.array([[1, 0], [0, 1], [0.6, 0.8]], np.float32)
    np.testing.assert_allclose(feedback(np.array([100, 0, 0], np.float32), vectors), [1, 0, 0.6], atol=1e-6)


def test_feedback_reads_the_best_rows_only() -> None:
    vectors = np.eye(FEEDBACK_DEPTH + 1, dtype=np.float32)
    gained = feedback(np.array([1.0] * FEEDBACK_DEPTH + [0.0], np.float32), vectors)
    assert gained[-1] == 0
    np.testing.assert_allclose(gained[:-1], 1 / np.sqrt(FEEDBACK_DEPTH), rtol=1e-5)


def test_no_rows_gain_nothing() -> None:
    assert feedback(np.zeros(0, np.float32), np.zeros((0, 4), np.float32)).shape == (0,)


@given(arrays(np.float32, (7, 4), elements=st.floats(-1, 1, width=32)), st.permutations(range(7)))
def test_a_row_s_score_does_not_depend_on_where_it_stands(values: np.ndarray, order: list[int]) -> None:
    names = ("dense", "late", "words", "lexicon")
    stated = {name: list(values[:, i]) for i, name in enumerate(names)}
    moved = {name: list(values[order, i]) for i, name in enumerate(names)}
    np.testing.assert_array_equal(fuse(signals(**stated), Weights())[order], fuse(signals(**moved), Weights()))
