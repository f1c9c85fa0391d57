"""Measure an index as it grows: building, opening, searching, adding, many clients, and ten million vectors.

    python -m benchmarks.scale DATA --passages 100000 --passages 1000000   real passages from a folder of data
    python -m benchmarks.scale --synthetic 10000000                        vectors with neighbours, no text

DATA holds aligned text and passages (parallel/*.tsv.gz, passages/*.jsonl.gz) and questions (questions/*.jsonl.gz,
authored/question-paragraphs.jsonl.gz); passages are repeated with a number when there are
too few. Every figure is printed as it is measured.
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
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import numpy as np

from index import OpenIndex, Progress, build_index, open_index
from index.dense import DenseIndex, VectorWriter, settle
from index.encoder import bundled_encoder

_PER_REPORT = 500
_LANGUAGES = ("zh", "en", "fr", "es", "ru", "ar")


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


def questions_in_six_languages(data: Path, count: int = 50) -> list[str]:
    """Return so many questions in each language, the same ones in none."""
    with gzip.open(data / "authored" / "question-paragraphs.jsonl.gz", "rt", encoding="utf-8") as stream:
        asked = [json.loads(line)["question"] for line in stream]
    return [asked[at * len(_LANGUAGES) + n][name] for at in range(count) for n, name in enumerate(_LANGUAGES)]


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


def memory(kind: str) -> float:
    """Return the MiB of this process: VmHWM at most so far, VmRSS now, RssAnon now without mapped files.

    Unlike ru_maxrss none of them counts what the parent held when it started this process.
    """
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(kind))


@contextmanager
def watched(stage: Callable[[], str]) -> Iterator[dict[str, tuple[float, float]]]:
    """Note the most MiB that each stage holds: without mapped files, and with them."""
    held, done = dict[str, tuple[float, float]](), Event()

    def watch() -> None:
        while not done.wait(0.05):
            own, whole = held.get(stage(), (0.0, 0.0))
            held[stage()] = (max(own, memory("RssAnon")), max(whole, memory("VmRSS")))

    watcher = Thread(target=watch)
    watcher.start()
    try:
        yield held
    finally:
        done.set()
        watcher.join()


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
    _dense(opened, questions(data), questions_in_six_languages(data))
    _pipeline(folder, questions(data))
    _add(reports, folder)
    for path in (reports, folder):
        shutil.rmtree(path)


def _build(reports: Path, folder: Path, count: int) -> None:
    ended = _alone("--build", str(reports), str(folder))
    built = json.loads(ended.splitlines()[-1])
    say("build", built["seconds"], "s")
    say("build, passages a second", count / built["seconds"])
    say("build, processor time", built["processor"] / count * 1e6, "µs a passage")
    for stage, (own, whole) in built["memory"].items():
        say(f"build, memory at most while {stage}", f"{own:.0f}, with mapped files {whole:.0f}", "MiB")
    say("build, memory of the largest worker", built["workers"], "MiB")
    start = time.perf_counter()
    build_index([reports], folder)
    say("build, nothing changed", time.perf_counter() - start, "s")


def _alone(*arguments: str) -> str:
    """Return what this module prints in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.scale", *arguments], stdout=subprocess.PIPE, text=True, check=True
    ).stdout


def build_watched(reports: str, folder: str) -> None:
    """Build, and print the figures, with the most memory that each stage has held."""
    stage = "looking"

    def hear(progress: Progress) -> None:
        nonlocal stage
        stage = progress.stage

    start, used = time.perf_counter(), cpu()
    with watched(lambda: stage) as held:
        build_index([reports], folder, progress=hear)
    took, used = time.perf_counter() - start, cpu() - used
    workers = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(json.dumps({"seconds": took, "processor": used, "memory": held, "workers": workers}))


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
    start = time.perf_counter()
    ended = _alone("--cold", str(folder), question)
    say("cold process to first answer, this program's imports included", time.perf_counter() - start, "s")
    say("memory of that process", ended.strip(), "MiB")


def ask_once(folder: str, question: str) -> None:
    """Open, ask, and print the memory that it took."""
    from search import open_searcher

    open_searcher(folder).search(question)
    print(f"{memory('VmHWM'):.0f}, without mapped files {memory('RssAnon'):.0f}")


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


def _dense(opened: OpenIndex, asked: list[str], in_six: list[str]) -> None:
    vectors = [opened.encoder.encode_query(question) for question in asked]
    say_times("dense leg, 100 candidates, first time", timed(lambda v: opened.nearest(v, 100, None), vectors))
    say_times("dense leg, 100 candidates, warm", timed(lambda v: opened.nearest(v, 100, None), vectors))
    say("dense leg, recall@10 of an exact search, Chinese questions", _recall(vectors, opened))
    say(
        "dense leg, recall@10 of an exact search, questions in six languages",
        _recall([opened.encoder.encode_query(question) for question in in_six], opened),
    )
    mask = np.random.default_rng(0).random(opened.rows) < 0.1
    say_times("dense leg under a filter that keeps a tenth", timed(lambda v: opened.nearest(v, 100, mask), vectors))
    mask[5_000:] = False
    say_times("dense leg under a filter that keeps 500", timed(lambda v: opened.nearest(v, 100, mask), vectors))


def _recall(asked: list[np.ndarray], opened: OpenIndex) -> float:
    """Return which share of the ten found is as near as the tenth nearest of the vectors as they were encoded."""
    best = np.empty((len(asked), 0), np.float32)
    for start in range(0, opened.rows, 20_000):
        vectors = _encoded(opened, np.arange(start, min(start + 20_000, opened.rows)))
        best = -np.sort(-np.concatenate([best, np.array(asked) @ vectors.T], axis=1), axis=1)[:, :10]
    found = [_encoded(opened, opened.nearest(vector, 10, None)[0]) @ vector for vector in asked]
    return float(np.mean([cosines >= row[-1] - 1e-6 for cosines, row in zip(found, best, strict=True)]))


def _encoded(opened: OpenIndex, rows: np.ndarray) -> np.ndarray:
    return opened.tokens_encoder.pool(opened.token_ids(rows))


def _pipeline(folder: Path, asked: list[str]) -> None:
    from search import open_searcher

    searcher = open_searcher(folder)
    for question in asked:
        searcher.search(question)
    say_times("whole search, warm", timed(searcher.search, asked))
    _clients("whole search", searcher.search, asked)


def _clients(name: str, search: Callable[[Any], Any], asked: list[Any]) -> None:
    """Let many ask at once, each the next question as soon as it has its answer."""
    for clients in (1, 8, 64):
        start = time.perf_counter()
        with ThreadPoolExecutor(clients) as pool:
            took = [t for ts in pool.map(lambda q: timed(search, [q]), asked * 2) for t in ts]
        rate = len(took) / (time.perf_counter() - start)
        say_times(f"{name}, {clients} clients at once ({rate:.0f} answers a second)", took)


def _add(reports: Path, folder: Path) -> None:
    lines = [json.dumps({"_id": str(i), "text": f"新增报告第{i}段谈到可持续发展"}) for i in range(1, 101)]
    (reports / "added.jsonl").write_text("\n".join(lines), encoding="utf-8")
    start = time.perf_counter()
    build_index([reports], folder)
    say("adding one report of 100 paragraphs", time.perf_counter() - start, "s")


# --- ten million vectors -----------------------------------------------------------------------------------------


def topics(count: int, tokens: int, seed: int) -> Iterator[np.ndarray]:
    """Yield vectors float32[10000, dim] of made-up texts: two thirds of the tokens are of one of 20,000 topics."""
    encoder = bundled_encoder()
    drawn = np.random.default_rng(0).random((20_000, 30))
    words = (drawn**2 * encoder.vocabulary).astype(np.int64)  # some tokens are in many topics
    random = np.random.default_rng(seed)
    for start in range(0, count, 10_000):
        rows = min(10_000, count - start)
        own = words[random.integers(0, len(words), (rows, 1)), random.integers(0, 30, (rows, tokens * 2 // 3))]
        others = (random.random((rows, tokens // 3)) ** 2 * encoder.vocabulary).astype(np.int64)
        yield encoder.pool(list(np.concatenate([own, others], axis=1)))


def measure_synthetic(count: int, work: Path) -> None:
    """Build, open and search the vectors alone."""
    print(
        f"\n### {count:,} synthetic vectors, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n\n| | |\n|---|---|",
        flush=True,
    )
    folder = work / "segment"
    folder.mkdir()
    start = time.perf_counter()
    writer = VectorWriter(folder, bundled_encoder().dim)
    for batch in topics(count, 24, 1):
        writer.append(batch)
    writer.close()
    say("making the vectors", time.perf_counter() - start, "s")
    start, used = time.perf_counter(), cpu()
    with watched(lambda: "settling") as held:
        say("vectors", settle(folder, lambda: next(topics(300, 6, 2))))
    say("settling how they are searched", time.perf_counter() - start, "s")
    say("processor time of that", cpu() - used, "s")
    own, whole = held["settling"]
    say("memory at most", f"{own:.0f}, with mapped files {whole:.0f}", "MiB")
    say("bytes a vector", sum(path.stat().st_size for path in folder.iterdir()) / count)
    print(_alone("--opened", str(folder), str(count)), end="", flush=True)
    shutil.rmtree(folder)


def measure_opened(folder: Path, count: int) -> None:
    """Search finished vectors in a process of its own, so that its memory is that of a search."""
    start = time.perf_counter()
    dense = DenseIndex(folder, count)
    say("open", time.perf_counter() - start, "s")
    asked = list(next(topics(300, 6, 3)))
    nearest = np.array([dense.top(vector, 10, None).scores for vector in asked])
    say("cosines of the nearest and of the tenth", f"{nearest[:, 0].mean():.3f}, {nearest[:, 9].mean():.3f}")
    say_times("100 candidates, first time", timed(lambda v: dense.top(v, 100, None), list(next(topics(300, 6, 4)))))
    timed(lambda v: dense.top(v, 100, None), asked)
    say_times("100 candidates, warm", timed(lambda v: dense.top(v, 100, None), asked))
    mask = np.random.default_rng(0).random(count) < 0.1
    say_times("100 candidates under a filter that keeps a tenth", timed(lambda v: dense.top(v, 100, mask), asked))
    _clients("100 candidates", lambda v: dense.top(v, 100, None), asked)
    say("memory, without mapped files", memory("RssAnon"), "MiB")


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--passages", type=int, action="append", default=[])
    parser.add_argument("--synthetic", type=int, action="append", default=[])
    parser.add_argument("--work", type=Path, help="where there is room: 1.7 KB a passage, the collection included")
    for step in STEPS:
        parser.add_argument(f"--{step}", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    for step, run in STEPS.items():
        if given := getattr(asked, step):
            run(*given)
            return
    with tempfile.TemporaryDirectory(dir=asked.work) as work:
        for count in asked.passages:
            measure(asked.data, count, Path(work))
        for count in asked.synthetic:
            measure_synthetic(count, Path(work))


STEPS: dict[str, Callable[[str, str], None]] = {
    "build": build_watched,
    "cold": ask_once,
    "opened": lambda folder, count: measure_opened(Path(folder), int(count)),
}


if __name__ == "__main__":
    main()
