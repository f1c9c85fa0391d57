"""Sorted row numbers, against numpy's own."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from index.rows import distinct, numbered


@given(arrays(np.int64, st.integers(0, 30), elements=st.integers(-5, 5)))
def test_every_number_once_in_order(numbers: np.ndarray) -> None:
    np.testing.assert_array_equal(distinct(numbers), np.unique(numbers))


@given(arrays(np.int32, st.integers(0, 300), elements=st.integers(0, 9_999)), st.sampled_from([10_000, 1_000_000]))
def test_numbers_get_places_among_the_distinct_ones(numbers: np.ndarray, count: int) -> None:
    once, places = numbered(numbers, count)  # of few and of many numbers below the count
    wanted, back = np.unique(numbers, return_inverse=True)
    np.testing.assert_array_equal(once, wanted)
    np.testing.assert_array_equal(places, back)
