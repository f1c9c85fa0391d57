"""Measure token vectors on the tasks, on the device: dense, and dense with late interaction."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from training.batches import DEVICE, Bags, Probe
from training.model import compact, pool
from training.scores import standard, value

_ROOM = 2e8 if DEVICE == "cuda" else 2e7  # Numbers in one intermediate table.


def measure(vectors: Tensor, probes: list[Probe]) -> dict[str, dict[str, float]]:
    """Return the value of every task by name and language; late interaction under its own name."""
    found: dict[str, dict[str, float]] = {}
    with torch.no_grad():
        for probe in probes:
            dense = (_unit(vectors, probe.questions) @ _unit(vectors, probe.passages).T).cpu().numpy()
            score = round(value(probe.measure, dense, probe.relevant), 4)
            found.setdefault(probe.name, {})[probe.language] = score
            if probe.late:
                both = standard(dense) + standard(late_table(vectors, probe.questions, probe.passages).cpu().numpy())
                score = round(value(probe.measure, both, probe.relevant), 4)
                found.setdefault(f"{probe.name}, late", {})[probe.language] = score
    return found


def _unit(vectors: Tensor, bags: Bags) -> Tensor:
    return functional.normalize(pool(vectors, bags), dim=1)


def late_table(vectors: Tensor, questions: Bags, passages: Bags) -> Tensor:
    """Return the late-interaction score of every question with every passage."""
    asked, questions = compact(len(vectors), questions)
    told, passages = compact(len(vectors), passages)
    directions = functional.normalize(vectors[told], dim=1)
    scores = torch.zeros(questions.count, passages.count, device=DEVICE)
    step = max(1, int(_ROOM // len(passages.tokens)))
    best = torch.cat(
        [_best(functional.normalize(vectors[few], dim=1) @ directions.T, passages) for few in asked.split(step)]
    )
    weights = vectors[asked].norm(dim=1)[questions.tokens]
    scores.index_add_(0, questions.rows, best[questions.tokens] * weights[:, None])
    total = torch.zeros(questions.count, device=DEVICE).index_add_(0, questions.rows, weights)
    return scores / total.clamp(min=1e-9)[:, None]


def _best(cosines: Tensor, passages: Bags) -> Tensor:
    """Return the greatest cosine of each token in each passage."""
    best = torch.full((len(cosines), passages.count), -1.0, device=DEVICE)
    rows = passages.rows.expand(len(cosines), -1)
    return best.scatter_reduce_(1, rows, cosines[:, passages.tokens], "amax")
