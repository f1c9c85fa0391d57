"""Measure an encoder: python -m benchmarks.model DATA [--model NAME].

Prints a Markdown table: nearest neighbours between languages (NTREX-128, SDG texts), Chinese questions
(CMRC 2018 dev), held-out authored questions on Chinese paragraphs, the questions on the two sample
reports, speed, load time and size.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from index.encoder import BUNDLED, Encoder, StaticEncoder, open_encoder
from index.tokens import Bags
from search.late import asked_tokens, late_scores
from training.data import LANGUAGES
from training.scores import Scores, standard, value
from training.tasks import Task, load_tasks

_MOST = 600  # questions of one language that are compared word by word


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder with eval/ and authored/")
    parser.add_argument("--authored", type=Path, default=Path(__file__).parents[1] / "training" / "data")
    parser.add_argument("--model", help="folder or hub name; the bundled model where none is named")
    options = parser.parse_args()
    started = time.perf_counter()
    encoder = open_encoder(options.model)
    encoder.encode_query("可持续发展")
    print(f"{encoder.name}: {encoder.dim} dimensions, ready in {time.perf_counter() - started:.2f} s\n")
    print("| | " + " | ".join(LANGUAGES) + " | mean |\n|---|" + "---|" * (len(LANGUAGES) + 1))
    for name, values in measure(encoder, load_tasks(options.data, options.authored)).items():
        print(_row(name, values), flush=True)
    asked = latency(encoder)
    print(
        f"\n{speed(encoder):,.0f} passages of 50 Chinese characters a second; a question in {asked * 1000:.2f} ms; "
        f"{size(options.model)}"
    )


def _row(name: str, values: dict[str, float]) -> str:
    found = [*(values.get(language) for language in LANGUAGES), float(np.mean(list(values.values())))]
    form = "{:.1%}" if "nearest" in name else "{:.3f}"
    return f"| {name} | " + " | ".join("" if v is None else form.format(v) for v in found) + " |"


def measure(encoder: Encoder, tasks: Sequence[Task]) -> dict[str, dict[str, float]]:
    """Return the value of every task by name and language, for static encoders with late interaction as well."""
    found: dict[str, dict[str, float]] = {}
    for task in map(_shortened, tasks):
        scores = _queries(encoder, task.questions) @ encoder.encode_passages(task.passages).T
        name = f"{task.name} → zh, {task.measure}"
        found.setdefault(name, {})[task.language] = value(task.measure, scores, task.relevant)
        if task.late and isinstance(encoder, StaticEncoder):
            score = late_scorer(encoder, task.passages)
            both = standard(scores) + standard(np.stack([score(question) for question in task.questions]))
            found.setdefault(f"{name}, with late interaction", {})[task.language] = value(
                task.measure, both, task.relevant
            )
    return found


def _shortened(task: Task) -> Task:
    """Return a task with so many of its questions, evenly spaced, that late interaction takes seconds a language."""
    step = -(-len(task.questions) // _MOST) if task.late else 1
    return replace(task, questions=task.questions[::step], relevant=task.relevant[::step])


def late_scorer(encoder: StaticEncoder, passages: Sequence[str]) -> Callable[[str], Scores]:
    """Return a function that gives a question's late-interaction score with every passage."""
    bags = Bags.of(encoder.token_ids(passages))
    return lambda question: late_scores(encoder, asked_tokens(encoder, encoder.token_ids([question])[0]), bags)


def speed(encoder: Encoder) -> float:
    """Passages of 50 characters per second."""
    alphabet = "可持续发展委员会第二届会议的报告执行情况说明秘书长关于各国提高妇女地位和加强国际合作问题"
    count = 20000 if isinstance(encoder, StaticEncoder) else 64
    texts = [(alphabet[i % 40 :] + alphabet * 2)[:50] for i in range(count)]
    started = time.perf_counter()
    encoder.encode_passages(texts)
    return len(texts) / (time.perf_counter() - started)


def latency(encoder: Encoder, times: int = 50) -> float:
    """Seconds for one question, the median."""
    spent = []
    for number in range(times):
        started = time.perf_counter()
        encoder.encode_query(f"哪些国家在{2000 + number}年提高了妇女地位？")
        spent.append(time.perf_counter() - started)
    return float(np.median(spent))


def size(model: str | None) -> str:
    """Megabytes on disk, where the model is a folder."""
    folder = Path(model) if model else BUNDLED
    total = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return f"{total / 1e6:.1f} MB" if folder.is_dir() else "size unknown"


def _queries(encoder: Encoder, texts: Sequence[str]) -> Scores:
    if isinstance(encoder, StaticEncoder):  # A static encoder treats a question like any text.
        return encoder.encode_passages(texts)
    return np.stack([encoder.encode_query(text) for text in texts])


if __name__ == "__main__":
    main()
