"""What a build decides to do, seen without any file."""

from pathlib import Path

import pytest

import index.plan
from index.plan import LEAF_BYTES, Placed, lay_out, numbered, runs, tasks
from index.segment import Segment
from index.sources import Source

GIB = 1 << 30


def segment(rows: int) -> Segment:
    return Segment(Path("nowhere"), rows)


def placed(path: str, rows: int, where: Segment, first: int = 0, number: int | None = None) -> Placed:
    return Placed(path, "sha", "{}", rows, where, first, number)


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index.plan, "COMPACT_BELOW", 0)


def test_files_are_read_together_up_to_a_size_and_a_large_one_alone() -> None:
    sizes = [LEAF_BYTES // 2, LEAF_BYTES // 2, 1, 3 * LEAF_BYTES, 5]
    sources = [Source(f"r{i}", str(i), size) for i, size in enumerate(sizes)]
    made = tasks(sources, [None] * 5, "f")
    assert [[s.path for s in task.sources] for task in made] == [["r0", "r1"], ["r2"], ["r3"], ["r4"]]


def test_the_name_of_a_task_says_what_is_in_it() -> None:
    one, other = Source("a", "1", 1), Source("a", "2", 1)
    assert tasks([one], [None], "f")[0].name == tasks([one], [None], "f")[0].name
    names = {tasks([s], [None], f)[0].name for s in (one, other) for f in ("f", "g")}
    assert len(names) == 4


def test_numbers_are_unique_and_kept() -> None:
    where = segment(9)
    first = numbered([placed("a", 1, where), placed("b", 1, where)])
    again = numbered([placed("b", 1, where), placed("a", 1, where)])
    assert [p.number for p in first] == [p.number for p in again]
    taken = numbered([placed("moved", 1, where, number=first[0].number), placed("a", 1, where)])
    assert len({p.number for p in taken}) == 2
    assert first[0].number in {p.number for p in taken}


def test_neighbouring_rows_are_copied_in_one_go() -> None:
    one, two = segment(10), segment(10)
    reports = [
        placed("a", 3, one, 0),
        placed("b", 4, one, 3),
        placed("c", 2, two, 0),
        placed("d", 1, one, 9),
        placed("e", 0, two),
    ]
    assert [(run.segment, run.first, run.rows) for run in runs(reports)] == [(one, 0, 7), (two, 0, 2), (one, 9, 1)]


def test_a_small_collection_is_one_segment_in_the_order_of_paths() -> None:
    one, two = segment(5), segment(5)
    targets = lay_out([placed("a", 5, two), placed("b", 5, one)], None, GIB)
    assert [[p.path for p in t.reports] for t in targets] == [["a", "b"]]


@pytest.mark.usefixtures("large")
def test_memory_bounds_a_segment() -> None:
    leaves = [segment(60_000) for _ in range(6)]
    reports = [placed(f"r{i}", 60_000, leaf) for i, leaf in enumerate(leaves)]
    assert [len(t.reports) for t in lay_out(reports, None, 52_000_000)] == [2, 2, 2]
    assert [len(t.reports) for t in lay_out(reports, None, GIB)] == [6]
