"""The table of token vectors while it is trained: composition, pooling, losses and the optimiser.

Only the rows that occur in a batch are read and written.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from training.batches import DEVICE, Bags, Batch, spread
from training.pieces import Parts

LEFT, RIGHT = 24, 48  # Tokens of a pair that late interaction reads in training.
_ROWS = 1024  # Tokens whose matches are looked for at a time.
_CAST = torch.bfloat16 if DEVICE == "cuda" else torch.float32


class Table:
    """Vectors of the parts of pieces with Adam moments, updated row by row."""

    def __init__(
        self, parts: Parts, frequencies: np.ndarray, *, dim: int, start: float, share: float, seed: int
    ) -> None:
        generator = torch.Generator().manual_seed(seed)
        seen = np.pad(frequencies, (0, len(parts.lengths) - len(frequencies)))
        # Arora et al. 2017: frequent words say little. A piece never seen has no vector of its own.
        length = torch.from_numpy(1e-3 / (1e-3 + seen / seen.sum())).float()
        spreads = torch.cat([length * torch.from_numpy(seen > 0), torch.ones(parts.count - len(length))])
        self.vectors = (torch.randn(parts.count, dim, generator=generator) * start * spreads[:, None]).to(DEVICE)
        self.first, self.second = torch.zeros_like(self.vectors), torch.zeros_like(self.vectors)
        self.parts, self.lengths = (torch.from_numpy(a).to(DEVICE) for a in (parts.parts, parts.lengths))
        self.starts = self.lengths.cumsum(0) - self.lengths
        self.scale = (length / torch.from_numpy(parts.lengths).clamp(min=2).sub(1).sqrt()).float().to(DEVICE) * share
        self.step = 0

    def begin(self, vectors: Tensor) -> None:
        """Go on from finished vectors, float32[pieces, dim]; the letter groups begin at nothing."""
        self.vectors.zero_()
        self.vectors[: len(vectors)] = vectors.to(DEVICE)

    def pieces(self) -> Tensor:
        """Return the finished vector of every piece."""
        bag, weights = self._parts(torch.arange(len(self.lengths), device=DEVICE))
        return pool(self.vectors, bag, weights)

    def _parts(self, pieces: Tensor) -> tuple[Bags, Tensor]:
        """Return the parts of these pieces with their weights: one for the piece itself, little for each group."""
        rows, positions = spread(self.lengths[pieces])
        parts = self.parts[self.starts[pieces][rows] + positions]
        return Bags(parts, rows, len(pieces)), torch.where(positions == 0, 1.0, self.scale[pieces][rows])

    def learn(self, batch: Batch, loss: Loss, *, rate: float) -> Tensor:
        """Take one step on the batch and return its loss."""
        pieces, left, right = compact(len(self.lengths), batch.left, batch.right)
        bag, weights = self._parts(pieces)
        rows, bag = compact(len(self.vectors), bag)
        vectors = self.vectors[rows].requires_grad_()
        value = loss(pool(vectors, bag, weights), left, right, batch.twins)
        value.backward()
        self._update(rows, vectors.grad, rate)
        return value.detach()

    def _update(self, rows: Tensor, gradient: Tensor, rate: float) -> None:
        """Adam (Kingma and Ba 2015) on these rows alone."""
        self.step += 1
        first = self.first[rows].lerp_(gradient, 0.1)
        second = self.second[rows].lerp_(gradient.square(), 0.001)
        self.first[rows], self.second[rows] = first, second
        scale = (1 - 0.999**self.step) ** 0.5 / (1 - 0.9**self.step)
        self.vectors[rows] -= rate * scale * first / (second.sqrt() + 1e-8)


def compact(count: int, *bags: Bags) -> tuple[Tensor, *tuple[Bags, ...]]:
    """Return the numbers below count that occur in the bags, and the bags with their places among these."""
    found = torch.zeros(count, dtype=torch.bool, device=DEVICE)
    for bag in bags:
        found[bag.tokens] = True
    places = found.cumsum(0) - 1
    return found.nonzero()[:, 0], *(Bags(places[bag.tokens], bag.rows, bag.count) for bag in bags)


def pool(vectors: Tensor, bags: Bags, weights: Tensor | None = None) -> Tensor:
    """Return the sum of each bag's vectors."""
    starts = torch.searchsorted(bags.rows, torch.arange(bags.count, device=DEVICE))
    return functional.embedding_bag(bags.tokens, vectors, starts, mode="sum", per_sample_weights=weights)


class Loss:
    """Contrast of pairs: their dense score, and the late-interaction score of some of them."""

    def __init__(
        self, *, dims: tuple[int, ...], scale: float, late: float, late_scale: float, late_pairs: int, seed: int
    ) -> None:
        self.dims, self.scale = dims, scale
        self.late, self.late_scale, self.late_pairs = late, late_scale, late_pairs
        self.generator = torch.Generator(DEVICE).manual_seed(seed)

    def __call__(self, vectors: Tensor, left: Bags, right: Bags, twins: Tensor) -> Tensor:
        value = self.dense_loss(vectors, left, right, twins)
        if self.late:
            few = min(self.late_pairs, left.count)
            scores = late_scores(vectors, left, right, few, self.generator)
            value = value + self.late * contrast(scores * self.late_scale, twins[:few, :few])
        return value

    def dense_loss(self, vectors: Tensor, left: Bags, right: Bags, twins: Tensor) -> Tensor:
        """Mean over the dimensions: the first ones are a usable vector by themselves (Kusupati et al. 2022)."""
        asked, told = pool(vectors, left), pool(vectors, right)
        losses = []
        for dim in self.dims:
            scaled = functional.normalize(asked[:, :dim], dim=1) * self.scale
            losses.append(contrast(scaled @ functional.normalize(told[:, :dim], dim=1).T, twins))
        return torch.stack(losses).mean()


def contrast(logits: Tensor, twins: Tensor) -> Tensor:
    """InfoNCE in both directions (van den Oord et al. 2018); twins are no negatives."""
    logits = logits.masked_fill(twins, -1e4)
    return (logits.logsumexp(0) + logits.logsumexp(1)).mean() / 2 - logits.diagonal().mean()


def late_scores(vectors: Tensor, left: Bags, right: Bags, few: int, generator: torch.Generator) -> Tensor:
    """Return for the first pairs the best match of each left token in each right text, weighted by its length."""
    left_table, real = padded(left, few, LEFT, generator)
    right_table, _ = padded(right, few, RIGHT, generator)
    asked, left_places = torch.unique(left_table, return_inverse=True)
    told, right_places = torch.unique(right_table, return_inverse=True)
    cosines = functional.normalize(vectors[asked], dim=1) @ functional.normalize(vectors[told], dim=1).T
    with torch.no_grad():
        best = torch.cat([part[:, right_places].max(dim=2).indices for part in cosines.to(_CAST).split(_ROWS)])
        best = right_places.expand(len(asked), -1, -1).gather(2, best[:, :, None])[:, :, 0]
    weights = vectors[asked].norm(dim=1)[left_places] * real
    shares = torch.zeros(few, len(asked), device=DEVICE).scatter_add_(1, left_places, weights)
    return (shares / weights.sum(dim=1, keepdim=True).clamp(min=1e-9)) @ cosines.gather(1, best)


def padded(bags: Bags, few: int, width: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return the tokens of the first texts as a table, and where it is filled; long texts keep a random choice.

    What is not filled repeats the text's first token.
    """
    inside = bags.rows < few
    tokens, rows = bags.tokens[inside], bags.rows[inside]
    counts = torch.bincount(rows, minlength=few)
    kept = torch.rand(len(rows), generator=generator, device=DEVICE) * counts[rows] <= width
    tokens, rows = tokens[kept], rows[kept]
    counts = torch.bincount(rows, minlength=few)
    starts = counts.cumsum(0) - counts
    columns = torch.arange(len(rows), device=DEVICE) - starts[rows]
    fits = columns < width
    table = tokens[starts.clamp(max=len(tokens) - 1)][:, None].repeat(1, width)
    table[rows[fits], columns[fits]] = tokens[fits]
    return table, torch.arange(width, device=DEVICE) < counts[:, None]
