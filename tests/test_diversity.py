"""Near-identical passages are grouped under the best of them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from index.tokens import Bags
from search.diversity import Groups

ONE, TWO = np.array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), np.array([11, 12, 13])


def groups(vectors: NDArray[np.float32], bags: Bags) -> list[list[int]]:
    found = Groups()
    found.add(vectors, bags)
    return found.members


def grouped(kinds: list[int]) -> list[list[int]]:
    vectors = np.eye(8, dtype=np.float32)[kinds]
    return groups(vectors, Bags.of([np.array([kind * 10 + n for n in range(5)]) for kind in kinds]))


def test_the_best_leads_and_the_rest_follow_in_order() -> None:
    assert grouped([3, 1, 3, 2, 1, 3]) == [[0, 2, 5], [1, 4], [3]]


def test_like_vectors_with_other_words_stay_apart() -> None:
    same = np.array([[1, 0], [1, 0]], np.float32)
    assert groups(same, Bags.of([ONE, TWO])) == [[0], [1]]


def test_like_words_with_other_vectors_stay_apart() -> None:
    assert groups(np.eye(2, dtype=np.float32), Bags.of([ONE, ONE])) == [[0], [1]]


def test_the_same_words_in_another_order_are_another_passage() -> None:
    same = np.array([[1, 0], [1, 0]], np.float32)
    assert groups(same, Bags.of([ONE, ONE[::-1]])) == [[0], [1]]


def test_one_other_word_in_ten_is_the_same_passage() -> None:
    same = np.array([[1, 0], [1, 0]], np.float32)
    assert groups(same, Bags.of([ONE, np.array([1, 2, 3, 4, 5, 6, 7, 8, 9, 99])])) == [[0, 1]]


def test_passages_without_words_are_not_the_same() -> None:
    same = np.array([[1, 0], [1, 0]], np.float32)
    assert groups(same, Bags.of([np.array([], np.int64), np.array([], np.int64)])) == [[0], [1]]


@given(st.lists(st.integers(0, 7), min_size=1, max_size=20), st.integers(1, 19))
def test_passages_may_come_in_parts(kinds: list[int], cut: int) -> None:
    found = Groups()
    for part in filter(None, (kinds[:cut], kinds[cut:])):
        bags = Bags.of([np.array([kind * 10 + n for n in range(5)]) for kind in part])
        found.add(np.eye(8, dtype=np.float32)[part], bags)
    assert found.members == grouped(kinds)


@given(st.lists(st.integers(0, 7), max_size=20), st.integers(0, 20))
def test_more_passages_never_change_the_groups_before_them(kinds: list[int], k: int) -> None:
    leaders = [group[0] for group in grouped(kinds)] if kinds else []
    fewer = [group[0] for group in grouped(kinds[:k])] if kinds[:k] else []
    assert leaders[: len(fewer)] == fewer
