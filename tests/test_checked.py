"""Bytes are checked before they are believed."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.checked import BLOCK, ArrayWriter, CheckedArray, CheckedFile, write_array, write_sums
from index.errors import DamagedIndex

CONTENT = np.random.default_rng(0).integers(0, 256, 3 * BLOCK + 1000, np.uint8).tobytes()


def checked(folder: Path, content: bytes = CONTENT) -> Path:
    path = folder / "file"
    path.write_bytes(content)
    write_sums(path)
    return path


def flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


@settings(max_examples=40, deadline=None)
@given(start=st.integers(0, len(CONTENT)), length=st.integers(0, 2 * BLOCK))
def test_a_part_is_what_was_written(tmp_path_factory: pytest.TempPathFactory, start: int, length: int) -> None:
    end = min(start + length, len(CONTENT))
    file = CheckedFile(checked(tmp_path_factory.mktemp("f")))
    assert bytes(file.part(start, end)) == CONTENT[start:end]


@pytest.mark.parametrize("at", [0, BLOCK - 1, BLOCK, 2 * BLOCK + 5, len(CONTENT) - 1])
def test_a_flipped_byte_is_found_in_its_block_and_only_there(tmp_path: Path, at: int) -> None:
    path = checked(tmp_path)
    flip(path, at)
    file = CheckedFile(path)
    with pytest.raises(DamagedIndex, match="is not what was written"):
        file.part(at, at + 1)
    with pytest.raises(DamagedIndex):
        file.whole()
    other = 0 if at >= BLOCK else 3 * BLOCK
    assert bytes(file.part(other, other + 10)) == CONTENT[other : other + 10]


def test_ranges_over_several_blocks_are_checked_whole(tmp_path: Path) -> None:
    path = checked(tmp_path)
    flip(path, BLOCK + 7)
    file = CheckedFile(path)
    with pytest.raises(DamagedIndex):
        file.check(np.array([3 * BLOCK, 0]), np.array([3 * BLOCK + 1, 3 * BLOCK]))


@pytest.mark.parametrize("size", [0, 1, BLOCK, len(CONTENT) - 1, len(CONTENT) + 1])
def test_another_size_is_found_at_once(tmp_path: Path, size: int) -> None:
    path = checked(tmp_path)
    path.write_bytes((CONTENT + b"\0")[:size])
    with pytest.raises(DamagedIndex, match=f"has {size} bytes where {len(CONTENT)} were written"):
        CheckedFile(path)


def test_every_flip_in_the_checksums_is_found(tmp_path: Path) -> None:
    path = checked(tmp_path)
    sums = tmp_path / "file.crc"
    for at in range(sums.stat().st_size):
        flip(sums, at)
        with pytest.raises(DamagedIndex):
            CheckedFile(path)
        flip(sums, at)
    CheckedFile(path).whole()


def test_a_missing_file_and_missing_checksums_are_named(tmp_path: Path) -> None:
    with pytest.raises(DamagedIndex, match="nothing"):
        CheckedFile(tmp_path / "nothing")
    path = checked(tmp_path)
    (tmp_path / "file.crc").unlink()
    with pytest.raises(DamagedIndex):
        CheckedFile(path)


def test_an_empty_file_is_sound(tmp_path: Path) -> None:
    assert bytes(CheckedFile(checked(tmp_path, b"")).whole()) == b""


def test_reading_outside_the_file_is_damage_and_no_crash(tmp_path: Path) -> None:
    file = CheckedFile(checked(tmp_path))
    with pytest.raises(DamagedIndex, match="points outside itself"):
        file.part(0, len(CONTENT) + 1)
    with pytest.raises(DamagedIndex, match="points outside itself"):
        file.check(np.array([-5]), np.array([3]))


def test_an_array_written_piece_by_piece_reads_as_one(tmp_path: Path) -> None:
    values = np.random.default_rng(1).normal(size=(5000, 7)).astype(np.float32)
    writer = ArrayWriter(tmp_path / "a.npy", "<f4", (7,))
    for start in range(0, 5000, 900):
        writer.append(values[start : start + 900])
    writer.close()
    array = CheckedArray(tmp_path / "a.npy")
    wanted = np.array([4999, 0, 17, 17])
    np.testing.assert_array_equal(array.rows(wanted), values[wanted])
    np.testing.assert_array_equal(array.slice(10, 20), values[10:20])
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), values)


def test_an_array_of_nothing(tmp_path: Path) -> None:
    write_array(tmp_path / "a.npy", np.empty((0, 3), np.float32))
    array = CheckedArray(tmp_path / "a.npy")
    assert len(array) == 0
    assert array.all().shape == (0, 3)
    assert array.rows(np.empty(0, np.int64)).shape == (0, 3)


def test_a_flipped_row_is_found_when_it_is_read(tmp_path: Path) -> None:
    write_array(tmp_path / "a.npy", np.arange(100_000, dtype=np.int64))
    flip(tmp_path / "a.npy", 700_000)
    array = CheckedArray(tmp_path / "a.npy")
    assert array.rows(np.array([5])).tolist() == [5]
    with pytest.raises(DamagedIndex):
        array.rows(np.array([5, (700_000 - 128) // 8]))


def test_what_is_no_array_is_damage(tmp_path: Path) -> None:
    path = checked(tmp_path)
    with pytest.raises(DamagedIndex, match="is not an array"):
        CheckedArray(path)
