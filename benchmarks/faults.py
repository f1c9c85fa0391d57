"""Break builds and files in every way at hand, and count the answers that are lost or wrong: there must be none.

    python -m benchmarks.faults [--kills 500] [--full-disks 200] [--flips 1000] [--seed 0]

Kills: SIGKILL during a build, after a random time or at a random one of the build's calls that change files.
Full disks: ENOSPC at a random such call, a file system of random size (root only), or a random limit on file sizes.
Flips: one bit of one file, then verify, and everything read through every door.

Whatever happens, the index has to answer as the generation before or the one after, word for word; the next build has
to succeed and to leave nothing behind. All work is done in forked processes, so that a crash is a count, not an end.
"""

import argparse
import errno
import hashlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# Threads do not survive a fork.
os.environ |= {"TOKENIZERS_PARALLELISM": "false", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

import numpy as np
from numpy.typing import NDArray

import index.dense
import index.plan
from index import OpenIndex, build_index, open_index
from index.encoder import bundled_encoder
from index.errors import DiskFull, NotWritable, ReportSearchError
from index.generation import verify
from index.lexical import WeightedTerm
from index.words import Analyser

Answers = list[Any]
_CHANGING = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.truncate", "os.chmod")
_WORDS = ("能源", "海洋", "淡水", "森林", "山区", "气候", "能源政策")
_QUESTIONS = ("能源的政策", "海洋与淡水", "山区里的森林")


class HashEncoder:
    """A vector for each character, made from its hash; no model, no threads."""

    name, fingerprint, dim = "hash", "hash-16", 16

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.array([self.encode_query(text) for text in texts], np.float32).reshape(len(texts), self.dim)

    def encode_query(self, text: str) -> NDArray[np.float32]:
        total = np.zeros(self.dim)
        for character in text:
            total += np.frombuffer(hashlib.md5(character.encode()).digest(), np.uint8) / 127.5 - 1
        return (total / max(float(np.linalg.norm(total)), 1e-9)).astype(np.float32)


# --- the collection ----------------------------------------------------------------------------------------------


def write_version(folder: Path, version: int, reports: int = 8, paragraphs: int = 12) -> None:
    """Write version 0, 1 or 2 of a small collection: a third of the reports differs from version to version."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for number in range(reports - version):
        rng = random.Random(number * 10 + (version if number % 3 == 0 else 0))
        lines = [
            {
                "_id": str(i),
                "title": f"第{i // 4}节",
                "text": f"{rng.choice(_WORDS)}在{rng.choice(_WORDS)}之后{rng.random()}",
            }
            for i in range(1, paragraphs)
        ]
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        (folder / f"r{number}.jsonl").write_text(text, encoding="utf-8")


def answers(folder: Path) -> Answers:
    """Return all that an index says, read through every door, in terms that do not depend on row numbers."""
    opened = open_index(folder, encoder=HashEncoder())
    rows = range(opened.rows) if opened.alive is None else np.flatnonzero(opened.alive).tolist()
    names, said = {}, []
    for row in rows:
        located = opened.passage(row)
        names[row] = f"{Path(located.report.path).name} {located.passage.paragraph}"
        vector = np.round(opened.vectors([row])[0].astype(float), 2).tolist()
        said.append(
            [names[row], located.passage.text, located.passage.headings, vector, opened.token_ids([row])[0].tolist()]
        )
    for question in _QUESTIONS:
        found, scores = opened.nearest(opened.encoder.encode_query(question), opened.rows, None)
        said.append(sorted([round(float(s), 2), names[int(r)]] for r, s in zip(found, scores, strict=True)))
    for word in _WORDS:
        # Without scores: passages that are gone count in the frequencies until their files are merged.
        said.append(sorted(names[int(r)] for r in opened.lexical.top([WeightedTerm(word)], [], opened.rows, None)[0]))
        said.append(
            sorted(names[int(r)] for r in opened.lexical.with_all([], opened.analyser.grams(word), opened.rows))
        )
    said.append(sorted(names[int(r)] for r in np.flatnonzero(opened.in_section("第1节")) if int(r) in names))
    said.append([[r.path.rsplit("/", 1)[1], r.sha256, r.title, opened.sections(r)] for r in opened.manifest.reports])
    told: Answers = json.loads(json.dumps(sorted(said, key=str)))
    return told


def build(reports: Path, folder: Path) -> str:
    """Build; return "built", or the name of the error that a person would see."""
    try:
        build_index([reports], folder, encoder=HashEncoder())
    except ReportSearchError as error:
        return type(error).__name__
    return "built"


# --- processes ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ended:
    """How a forked process ended: what it returned, or the signal that ended it, or what it raised."""

    value: Any = None
    signal: int = 0
    error: str = ""


def forked(work: Callable[[], Any], kill_after: float | None = None) -> Ended:
    """Run some work in a forked process; kill it after a time if it is asked for."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _child(work, writing)
    os.close(writing)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    with os.fdopen(reading, "rb") as stream:
        told = stream.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return Ended(signal=os.WTERMSIG(status))
    kind, value = json.loads(told)
    return Ended(value) if kind == "value" else Ended(error=value)


def _child(work: Callable[[], Any], writing: int) -> None:
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)  # what threads say as they are killed
    try:
        told = ["value", work()]
    except BaseException as error:
        told = ["error", f"{type(error).__name__}: {error}"]
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    with os.fdopen(writing, "wb") as stream:
        stream.write(json.dumps(told).encode())
    os._exit(0)


def _at_call(number: int, act: Callable[[], None]) -> list[int]:
    """Act at the n-th call of this process that changes files; return a list whose one entry counts the calls."""
    count = [0]

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if writes or event in _CHANGING:
            count[0] += 1
            if count[0] == number:
                act()

    sys.addaudithook(hook)
    return count


def _killed_at(number: int, work: Callable[[], Any]) -> Callable[[], Any]:
    def run() -> Any:
        _at_call(number, lambda: os.kill(os.getpid(), signal.SIGKILL))
        return work()

    return run


def _refused_at(number: int, work: Callable[[], Any]) -> Callable[[], Any]:
    def refuse() -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def run() -> Any:
        _at_call(number, refuse)
        return work()

    return run


def _limited_to(size: int, work: Callable[[], Any]) -> Callable[[], Any]:
    def run() -> Any:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        return work()

    return run


# --- the campaign ------------------------------------------------------------------------------------------------


@dataclass
class Campaign:
    """A folder to break things in, what every version has to answer, and what has been counted so far."""

    folder: Path
    rng: random.Random
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        index.plan.COMPACT_BELOW, index.plan.LEAF_BYTES = (
            20,
            2_000,
        )  # as a large collection: several leaves and segments
        bundled_encoder(), Analyser().fields("能源"), OpenIndex  # loaded once, before the forks
        self.index, self.reports = self.folder / "index", self.folder / "reports"
        self.expected = [self._expected(version) for version in range(3)]
        self.version = 0
        self._arrange(0)
        started = time.monotonic()
        assert forked(lambda: build(self.reports, self.index)).value == "built"
        self.seconds = time.monotonic() - started
        self.calls = int(forked(self._counted_build).value)

    def _expected(self, version: int) -> Answers:
        self._arrange(version)
        clean = self.folder / f"clean{version}"
        built = forked(lambda: build(self.reports, clean))
        said = forked(lambda: answers(clean))
        assert built.value == "built" and said.value, (built, said)
        return list(said.value)

    def _arrange(self, version: int) -> None:
        write_version(self.reports, version)

    def _counted_build(self) -> int:
        count = _at_call(-1, lambda: None)
        build(self.reports, self.folder / "counted")
        return count[0]

    def count(self, what: str, how: str) -> None:
        self.counts.setdefault(what, Counter())[how] += 1

    def fail(self, what: str, how: str) -> None:
        self.count(what, "WRONG")
        self.wrong.append(f"{what}: {how}")

    def kill(self) -> None:
        """Kill a build on its way to another version, then see what the index says."""
        target, work = self._next(), lambda: build(self.reports, self.index)
        if self.rng.random() < 0.5:
            ended = forked(work, kill_after=self.rng.uniform(0, 1.2 * self.seconds))
        else:
            ended = forked(_killed_at(self.rng.randint(1, self.calls), work))
        how = "killed" if ended.signal == signal.SIGKILL else "had ended"
        if ended.error:
            self.fail("kill", ended.error)
        self._judge("kill", how, target)

    def fill(self) -> None:
        """Let the disk be full during a build to another version, then see what the index says."""
        kind = self.rng.choice(["call", "size", "disk"] if os.getuid() == 0 else ["call", "size"])
        if kind == "disk":
            self._fill_small_disk()
            return
        target, work = self._next(), lambda: build(self.reports, self.index)
        if kind == "call":
            ended = forked(_refused_at(self.rng.randint(1, self.calls), work))
        else:
            ended = forked(_limited_to(self.rng.randint(1, 40_000), work))
        self._judge_error("full disk", kind, ended)
        self._judge("full disk", f"refused by {kind}" if ended.value != "built" else "enough room", target)

    def _fill_small_disk(self) -> None:
        self._recover("full disk")
        used = int(subprocess.run(["du", "-sk", self.index], capture_output=True, check=True).stdout.split()[0])
        with small_disk(self.folder / "disk", used + self.rng.randint(16, used)) as disk:
            if disk is None:
                self.count("full disk", "no small file system can be mounted")
                return
            whole, self.index = self.index, disk / "index"
            try:
                subprocess.run(["cp", "-a", whole, self.index], check=True)  # with its links: they are one file each
                target = self._next()
                ended = forked(lambda: build(self.reports, self.index))
                self._judge_error("full disk", "disk", ended)
                before = self.version
                self._judge(
                    "full disk", "refused by disk" if ended.value != "built" else "enough room", target, mend=False
                )
                self.version = before
            finally:
                self.index = whole

    def _judge_error(self, what: str, kind: str, ended: Ended) -> None:
        clear = (DiskFull.__name__, NotWritable.__name__, "built")
        if ended.error or ended.signal or ended.value not in clear:
            self.fail(what, f"{kind}: no clear error but {ended}")

    def _next(self) -> int:
        target = self.rng.choice([version for version in range(3) if version != self.version])
        self._arrange(target)
        return target

    def _judge(self, what: str, how: str, target: int, *, mend: bool = True) -> None:
        said = forked(lambda: answers(self.index))
        if said.value == self.expected[target]:
            self.version = target
            self.count(what, f"{how}, the new generation answers")
        elif said.value == self.expected[self.version]:
            self.count(what, f"{how}, the old generation answers")
        else:
            self.fail(what, f"{how}: {said.error or said.signal or 'other answers'}")
        if mend and self.rng.random() < 0.5:  # else the next fault meets what this one left behind
            self._recover(what)

    def _recover(self, what: str) -> None:
        target = self._next()
        ended = forked(lambda: build(self.reports, self.index))
        if ended.value != "built":
            self.fail(what, f"the next build fails: {ended}")
            return
        self.version = target
        if forked(lambda: answers(self.index)).value != self.expected[target]:
            self.fail(what, "the next build answers otherwise")
        problems = forked(lambda: verify(self.index)).value
        if problems:
            self.fail(what, f"the next build is damaged: {problems[0]}")
        left = sorted(path.name for path in self.index.iterdir() if path.name not in ("CURRENT", "generations", "lock"))
        if left or len(list((self.index / "generations").iterdir())) > 2:
            self.fail(what, f"the next build leaves debris: {left}")
        self.count(what, "next build: sound, nothing left behind")

    def flips(self, count: int) -> None:
        """Flip one bit at a time in an index with several segments and codes, and read everything."""
        index.dense.EXACT_LIMIT, self.index = 150, self.folder / "flipped"
        write_version(self.reports, 0, reports=24)
        assert forked(lambda: build(self.reports, self.index)).value == "built"
        write_version(self.reports, 0, reports=25)
        assert forked(lambda: build(self.reports, self.index)).value == "built"
        whole = forked(lambda: answers(self.index)).value
        shutil.rmtree(self.index / "generations" / "000001")
        files = sorted(p for p in self.index.rglob("*") if p.is_file() and p.stat().st_size and p.name != "lock")
        for _ in range(count):
            self._flip(self.rng.choice(files), whole)

    def _flip(self, path: Path, whole: Answers) -> None:
        place, bit = self.rng.randrange(path.stat().st_size), 1 << self.rng.randrange(8)
        _flip_bit(path, place, bit)
        found = forked(lambda: bool(_verified(self.index)))
        said = forked(lambda: answers(self.index))
        _flip_bit(path, place, bit)
        name = f"byte {place} of {path.relative_to(self.index)}"
        self.count("flip", "found by verify") if found.value is True else self.fail(
            "flip", f"{name} not found: {found}"
        )
        if said.value == whole:
            self.count("flip", "read: the same answers")
        elif said.error.split(":")[0] in ("DamagedIndex", "IncompatibleIndex", "NoIndex"):
            self.count("flip", "read: refused with a clear error")
        else:
            self.fail("flip", f"{name}: {said.error or said.signal or 'other answers'}")


def _verified(folder: Path) -> list[str]:
    try:
        return verify(folder)
    except ReportSearchError as error:
        return [error.fact]


def _flip_bit(path: Path, place: int, bit: int) -> None:
    with path.open("r+b") as stream:
        stream.seek(place)
        byte = stream.read(1)[0]
        stream.seek(place)
        stream.write(bytes([byte ^ bit]))


@contextmanager
def small_disk(at: Path, kilobytes: int) -> Iterator[Path | None]:
    """Mount a file system in memory of so many kilobytes; None where that is not allowed."""
    at.mkdir(exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", at], capture_output=True, check=False
    )
    try:
        yield at if mounted.returncode == 0 else None
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", "-l", at], check=True)


def run(folder: Path, kills: int, full_disks: int, flips: int, seed: int) -> Campaign:
    """Run a campaign; the same seed makes the same faults, as far as time is not what chooses them."""
    campaign = Campaign(folder, random.Random(seed))
    with suppress(KeyboardInterrupt):  # what has been counted until then is told
        for _ in range(kills):
            campaign.kill()
        for _ in range(full_disks):
            campaign.fill()
        if kills or full_disks:
            campaign._recover("kill" if kills else "full disk")
        campaign.flips(flips)
    return campaign


def table(campaign: Campaign) -> str:
    """Return the counts as a Markdown table."""
    lines = ["| fault | outcome | times |", "|---|---|---|"]
    for what, outcomes in campaign.counts.items():
        lines += [f"| {what} | {how} | {times} |" for how, times in sorted(outcomes.items())]
    return "\n".join([*lines, f"| all | lost or wrong answers | {len(campaign.wrong)} |"])


def main() -> None:
    """Run the campaign that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("kills", 500), ("full-disks", 200), ("flips", 1000), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        campaign = run(Path(folder), asked.kills, asked.full_disks, asked.flips, asked.seed)
    print(table(campaign))
    print(f"\n{time.monotonic() - started:.0f} s")
    print("\n".join(campaign.wrong[:20]))
    sys.exit(1 if campaign.wrong else 0)


if __name__ == "__main__":
    main()
