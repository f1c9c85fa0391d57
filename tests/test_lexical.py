"""The index of words: BM25 as it is written down, rows as they are now, folders left as they were."""

import math
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from index.errors import DamagedIndex
from index.lexical import GRAM_BOOST, LexicalIndex, LexicalRow, WeightedTerm, write_lexical

Texts = Sequence[str]


def row(report: int, passage: int, terms: str, runs: str = "", references: tuple[str, ...] = ()) -> LexicalRow:
    return LexicalRow(report, passage, terms, runs, "", references)


def written(folder: Path, texts: Texts) -> LexicalIndex:
    write_lexical(folder, [row(7, i, text) for i, text in enumerate(texts)])
    return LexicalIndex(folder, {7: 0})


def naive_bm25(texts: Texts, words: dict[str, float], k1: float = 1.2, b: float = 0.75) -> list[float]:
    """Robertson and Zaragoza 2009, with the idf that cannot be negative."""
    bags = [Counter(text.split()) for text in texts]
    mean = sum(bag.total() for bag in bags) / len(bags)
    scores = []
    for bag in bags:
        score = 0.0
        for word, weight in words.items():
            frequency = sum(word in other for other in bags)
            idf = math.log(1 + (len(bags) - frequency + 0.5) / (frequency + 0.5))
            score += weight * idf * bag[word] * (k1 + 1) / (bag[word] + k1 * (1 - b + b * bag.total() / mean))
        scores.append(score)
    return scores


def test_scores_are_those_of_a_naive_bm25(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(list("abcdefghij"), rng.integers(1, 30))) for _ in range(60)]
    index = written(tmp_path / "x", texts)
    for words in ({"a": 1.0}, {"a": 1.0, "j": 0.5}, {"b": 1.0, "c": 1.0, "nowhere": 1.0}):
        rows, scores = index.top([WeightedTerm(w, weight) for w, weight in words.items()], [], 60, None)
        naive = naive_bm25(texts, words)
        assert rows.tolist() == sorted(
            np.flatnonzero(naive), key=lambda r: (-np.float32(scores[rows.tolist().index(r)]), r)
        )
        np.testing.assert_allclose(scores, [naive[r] for r in rows], rtol=1e-4)


def test_grams_weigh_less_than_words(tmp_path: Path) -> None:
    write_lexical(tmp_path / "x", [row(1, 0, "能源", "能源"), row(1, 1, "", "能源"), row(1, 2, "水", "水")])
    index = LexicalIndex(tmp_path / "x", {1: 10})
    rows, scores = index.top([WeightedTerm("能源")], ["能源"], 10, None)
    assert rows.tolist() == [10, 11]
    assert scores[1] < scores[0]
    alone, gram = index.top([], ["能源"], 10, None)
    assert alone.tolist() == [10, 11]
    assert gram[0] == pytest.approx(GRAM_BOOST * math.log(1 + 1.5 / 2.5), rel=0.3)


def test_frequencies_and_idf(tmp_path: Path) -> None:
    index = written(tmp_path / "x", ["a b", "a", "c"])
    assert [index.frequency(word) for word in "abz"] == [2, 1, 0]
    assert index.idf("a") == pytest.approx(math.log(1 + 1.5 / 2.5))
    assert index.idf("z") == pytest.approx(math.log(1 + 3.5 / 0.5))
    assert index.rows == 3


def test_rows_that_hold_all_grams_or_a_reference(tmp_path: Path) -> None:
    rows = [
        row(3, 0, "", "水资源"),
        row(3, 1, "", "水 源"),
        row(3, 2, "", "", ("A/RES/57/270 B", "A/58/1#3")),
    ]
    write_lexical(tmp_path / "x", rows)
    index = LexicalIndex(tmp_path / "x", {3: 0})
    assert sorted(index.with_all([], ["水", "源"], 10).tolist()) == [0, 1]
    assert index.with_all([], ["水资", "资源"], 10).tolist() == [0]
    assert index.with_all([], [], 10).tolist() == []
    assert index.with_reference(["A/RES/57/270 B"], 10).tolist() == [2]
    assert index.with_reference(["A/58/1"], 10).tolist() == []


def test_a_filter_by_report_changes_no_score(tmp_path: Path) -> None:
    write_lexical(tmp_path / "x", [row(number, i, "a b" if i % 2 else "a") for number in (5, 2**59) for i in range(4)])
    index = LexicalIndex(tmp_path / "x", {5: 0, 2**59: 4})
    rows, scores = index.top([WeightedTerm("b")], [], 10, None)
    assert rows.tolist() == [1, 3, 5, 7]
    some, theirs = index.top([WeightedTerm("b")], [], 10, [2**59])
    assert some.tolist() == [5, 7]
    np.testing.assert_allclose(theirs, scores[2:], rtol=1e-5)


def test_a_filter_of_many_reports_gives_what_one_of_few_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_lexical(
        tmp_path / "x", [row(n, i, " ".join("ab"[: 1 + (n * i) % 2])) for n in range(1, 40) for i in range(5)]
    )
    index = LexicalIndex(tmp_path / "x", {n: 5 * ((7 * n) % 40) for n in range(1, 40)})
    reports = [n for n in range(1, 40) if n % 3]
    few = [part.tolist() for part in index.top([WeightedTerm("b")], [], 30, reports)]
    monkeypatch.setattr("index.lexical._FEW_REPORTS", 0)
    many = [part.tolist() for part in index.top([WeightedTerm("b")], [], 30, reports)]
    assert many[1] == pytest.approx(few[1])
    assert set(index.top([WeightedTerm("b")], [], 999, reports)[0]) >= {*few[0], *many[0]}
    assert {r // 5 for r in many[0]} <= {(7 * n) % 40 for n in reports}


def test_removed_reports_are_gone_and_others_stay(tmp_path: Path) -> None:
    big = 2**60 - 5
    write_lexical(tmp_path / "x", [row(n, i, f"w{n} a") for n in (1, 2, big) for i in range(50)])
    write_lexical(tmp_path / "x", [row(9, 0, "a new")], removed_reports=[1, big])
    index = LexicalIndex(tmp_path / "x", {2: 100, 9: 0})
    assert index.rows == 51
    assert sorted(index.top([WeightedTerm("a")], [], 99, None)[0].tolist()) == [0, *range(100, 150)]
    assert index.top([WeightedTerm("w1")], [], 99, None)[0].tolist() == []


def test_a_copy_by_links_is_changed_and_the_original_is_not(tmp_path: Path) -> None:
    write_lexical(tmp_path / "x", [row(1, i, "a") for i in range(20)])
    before = {p.name: p.read_bytes() for p in (tmp_path / "x").iterdir()}
    (tmp_path / "y").mkdir()
    for path in (tmp_path / "x").iterdir():
        (tmp_path / "y" / path.name).hardlink_to(path)
    write_lexical(tmp_path / "y", [row(2, 0, "b")], removed_reports=[1])
    assert {p.name: p.read_bytes() for p in (tmp_path / "x").iterdir()} == before
    assert LexicalIndex(tmp_path / "x", {1: 0}).rows == 20
    assert LexicalIndex(tmp_path / "y", {2: 0}).rows == 1


def test_reading_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_lexical(tmp_path / "x", [row(1, 0, "a")])
    before = sorted(p.name for p in (tmp_path / "x").iterdir())
    assert not [name for name in before if name.endswith(".lock")]
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    for _ in range(20):
        LexicalIndex(tmp_path / "x", {1: 0}).top([WeightedTerm("a")], [], 1, None)
    assert sorted(p.name for p in (tmp_path / "x").iterdir()) == before
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become a user who owns nothing")
def test_a_user_who_may_only_read_can_search(tmp_path: Path) -> None:
    write_lexical(tmp_path / "x", [row(1, 0, "a")])
    for path in [tmp_path / "x", *(tmp_path / "x").iterdir()]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    for folder in [tmp_path, *tmp_path.parents][:-2]:
        folder.chmod(folder.stat().st_mode | 0o055)
    child = os.fork()
    if child == 0:
        os.setgid(65534)
        os.setuid(65534)
        found = LexicalIndex(tmp_path / "x", {1: 0}).top([WeightedTerm("a")], [], 1, None)[0].tolist()
        os._exit(0 if found == [0] else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_an_open_index_outlives_its_folder(tmp_path: Path) -> None:
    index = written(tmp_path / "x", ["a b", "a"])
    for path in (tmp_path / "x").iterdir():
        path.unlink()
    assert index.top([WeightedTerm("b")], [], 5, None)[0].tolist() == [0]


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xfe\x00", b'{"segments": 7}'])
def test_a_broken_description_is_damage(tmp_path: Path, content: bytes) -> None:
    written(tmp_path / "x", ["a"])
    (tmp_path / "x" / "meta.json").write_bytes(content)
    with pytest.raises(DamagedIndex):
        LexicalIndex(tmp_path / "x", {7: 0})


def test_a_missing_file_is_damage(tmp_path: Path) -> None:
    written(tmp_path / "x", ["a"])
    next((tmp_path / "x").glob("*.idx")).unlink()
    with pytest.raises(DamagedIndex):
        LexicalIndex(tmp_path / "x", {7: 0})


def test_an_error_in_making_a_row_is_no_refusal_to_write(tmp_path: Path) -> None:
    def rows() -> Iterator[LexicalRow]:
        yield row(7, 0, "water")
        raise ValueError("too many values")

    with pytest.raises(ValueError, match="too many values"):
        write_lexical(tmp_path / "lexical", rows())
