"""Decide what a build has to do: which reports are carried over, which files are read, which segments are written.

Pure: looks at manifests and sizes, touches no file.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from index.generation import Generation
from index.leaf import Donor, Leaf, Task
from index.manifest import Manifest
from index.segment import Run, Segment
from index.sources import Failure, Source

# Up to here everything is written anew in one segment, so that the bytes do not depend on the history.
COMPACT_BELOW = 20_000
LEAF_BYTES = 2 << 20  # files of so many bytes are read together; an interruption loses at most these
# A segment is written anew when this share of its rows belongs to no report any more.
_DEAD_SHARE = 0.3
# Bytes of memory that a row costs while its codes are made and written: 220 of 512 numbers (benchmarks/scale.py).
_ROW_BYTES = 400
_LEAST_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class Old:
    """The generation that a build starts from."""

    generation: Generation
    manifest: Manifest
    segments: dict[str, Segment]


@dataclass(frozen=True, slots=True)
class Placed:
    """A report of the new generation, and where its rows lie now."""

    path: str
    sha256: str
    line: str
    rows: int
    segment: Segment
    first: int
    number: int | None = None  # its number in the old index of words; None: it is not in it
    leaf: Leaf | None = None  # where its words are, if it has just been read


@dataclass(frozen=True, slots=True)
class Split:
    """The files told apart: carried over, or to be read, with donors for those under a new name."""

    carried: list[Placed]
    fresh: list[Source]
    donors: list[Donor | None]


def split(old: Old | None, sources: Sequence[Source], failures: Sequence[Failure]) -> Split:
    """Carry over what is known by content; what cannot be read now stays as it was read before."""
    known = _Known(old)
    carried, fresh, waiting = [], [], []
    for source in sources:
        placed = known.take(source)
        if placed is None:
            waiting.append(source)
        else:
            carried.append(placed)
    for source in waiting:  # after all paths have taken what is theirs
        placed = known.take_moved(source)
        if placed is None:
            fresh.append(source)
        else:
            carried.append(placed)
    carried += known.below(failure.path for failure in failures)
    return Split(carried, fresh, [known.donor(source) for source in fresh])


class _Known:
    """The reports of the old generation, each to be taken once."""

    def __init__(self, old: Old | None) -> None:
        self._old = old
        self._keys = old.manifest.reports.keys if old else ()
        self._by_path = {path: at for at, (path, _) in enumerate(self._keys)}
        self._by_content: dict[str, list[int]] = {}
        for at, (_, digest) in enumerate(self._keys):
            self._by_content.setdefault(digest, []).append(at)
        self._taken: set[int] = set()

    def take(self, source: Source) -> Placed | None:
        at = self._by_path.get(source.path)
        return self._placed(at) if at is not None and self._keys[at][1] == source.sha256 else None

    def take_moved(self, source: Source) -> Placed | None:
        """Take a report of the same content and file name; another name could mean another symbol or year."""
        for at in self._by_content.get(source.sha256, ()):
            path = self._keys[at][0]
            if at not in self._taken and _name(path) == _name(source.path):
                return _moved(self._placed(at), source.path)
        return None

    def below(self, paths: Iterable[str]) -> Iterator[Placed]:
        """Yield what was read before from paths that cannot be looked into now."""
        for lost in sorted(set(paths)):
            inside = [
                at for path, at in self._by_path.items() if path == lost or path.startswith(lost.rstrip("/") + "/")
            ]
            yield from (self._placed(at) for at in sorted(inside) if at not in self._taken)

    def earlier(self, path: str) -> Placed | None:
        at = self._by_path.get(path)
        return None if at is None or at in self._taken else self._placed(at)

    def donor(self, source: Source) -> Donor | None:
        for at in self._by_content.get(source.sha256, ()):
            rows = self._placed(at, take=False)
            return Donor(str(rows.segment.folder), rows.segment.rows, rows.first, rows.rows)
        return None

    def _placed(self, at: int, *, take: bool = True) -> Placed:
        assert self._old is not None
        if take:
            self._taken.add(at)
        reports = self._old.manifest.reports
        number, segment, first, rows = reports.places[at].tolist()
        path, digest = self._keys[at]
        name = reports.segments[segment]
        return Placed(path, digest, reports.lines[at], rows, self._old.segments[name], first, number)


def _name(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def _moved(placed: Placed, path: str) -> Placed:
    from index.manifest import entry_line, parse_entry

    entry = replace(parse_entry(placed.line, placed.rows), path=path)
    return replace(placed, path=path, line=entry_line(entry))


def earlier_versions(old: Old | None, paths: Sequence[str], carried: Sequence[Placed]) -> list[Placed]:
    """Return the earlier versions of reports whose files can no longer be read, if they are not carried over yet."""
    known = _Known(old)
    there = {placed.number for placed in carried}
    return [p for path in paths if (p := known.earlier(path)) is not None and p.number not in there]


def tasks(fresh: Sequence[Source], donors: Sequence[Donor | None], fingerprint: str) -> list[Task]:
    """Put neighbouring files together; the name of a task says what is in it, whenever it is made."""
    groups: list[list[int]] = []
    size = 0
    for at, source in enumerate(fresh):
        if not groups or size + source.size > LEAF_BYTES:
            groups.append([])
            size = 0
        groups[-1].append(at)
        size += source.size
    return [_task([fresh[i] for i in group], [donors[i] for i in group], fingerprint) for group in groups]


def _task(sources: list[Source], donors: list[Donor | None], fingerprint: str) -> Task:
    key = "\n".join([fingerprint, *(f"{s.path} {s.sha256}" for s in sources)])
    return Task(hashlib.sha256(key.encode()).hexdigest()[:16], tuple(sources), tuple(donors))


def numbered(reports: Sequence[Placed]) -> list[Placed]:
    """Give every new report a number that no other has; from scratch it depends on nothing but path and content."""
    taken = {placed.number for placed in reports if placed.number is not None}
    done = []
    for placed in sorted(reports, key=lambda p: p.path):
        number, salt = placed.number, 0
        while number is None:
            key = f"{placed.sha256} {placed.path} {salt}"
            candidate = int(hashlib.sha256(key.encode()).hexdigest()[:15], 16)
            number = None if candidate in taken else candidate
            salt += 1
        taken.add(number)
        done.append(replace(placed, number=number))
    return done


# --- segments ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Target:
    """A segment of the new generation: the reports in it, in order, and the segment to keep as it is, if any."""

    reports: tuple[Placed, ...]
    kept: Segment | None = None


def is_small(reports: Sequence[Placed]) -> bool:
    """Say whether everything can be written anew at every build."""
    return _alive(reports) <= COMPACT_BELOW


def lay_out(reports: Sequence[Placed], old: Old | None, memory: int) -> list[Target]:
    """Keep large segments that are mostly alive; write the rest anew, small segments joined to few.

    A segment is joined to what is new when it is not more than twice as large, so that the number of segments grows
    with the logarithm of the number of builds, and so does how often a row is written again.
    """
    if is_small(reports):
        return [Target(tuple(reports))] if reports else []
    inside: dict[Segment, list[Placed]] = {}
    for placed in reports:
        inside.setdefault(placed.segment, []).append(placed)
    kept = [
        s for s in (old.segments.values() if old else ()) if _alive(inside.get(s, ())) >= s.rows * (1 - _DEAD_SHARE)
    ]
    most = max(_LEAST_ROWS, memory // _ROW_BYTES)
    fresh = sum(_alive(placed) for segment, placed in inside.items() if segment not in kept)
    for segment in sorted(kept, key=lambda s: s.rows):
        if fresh > 0 and segment.rows <= 2 * fresh and fresh + segment.rows <= most:
            kept.remove(segment)
            fresh += _alive(inside[segment])
    targets = [Target(tuple(sorted(inside[s], key=lambda p: p.first)), s) for s in kept]
    return targets + list(_joined([p for p in reports if p.segment not in kept], most))


def _alive(reports: Iterable[Placed]) -> int:
    return sum(placed.rows for placed in reports)


def _joined(reports: Sequence[Placed], most: int) -> Iterator[Target]:
    batch: list[Placed] = []
    rows = 0
    for placed in reports:
        if batch and rows + placed.rows > most:
            yield Target(tuple(batch))
            batch, rows = [], 0
        batch.append(placed)
        rows += placed.rows
    if batch:
        yield Target(tuple(batch))


def runs(reports: Sequence[Placed]) -> list[Run]:
    """Return the rows of the reports as they lie, neighbours joined."""
    joined: list[Run] = []
    for placed in reports:
        last = joined[-1] if joined else None
        if last is not None and last.segment is placed.segment and last.first + last.rows == placed.first:
            joined[-1] = Run(last.segment, last.first, last.rows + placed.rows)
        elif placed.rows:
            joined.append(Run(placed.segment, placed.first, placed.rows))
    return joined
