"""Which files are to be read: walk the paths, sum up each file. Knows nothing of what stands in them."""

import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from index.reader import LOOKED_AT


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be read, and why."""

    path: str
    reason: str
    advice: str


@dataclass(frozen=True, slots=True)
class Source:
    """A file that may be a report, with its checksum."""

    path: str
    sha256: str
    size: int


@dataclass(slots=True)
class Sources:
    """The files found, in a fixed order, and the paths that could not be looked into."""

    files: list[Source] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    links: list[Path] = field(default_factory=list)  # to folders, which were passed over


def find_sources(paths: Sequence[str | Path], index: Path, looked: Callable[[int], None]) -> Sources:
    """Return the files among the paths, each once; hidden ones and indexes are passed over."""
    sources = Sources()
    seen: set[str] = set()
    for path in sorted({p for given in paths for p in _files(Path(given), index, sources)}, key=lambda p: p.as_posix()):
        real = os.path.realpath(path)
        if real not in seen:
            seen.add(real)
            looked(len(seen))
            _add(sources, path)
    sources.links = [link for link in sources.links if link not in map(Path, paths)]
    return sources


def _add(sources: Sources, path: Path) -> None:
    shown = os.fsencode(path).decode("utf-8", "backslashreplace")
    if shown != str(path):
        reason = f"The name {shown} is not in UTF-8."
        sources.failures.append(Failure(path.as_posix(), reason, "Rename the file or the folder that it lies in."))
        return
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            sources.failures.append(Failure(path.as_posix(), f"{path} is no ordinary file.", "Leave it out."))
            return
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            sources.files.append(Source(path.as_posix(), digest, stream.tell()))
    except OSError as error:
        reason = f"{path} cannot be read ({error.strerror})."
        sources.failures.append(Failure(path.as_posix(), reason, "Check that the file exists and its permissions."))


def _files(path: Path, index: Path, sources: Sources) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for folder, folders, names in os.walk(path, onerror=lambda error: _unlistable(error, sources)):
        here = Path(folder)
        sources.links += sorted(here / f for f in folders if not f.startswith(".") and (here / f).is_symlink())
        folders[:] = sorted(f for f in folders if not f.startswith(".") and here / f != index)
        if (here / "CURRENT").is_file() and (here / "generations").is_dir():
            folders[:] = []
            continue
        yield from (here / n for n in names if Path(n).suffix.lower() in LOOKED_AT and not n.startswith("."))


def _unlistable(error: OSError, sources: Sources) -> None:
    reason = f"The folder {error.filename} cannot be listed ({error.strerror})."
    sources.failures.append(Failure(Path(error.filename).as_posix(), reason, "Check its permissions."))
