"""Sorted row numbers, against numpy's own."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from index.rows import distinct


@given(arrays(np.int64, st.integers(0, 30), elements=st.integers(-5, 5)))
def test_every_number_once_in_order(numbers: np.ndarray) -> None:
    np.testing.assert_array_equal(distinct(numbers), np.unique(numbers))
