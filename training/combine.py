"""Join several trained tables into one: python -m training.combine OUT RUN[:SHARE] RUN[:SHARE] ... --dim 384.

Runs with the same tokenizer but other seeds or settings err differently. Their vectors are put side by side, which
averages their similarities, and the main axes of all tokens are kept, which drops what only one run believed.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import numpy as np


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("runs", nargs="+", help="folder of a run, with its share: runs/a:0.8")
    parser.add_argument("--dim", type=int, default=384)
    options = parser.parse_args()
    folders, shares = zip(*(_run(text) for text in options.runs), strict=True)
    tokenizers = {(folder / "tokenizer.json").read_bytes() for folder in folders}
    if len(tokenizers) > 1:
        parser.error("the runs have different tokenizers")
    options.out.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(folders[0] / "tokenizer.json", options.out / "tokenizer.json")
    tables = [np.load(folder / "vectors.npy") for folder in folders]
    np.save(options.out / "vectors.npy", combine(tables, shares, options.dim))


def _run(text: str) -> tuple[Path, float]:
    folder, _, share = text.partition(":")
    return Path(folder), float(share or 1)


def combine(tables: list[np.ndarray], shares: tuple[float, ...], dim: int) -> np.ndarray:
    """Return the tables side by side, each scaled to its share, on their `dim` main axes."""
    scaled = [share * table / np.linalg.norm(table, axis=1).mean() for table, share in zip(tables, shares, strict=True)]
    joined = np.concatenate(scaled, axis=1).astype(np.float32)
    _, axes = np.linalg.eigh(joined.T @ joined)  # ascending: the main axes come last
    return joined @ axes[:, ::-1][:, :dim]


if __name__ == "__main__":
    main()
