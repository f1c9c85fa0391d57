"""Bytes on disk that are checked before they are believed.

Beside every file NAME lies NAME.crc with the checksum of each block; a block is checked when it is read for the
first time, so that opening costs the same at any size. Knows bytes and flat arrays, not what they mean.
"""

import io
import mmap
import struct
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from index.errors import DamagedIndex
from index.rows import distinct

# Of a million vectors a search reads hundreds far apart, each in a block of its own: smaller blocks are checked sooner.
BLOCK = 1 << 14
_HEAD = struct.Struct("<QI")  # bytes of the file, bytes of a block
_ADVICE = "Find what else is damaged: reportsearch verify; mend it: reportsearch build PATH... --full"


def damaged(path: Path, fact: str) -> DamagedIndex:
    """Return the error for a file of the index that is not what was written."""
    return DamagedIndex(f"{path} {fact}.", _ADVICE)


def write_sums(path: Path) -> None:
    """Write the checksums of the blocks of a finished file beside it."""
    sums, size = [], 0
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            sums.append(zlib.crc32(block))
            size += len(block)
    body = _HEAD.pack(size, BLOCK) + np.array(sums, "<u4").tobytes()
    _sums_path(path).write_bytes(body + zlib.crc32(body).to_bytes(4, "little"))


def _sums_path(path: Path) -> Path:
    return path.with_name(path.name + ".crc")


class CheckedFile:
    """A file mapped into memory whose bytes are checked when they are first asked for; safe for many threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with path.open("rb") as stream:
                self.size = stream.seek(0, io.SEEK_END)
                self._map = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) if self.size else b""
            self._block, self._sums = _read_sums(path, self.size)
        except OSError as error:
            raise damaged(path, f"cannot be read ({error.strerror})") from error
        self.bytes = memoryview(self._map)  # not checked: check() what is read of it
        self._sound = np.zeros(len(self._sums), bool)
        self._all_sound = not len(self._sums)

    def part(self, start: int, end: int) -> memoryview:
        """Return the bytes from start to end after checking them."""
        if not self._all_sound:
            if start < 0 or end > self.size:
                raise damaged(self.path, "points outside itself")
            last = (max(end, start + 1) - 1) // self._block  # an empty range at a block's beginning belongs to it
            for block in range(start // self._block, min(last + 1, len(self._sums))):
                if not self._sound[block]:
                    self._check_block(block)
        return self.bytes[start:end]

    def whole(self) -> memoryview:
        """Return all bytes after checking them."""
        return self.part(0, self.size)

    def check(self, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> None:
        """Check every block that one of the ranges touches; raise DamagedIndex."""
        if self._all_sound or not len(starts):
            return
        if int(np.min(starts)) < 0 or int(np.max(ends)) > self.size:
            raise damaged(self.path, "points outside itself")
        first = np.minimum(starts // self._block, len(self._sums) - 1)
        last = np.minimum((np.maximum(ends, starts + 1) - 1) // self._block, len(self._sums) - 1)
        longest = int(np.max(last - first))
        if longest <= 1 and self._sound[first].all() and self._sound[last].all():
            return
        for step in range(longest + 1):
            touched = np.minimum(first + step, last)
            for block in distinct(touched[~self._sound[touched]]).tolist():
                self._check_block(block)

    def _check_block(self, block: int) -> None:
        start = block * self._block
        if zlib.crc32(self.bytes[start : start + self._block]) != self._sums[block]:
            raise damaged(self.path, f"is not what was written: the bytes from {start} on have another checksum")
        self._sound[block] = True
        self._all_sound = bool(self._sound.all())


def _read_sums(path: Path, size: int) -> tuple[int, NDArray[np.uint32]]:
    """Return how long a block is, and the checksum of each."""
    content = _sums_path(path).read_bytes()
    body, own = content[:-4], int.from_bytes(content[-4:], "little")
    if len(body) < _HEAD.size or zlib.crc32(body) != own:
        raise damaged(_sums_path(path), "is not what was written")
    written, block = _HEAD.unpack_from(body)
    sums = np.frombuffer(body, "<u4", offset=_HEAD.size)
    if written != size or not block or len(sums) != -(-size // block):
        raise damaged(path, f"has {size} bytes where {written} were written")
    return block, sums


class ArrayWriter:
    """Write an .npy file row by row; the number of rows is filled in at the end."""

    def __init__(self, path: Path, dtype: str, width: tuple[int, ...] = ()) -> None:
        self._path, self._dtype, self._width = path, np.dtype(dtype), width
        self._stream: BinaryIO = path.open("wb")
        self.rows = 0
        self._write_head()

    def _write_head(self) -> None:
        head = {"descr": self._dtype.str, "fortran_order": False, "shape": (self.rows, *self._width)}
        np.lib.format.write_array_header_1_0(self._stream, head)

    def append(self, rows: NDArray[Any]) -> None:
        """Write some rows after those already written."""
        self._stream.write(np.ascontiguousarray(rows, self._dtype).tobytes())
        self.rows += len(rows)

    def abandon(self) -> None:
        """Let go of a file that will not be finished."""
        with suppress(OSError):
            self._stream.close()

    def close(self) -> None:
        """Finish the file and write its checksums."""
        self._stream.seek(0)
        self._write_head()  # numpy pads the head so that any number of rows fits
        self._stream.close()
        write_sums(self._path)


def write_array(path: Path, values: NDArray[Any]) -> None:
    """Write an array with its checksums."""
    writer = ArrayWriter(path, values.dtype.str, values.shape[1:])
    writer.append(values)
    writer.close()


class CheckedArray:
    """An array on disk, mapped into memory; rows are checked when they are first read."""

    def __init__(self, path: Path) -> None:
        self._file = CheckedFile(path)
        try:
            head = io.BytesIO(self._file.part(0, min(self._file.size, BLOCK)))
            np.lib.format.read_magic(head)
            shape, _, dtype = np.lib.format.read_array_header_1_0(head)
            self._start = head.tell()
            count = int(np.prod(shape))
            self._values: NDArray[Any] = np.frombuffer(self._file.bytes, dtype, count, self._start).reshape(shape)
        except ValueError as error:
            raise damaged(path, f"is not an array ({error})") from error
        self._row_bytes = self._values.strides[0] if count else dtype.itemsize

    def __len__(self) -> int:
        return len(self._values)

    @property
    def all_unchecked(self) -> NDArray[Any]:
        """The array, for its shape."""
        return self._values

    def rows(self, rows: NDArray[np.int64]) -> NDArray[Any]:
        """Return some rows, in the order asked for."""
        starts = self._start + np.asarray(rows, np.int64) * self._row_bytes
        self._file.check(starts, starts + self._row_bytes)
        chosen: NDArray[Any] = self._values[rows]
        return chosen

    def slice(self, first: int, end: int) -> NDArray[Any]:
        """Return the rows from first to end where they lie."""
        self._file.part(self._start + first * self._row_bytes, self._start + max(first, end) * self._row_bytes)
        return self._values[first:end]

    def check_slices(self, firsts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[Any]:
        """Return the whole array after checking only the rows of some slices of it."""
        self._file.check(self._start + firsts * self._row_bytes, self._start + ends * self._row_bytes)
        return self._values

    def all(self) -> NDArray[Any]:
        """Return all rows where they lie."""
        return self.slice(0, len(self))
