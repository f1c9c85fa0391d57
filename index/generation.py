"""Generations on disk: what is published, what is in force, and whether the bytes are those that were written.

    INDEX/CURRENT                 one line: the generation in force and the checksum of its checksums
    INDEX/generations/000012/     immutable: manifest.json, checksums.json, segments/NAME/…, lexical/…
    INDEX/building/               the next generation, until it is complete

Knows files and bytes; nothing of passages, vectors or words.
"""

import hashlib
import json
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from index.errors import DamagedIndex, IndexLocked, NoIndex
from index.manifest import Manifest, read_manifest

KEEP = 2  # generations kept on disk: the one in force and the one to roll back to
_REBUILD = "Rebuild the index: reportsearch build PATH... --full --index {}"


@dataclass(frozen=True, slots=True)
class Generation:
    """A published generation."""

    folder: Path
    number: int


def current(index: Path) -> Generation:
    """Return the generation in force; raise NoIndex or DamagedIndex."""
    pointer = index / "CURRENT"
    try:
        words = pointer.read_text(encoding="ascii").split()
    except FileNotFoundError:
        raise NoIndex(f"There is no index in {index}.", f"Build one: reportsearch build PATH... --index {index}") from None
    except (OSError, ValueError) as error:
        raise DamagedIndex(f"{pointer} cannot be read ({error}).", _repair(index)) from error
    if len(words) != 2 or len(words[0]) != 6 or not words[0].isdigit():
        raise DamagedIndex(f"{pointer} does not name a generation.", _repair(index))
    generation = Generation(index / "generations" / words[0], int(words[0]))
    checksums = generation.folder / "checksums.json"
    if not checksums.is_file() or _sha256(checksums) != words[1]:
        raise DamagedIndex(f"{checksums} is missing or is not the one that {pointer} names.", _repair(index))
    return generation


def _repair(index: Path) -> str:
    return f"Go back: reportsearch rollback --index {index}; or rebuild: reportsearch build PATH... --full --index {index}"


def load_manifest(generation: Generation) -> Manifest:
    """Return the manifest after checking it, and the presence and size of every file, against the checksums."""
    checksums = _read_checksums(generation)
    _check_files(generation, checksums)
    path = generation.folder / "manifest.json"
    if _sha256(path) != checksums["manifest.json"]["sha256"]:
        raise DamagedIndex(f"{path} is not what was written.", _repair(_index_of(generation)))
    return read_manifest(path.read_text(encoding="utf-8"), str(path))


def _check_files(generation: Generation, checksums: dict[str, dict[str, int | str]]) -> None:
    for name, entry in checksums.items():
        path = generation.folder / name
        size = path.stat().st_size if path.is_file() else None
        if size != entry["bytes"]:
            state = "is missing" if size is None else f"has {size} bytes where {entry['bytes']} were written"
            raise DamagedIndex(f"{path} {state}.", _repair(_index_of(generation)))


def _read_checksums(generation: Generation) -> dict[str, dict[str, int | str]]:
    path = generation.folder / "checksums.json"
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise DamagedIndex(f"{path} cannot be read ({error}).", _repair(_index_of(generation))) from error


def _index_of(generation: Generation) -> Path:
    return generation.folder.parent.parent


def verify(index: Path) -> list[str]:
    """Return one sentence per file of the generation in force that is missing, changed or foreign; [] is sound."""
    generation = current(index)
    checksums = _read_checksums(generation)
    problems = []
    for name, entry in sorted(checksums.items()):
        path = generation.folder / name
        if not path.is_file():
            problems.append(f"{path} is missing.")
        elif path.stat().st_size != entry["bytes"]:
            problems.append(f"{path} has {path.stat().st_size} bytes where {entry['bytes']} were written.")
        elif _sha256(path) != entry["sha256"]:
            problems.append(f"{path} is not what was written: its checksum differs.")
    known = set(checksums) | {"checksums.json"}
    problems += [f"{generation.folder / name} is not part of the index." for name in _files(generation.folder) - known]
    return problems


def _files(folder: Path) -> set[str]:
    """Return the names of all files below the folder, without the lock files that tantivy leaves."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not (path.name.startswith(".tantivy-") and path.name.endswith(".lock"))
    }


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def writing(index: Path) -> Iterator[None]:
    """Hold the index for writing; raise IndexLocked, naming the holder, when somebody else does."""
    index.mkdir(parents=True, exist_ok=True)
    holder = index / "lock-holder"
    lock = FileLock(index / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        who = holder.read_text(encoding="utf-8").strip() if holder.exists() else "another process"
        raise IndexLocked(f"{index} is being written by {who}.", "Wait for it to end, then run the command again.") from None
    try:
        holder.write_text(f"process {os.getpid()} on {socket.gethostname()}\n", encoding="utf-8")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def publish(index: Path, building: Path, manifest: Manifest) -> Generation:
    """Make the finished folder the generation in force: flush all of it, rename it, then replace CURRENT."""
    number = _next_number(index)
    for stray in building.rglob(".tantivy-*.lock"):
        stray.unlink()
    (building / "manifest.json").write_text(manifest.to_json(), encoding="utf-8")
    checksums = {
        name: {"sha256": _sha256(building / name), "bytes": (building / name).stat().st_size}
        for name in sorted(_files(building))
    }
    (building / "checksums.json").write_text(json.dumps(checksums, indent=1) + "\n", encoding="utf-8")
    _flush_tree(building)
    folder = index / "generations" / f"{number:06d}"
    folder.parent.mkdir(exist_ok=True)
    building.rename(folder)
    _flush(folder.parent)
    generation = Generation(folder, number)
    _switch(index, generation)
    _forget_old(index, number)
    return generation


def _next_number(index: Path) -> int:
    folders = (index / "generations").glob("[0-9]" * 6) if (index / "generations").is_dir() else ()
    return max((int(folder.name) for folder in folders), default=0) + 1


def _switch(index: Path, generation: Generation) -> None:
    line = f"{generation.folder.name} {_sha256(generation.folder / 'checksums.json')}\n"
    fresh = index / "CURRENT.new"
    fresh.write_text(line, encoding="ascii")
    _flush(fresh)
    fresh.replace(index / "CURRENT")
    _flush(index)


def _flush_tree(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        _flush(path)


def _flush(path: Path) -> None:
    """Force a file or a folder to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _published(index: Path) -> list[Generation]:
    folders = sorted((index / "generations").glob("[0-9]" * 6))
    return [Generation(folder, int(folder.name)) for folder in folders if (folder / "checksums.json").is_file()]


def _forget_old(index: Path, in_force: int) -> None:
    """Remove what can be neither in force nor rolled back to; readers keep the files they have open."""
    older = [generation for generation in _published(index) if generation.number < in_force]
    for generation in older[: len(older) - (KEEP - 1)]:
        shutil.rmtree(generation.folder, ignore_errors=True)


def rollback(index: Path) -> Generation:
    """Put the newest sound generation before the one in force into force; raise NoIndex when there is none."""
    with writing(index):
        try:
            in_force = current(index).number
        except DamagedIndex:
            in_force = _next_number(index)
        for generation in reversed(_published(index)):
            if generation.number < in_force:
                load_manifest(generation)
                _switch(index, generation)
                return generation
    raise NoIndex(f"{index} holds no earlier generation to go back to.", _REBUILD.format(index))
