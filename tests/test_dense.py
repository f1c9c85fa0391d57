"""The search by meaning finds what brute force finds."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import index.dense
from index.dense import DenseIndex, VectorWriter, settle
from index.errors import DamagedIndex

Floats = NDArray[np.float32]


def clustered(count: int, dim: int, seed: int = 0) -> Floats:
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(50, dim))
    vectors = centres[rng.integers(0, 50, count)] + 0.7 * rng.normal(size=(count, dim))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def written(folder: Path, vectors: Floats) -> DenseIndex:
    folder.mkdir(exist_ok=True)
    writer = VectorWriter(folder, vectors.shape[1])
    for start in range(0, len(vectors), 700):
        writer.append(vectors[start : start + 700])
    writer.close()
    settle(folder, lambda: clustered(100, vectors.shape[1], seed=1))
    return DenseIndex(folder, len(vectors))


def brute_force(vectors: Floats, question: Floats, depth: int, mask: NDArray[np.bool_] | None = None) -> list[int]:
    scores = np.round(vectors.astype(np.float16).astype(np.float32) @ question, 5)
    rows = range(len(vectors)) if mask is None else np.flatnonzero(mask).tolist()
    return sorted(rows, key=lambda row: (-scores[row], row))[:depth]


@pytest.fixture
def codes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use the codes from 1,000 rows on, and let few filtered rows be 100."""
    monkeypatch.setattr(index.dense, "EXACT_LIMIT", 1_000)
    monkeypatch.setattr(index.dense, "_FEW", 100)


def test_exact_search_is_brute_force(tmp_path: Path) -> None:
    vectors = clustered(2_000, 24)
    dense = written(tmp_path / "v", vectors)
    for question in clustered(20, 24, seed=1):
        found = dense.top(question, 15, None)
        assert found.rows.tolist() == brute_force(vectors, question, 15)
        np.testing.assert_allclose(found.scores, vectors[found.rows] @ question, atol=1e-3)


@pytest.mark.parametrize("share", [0.001, 0.3, 1.0])
def test_exact_search_under_a_filter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: float) -> None:
    monkeypatch.setattr(index.dense, "_FEW", 100)
    vectors = clustered(2_000, 24)
    dense = written(tmp_path / "v", vectors)
    mask = np.random.default_rng(2).random(2_000) < share
    for question in clustered(10, 24, seed=1):
        assert dense.top(question, 15, mask).rows.tolist() == brute_force(vectors, question, 15, mask)


def test_equal_cosines_come_in_row_order(tmp_path: Path) -> None:
    vectors = np.repeat(clustered(3, 16), 40, axis=0)[np.random.default_rng(0).permutation(120)]
    dense = written(tmp_path / "v", vectors)
    for depth in (1, 5, 50, 120):
        found = dense.top(vectors[7], depth, None)
        assert found.rows.tolist() == sorted(
            found.rows.tolist(), key=lambda r: (-round(float(vectors[r] @ vectors[7]), 3), r)
        )


def test_asking_for_more_than_there_is(tmp_path: Path) -> None:
    vectors = clustered(5, 8)
    dense = written(tmp_path / "v", vectors)
    assert sorted(dense.top(vectors[0], 99, None).rows.tolist()) == [0, 1, 2, 3, 4]
    assert dense.top(vectors[0], 99, np.zeros(5, bool)).rows.tolist() == []
    assert dense.top(vectors[0], 0, None).rows.tolist() == []


def test_no_vectors_at_all(tmp_path: Path) -> None:
    dense = written(tmp_path / "v", np.empty((0, 8), np.float32))
    assert dense.top(np.ones(8, np.float32), 10, None).rows.tolist() == []
    assert dense.vectors([]).shape == (0, 8)


def test_a_zero_question_raises_nothing(tmp_path: Path) -> None:
    assert len(written(tmp_path / "v", clustered(50, 8)).top(np.zeros(8, np.float32), 10, None).rows) == 10


@pytest.mark.usefixtures("codes")
def test_codes_find_nearly_everything_and_say_how_much(tmp_path: Path) -> None:
    vectors = clustered(6_000, 24)
    dense = written(tmp_path / "v", vectors)
    questions = clustered(60, 24, seed=1)
    shares = [len(set(dense.top(q, 10, None).rows) & set(brute_force(vectors, q, 10))) / 10 for q in questions]
    assert np.mean(shares) >= 0.97
    found = dense.top(questions[0], 10, None)
    np.testing.assert_allclose(found.scores, vectors[found.rows] @ questions[0], atol=0.01)


@pytest.mark.usefixtures("codes")
def test_the_reason_for_codes_is_told(tmp_path: Path) -> None:
    (tmp_path / "v").mkdir()
    writer = VectorWriter(tmp_path / "v", 24)
    writer.append(clustered(3_000, 24))
    writer.close()
    told = settle(tmp_path / "v", lambda: clustered(100, 24, seed=1))
    assert "3000 rows are more than 1000" in told
    assert "recall@10 " in told
    assert 0.9 < float(told.split("recall@10 ")[1].split()[0]) <= 1


@pytest.mark.usefixtures("codes")
@pytest.mark.parametrize("share", [0.005, 0.05, 0.4])
def test_codes_under_a_filter_stay_inside_it_and_find_enough(tmp_path: Path, share: float) -> None:
    vectors = clustered(6_000, 24)
    dense = written(tmp_path / "v", vectors)
    mask = np.random.default_rng(3).random(6_000) < share
    shares = []
    for question in clustered(30, 24, seed=1):
        found = dense.top(question, 10, mask).rows
        assert mask[found].all()
        assert len(found) == 10
        shares.append(len(set(found) & set(brute_force(vectors, question, 10, mask))) / 10)
    assert np.mean(shares) >= 0.95


@pytest.mark.usefixtures("codes")
def test_a_filter_on_what_is_far_from_the_question_still_finds_it(tmp_path: Path) -> None:
    vectors = clustered(4_000, 24)
    question = vectors[0]
    mask = np.zeros(4_000, bool)
    mask[np.argsort(vectors @ question)[:150]] = True  # the farthest, more than are scored one by one
    found = written(tmp_path / "v", vectors).top(question, 120, mask).rows
    assert len(found) == 120
    assert mask[found].all()


@pytest.mark.usefixtures("codes")
def test_vectors_come_back_nearly_as_they_were(tmp_path: Path) -> None:
    vectors = clustered(3_000, 24)
    dense = written(tmp_path / "v", vectors)
    back = dense.vectors([5, 2_999, 5])
    assert np.abs(back - vectors[[5, 2_999, 5]]).max() < 0.005
    np.testing.assert_array_equal(back[0], back[2])


@pytest.mark.usefixtures("codes")
def test_one_large_number_in_a_vector_comes_back(tmp_path: Path) -> None:
    vectors = clustered(3_000, 24)
    vectors[7] = np.eye(24)[3]
    np.testing.assert_allclose(written(tmp_path / "v", vectors).vectors([7])[0], vectors[7], atol=0.01)


@pytest.mark.usefixtures("codes")
def test_equal_passages_do_not_count_as_missed(tmp_path: Path) -> None:
    (tmp_path / "v").mkdir()
    writer = VectorWriter(tmp_path / "v", 24)
    writer.append(np.repeat(clustered(60, 24), 50, axis=0))
    writer.close()
    told = settle(tmp_path / "v", lambda: clustered(100, 24, seed=1))
    assert float(told.split("recall@10 ")[1].split()[0]) > 0.95


@pytest.mark.usefixtures("codes")
def test_the_same_vectors_give_the_same_bytes(tmp_path: Path) -> None:
    vectors = clustered(3_000, 24)
    written(tmp_path / "1", vectors)
    written(tmp_path / "2", vectors)
    assert {p.name: p.read_bytes() for p in (tmp_path / "1").iterdir()} == {
        p.name: p.read_bytes() for p in (tmp_path / "2").iterdir()
    }


@pytest.mark.usefixtures("codes")
def test_many_threads_get_the_same_answers(tmp_path: Path) -> None:
    vectors = clustered(5_000, 24)
    dense = written(tmp_path / "v", vectors)
    questions = clustered(200, 24, seed=4)
    alone = [dense.top(q, 10, None).rows.tolist() for q in questions]
    fresh = DenseIndex(tmp_path / "v", 5_000)
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(lambda q: fresh.top(q, 10, None).rows.tolist(), questions)) == alone


@pytest.mark.usefixtures("codes")
@pytest.mark.parametrize("name", ["vectors.npy", "ranges.npy", "codes.faiss", "depth.json"])
def test_a_flipped_byte_is_damage_before_faiss_sees_it(tmp_path: Path, name: str) -> None:
    vectors = clustered(3_000, 24)
    written(tmp_path / "v", vectors)
    path = tmp_path / "v" / name
    for at in np.random.default_rng(5).integers(0, path.stat().st_size, 10):
        content = bytearray(path.read_bytes())
        content[at] ^= 0x80
        path.write_bytes(content)
        with pytest.raises(DamagedIndex):
            DenseIndex(tmp_path / "v", 3_000).vectors(range(3_000))
        content[at] ^= 0x80
        path.write_bytes(content)


def test_another_number_of_rows_is_damage(tmp_path: Path) -> None:
    written(tmp_path / "v", clustered(30, 8))
    with pytest.raises(DamagedIndex, match="holds 30 vectors where the manifest says 31"):
        DenseIndex(tmp_path / "v", 31)
