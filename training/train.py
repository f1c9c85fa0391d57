"""Train the bundled model: python -m training.train --data DATA --out OUT.

Writes OUT/tokenizer.json and OUT/vectors.npy, and one line per trial to OUT/trials.jsonl.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from training.batches import Sampler
from training.data import load_sources, texts_by_language
from training.model import Table
from training.tokenizer import train_tokenizer


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with parallel/, questions/, passages/, ...")
    parser.add_argument("--authored", type=Path, default=Path(__file__).parent / "data")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=12000)
    parser.add_argument("--batch", type=int, default=1024)
    parser.add_argument("--rate", type=float, default=0.01)
    parser.add_argument("--dropout", type=float, default=0.25, help="share of tokens left out")
    parser.add_argument("--blend", type=float, default=0.1, help="share of texts mixed from two languages")
    parser.add_argument("--late", type=float, default=0.5, help="weight of the late-interaction loss")
    parser.add_argument("--dim", type=int, default=256)
    parser.add_argument("--start", type=float, default=0.05, help="spread of the vectors before training")
    parser.add_argument("--pieces", type=int, default=64000)
    parser.add_argument("--weight", type=float, default=30.0, help="how often an authored batch is drawn")
    parser.add_argument("--minutes", type=float, help="stop after this long, with the rate decayed to match")
    parser.add_argument("--resume", action="store_true", help="start from the vectors in OUT")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    options.out.mkdir(parents=True, exist_ok=True)
    sources = load_sources(options.data, options.authored, weight=options.weight)
    tokenizer = open_tokenizer(options, sources)
    sampler = Sampler(sources, tokenizer, size=options.batch, seed=options.seed,
                      dropout=options.dropout, blend=options.blend)
    frequencies = np.bincount(sampler.bags.ids, minlength=tokenizer.get_vocab_size())
    print(f"{len(sampler.bags.starts) - 1:,} texts, {len(sampler.bags.ids):,} tokens", flush=True)
    table = Table(frequencies, dim=options.dim, seed=options.seed, start=options.start)
    if options.resume:
        table.vectors.copy_(_tensor(np.load(options.out / "vectors.npy")))
    losses = fit(table, sampler, options)
    vectors = table.vectors.cpu().numpy()
    vectors[frequencies == 0] = 0  # A piece never seen says nothing.
    np.save(options.out / "vectors.npy", vectors)
    settings = {k: str(v) for k, v in vars(options).items()}
    line = json.dumps(settings | {"steps_done": table.step, "losses": losses, "texts": len(sampler.bags.starts) - 1})
    with (options.out / "trials.jsonl").open("a", encoding="utf-8") as log:
        log.write(line + "\n")


def _tensor(array: np.ndarray):
    import torch

    return torch.from_numpy(array.astype(np.float32))


def open_tokenizer(options: argparse.Namespace, sources: list) -> Tokenizer:
    """Return the tokenizer in the output folder; train it first where there is none."""
    path = options.out / "tokenizer.json"
    if not path.exists():
        texts = texts_by_language(sources, cap=40000, seed=options.seed)
        train_tokenizer(texts, pieces=options.pieces).save(str(path))
    return Tokenizer.from_file(str(path))


def fit(table: Table, sampler: Sampler, options: argparse.Namespace) -> dict[str, float]:
    """Run the steps with a rate that falls to nothing; return the last mean loss per source."""
    started, losses = time.monotonic(), {}
    for step in range(options.steps):
        spent = (time.monotonic() - started) / 60
        left = 1 - max(step / options.steps, spent / options.minutes if options.minutes else 0)
        if left <= 0:
            break
        batch = sampler.draw()
        loss = table.learn(batch, rate=options.rate * left, late=options.late)
        losses[batch.source] = 0.9 * losses.get(batch.source, loss) + 0.1 * loss
        if step % 100 == 0:
            mean = sum(losses.values()) / len(losses)
            print(f"step {step}: mean loss {mean:.3f}, authored {losses.get('authored', 0):.3f}, "
                  f"{spent:.1f} min", flush=True)
    return {source: round(loss, 3) for source, loss in sorted(losses.items())}


if __name__ == "__main__":
    main()
