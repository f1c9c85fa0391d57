"""Measure what a person waits for on the sample reports: python -m benchmarks.start.

Help, a build, a cold search (a new process each time), warm searches in one process, and the memory of a cold search.
Prints medians as a Markdown table.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
SEEDS = ROOT / "seeds"
QUESTION = "首脑会议为实现可持续能源确定了哪几个重点领域？"


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        index = Path(temporary) / "index"
        builds = [run("build", str(SEEDS), "--index", str(index), "--full") for _ in range(3)]
        colds = [run("search", QUESTION, "--index", str(index)) for _ in range(7)]
        helps = [run("--help") for _ in range(7)]
        warm = sorted(warm_searches(index))
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, load {load:.1f}\n\n| | median |\n|---|---|")
    print(f"| `reportsearch --help` | {middle(helps)[0]:.2f} s |")
    print(f"| building the two sample reports | {middle(builds)[0]:.2f} s |")
    print(f"| cold `reportsearch search`, all imports included | {middle(colds)[0]:.2f} s |")
    print(f"| memory of it at its peak | {middle(colds)[1]:.0f} MB |")
    print(f"| warm search, every stage and the evidence for ten hits | {statistics.median(warm) * 1000:.1f} ms |")
    print(f"| the slowest in a hundred | {warm[int(len(warm) * 0.99)] * 1000:.1f} ms |")


def run(*arguments: str) -> tuple[float, float]:
    """Return the seconds and the peak megabytes of one command."""
    started = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, "-m", "ui.cli", *arguments], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        sys.exit(f"reportsearch {' '.join(arguments)} ended with status {status}")
    return time.perf_counter() - started, usage.ru_maxrss / 1024


def middle(runs: Sequence[tuple[float, float]]) -> tuple[float, float]:
    seconds, megabytes = zip(*runs, strict=True)
    return statistics.median(seconds), statistics.median(megabytes)


def warm_searches(index: Path) -> list[float]:
    """Return the seconds of every sample question, asked again after all were asked once."""
    from search import open_searcher

    searcher = open_searcher(index)
    lines = (SEEDS / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line)["question"] for line in lines]
    for question in questions:
        searcher.search(question)
    return [timed(searcher.search, question) for question in questions * 3]


def timed(search: object, question: str) -> float:
    started = time.perf_counter()
    search(question)  # type: ignore[operator]
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
