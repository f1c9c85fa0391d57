"""The token ids of passages."""

from pathlib import Path

import numpy as np
import pytest

from index.tokens import Bags, TokenStore, TokenWriter


@pytest.mark.parametrize(("vocabulary", "bytes_each"), [(1 << 16, 2), ((1 << 16) + 1, 4)])
def test_ids_come_back_in_any_order(tmp_path: Path, vocabulary: int, bytes_each: int) -> None:
    rng = np.random.default_rng(0)
    rows = [rng.integers(0, vocabulary, rng.integers(0, 30), np.int32) for _ in range(500)]
    writer = TokenWriter(tmp_path, vocabulary)
    for start in range(0, 500, 120):
        writer.append(Bags.of(rows[start : start + 120]))
    writer.append(Bags.of([]))
    writer.close()
    store = TokenStore(tmp_path)
    wanted = rng.integers(0, 500, 100)
    for found, row in zip(store.rows(wanted), wanted, strict=True):
        assert found.dtype == np.int32
        np.testing.assert_array_equal(found, rows[row])
    assert (tmp_path / "tokens.npy").stat().st_size == 128 + bytes_each * sum(map(len, rows))


def test_texts_are_taken_in_any_order() -> None:
    bags = Bags.of([np.array([1, 2], np.int32), np.array([], np.int32), np.array([3], np.int32)])
    taken = bags.taken(np.array([2, 0, 1, 2]))
    assert [bag.tolist() for bag in taken] == [[3], [1, 2], [], [3]]
    assert taken.lengths.tolist() == [1, 2, 0, 1]
    assert [bag.tolist() for bag in taken.part(1, 4)] == [[1, 2], [], [3]]
    assert len(taken.part(2, 2)) == 0


def test_no_passages(tmp_path: Path) -> None:
    TokenWriter(tmp_path, 100).close()
    assert len(TokenStore(tmp_path).rows([])) == 0
