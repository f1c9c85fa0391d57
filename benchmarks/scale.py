"""Measure an index as it grows: building, opening, searching, adding, many clients, and ten million vectors.

    python -m benchmarks.scale DATA --passages 100000 --passages 1000000   real passages from a folder of data
    python -m benchmarks.scale --synthetic 10000000                        vectors with neighbours, no text

DATA holds aligned text and passages (parallel/*.tsv.gz, passages/*.jsonl.gz) and questions (questions/*.jsonl.gz);
passages are repeated with a number when there are too few. Every figure is printed as it is measured.
"""

import argparse
import gzip
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from index import OpenIndex, build_index, open_index
from index.dense import DenseIndex, VectorWriter, settle

_PER_REPORT = 500
_DIM = 384


# --- what is measured with ---------------------------------------------------------------------------------------


def passages(data: Path, count: int) -> Iterator[str]:
    """Yield so many different texts of the folder, Chinese law first, then everything else."""
    seen: set[str] = set()
    files = sorted((data / "parallel").glob("*.tsv.gz"), key=lambda p: ("articles" not in p.name, p.name))
    for text in _again(lambda: _lines(files, data)):
        if text not in seen:
            seen.add(text)
            yield text
            if len(seen) == count:
                return


def _again(texts: Callable[[], Iterator[str]]) -> Iterator[str]:
    yield from texts()
    for number in range(2, 10_000):
        yield from (f"{text}（{number}）" for text in texts())


def _lines(files: list[Path], data: Path) -> Iterator[str]:
    for path in files:
        with gzip.open(path, "rt", encoding="utf-8") as stream:
            columns = [line.rstrip("\n").split("\t") for line in stream]
        for column in reversed(range(max(map(len, columns)))):
            yield from (c[column].strip() for c in columns if column < len(c) and len(c[column].strip()) >= 8)
    for path in sorted((data / "passages").glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as stream:
            yield from (json.loads(line)["text"] for line in stream)


def questions(data: Path, count: int = 300) -> list[str]:
    """Return Chinese questions that people asked."""
    with gzip.open(data / "questions" / "cmrc2018-trial.jsonl.gz", "rt", encoding="utf-8") as stream:
        return list(dict.fromkeys(json.loads(line)["question"] for line in stream))[:count]


def write_reports(folder: Path, texts: Iterator[str]) -> int:
    """Write the texts as reports of 500 paragraphs; return their bytes."""
    folder.mkdir()
    size, lines, number = 0, list[str](), 0
    for at, text in enumerate(texts):
        size += len(text.encode())
        lines.append(
            json.dumps({"_id": str(at % _PER_REPORT + 1), "title": f"第{at % _PER_REPORT // 50 + 1}部分", "text": text})
        )
        if len(lines) == _PER_REPORT:
            (folder / f"r{number:06d}.jsonl").write_text("\n".join(lines), encoding="utf-8")
            lines, number = [], number + 1
    if lines:
        (folder / f"r{number:06d}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return size


def say(name: str, value: Any, unit: str = "") -> None:
    """Print one line of the table."""
    print(
        f"| {name} | {value:,.3f} {unit} |" if isinstance(value, float) else f"| {name} | {value} {unit} |", flush=True
    )


def cpu() -> float:
    """Return the processor seconds that this process and its children have used."""
    return sum(
        r.ru_utime + r.ru_stime for r in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def timed(work: Callable[[Any], Any], inputs: list[Any]) -> list[float]:
    """Return the milliseconds that each piece of work took."""
    took = []
    for given in inputs:
        start = time.perf_counter()
        work(given)
        took.append((time.perf_counter() - start) * 1000)
    return took


def say_times(name: str, took: list[float]) -> None:
    """Print the median and the 99th percentile."""
    say(name, f"p50 {statistics.median(took):.2f}, p99 {np.percentile(took, 99):.2f}", "ms")


# --- real passages -----------------------------------------------------------------------------------------------


def measure(data: Path, count: int, work: Path) -> None:
    """Build, open, search and extend an index of so many passages."""
    print(
        f"\n### {count:,} passages, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n\n| | |\n|---|---|",
        flush=True,
    )
    reports, folder = work / "reports", work / "index"
    text_bytes = write_reports(reports, passages(data, count))
    _build(reports, folder, count)
    _sizes(folder, count, text_bytes)
    _cold(folder, questions(data, 1)[0])
    opened = _open(folder)
    _dense(opened, questions(data))
    _pipeline(folder, questions(data))
    _add(reports, folder)
    for path in (reports, folder):
        shutil.rmtree(path)


def _build(reports: Path, folder: Path, count: int) -> None:
    start, used = time.perf_counter(), cpu()
    build_index([reports], folder)
    took = time.perf_counter() - start
    say("build", took, "s")
    say("build, passages a second", count / took)
    say("build, processor time", (cpu() - used) / count * 1e6, "µs a passage")
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    say("build, memory of the largest process", peak / 1024, "MiB")
    start = time.perf_counter()
    build_index([reports], folder)
    say("build, nothing changed", time.perf_counter() - start, "s")


def _sizes(folder: Path, count: int, text_bytes: int) -> None:
    (generation,) = (folder / "generations").iterdir()
    sizes: dict[str, int] = {}
    for path in generation.rglob("*"):
        if path.is_file():
            name = "words" if path.parent.name == "lexical" else path.name.removesuffix(".crc")
            sizes[name] = sizes.get(name, 0) + path.stat().st_size
    whole = sum(sizes.values())
    say("index, bytes a passage beside its text", (whole - text_bytes) / count)
    say(
        "of these",
        ", ".join(f"{name} {size / count:.0f}" for name, size in sorted(sizes.items(), key=lambda s: -s[1])[:8]),
    )


def _cold(folder: Path, question: str) -> None:
    program = (
        "import sys, time, resource; start = time.perf_counter()\n"
        "from search import open_searcher\n"
        "open_searcher(sys.argv[1]).search(sys.argv[2])\n"
        "print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    )
    start = time.perf_counter()
    ended = subprocess.run(
        [sys.executable, "-c", program, str(folder), question], capture_output=True, text=True, check=True
    )
    say("cold process to first answer", time.perf_counter() - start, "s")
    say("memory of that process", float(ended.stdout.split()[1]), "MiB")


def _open(folder: Path) -> OpenIndex:
    start = time.perf_counter()
    opened = open_index(folder)
    opened.report_of(0)
    say("open", time.perf_counter() - start, "s")
    start = time.perf_counter()
    opened.nearest(np.ones(opened.manifest.encoder.dim, np.float32), 10, None)
    opened.lexical.frequency("能源")
    say("first use of vectors and words, every byte of the words checked", time.perf_counter() - start, "s")
    say("vectors", "; ".join(sorted({segment.dense for segment in opened.manifest.segments})))
    return opened


def _dense(opened: OpenIndex, asked: list[str]) -> None:
    vectors = [opened.encoder.encode_query(question) for question in asked]
    timed(lambda v: opened.nearest(v, 100, None), vectors)
    say_times("dense leg, 100 candidates", timed(lambda v: opened.nearest(v, 100, None), vectors))
    truth = exact(np.array(vectors[:200]), opened)
    shares = [len(set(opened.nearest(v, 10, None)[0]) & set(t)) / 10 for v, t in zip(vectors[:200], truth, strict=True)]
    say("dense leg, recall@10 of an exact scan of the stored vectors, real questions", float(np.mean(shares)))
    mask = np.random.default_rng(0).random(opened.rows) < 0.1
    say_times("dense leg under a filter that keeps a tenth", timed(lambda v: opened.nearest(v, 100, mask), vectors))
    mask[5_000:] = False
    say_times("dense leg under a filter that keeps 500", timed(lambda v: opened.nearest(v, 100, mask), vectors))


def exact(asked: np.ndarray, opened: OpenIndex) -> list[list[int]]:
    """Return the ten nearest rows of each question by scanning all vectors."""
    best = [np.empty((len(asked), 0)), np.empty((len(asked), 0), np.int64)]
    for start in range(0, opened.rows, 50_000):
        rows = np.arange(start, min(start + 50_000, opened.rows))
        scores = np.concatenate([best[0], asked @ opened.vectors(rows).T], axis=1)
        numbers = np.concatenate([best[1], np.tile(rows, (len(asked), 1))], axis=1)
        order = np.argsort(-scores, axis=1, kind="stable")[:, :10]
        best = [np.take_along_axis(scores, order, 1), np.take_along_axis(numbers, order, 1)]
    return [row.tolist() for row in best[1]]


def _pipeline(folder: Path, asked: list[str]) -> None:
    from search import open_searcher

    searcher = open_searcher(folder)
    for question in asked:
        searcher.search(question)
    say_times("whole search, warm", timed(searcher.search, asked))
    for clients in (1, 8, 64):
        start = time.perf_counter()
        with ThreadPoolExecutor(clients) as pool:
            took = [t for ts in pool.map(lambda q: timed(searcher.search, [q]), asked * 2) for t in ts]
        rate = len(took) / (time.perf_counter() - start)
        say_times(f"whole search, {clients} clients at once ({rate:.0f} answers a second)", took)


def _add(reports: Path, folder: Path) -> None:
    lines = [json.dumps({"_id": str(i), "text": f"新增报告第{i}段谈到可持续发展"}) for i in range(1, 101)]
    (reports / "added.jsonl").write_text("\n".join(lines), encoding="utf-8")
    start = time.perf_counter()
    build_index([reports], folder)
    say("adding one report of 100 paragraphs", time.perf_counter() - start, "s")


# --- ten million vectors -----------------------------------------------------------------------------------------


def clustered(count: int, seed: int, groups: int = 20_000) -> Iterator[np.ndarray]:
    """Yield unit vectors float32[50000, 384]: groups of neighbours in a space of fewer dimensions, as text has."""
    rng = np.random.default_rng(0)
    base = rng.normal(size=(96, _DIM)).astype(np.float32)
    centres = rng.normal(size=(groups, 96)).astype(np.float32)
    rng = np.random.default_rng(seed)
    for start in range(0, count, 50_000):
        rows = min(50_000, count - start)
        vectors = (centres[rng.integers(0, groups, rows)] + rng.normal(size=(rows, 96)).astype(np.float32)) @ base
        vectors += 2 * rng.normal(size=vectors.shape).astype(np.float32)
        yield vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def measure_synthetic(count: int, work: Path) -> None:
    """Build, open and search the vectors alone."""
    print(
        f"\n### {count:,} synthetic vectors, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n\n| | |\n|---|---|",
        flush=True,
    )
    folder = work / "segment"
    folder.mkdir()
    start = time.perf_counter()
    writer = VectorWriter(folder, _DIM)
    for batch in clustered(count, 1):
        writer.append(batch)
    writer.close()
    say("writing", time.perf_counter() - start, "s")
    start = time.perf_counter()
    say("vectors", settle(folder))
    say("lists", time.perf_counter() - start, "s")
    say("memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MiB")
    say("bytes a vector", sum(path.stat().st_size for path in folder.iterdir()) / count)
    ended = subprocess.run([sys.executable, "-m", "benchmarks.scale", "--opened", str(folder), str(count)], check=False)
    assert ended.returncode == 0
    shutil.rmtree(folder)


def measure_opened(folder: Path, count: int) -> None:
    """Search finished vectors in a process of its own, so that its memory is that of a search."""
    start = time.perf_counter()
    dense = DenseIndex(folder, count)
    say("open", time.perf_counter() - start, "s")
    asked = list(next(clustered(300, 2)))
    timed(lambda v: dense.top(v, 100, None), asked)
    say_times("100 candidates, warm", timed(lambda v: dense.top(v, 100, None), asked))
    anonymous = next(
        line.split()[1] for line in Path("/proc/self/status").read_text().split("\n") if line.startswith("RssAnon")
    )
    say("memory, without the mapped files", int(anonymous) / 1024, "MiB")


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--passages", type=int, action="append", default=[])
    parser.add_argument("--synthetic", type=int, action="append", default=[])
    parser.add_argument("--opened", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.opened:
        measure_opened(Path(asked.opened[0]), int(asked.opened[1]))
    with tempfile.TemporaryDirectory() as work:
        for count in asked.passages:
            measure(asked.data, count, Path(work))
        for count in asked.synthetic:
            measure_synthetic(count, Path(work))


if __name__ == "__main__":
    main()
