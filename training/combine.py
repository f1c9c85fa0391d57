"""Join several trained tables into one: python -m training.combine OUT RUN[:SHARE] RUN[:SHARE] ...

Runs with the same tokenizer but other seeds or settings err differently. Their vectors are put side by side, which
averages their similarities, and the main axes of all tokens are kept, which drops what only one run believed.
Then the lesser axes, which tell words apart that mean nearly the same, and the shorter vectors are lifted.

With --mean: runs that went on from one finished model, and that model, have the same axes and are averaged as they are
(Wortsman et al. 2022).
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import numpy as np
import torch

from index.encoder import StaticEncoder
from training.batches import DEVICE


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("runs", nargs="+", help="folder of a run, with its share: runs/a:0.8")
    parser.add_argument("--dim", type=int, default=512)
    parser.add_argument("--axes", type=float, default=0.35, help="how far the axes are evened out: 0 not, 1 to equals")
    parser.add_argument("--lengths", type=float, default=0.6, help="power that lengths of vectors are raised to")
    parser.add_argument("--mean", action="store_true", help="average runs that went on from one model")
    options = parser.parse_args()
    folders, shares = zip(*(_run(text) for text in options.runs), strict=True)
    tokenizers = {(folder / "tokenizer.json").read_bytes() for folder in folders}
    if len(tokenizers) > 1:
        parser.error("the runs have different tokenizers")
    options.out.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(folders[0] / "tokenizer.json", options.out / "tokenizer.json")
    tables = [table_in(folder) for folder in folders]
    if options.mean:
        vectors = np.average(tables, axis=0, weights=shares).astype(np.float32)
    else:
        vectors = balance(combine(tables, shares, options.dim), axes=options.axes, lengths=options.lengths)
    np.save(options.out / "vectors.npy", vectors)


def _run(text: str) -> tuple[Path, float]:
    folder, _, share = text.partition(":")
    return Path(folder), float(share or 1)


def table_in(folder: Path) -> np.ndarray:
    """Return the vectors of a run or of an exported model, float32[pieces, dim]."""
    if (folder / "vectors.npy").exists():
        return np.load(folder / "vectors.npy")
    encoder = StaticEncoder(folder)
    ids = np.arange(encoder.vocabulary)
    return encoder.directions(ids) * encoder.lengths(ids)[:, None]


def combine(tables: list[np.ndarray], shares: tuple[float, ...], dim: int) -> np.ndarray:
    """Return the tables side by side, each scaled to its share, on their `dim` main axes."""
    scaled = [share * table / np.linalg.norm(table, axis=1).mean() for table, share in zip(tables, shares, strict=True)]
    joined = torch.from_numpy(np.concatenate(scaled, axis=1).astype(np.float32)).to(DEVICE)
    _, axes = torch.linalg.eigh(joined.T @ joined)  # ascending: the main axes come last
    return (joined @ axes.flip(1)[:, :dim]).cpu().numpy()


def balance(vectors: np.ndarray, *, axes: float, lengths: float) -> np.ndarray:
    """Return the vectors with their axes evened out, and their lengths raised to a power."""
    power = np.square(vectors).mean(axis=0)
    evened = vectors * np.where(power > 0, power, 1) ** (-axes / 2)
    old, new = (np.linalg.norm(table, axis=1, keepdims=True) for table in (vectors, evened))
    return (evened * old**lengths / np.where(new > 0, new, 1)).astype(np.float32)


if __name__ == "__main__":
    main()
