"""Reports in, a published generation out: the main path of writing.

What did not change is carried over; what was finished before an interruption is not done again.
"""

import errno
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from index.encoder import Encoder, StaticEncoder
from index.errors import DamagedIndex, DiskFull, IncompatibleIndex, NoIndex, NothingToIndex, NotWritable, OutOfMemory
from index.generation import Generation, check_files, current, lexical_files, load_manifest, publish, writing
from index.leaf import Cutter, Leaf, Task, Tools, Words, open_leaf, write_leaf
from index.lexical import LexicalRow, remove, write_lexical
from index.manifest import DICTIONARY, FORMAT, EncoderEntry, Manifest, Reports, SegmentEntry
from index.plan import Old, Placed, Target, earlier_versions, is_small, lay_out, numbered, runs, split, tasks
from index.reader import READABLE
from index.segment import Segment, SegmentWriter
from index.sources import Failure, find_sources
from index.structure import PARSER_VERSION
from index.worker import Setting, write_leaves

_WORKERS_FROM = 8 << 20  # bytes of files
_WORKER_BYTES = 512 << 20  # of memory
_LOOK = 0.1  # seconds between two looks at a thread
_TURN = 0.0003  # seconds that one of two threads keeps the interpreter while the other waits
MEMORY = 4 << 30  # bytes that a build keeps to unless told otherwise


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a build has come; `total` is 0 while it is not known."""

    stage: str  # "looking", "reading" (files), "embedding" (passages), "joining", "words" (passages), "publishing"
    done: int
    total: int


@dataclass(slots=True)
class BuildResult:
    """What a build did."""

    generation: int = 0
    reports: int = 0
    passages: int = 0
    added: list[str] = field(default_factory=list)  # new or changed reports
    kept: int = 0  # reports carried over without parsing or embedding
    removed: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)  # files that are no reports: questions, an index
    unchanged: bool = False  # nothing to do: the generation in force stays
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Job:
    """What was asked for, and the tools to do it with."""

    index: Path
    paths: Sequence[str | Path]
    tools: Tools
    dictionary: str | None
    memory: int
    progress: Callable[[Progress], None]

    @property
    def building(self) -> Path:
        return self.index / "building"

    @property
    def fingerprint(self) -> str:
        """What rows depend on beside the reports."""
        return "|".join(
            [str(FORMAT), str(PARSER_VERSION), self.tools.encoder.fingerprint, self.tools.tokens.fingerprint]
        )


def build_index(
    paths: Sequence[str | Path],
    index: str | Path,
    *,
    model: str | None = None,
    encoder: Encoder | None = None,
    dictionary: str | Path | None = None,
    full: bool = False,
    download: bool = False,
    memory: int = MEMORY,
    progress: Callable[[Progress], None] = lambda _: None,
) -> BuildResult:
    """Make the index hold exactly the reports among the paths; return what was done and what could not be read.

    A report that cannot be read any more stays as it was and is named among the failures. `encoder` is used in place
    of the model of a name. Where no model or dictionary is given, those of the generation in force go on; model
    "bundled" and dictionary "" go back. `memory` is in bytes: from 2 GB on, the workers and the rows of a segment are
    so many that a build stays below it, mapped files not counted; a transformer, and the names and headings of reports,
    come on top.

    Raises NothingToIndex when no path holds a readable report, IndexLocked while another build runs, NotWritable or
    DiskFull when the disk does not take the index, OutOfMemory; the generation in force then stays in force.
    """
    index = Path(index)
    with _telling(index), writing(index):
        progress(Progress("looking", 0, 0))
        kept = _kept(index)
        own = kept.given(dictionary)
        tools = Tools.of(encoder or model or kept.model, own, download=download)
        job = _Job(index, paths, tools, own, memory, progress)
        try:
            return _build_on_debris(job, full)
        except DamagedIndex as damage:
            _clear(job.building)
            result = _build(job, None)
            result.warnings.append(f"{damage.fact} Therefore every report has been read again.")
            return result


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the generation in force was built with, as far as it can tell."""

    model: str | None = None
    dictionary: Path | None = None

    def given(self, dictionary: str | Path | None) -> str | None:
        """Return the dictionary to build with: the one given, else the index's own copy after checking it."""
        if dictionary is not None or self.dictionary is None:
            return str(dictionary) if dictionary else None
        try:
            check_files(Generation(self.dictionary.parent, 0), [DICTIONARY])
        except DamagedIndex as damage:
            advice = "Give it again: --dictionary FILE; or do without: --no-dictionary"
            raise DamagedIndex(damage.fact, advice) from damage
        return str(self.dictionary)


def _kept(index: Path) -> _Kept:
    try:
        generation = current(index)
        check_files(generation, ["manifest.json"])
        values = json.loads((generation.folder / "manifest.json").read_bytes())
        own = generation.folder / DICTIONARY if values["dictionary"] else None
        return _Kept(values["encoder"]["name"], own)
    except (NoIndex, DamagedIndex, ValueError, KeyError, TypeError):  # or another format's
        return _Kept()


def _build_on_debris(job: _Job, full: bool) -> BuildResult:
    """Build on what an interrupted build has finished; start over once where that does not hang together."""
    try:
        return _build(job, None if full else _previous(job))
    except FileNotFoundError:
        _clear(job.building)
        return _build(job, None if full else _previous(job))


def _clear(building: Path) -> None:
    _discard(building / "leaves")
    shutil.rmtree(building, ignore_errors=True)


@contextmanager
def _telling(index: Path) -> Iterator[None]:
    """Say what is the case, and what helps, when the system refuses something."""
    try:
        yield
    except MemoryError as error:
        raise OutOfMemory(
            f"There is not enough memory to build {index}; the index is as it was.",
            "Close other programs, or allow less: reportsearch build PATH... --memory 2G",
        ) from error
    except OSError as error:
        what = error.filename or index
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise DiskFull(
                f"The disk is full: {what} cannot be written ({error.strerror}); the index is as it was.",
                "Make room, then run the same command again; what was finished is not done again.",
            ) from error
        raise NotWritable(
            f"{what} cannot be written ({error.strerror or error}); the index is as it was.",
            f"Check that the folder can be written, or name another: --index FOLDER instead of {index}",
        ) from error


def _previous(job: _Job) -> Old | None:
    """Return the generation in force, or None when there is none that can be built upon."""
    try:
        generation = current(job.index)
        manifest = load_manifest(generation)
    except (NoIndex, IncompatibleIndex):
        return None
    folder = generation.folder / "segments"
    segments = {s.name: Segment(folder / s.name, s.rows, job.tools.opened) for s in manifest.segments}
    return Old(generation, manifest, segments)


def _build(job: _Job, old: Old | None) -> BuildResult:
    result = BuildResult()
    reports = _gather(job, old, result)
    _account(old, reports, result)
    if old is not None and _nothing_changed(job, old, reports):
        _discard(job.building / "leaves")
        remove(job.building)
        result.unchanged = True
        result.generation = old.generation.number
        return result
    targets = lay_out(reports, old if _same_rows(job, old) else None, job.memory)
    segments = _write(job, targets, old, reports)
    manifest = _manifest(job, targets, segments)
    _sweep(job.building, manifest)
    if job.dictionary:
        shutil.copyfile(job.dictionary, job.building / DICTIONARY)  # the index must not depend on a file elsewhere
    job.progress(Progress("publishing", 0, 0))
    base = old.generation if old else None
    result.generation = publish(job.index, job.building, manifest, base).number
    return result


def _write(job: _Job, targets: list[Target], old: Old | None, reports: list[Placed]) -> list[SegmentEntry]:
    """Write the segments and, beside them in a thread, the index of words: faiss and tantivy do not wait for Python."""
    count = _Count()
    with _short_turns(), ThreadPoolExecutor(1) as beside:
        words = beside.submit(_write_words, job, old, reports, count)
        try:
            segments = [_write_segment(job, target, old) for target in targets]
            job.progress(Progress("words", count.done, count.total))
            while wait([words], timeout=_LOOK).not_done:
                job.progress(Progress("words", count.done, count.total))
            words.result()
        except BaseException:
            count.stopped = True
            raise
    return segments


@contextmanager
def _short_turns() -> Iterator[None]:
    """Let threads that want the interpreter wait less than a millisecond for it, not five."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(_TURN)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


@dataclass(slots=True)
class _Count:
    """How many passages a thread has done, and whether it is to stop."""

    done: int = 0
    total: int = 0
    stopped: bool = False


def _same_rows(job: _Job, old: Old | None) -> bool:
    if old is None:
        return False
    m = old.manifest
    return "|".join([str(m.format), str(m.parser), m.encoder.fingerprint, m.tokens]) == job.fingerprint


# --- reports -----------------------------------------------------------------------------------------------------


def _gather(job: _Job, old: Old | None, result: BuildResult) -> list[Placed]:
    """Return the reports of the new generation: those carried over, and those read into leaves now."""
    known = old if _same_rows(job, old) else None
    sources = find_sources(job.paths, job.index, lambda n: job.progress(Progress("looking", n, 0)))
    result.failures = sources.failures
    result.warnings += [f"{link} is a link to a folder, not looked into unless it is named." for link in sources.links]
    parts = split(known, sources.files, sources.failures)
    fresh = _read(job, tasks(parts.fresh, parts.donors, job.fingerprint + job.tools.analyser.fingerprint))
    for outcome in (o for leaf in fresh for o in leaf.outcomes):
        if outcome.failure:
            result.failures.append(Failure(outcome.path, *outcome.failure))
        elif outcome.line is None:
            result.skipped.append(outcome.path)
        result.warnings += [f"{outcome.path}: {warning}" for warning in outcome.warnings]
    carried = parts.carried + earlier_versions(known, [f.path for f in result.failures], parts.carried)
    result.kept = len(carried)
    reports = numbered(carried + [placed for leaf in fresh for placed in _placed(leaf)])
    if not reports:
        _nothing(result)
    return reports


def _read(job: _Job, todo: list[Task]) -> list[Leaf]:
    """Return a finished leaf for every task; those that an interrupted build has finished are taken as they are."""
    leaves = job.building / "leaves"
    leaves.mkdir(parents=True, exist_ok=True)
    done = [sum(len(task.sources) for task in todo), 0, 0]  # all files, files read, passages embedded

    def advance(files: int, rows: int) -> None:
        done[1:] = [done[1] + files, done[2] + rows]
        job.progress(Progress("reading", done[1], done[0]))
        job.progress(Progress("embedding", done[2], 0))

    missing = [task for task in todo if open_leaf(leaves, task.name) is None]
    advance(done[0] - sum(len(task.sources) for task in missing), 0)
    workers = _workers(job, missing)
    if workers > 1:
        write_leaves(Setting(str(leaves), job.tools.encoder.name, job.dictionary), missing, workers, advance)
    for task in missing if workers == 1 else ():
        write_leaf(leaves, task, job.tools, advance)
    finished = [open_leaf(leaves, task.name) for task in todo]
    if None in finished:
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(leaves))
    return [leaf for leaf in finished if leaf is not None]


def _workers(job: _Job, missing: list[Task]) -> int:
    """Return how many processes pay: a transformer keeps all cores busy by itself, and small files are soon read."""
    size = sum(source.size for task in missing for source in task.sources)
    if not isinstance(job.tools.encoder, StaticEncoder) or size < _WORKERS_FROM:
        return 1
    return max(1, min(len(missing), os.cpu_count() or 1, job.memory // _WORKER_BYTES))


def _placed(leaf: Leaf) -> Iterator[Placed]:
    first = 0
    for outcome in leaf.outcomes:
        if outcome.line is not None:
            yield Placed(outcome.path, outcome.sha256, outcome.line, outcome.rows, leaf.segment, first, leaf=leaf)
            first += outcome.rows


def _nothing(result: BuildResult) -> None:
    if result.failures:
        fact = "None of the files can be read: " + " ".join(f.reason for f in result.failures[:5])
    else:
        fact = f"No report was found among the paths; files ending in {', '.join(READABLE)} are read."
    raise NothingToIndex(fact, "Give a folder with reports: reportsearch build FOLDER")


def _account(old: Old | None, reports: list[Placed], result: BuildResult) -> None:
    before = dict(old.manifest.reports.keys) if old else {}
    after = {placed.path: placed.sha256 for placed in reports}
    result.added = [path for path, digest in after.items() if before.get(path) != digest]
    result.removed = [path for path in before if path not in after]
    result.reports = len(reports)
    result.passages = sum(placed.rows for placed in reports)


def _nothing_changed(job: _Job, old: Old, reports: list[Placed]) -> bool:
    if not _same_rows(job, old) or old.manifest.words != job.tools.analyser.fingerprint:
        return False
    return old.manifest.reports.keys == tuple((placed.path, placed.sha256) for placed in reports)


# --- segments ----------------------------------------------------------------------------------------------------


def _write_segment(job: _Job, target: Target, old: Old | None) -> SegmentEntry:
    """Put a segment into the building folder: kept, taken from a leaf as it is, or copied together."""
    segments = job.building / "segments"
    segments.mkdir(exist_ok=True)
    parts = runs(target.reports)
    whole = parts[0].segment if len(parts) == 1 and parts[0].rows == parts[0].segment.rows else target.kept
    known = {} if old is None else {s: e for e in old.manifest.segments if (s := old.segments[e.name])}
    if whole is not None and whole in known:
        _link_tree(whole.folder, segments / whole.folder.name)
        return known[whole]
    name = _segment_name(job, target)
    if whole is not None:
        _link_tree(whole.folder, segments / name)
    else:
        shutil.rmtree(segments / name, ignore_errors=True)
        with SegmentWriter(segments / name, job.tools.encoder.dim, job.tools.tokens.vocabulary) as writer:
            for part in parts:
                writer.copy(part)
                job.progress(Progress("joining", writer.rows, sum(p.rows for p in parts)))
    rows = sum(part.rows for part in parts)
    return SegmentEntry(name, rows, Segment(segments / name, rows, job.tools.opened).settle(job.tools.encode_question))


def _segment_name(job: _Job, target: Target) -> str:
    key = "\n".join([job.fingerprint, *(f"{placed.number} {placed.rows}" for placed in target.reports)])
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def _manifest(job: _Job, targets: list[Target], segments: list[SegmentEntry]) -> Manifest:
    places: list[tuple[Placed, list[int]]] = []
    for at, target in enumerate(targets):
        first = 0
        for placed in target.reports:
            start = placed.first if target.kept is not None else first
            places.append((placed, [placed.number or 0, at, start, placed.rows]))
            first += placed.rows
    places.sort(key=lambda place: place[0].path)
    table = np.array([place for _, place in places], np.int64).reshape(-1, 4)
    return Manifest(
        format=FORMAT,
        parser=PARSER_VERSION,
        words=job.tools.analyser.fingerprint,
        dictionary=bool(job.dictionary),
        encoder=EncoderEntry(job.tools.encoder.name, job.tools.encoder.fingerprint, job.tools.encoder.dim),
        tokens=job.tools.tokens.fingerprint,
        rows=sum(placed.rows for placed, _ in places),
        segments=tuple(segments),
        reports=Reports([placed.line for placed, _ in places], table, [s.name for s in segments]),
    )


# --- words -------------------------------------------------------------------------------------------------------


def _write_words(job: _Job, old: Old | None, reports: list[Placed], count: _Count) -> None:
    """Write the index of words: the old one with what is new and without what is gone, or a new one."""
    folder = job.building / "lexical"
    shutil.rmtree(folder, ignore_errors=True)
    before: set[int] = set()
    if old is not None and _same_rows(job, old) and old.manifest.words == job.tools.analyser.fingerprint:
        before = set(old.manifest.reports.places[:, 0].tolist())
    gone = sorted(before - {placed.number for placed in reports})
    if gone and is_small(reports):
        # What is gone counts in the frequencies until tantivy merges it away; a small index is spared that.
        before, gone = set(), []
    if old is not None and before:
        check_files(old.generation, lexical_files(old.generation))
        _link_tree(old.generation.folder / "lexical", folder)
    fresh = [placed for placed in reports if placed.number not in before]
    write_lexical(folder, _lexical_rows(job, fresh, count), removed_reports=gone)


def _lexical_rows(job: _Job, fresh: list[Placed], count: _Count) -> Iterator[LexicalRow]:
    """Yield the words of the reports: as the leaves hold them, or cut from the table."""
    count.total = sum(placed.rows for placed in fresh)
    cutter = Cutter(job.tools.analyser)
    read: dict[int, tuple[Leaf, list[Placed]]] = {}
    for placed in fresh:
        if placed.leaf is not None:
            read.setdefault(id(placed.leaf), (placed.leaf, []))[1].append(placed)
    sources = [(leaf.words(), placed) for leaf, placed in read.values()]
    sources += [(_cut(placed, cutter), [placed]) for placed in fresh if placed.leaf is None]
    for words, reports in sources:
        for placed in reports:
            for number in range(placed.rows):
                w = next(words)
                yield LexicalRow(placed.number or 0, number, w.terms, w.runs, w.context, w.references)
            count.done += placed.rows
            if count.stopped:
                raise KeyboardInterrupt


def _cut(placed: Placed, cutter: Cutter) -> Iterator[Words]:
    from index.manifest import parse_entry

    title = parse_entry(placed.line, placed.rows).title
    return (cutter.words(row, title) for row in placed.segment.table.rows(placed.first, placed.first + placed.rows))


# --- folders -----------------------------------------------------------------------------------------------------


def _link_tree(source: Path, target: Path) -> None:
    """Give a tree a second name without copying: its files are never changed, only replaced."""
    shutil.rmtree(target, ignore_errors=True)
    try:
        shutil.copytree(source, target, copy_function=os.link)
    except (OSError, shutil.Error):  # another file system, or one without links
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target)


def _discard(folder: Path) -> None:
    """Remove a folder in one step for whoever looks for it: half removed, a leaf would still look finished."""
    gone = folder.with_name(folder.name + "-gone")
    remove(gone)
    if folder.exists():
        folder.rename(gone)
        remove(gone)


def _sweep(building: Path, manifest: Manifest) -> None:
    """Remove the leaves, and what an interrupted build left and this one does not use."""
    wanted = {building / "lexical", building / "segments"} | {building / "segments" / s.name for s in manifest.segments}
    for path in [*building.iterdir(), *(building / "segments").iterdir()]:
        if path not in wanted:
            _discard(path) if path.is_dir() else path.unlink()
