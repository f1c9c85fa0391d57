"""Reports in, a published generation out: the main path of writing.

What did not change is carried over; what was finished before an interruption is not done again.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from index.encoder import Encoder, StaticEncoder, open_encoder
from index.errors import DamagedIndex, IncompatibleIndex, NoIndex, NotAReport, NothingToIndex, UnreadableFile
from index.generation import Generation, current, load_manifest, publish, writing
from index.lexical import LexicalRow, write_lexical
from index.manifest import FORMAT, EncoderEntry, Manifest, ReportEntry, SegmentEntry, entry_of
from index.reader import read_report
from index.segment import Part, Segment, write_segment
from index.structure import PARSER_VERSION
from index.table import PassageTable, report_table, rows_of
from index.words import Analyser

READABLE = (".txt", ".text", ".md", ".markdown", ".jsonl", ".ndjson")
# Up to here everything is written anew in one segment, so that the bytes do not depend on the history.
COMPACT_BELOW = 20_000
SEGMENT_ROWS = 100_000
# A segment is written anew when this share of its rows belongs to no report any more.
_DEAD_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be read, and why."""

    path: str
    reason: str
    advice: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a build has come; `total` is 0 while it is not known."""

    stage: str  # "looking", "reading", "embedding", "words", "publishing"
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
class _Source:
    """A file that may be a report, with its checksum."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class _Tools:
    """What a build works with, and the fingerprints that decide what can be carried over."""

    encoder: Encoder
    tokens: StaticEncoder
    analyser: Analyser
    dictionary: str | None
    progress: Callable[[Progress], None]

    @property
    def fingerprint(self) -> str:
        return "|".join([str(FORMAT), str(PARSER_VERSION), self.encoder.fingerprint, self.tokens.fingerprint])


def build_index(
    paths: Sequence[str | Path],
    index: str | Path,
    *,
    model: str | None = None,
    dictionary: str | Path | None = None,
    full: bool = False,
    download: bool = False,
    progress: Callable[[Progress], None] = lambda _: None,
) -> BuildResult:
    """Make the index hold exactly the reports among the paths; return what was done and what could not be read.

    Raises NothingToIndex when no path holds a readable report, IndexLocked while another build runs.
    """
    index = Path(index)
    result = BuildResult()
    with writing(index):
        progress(Progress("looking", 0, 0))
        old = None if full else _previous(index)
        tools = _tools(old, model, dictionary, download, progress)
        sources = list(_sources(paths, index, result, progress))
        plan = _plan(old, sources, tools, result)
        _write(index, plan, tools, result)
    return result


def _tools(
    old: "_Old | None", model: str | None, dictionary: str | Path | None, download: bool, progress: Callable[[Progress], None]
) -> _Tools:
    encoder = open_encoder(model, download=download)
    tokens = encoder if isinstance(encoder, StaticEncoder) else open_encoder(None)
    analyser = Analyser(Path(dictionary) if dictionary else None)
    return _Tools(encoder, tokens, analyser, str(dictionary) if dictionary else None, progress)


@dataclass(frozen=True, slots=True)
class _Old:
    """The generation in force before the build."""

    generation: Generation
    manifest: Manifest
    segments: dict[str, Segment]


def _previous(index: Path) -> _Old | None:
    """Return the generation in force, or None when there is none that can be built upon."""
    try:
        generation = current(index)
        manifest = load_manifest(generation)
    except (NoIndex, DamagedIndex, IncompatibleIndex):
        return None
    folder = generation.folder / "segments"
    return _Old(generation, manifest, {s.name: Segment(folder / s.name, s.rows) for s in manifest.segments})


# --- which files -----------------------------------------------------------------------------------------------


def _sources(
    paths: Sequence[str | Path], index: Path, result: BuildResult, progress: Callable[[Progress], None]
) -> Iterator[_Source]:
    """Yield the files among the paths in a fixed order, each once."""
    seen: set[Path] = set()
    for path in sorted({p for given in paths for p in _files(Path(given), index, result)}, key=lambda p: p.as_posix()):
        real = path.resolve()
        if real in seen:
            continue
        seen.add(real)
        progress(Progress("looking", len(seen), 0))
        try:
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            yield _Source(path.as_posix(), digest, path.stat().st_size)
        except OSError as error:
            reason = f"{path} cannot be read ({error.strerror})."
            result.failures.append(Failure(path.as_posix(), reason, "Check that the file exists and its permissions."))


def _files(path: Path, index: Path, result: BuildResult) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for folder, folders, names in os.walk(path, onerror=lambda e: _unlistable(e, result)):
        here = Path(folder)
        folders[:] = sorted(f for f in folders if not f.startswith(".") and here / f != index)
        if (here / "CURRENT").is_file() and (here / "generations").is_dir():
            folders[:] = []
            continue
        yield from (here / n for n in names if Path(n).suffix.lower() in READABLE and not n.startswith("."))


def _unlistable(error: OSError, result: BuildResult) -> None:
    reason = f"The folder {error.filename} cannot be listed ({error.strerror})."
    result.failures.append(Failure(str(error.filename), reason, "Check its permissions."))


# --- what has to be done ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Planned:
    """A report that will be in the new generation, and its rows if they have to be written."""

    entry: ReportEntry
    load: Callable[[], Part] | None  # None: its segment is kept as it is


@dataclass(slots=True)
class _Plan:
    """The reports of the new generation, the segments kept as they are, and the words that change."""

    reports: list[_Planned]
    kept_segments: tuple[SegmentEntry, ...]
    old: _Old | None
    fresh: set[int]  # numbers of the reports whose words are not in the old index of words
    gone: list[int]  # numbers of the reports whose words must leave it


def _plan(old: _Old | None, sources: list[_Source], tools: _Tools, result: BuildResult) -> _Plan:
    """Decide which reports are carried over, parsed, or dropped; parse those that need it."""
    same = old is not None and _can_carry(old.manifest, tools)
    by_content = {e.sha256: e for e in reversed(old.manifest.reports)} if old and same else {}
    by_path = {e.path: e for e in old.manifest.reports} if old and same else {}
    planned: list[_Planned] = []
    for done, source in enumerate(sources):
        tools.progress(Progress("reading", done, len(sources)))
        known = by_path.get(source.path)
        if known is None or known.sha256 != source.sha256:
            known = by_content.get(source.sha256)
        if known is not None and Path(known.path).name == Path(source.path).name and old is not None:
            entry = replace(known, path=source.path)
            planned.append(_Planned(entry, _carrier(old, known)))
            result.kept += 1
        elif (parsed := _parse(source, result)) is not None:
            planned.append(parsed)
    if not planned:
        _nothing(result)
    _account(old, planned, result)
    return _keep_segments(old if same else None, planned, tools)


def _can_carry(manifest: Manifest, tools: _Tools) -> bool:
    parts = [str(manifest.format), str(manifest.parser), manifest.encoder.fingerprint, manifest.tokens]
    return "|".join(parts) == tools.fingerprint


def _carrier(old: _Old, entry: ReportEntry) -> Callable[[], Part]:
    return lambda: old.segments[entry.segment].part(entry.first, entry.rows)


def _parse(source: _Source, result: BuildResult) -> _Planned | None:
    try:
        report = read_report(Path(source.path), source.path)
    except NotAReport:
        result.skipped.append(source.path)
        return None
    except UnreadableFile as error:
        result.failures.append(Failure(source.path, error.fact, error.advice))
        return None
    result.warnings.extend(f"{source.path}: {warning}" for warning in report.warnings)
    number = int(hashlib.sha256(f"{source.sha256} {source.path}".encode()).hexdigest()[:15], 16)
    entry = entry_of(report, sha256=source.sha256, size=source.size, number=number)
    table = report_table(report)
    return _Planned(entry, lambda: Part(table))


def _nothing(result: BuildResult) -> None:
    if result.failures:
        fact = "None of the files can be read: " + " ".join(f.reason for f in result.failures[:5])
    else:
        fact = f"No report was found among the paths; files ending in {', '.join(READABLE)} are read."
    raise NothingToIndex(fact, "Give a folder with reports: reportsearch build FOLDER")


def _account(old: _Old | None, planned: list[_Planned], result: BuildResult) -> None:
    before = {e.path: e.sha256 for e in old.manifest.reports} if old else {}
    after = {p.entry.path: p.entry.sha256 for p in planned}
    result.added = [path for path, digest in after.items() if before.get(path) != digest]
    result.removed = [path for path in before if path not in after]
    result.reports = len(planned)
    result.passages = sum(p.entry.rows for p in planned)


def _keep_segments(old: _Old | None, planned: list[_Planned], tools: _Tools) -> _Plan:
    """Keep large segments that are mostly alive; everything else is written anew."""
    before = {e.number for e in old.manifest.reports} if old else set()
    after = {p.entry.number for p in planned}
    small = sum(p.entry.rows for p in planned) <= COMPACT_BELOW
    if old is None or small or old.manifest.words != tools.analyser.fingerprint:
        return _Plan(planned, (), None if old is None else old, after, [])
    alive: dict[str, int] = {}
    for p in planned:
        if p.entry.segment:
            alive[p.entry.segment] = alive.get(p.entry.segment, 0) + p.entry.rows
    kept = tuple(s for s in old.manifest.segments if alive.get(s.name, 0) >= s.rows * (1 - _DEAD_SHARE))
    names = {s.name for s in kept}
    planned = [replace(p, load=None) if p.entry.segment in names else p for p in planned]
    return _Plan(planned, kept, old, after - before, sorted(before - after))


# --- writing ---------------------------------------------------------------------------------------------------


def _write(index: Path, plan: _Plan, tools: _Tools, result: BuildResult) -> None:
    if _nothing_changed(plan, tools):
        result.unchanged = True
        result.generation = plan.old.generation.number if plan.old else 0
        return
    building = index / "building"
    segments, entries = _write_segments(building, plan, tools)
    _write_words(building, plan, entries, tools)
    manifest = Manifest(
        format=FORMAT,
        parser=PARSER_VERSION,
        words=tools.analyser.fingerprint,
        dictionary=tools.dictionary,
        encoder=EncoderEntry(tools.encoder.name, tools.encoder.fingerprint, tools.encoder.dim),
        tokens=tools.tokens.fingerprint,
        segments=segments,
        reports=tuple(sorted(entries, key=lambda e: e.path)),
    )
    _sweep(building, segments)
    tools.progress(Progress("publishing", 0, 0))
    result.generation = publish(index, building, manifest).number


def _nothing_changed(plan: _Plan, tools: _Tools) -> bool:
    if plan.old is None or plan.old.manifest.words != tools.analyser.fingerprint:
        return False
    before = {(e.path, e.number) for e in plan.old.manifest.reports}
    return before == {(p.entry.path, p.entry.number) for p in plan.reports} and _can_carry(plan.old.manifest, tools)


def _write_segments(
    building: Path, plan: _Plan, tools: _Tools
) -> tuple[tuple[SegmentEntry, ...], list[ReportEntry]]:
    folder = building / "segments"
    folder.mkdir(parents=True, exist_ok=True)
    for kept in plan.kept_segments:
        _link_tree(plan.old.segments[kept.name].folder, folder / kept.name)  # type: ignore[union-attr]
    segments = list(plan.kept_segments)
    entries = [p.entry for p in plan.reports if p.load is None]
    waiting = [p for p in plan.reports if p.load is not None]
    total, done = sum(p.entry.rows for p in waiting), 0
    for batch in _batches(waiting):
        start = done
        segment, placed = _write_one(folder, batch, tools, lambda rows: _advance(tools, start, rows, total))
        segments.append(segment)
        entries.extend(placed)
        done += segment.rows
    return tuple(segments), entries


def _advance(tools: _Tools, start: int, rows: int, total: int) -> None:
    tools.progress(Progress("embedding", start + rows, total))


def _batches(planned: list[_Planned]) -> Iterator[list[_Planned]]:
    batch: list[_Planned] = []
    rows = 0
    for p in planned:
        if batch and rows + p.entry.rows > SEGMENT_ROWS:
            yield batch
            batch, rows = [], 0
        batch.append(p)
        rows += p.entry.rows
    if batch:
        yield batch


def _write_one(
    folder: Path, batch: list[_Planned], tools: _Tools, advance: Callable[[int], None]
) -> tuple[SegmentEntry, list[ReportEntry]]:
    """Write one segment, unless an interrupted build has already finished it."""
    key = "\n".join([tools.fingerprint, *(f"{p.entry.path} {p.entry.sha256}" for p in batch)])
    name = hashlib.sha256(key.encode()).hexdigest()[:16]
    rows = sum(p.entry.rows for p in batch)
    done = folder / f"{name}.done"
    if not done.is_file():
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir()
        counter = _Counter(advance)
        kind = write_segment(folder / name, [p.load() for p in batch if p.load], tools.encoder, tools.tokens, counter)
        done.write_text(kind, encoding="utf-8")
    entries, first = [], 0
    for p in batch:
        entries.append(replace(p.entry, segment=name, first=first))
        first += p.entry.rows
    return SegmentEntry(name, rows, done.read_text(encoding="utf-8")), entries


@dataclass(slots=True)
class _Counter:
    """Turn increments into totals for the progress report."""

    report: Callable[[int], None]
    done: int = 0

    def __call__(self, rows: int) -> None:
        self.done += rows
        self.report(self.done)


def _write_words(building: Path, plan: _Plan, entries: list[ReportEntry], tools: _Tools) -> None:
    folder = building / "lexical"
    shutil.rmtree(folder, ignore_errors=True)
    if plan.kept_segments and plan.old is not None:
        _link_tree(plan.old.generation.folder / "lexical", folder)
    fresh = [entry for entry in entries if entry.number in plan.fresh]
    write_lexical(folder, _lexical_rows(building, fresh, tools), removed_reports=plan.gone)


def _lexical_rows(building: Path, entries: Iterable[ReportEntry], tools: _Tools) -> Iterator[LexicalRow]:
    ordered = sorted(entries, key=lambda e: (e.segment, e.first))
    total, done = sum(e.rows for e in ordered), 0
    tables: dict[str, PassageTable] = {}
    for entry in ordered:
        if entry.segment not in tables:
            tables = {entry.segment: PassageTable(building / "segments" / entry.segment / "passages.arrow")}
        for number, row in enumerate(rows_of(tables[entry.segment].slice(entry.first, entry.rows))):
            context = " ".join([entry.title, *row.headings, row.lead])
            yield LexicalRow(
                report=entry.number,
                passage=number,
                terms=tools.analyser.terms(row.text),
                grams=tools.analyser.grams(row.text),
                context=tools.analyser.terms(context),
                references=list(row.references),
            )
        done += entry.rows
        tools.progress(Progress("words", done, total))


def _link_tree(source: Path, target: Path) -> None:
    """Give a tree a second name without copying: its files are never changed, only replaced."""
    shutil.rmtree(target, ignore_errors=True)
    try:
        shutil.copytree(source, target, copy_function=os.link)
    except (OSError, shutil.Error):  # another file system, or one without links
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target)


def _sweep(building: Path, segments: Sequence[SegmentEntry]) -> None:
    """Remove what an interrupted build left and this one does not use."""
    names = {segment.name for segment in segments}
    for path in (building / "segments").iterdir():
        if path.name not in names:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()
    for path in building.iterdir():
        if path.name not in ("segments", "lexical"):
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()
