"""Generations: published whole or not at all, checked, kept while they are read, and gone back to."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from index import build_index, open_index
from index.errors import DamagedIndex, IncompatibleIndex, IndexLocked, NoIndex
from index.generation import current, load_manifest, rollback, verify, writing
from tests.conftest import CharacterEncoder

Write = Callable[..., Path]


@pytest.fixture
def index(tmp_path: Path, reports: Write, encoder: CharacterEncoder) -> Path:
    build_index([reports(a={"1": "能源", "2": "海洋"}, b={"1": "淡水"})], tmp_path / "index", encoder=encoder)
    return tmp_path / "index"


def build(index: Path, folder: Path) -> int:
    return build_index([folder], index, encoder=CharacterEncoder()).generation


def files(index: Path) -> list[Path]:
    return sorted(path for path in index.rglob("*") if path.is_file() and path.name != "lock")


def test_no_index_and_an_empty_folder(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(NoIndex, match="reportsearch build"):
            current(folder)


def test_a_sound_index_has_no_problems(index: Path) -> None:
    assert verify(index) == []
    assert not [p for p in index.rglob("*") if "tmp" in p.name or p.name.endswith((".new", "building"))]


def test_every_file_can_be_read_by_everyone(index: Path) -> None:
    assert [p for p in files(index) if p.stat().st_mode & 0o444 != 0o444] == []


def test_one_flipped_byte_in_any_file_is_found(index: Path) -> None:
    for path in files(index):
        content = path.read_bytes()
        for at in {0, len(content) // 2, len(content) - 1} if content else ():
            path.write_bytes(content[:at] + bytes([content[at] ^ 16]) + content[at + 1 :])
            assert verify(index), f"{path} at {at}"
        path.write_bytes(content)
    assert verify(index) == []


def test_missing_truncated_and_foreign_files_are_named(index: Path) -> None:
    folder = current(index).folder
    (folder / "places.npy").write_bytes(b"short")
    (folder / "reports.jsonl").unlink()
    (folder / "lexical" / "stranger").write_text("x")
    found = verify(index)
    told = ("places.npy has 5 bytes", "reports.jsonl is missing", "stranger is not part")
    assert [wanted in problem for wanted, problem in zip(told, found, strict=True)] == [True] * 3
    with pytest.raises(DamagedIndex, match=r"rollback.*--full"):
        open_index(index)


@pytest.mark.parametrize(
    "line", ["", "000001", "000001 abc\n", "xxxxxx " + "0" * 64 + "\n", "000009 " + "0" * 64 + "\n", "\x00"]
)
def test_a_broken_pointer_is_damage(index: Path, line: str) -> None:
    (index / "CURRENT").write_text(line)
    with pytest.raises(DamagedIndex, match="CURRENT"):
        current(index)
    assert verify(index)


def test_whitespace_in_the_pointer_counts(index: Path) -> None:
    line = (index / "CURRENT").read_bytes()
    (index / "CURRENT").write_bytes(line[:-1] + b"\x0b")
    assert verify(index)


def test_another_format_is_named(index: Path) -> None:
    path = current(index).folder / "manifest.json"
    values = json.loads(path.read_text())
    path.write_text(json.dumps(values | {"format": 99}))
    with pytest.raises(IncompatibleIndex, match="format 99"):
        open_index(index)


def test_the_manifest_reads_as_it_was_written(index: Path) -> None:
    manifest = load_manifest(current(index))
    assert [(r.path.rsplit("/", 1)[1], r.rows, r.first, r.language) for r in manifest.reports] == [
        ("a.jsonl", 2, 0, "zh"), ("b.jsonl", 1, 2, "zh"),
    ]  # fmt: skip
    assert manifest.rows == 3
    assert manifest.reports[1] == manifest.reports[0:2][1]
    assert "exact" in manifest.segments[0].dense


def test_two_generations_are_kept_and_rollback_goes_back_one(index: Path, reports: Write) -> None:
    for number in range(2, 5):
        assert build(index, reports(c={"1": f"第{number}代"})) == number
    assert sorted(p.name for p in (index / "generations").iterdir()) == ["000003", "000004"]
    assert rollback(index).number == 3
    assert open_index(index).passage(3).passage.text == "第3代"
    assert verify(index) == []
    with pytest.raises(NoIndex, match="no earlier generation"):
        rollback(index)
    assert build(index, reports(c={"1": "又一代"})) == 5
    assert rollback(index).number == 3


def test_rollback_passes_over_a_damaged_generation(index: Path, reports: Write) -> None:
    build(index, reports(c={"1": "二"}))
    (index / "generations" / "000001" / "places.npy").write_bytes(b"")
    with pytest.raises(NoIndex):
        rollback(index)
    assert current(index).number == 2
    assert "earlier generation" in verify(index)[0]


def test_rollback_mends_a_broken_pointer(index: Path) -> None:
    (index / "CURRENT").write_text("nonsense")
    assert rollback(index).number == 1
    assert verify(index) == []


def test_a_reader_keeps_its_generation_on_disk(index: Path, reports: Write) -> None:
    reader = open_index(index)
    for number in range(2, 6):
        build(index, reports(c={"1": f"第{number}代"}))
    assert [reader.passage(row).passage.text for row in range(3)] == ["能源", "海洋", "淡水"]
    assert reader.lexical.with_all([], ["海洋"], 5).tolist() == [1]
    assert sorted(p.name for p in (index / "generations").iterdir()) == ["000001", "000004", "000005"]
    del reader
    build(index, reports(c={"1": "末代"}))
    assert sorted(p.name for p in (index / "generations").iterdir()) == ["000005", "000006"]


def test_a_second_writer_is_told_who_the_first_is(index: Path, reports: Write) -> None:
    program = (
        "import sys; from pathlib import Path; from index.generation import writing\n"
        "with writing(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    with subprocess.Popen(
        [sys.executable, "-c", program, str(index)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(IndexLocked, match=f"process {other.pid} on "):
            build(index, reports(c={"1": "二"}))
        assert open_index(index).rows == 3
        other.kill()
    assert (index / "lock-holder").exists()  # left by the one who was killed; it blocks nobody
    assert build(index, reports(c={"1": "二"})) == 2
    assert not (index / "lock-holder").exists()


def test_the_lock_is_free_again_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyError), writing(tmp_path):
        raise KeyError
    with writing(tmp_path):
        pass


def test_everything_is_flushed_before_the_pointer_moves(
    tmp_path: Path, reports: Write, encoder: CharacterEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what was flushed before CURRENT moved would survive a loss of power: it must be all of the generation."""
    index, events = tmp_path / "index", list[tuple[str, int]]()
    fsync, replace = os.fsync, Path.replace

    def noting_fsync(handle: int) -> None:
        events.append(("fsync", os.fstat(handle).st_ino))
        fsync(handle)

    def noting_replace(self: Path, target: Path) -> Path:
        if Path(target).name == "CURRENT":
            events.append(("switch", self.stat().st_ino))
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", noting_fsync)
    monkeypatch.setattr(Path, "replace", noting_replace)
    build_index([reports(a={"1": "能源"})], index, encoder=encoder)
    switch = next(at for at, (kind, _) in enumerate(events) if kind == "switch")
    flushed = {inode for kind, inode in events[:switch] if kind == "fsync"}
    folder = current(index).folder
    wanted = [folder, folder.parent, *folder.rglob("*")]
    assert [p for p in wanted if p.stat().st_ino not in flushed] == []
    assert events[switch][1] in flushed  # what CURRENT became
    assert ("fsync", index.stat().st_ino) in events[switch:]


def test_a_stray_file_among_the_generations_harms_no_build(index: Path, reports: Write) -> None:
    (index / "generations" / ".DS_Store").write_text("x")
    (index / "generations" / "000000").write_text("x")
    for number in range(2, 5):
        assert build(index, reports(c={"1": f"第{number}代"})) == number
