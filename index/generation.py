"""Generations on disk: what is published, what is in force, and whether the bytes are those that were written.

    INDEX/CURRENT                 one line: the generation in force and the checksum of its checksums
    INDEX/generations/000012/     immutable: manifest.json and what it names, checksums.json, segments/, lexical/
    INDEX/building/               the next generation, until it is complete
    INDEX/lock, lock-holder       held by the one who writes

Knows files and bytes; nothing of passages, vectors or words.
"""

import hashlib
import json
import os
import shutil
import socket
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock
from io import BytesIO
from pathlib import Path

import numpy as np

from index.errors import DamagedIndex, IndexLocked, NoIndex
from index.manifest import Manifest, check_format, read_manifest

_LOADED = ("manifest.json", "reports.jsonl", "places.npy")  # read and checked whole whenever a generation is opened
Checksums = dict[str, tuple[str, int]]  # name -> sha256, bytes


@dataclass(frozen=True, slots=True)
class Generation:
    """A published generation."""

    folder: Path
    number: int

    @property
    def index(self) -> Path:
        """The folder of the index."""
        return self.folder.parent.parent


# --- reading -----------------------------------------------------------------------------------------------------


def current(index: Path) -> Generation:
    """Return the generation in force; raise NoIndex or DamagedIndex."""
    pointer = index / "CURRENT"
    try:
        line = pointer.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise _absent(index) from None
    except OSError as error:
        raise DamagedIndex(f"{pointer} cannot be read ({error.strerror}).", _repair(index)) from error
    name = line[:6].decode("ascii", "replace")
    if not (name.isascii() and name.isdigit()):
        raise DamagedIndex(f"{pointer} does not name a generation.", _repair(index))
    generation = Generation(index / "generations" / name, int(name))
    try:
        sound = line == _pointer_line(generation)
    except OSError:
        sound = False
    if not sound:
        raise DamagedIndex(f"{pointer} does not name a generation that is there as it was written.", _repair(index))
    return generation


def _pointer_line(generation: Generation) -> bytes:
    return f"{generation.folder.name} {_sha256(generation.folder / 'checksums.json')}\n".encode()


def _absent(index: Path) -> NoIndex:
    return NoIndex(f"There is no index in {index}.", f"Build one: reportsearch build PATH... --index {index}")


def _repair(index: Path) -> str:
    return (
        f"Go back: reportsearch rollback --index {index}; or rebuild: reportsearch build PATH... --full --index {index}"
    )


def load_manifest(generation: Generation) -> Manifest:
    """Return the manifest after checking it, and the presence and size of every file, against the checksums."""
    _check_older_format(generation)
    checksums = read_checksums(generation)
    for name, (_, size) in checksums.items():
        if (problem := _wrong_size(generation.folder / name, size)) is not None:
            raise DamagedIndex(problem, _repair(generation.index))
    check_files(generation, _LOADED, checksums)
    text, lines, places = ((generation.folder / name).read_bytes() for name in _LOADED)
    try:
        table = np.lib.format.read_array(BytesIO(places), allow_pickle=False)
        reports = lines.decode("utf-8").split("\n")[:-1]
        return read_manifest(text.decode("utf-8"), reports, table, str(generation.folder / "manifest.json"))
    except (ValueError, EOFError) as error:
        raise DamagedIndex(f"{generation.folder} cannot be read ({error}).", _repair(generation.index)) from error


def _check_older_format(generation: Generation) -> None:
    """Tell an index of another format from a damaged one before its files are judged by today's rules."""
    path = generation.folder / "manifest.json"
    try:
        check_format(path.read_text(encoding="utf-8"), str(path))
    except (OSError, ValueError, DamagedIndex):
        return  # judged by its checksum


def read_checksums(generation: Generation) -> Checksums:
    """Return the checksum and size of every file of a generation; raise DamagedIndex."""
    path = generation.folder / "checksums.json"
    try:
        listed = json.loads(path.read_bytes())
        return {str(name): (str(entry["sha256"]), int(entry["bytes"])) for name, entry in listed.items()}
    except (OSError, ValueError, AttributeError, KeyError, TypeError) as error:
        raise DamagedIndex(f"{path} cannot be read ({error}).", _repair(generation.index)) from error


def _wrong_size(path: Path, size: int) -> str | None:
    try:
        found = path.stat().st_size if path.is_file() else None
    except OSError as error:
        return f"{path} cannot be read ({error.strerror})."
    if found is None:
        return f"{path} is missing."
    return None if found == size else f"{path} has {found} bytes where {size} were written."


def check_files(generation: Generation, names: Iterable[str], checksums: Checksums | None = None) -> None:
    """Raise DamagedIndex unless the files hold the bytes that were written."""
    checksums = read_checksums(generation) if checksums is None else checksums
    names = list(names)
    with ThreadPoolExecutor(2) as pool:
        for problem in pool.map(lambda name: _problem(generation.folder / name, checksums.get(name)), names):
            if problem is not None:
                raise DamagedIndex(problem, _repair(generation.index))


def lexical_files(generation: Generation) -> list[str]:
    """Return the names of the files that the index of words consists of."""
    return [name for name in read_checksums(generation) if name.startswith("lexical/")]


def _problem(path: Path, written: tuple[str, int] | None) -> str | None:
    if written is None:
        return f"{path} is not part of the index."
    try:
        return _wrong_size(path, written[1]) or (
            None if _sha256(path) == written[0] else f"{path} is not what was written: its checksum differs."
        )
    except OSError as error:
        return f"{path} cannot be read ({error.strerror})."


def hold(generation: Generation) -> int:
    """Return an open file that keeps a generation on disk for as long as it is open; -1 when that cannot be."""
    handle = -1
    try:
        handle = os.open(generation.folder / "manifest.json", os.O_RDONLY)
        flock(handle, LOCK_SH | LOCK_NB)
    except OSError:  # being removed, which opening it notices, or a file system without locks
        pass
    return handle


# --- checking everything -----------------------------------------------------------------------------------------


def verify(index: Path) -> list[str]:
    """Return one sentence per file on disk that is missing, changed or foreign, in any generation; [] is sound."""
    problems: list[str] = []
    try:
        in_force: Generation | None = current(index)
    except DamagedIndex as error:
        in_force = None
        problems.append(error.fact)
    for generation in _published(index):
        found = _verify_generation(generation)
        if in_force is not None and generation.number != in_force.number and found:
            found = [f"{problem} (An earlier generation, kept to go back to.)" for problem in found]
        problems += found
    return problems


def _verify_generation(generation: Generation) -> list[str]:
    try:
        checksums = read_checksums(generation)
    except DamagedIndex as error:
        return [error.fact]
    with ThreadPoolExecutor(2) as pool:
        names = sorted(checksums)
        found = list(pool.map(lambda name: _problem(generation.folder / name, checksums[name]), names))
    foreign = sorted(_files(generation.folder) - set(checksums) - {"checksums.json"})
    return [f for f in found if f] + [f"{generation.folder / name} is not part of the index." for name in foreign]


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


# --- writing -----------------------------------------------------------------------------------------------------


@contextmanager
def writing(index: Path) -> Iterator[None]:
    """Hold the index for writing; raise IndexLocked, naming the holder, when somebody else does."""
    index.mkdir(parents=True, exist_ok=True)
    holder = index / "lock-holder"
    from filelock import FileLock, Timeout  # readers are spared the import

    lock = FileLock(index / "lock", mode=0o644)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise IndexLocked(
            f"{index} is being written by {_holder(holder)}.", "Wait for it to end, then run the command again."
        ) from None
    try:
        holder.write_text(f"process {os.getpid()} on {socket.gethostname()}\n", encoding="utf-8")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _holder(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip() or "another process"
    except (OSError, ValueError):
        return "another process"


def publish(index: Path, building: Path, manifest: Manifest, before: Generation | None) -> Generation:
    """Make the finished folder the generation in force: flush all of it, rename it, then replace CURRENT.

    `before` is the generation that was built upon; it, else the one in force if it is sound, is kept to go back to.
    """
    _write_description(building, manifest)
    checksums = _checksums(building, before)
    listed = {name: {"sha256": digest, "bytes": size} for name, (digest, size) in sorted(checksums.items())}
    (building / "checksums.json").write_text(json.dumps(listed, indent=1) + "\n", encoding="utf-8")
    flush_tree(building)
    number = _next_number(index)
    folder = index / "generations" / f"{number:06d}"
    folder.parent.mkdir(exist_ok=True)
    building.rename(folder)
    _flush(folder.parent)
    generation = Generation(folder, number)
    earlier = before or _sound_earlier(index)
    _switch(index, generation)
    _forget(index, {generation.number, *([earlier.number] if earlier else [])})
    return generation


def _write_description(building: Path, manifest: Manifest) -> None:
    (building / "manifest.json").write_text(manifest.to_json(), encoding="utf-8")
    lines = "".join(line + "\n" for line in manifest.reports.lines)
    (building / "reports.jsonl").write_text(lines, encoding="utf-8", newline="\n")
    with (building / "places.npy").open("wb") as stream:
        np.lib.format.write_array(stream, manifest.reports.places, allow_pickle=False)


def _checksums(building: Path, before: Generation | None) -> Checksums:
    """Return the checksums of all files; a file carried over keeps the one that was written for it.

    To sum it up anew would bless whatever has happened to it since.
    """
    known = {} if before is None else read_checksums(before)
    names = sorted(_files(building))

    def one(name: str) -> tuple[str, int]:
        path = building / name
        if before is not None and name in known and _same_file(path, before.folder / name):
            return known[name]
        return _sha256(path), path.stat().st_size

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(names, pool.map(one, names), strict=True))


def _same_file(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:
        return False


def _sound_earlier(index: Path) -> Generation | None:
    """Return the generation to go back to when the new one took nothing from it; a damaged one is of no use."""
    try:
        earlier = current(index)
    except (NoIndex, DamagedIndex):
        return None
    return None if _verify_generation(earlier) else earlier


def _next_number(index: Path) -> int:
    folders = (index / "generations").glob("[0-9]" * 6) if (index / "generations").is_dir() else ()
    return max((int(folder.name) for folder in folders), default=0) + 1


def _switch(index: Path, generation: Generation) -> None:
    fresh = index / "CURRENT.new"
    fresh.write_bytes(_pointer_line(generation))
    _flush(fresh)
    fresh.replace(index / "CURRENT")
    _flush(index)
    _flush(index.absolute().parent)  # the first build makes the folder itself


def flush_tree(folder: Path) -> None:
    """Force all files and folders of a tree to the disk; make them readable for everyone who may enter."""
    paths = [*folder.rglob("*"), folder]
    for path in paths:
        if not path.is_dir() and path.stat().st_mode & 0o444 != 0o444:
            path.chmod(0o644)  # tantivy writes some of its files for their owner alone
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(_flush, paths))


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _published(index: Path) -> list[Generation]:
    folders = sorted((index / "generations").glob("[0-9]" * 6))
    return [Generation(folder, int(folder.name)) for folder in folders if (folder / "checksums.json").is_file()]


def _forget(index: Path, kept: set[int]) -> None:
    """Remove the other generations, but for those that somebody reads; what cannot be removed now stays."""
    for folder in sorted((index / "generations").glob("[0-9]" * 6)):
        if int(folder.name) not in kept:
            with suppress(OSError):
                _unless_held(folder, remove_generation)


def remove_generation(folder: Path) -> None:
    """Remove a generation, first of all the file without which it is none."""
    (folder / "checksums.json").unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def _unless_held(folder: Path, act: Callable[[Path], None]) -> None:
    try:
        handle = os.open(folder / "manifest.json", os.O_RDONLY)
    except OSError:  # debris of an interrupted removal
        act(folder)
        return
    try:
        flock(handle, LOCK_EX | LOCK_NB)
        act(folder)
    except BlockingIOError:
        pass  # a later build removes it
    finally:
        os.close(handle)


def rollback(index: Path) -> Generation:
    """Put the newest sound generation before the one in force into force; raise NoIndex when there is none."""
    if not index.is_dir():  # taking the lock would make the folder
        raise _absent(index)
    with writing(index):
        try:
            in_force = current(index).number
        except DamagedIndex:
            in_force = _next_number(index)
        for generation in reversed(_published(index)):
            if generation.number < in_force and not _verify_generation(generation):
                load_manifest(generation)
                _switch(index, generation)
                return generation
    raise NoIndex(
        f"{index} holds no earlier generation to go back to.",
        f"Rebuild the index: reportsearch build PATH... --full --index {index}",
    )
