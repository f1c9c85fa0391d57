"""Leaves written by other processes are those that this one would write."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

import index.build
import index.plan
import index.worker
from index import build_index, open_index
from index.errors import DiskFull
from index.generation import current, verify
from index.leaf import Task
from index.sources import Source
from index.worker import Setting, write_leaves
from tests.conftest import Paragraphs

Write = Callable[..., Path]
MANY: dict[str, Paragraphs] = {f"r{n}": {str(i): f"第{n}号报告第{i}段谈能源" for i in range(20)} for n in range(6)}


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index.build, "_WORKERS_FROM", 0)
    monkeypatch.setattr(index.plan, "LEAF_BYTES", 1_000)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


def described(folder: Path) -> list[bytes]:
    return [(current(folder).folder / name).read_bytes() for name in ("manifest.json", "reports.jsonl", "places.npy")]


@pytest.mark.usefixtures("workers")
def test_workers_build_the_same_index(tmp_path: Path, reports: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = reports(**MANY)
    (folder / "binary.txt").write_bytes(bytes(100))
    heard: list[tuple[str, int, int]] = []
    result = build_index([folder], tmp_path / "two", progress=lambda p: heard.append((p.stage, p.done, p.total)))
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    alone = build_index([folder], tmp_path / "one")
    assert described(tmp_path / "two") == described(tmp_path / "one")
    assert [f.path for f in result.failures] == [f.path for f in alone.failures]
    assert verify(tmp_path / "two") == []
    assert open_index(tmp_path / "two").lexical.rows == 120
    assert ("reading", 7, 7) in heard
    assert ("embedding", 120, 0) in heard


@pytest.mark.usefixtures("workers")
def test_what_a_worker_meets_is_told_by_its_parent(
    tmp_path: Path, reports: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_index([reports(a={"1": "能源"})], tmp_path / "index")
    refused = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "a file")
    monkeypatch.setattr(index.worker, "_started", lambda setting: _raise(refused))
    with pytest.raises(DiskFull, match="a file"):
        build_index([reports(**MANY)], tmp_path / "index")
    assert open_index(tmp_path / "index").rows == 1


def _raise(error: Exception) -> None:
    raise error


def test_an_error_in_a_worker_comes_out_of_it(tmp_path: Path) -> None:
    task = Task("leaf", (Source("nowhere.txt", "0", 1),), (None,))
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(NotADirectoryError):
        write_leaves(Setting(str(tmp_path / "file"), "bundled", None), [task], 2, lambda files, rows: None)
    with pytest.raises(RuntimeError, match=r"not on this machine|cannot be read|holds no model"):
        write_leaves(Setting(str(tmp_path), str(tmp_path), None), [task], 2, lambda files, rows: None)
