"""Train token vectors: python -m training.train PREPARED OUT ['{"name": "a", "seed": 2}' ...] [@FILE].

Each JSON object is a trial: the settings that differ from the defaults. @FILE holds one a line. Trials run one after
the other; each writes OUT/NAME/vectors.npy and one line of settings, losses and measurements to OUT/trials.jsonl.
A trial that is in that file is not run again, and one that was interrupted goes on from its last checkpoint.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from training.batches import DEVICE, Corpus, Sampler
from training.combine import table_in
from training.measure import measure
from training.model import Loss, Table
from training.pieces import parts_of

_EVERY = 120.0  # Seconds from one checkpoint to the next.


@dataclass(frozen=True, slots=True)
class Settings:
    """What decides a run."""

    name: str = "run"
    seed: int = 1
    steps: int = 1500
    minutes: float = 0.0  # Where given, stop after this long, with the rate decayed to match.
    batch: int = 4096
    rate: float = 0.01
    dropout: float = 0.2  # share of tokens left out
    blend: float = 0.1  # share of texts mixed from two languages
    scale: float = 20.0
    late: float = 0.5  # weight of the late-interaction loss
    late_scale: float = 16.0
    late_pairs: int = 512
    dim: int = 512
    halves: int = 1  # how often the dimensions are halved for a loss of their own
    start: float = 0.04  # spread of the vectors before training
    share: float = 1.0  # weight of the letter groups in a piece; 0: none
    begin: str = ""  # folder of a finished model to go on from
    weights: dict[str, float] = field(default_factory=dict)  # how often a source is drawn, where not as in data.py
    measures: int = 1  # how often the run is measured


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, fromfile_prefix_chars="@")
    parser.add_argument("prepared", type=Path, help="folder written by training.prepare")
    parser.add_argument("out", type=Path)
    parser.add_argument("trials", nargs="*", default=["{}"], help="settings as JSON")
    parser.add_argument("--minutes", type=float, default=1e9, help="begin no trial after this long")
    options = parser.parse_args()
    torch.set_float32_matmul_precision("high")
    started = time.monotonic()
    corpus = Corpus(options.prepared / "corpus.npz")
    pieces = pieces_of(Tokenizer.from_file(str(options.prepared / "tokenizer.json")))
    print(f"{corpus.texts:,} texts, {len(corpus.ids):,} tokens, {time.monotonic() - started:.0f} s", flush=True)
    log = options.out / "trials.jsonl"
    options.out.mkdir(parents=True, exist_ok=True)
    for settings in (Settings(**json.loads(trial)) for trial in options.trials):
        if settings.name in _names(log) or (time.monotonic() - started) / 60 > options.minutes:
            continue
        folder = options.out / settings.name
        folder.mkdir(exist_ok=True)
        shutil.copyfile(options.prepared / "tokenizer.json", folder / "tokenizer.json")
        run = Run(settings, corpus, pieces, folder)
        line = json.dumps({"settings": asdict(settings)} | run.fit())
        np.save(folder / "vectors.npy", run.table.pieces().cpu().numpy())
        with log.open("a", encoding="utf-8") as lines:
            lines.write(line + "\n")
        print(line, flush=True)


def pieces_of(tokenizer: Tokenizer) -> list[str]:
    """Return the pieces by number."""
    vocabulary = tokenizer.get_vocab()
    return sorted(vocabulary, key=vocabulary.__getitem__)


def _names(log: Path) -> set[str]:
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    return {json.loads(line)["settings"]["name"] for line in lines}


class Run:
    """One trial while it runs."""

    def __init__(self, settings: Settings, corpus: Corpus, pieces: list[str], folder: Path) -> None:
        self.settings, self.corpus, self.checkpoint = settings, corpus, folder / "checkpoint.pt"
        self.table = Table(
            parts_of(pieces, grams=settings.share > 0),
            corpus.frequencies,
            dim=settings.dim,
            start=settings.start,
            share=settings.share,
            seed=settings.seed,
        )
        if settings.begin:
            self.table.begin(torch.from_numpy(table_in(Path(settings.begin))))
        self.sampler = Sampler(
            corpus,
            size=settings.batch,
            dropout=settings.dropout,
            blend=settings.blend,
            weights=settings.weights,
            seed=settings.seed,
        )
        self.loss = Loss(
            dims=tuple(settings.dim >> halving for halving in range(settings.halves + 1)),
            scale=settings.scale,
            late=settings.late,
            late_scale=settings.late_scale,
            late_pairs=settings.late_pairs,
            seed=settings.seed,
        )
        self.losses: dict[str, torch.Tensor] = {}
        self.measured: list[dict] = []
        self.spent = 0.0
        if self.checkpoint.exists():
            self._restore()

    def fit(self) -> dict:
        """Take the steps that are left, with a rate that falls to nothing; return losses and measurements."""
        for left in self._rates():
            batch = self.sampler.draw()
            loss = self.table.learn(batch, self.loss, rate=self.settings.rate * left)
            self.losses[batch.source] = torch.lerp(loss, self.losses.get(batch.source, loss), 0.9)
            if len(self.measured) + 1 < self.settings.measures * (1 - left):
                self._measure()
        self._measure()
        self.checkpoint.unlink(missing_ok=True)
        losses = {source: round(float(loss), 3) for source, loss in sorted(self.losses.items())}
        return {"steps": self.table.step, "seconds": round(self.spent, 1), "losses": losses, "measured": self.measured}

    def _rates(self) -> Iterator[float]:
        """Yield what is left of the rate, once a step, and keep checkpoints."""
        begun, saved = time.monotonic() - self.spent, time.monotonic()
        limit = self.settings.minutes * 60 or float("inf")
        while (left := 1 - max(self.table.step / self.settings.steps, self.spent / limit)) > 0:
            yield left
            self.spent = time.monotonic() - begun
            if time.monotonic() - saved > _EVERY:
                self._save()
                saved = time.monotonic()

    def _measure(self) -> None:
        found = measure(self.table.pieces(), self.corpus.probes)
        self.measured.append({"step": self.table.step, "values": found})
        mean = float(torch.stack(list(self.losses.values())).mean())
        print(
            f"{self.settings.name}, step {self.table.step}, {self.spent:.0f} s, mean loss {mean:.3f}: {brief(found)}",
            flush=True,
        )

    def _save(self) -> None:
        table, sampler = self.table, self.sampler
        draws = sampler.random.getstate(), sampler.generator.get_state(), self.loss.generator.get_state()
        state = {
            "vectors": table.vectors,
            "first": table.first,
            "second": table.second,
            "step": table.step,
            "draws": draws,
            "losses": self.losses,
            "measured": self.measured,
            "spent": self.spent,
        }
        torch.save(state, self.checkpoint.with_suffix(".new"))
        self.checkpoint.with_suffix(".new").replace(self.checkpoint)
        print(f"{self.settings.name}, step {table.step}, {self.spent:.0f} s: saved", flush=True)

    def _restore(self) -> None:
        state = torch.load(self.checkpoint, map_location=DEVICE, weights_only=True)
        for name in ("vectors", "first", "second", "step"):
            setattr(self.table, name, state[name])
        for name in ("losses", "measured", "spent"):
            setattr(self, name, state[name])
        chosen, drawn, omitted = state["draws"]
        self.sampler.random.setstate(chosen)
        self.sampler.generator.set_state(drawn.cpu())
        self.loss.generator.set_state(omitted.cpu())


def brief(found: dict[str, dict[str, float]]) -> str:
    """Return the measurements in one line: Chinese / English / mean of the others."""

    def cell(values: dict[str, float]) -> str:
        others = [value for language, value in values.items() if language not in ("zh", "en")]
        parts = [values.get("zh"), values.get("en"), np.mean(others) if others else None]
        return "/".join(f"{part:.3f}" for part in parts if part is not None)

    return "; ".join(f"{name} {cell(values)}" for name, values in found.items())


if __name__ == "__main__":
    main()
