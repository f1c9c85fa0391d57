"""The table of token vectors while it is trained: pooling, losses and the optimiser.

Owns everything that touches torch. Only the rows that occur in a batch are read and written.
"""

from __future__ import annotations

import numpy as np
import torch
from scipy import sparse
from torch import Tensor
from torch.nn import functional

from training.batches import Batch

DIMS = (256, 128)  # Matryoshka: the first 128 numbers are a usable vector by themselves.
SCALE = 20.0
_DRAW = np.random.default_rng(0)
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


class Table:
    """Token vectors with Adam moments, updated row by row."""

    def __init__(self, frequencies: np.ndarray, *, dim: int, seed: int, start: float = 0.1) -> None:
        torch.manual_seed(seed)
        share = torch.tensor(frequencies / frequencies.sum(), dtype=torch.float32)
        length = 1e-3 / (1e-3 + share)  # Arora et al. 2017: frequent words say little.
        self.vectors = (torch.randn(len(frequencies), dim) * start * length[:, None]).to(DEVICE)
        self.first, self.second = torch.zeros_like(self.vectors), torch.zeros_like(self.vectors)
        self.step = 0

    def learn(self, batch: Batch, *, rate: float, late: float) -> float:
        """Take one step on the batch and return its loss."""
        rows, positions = np.unique(np.concatenate(batch.left + batch.right), return_inverse=True)
        rows = torch.from_numpy(rows.astype(np.int64)).to(DEVICE)
        vectors = self.vectors[rows].requires_grad_()
        bags = np.split(positions, np.cumsum([len(t) for t in batch.left + batch.right])[:-1])
        left, right = bags[: len(batch.left)], bags[len(batch.left) :]
        loss = dense_loss(vectors, left, right)
        if late:
            loss = loss + late * late_loss(vectors, left, right)
        loss.backward()
        self._update(rows, vectors.grad, rate)
        return float(loss.detach())

    def _update(self, rows: Tensor, gradient: Tensor, rate: float) -> None:
        self.step += 1
        first = self.first[rows].lerp_(gradient, 0.1)
        second = self.second[rows].lerp_(gradient.square(), 0.001)
        self.first[rows], self.second[rows] = first, second
        scale = (1 - 0.999**self.step) ** 0.5 / (1 - 0.9**self.step)
        self.vectors[rows] -= rate * scale * first / (second.sqrt() + 1e-8)


class _Sum(torch.autograd.Function):
    """Sum the vectors of each bag: one sparse product forward, one backward."""

    @staticmethod
    def forward(context, vectors: Tensor, forward: Tensor, backward: Tensor) -> Tensor:
        context.save_for_backward(backward)
        return forward @ vectors

    @staticmethod
    def backward(context, gradient: Tensor) -> tuple[Tensor, None, None]:
        (backward,) = context.saved_tensors
        return backward @ gradient.contiguous(), None, None


def pool(vectors: Tensor, bags: list[np.ndarray]) -> Tensor:
    """Return the sum of each bag's vectors."""
    starts = np.concatenate([[0], np.cumsum([len(bag) for bag in bags])])
    columns = np.concatenate(bags)
    counts = sparse.csr_matrix((np.ones(len(columns), np.float32), columns, starts), (len(bags), len(vectors)))
    return _Sum.apply(vectors, _torch(counts), _torch(counts.T.tocsr()))


def _torch(matrix: sparse.csr_matrix) -> Tensor:
    return torch.sparse_csr_tensor(
        torch.from_numpy(matrix.indptr.astype(np.int64)), torch.from_numpy(matrix.indices.astype(np.int64)),
        torch.from_numpy(matrix.data), matrix.shape, device=DEVICE)


def dense_loss(vectors: Tensor, left: list[np.ndarray], right: list[np.ndarray]) -> Tensor:
    """InfoNCE in both directions, on all dimensions and on the first half."""
    both = pool(vectors, left + right)
    losses = []
    for dim in DIMS:
        unit = functional.normalize(both[:, :dim], dim=1)
        losses.append(contrast(unit[: len(left)] @ unit[len(left) :].T))
    return torch.stack(losses).mean()


def contrast(scores: Tensor) -> Tensor:
    wanted = torch.arange(len(scores), device=scores.device)
    logits = scores * SCALE
    return (functional.cross_entropy(logits, wanted) + functional.cross_entropy(logits.T, wanted)) / 2


def late_loss(vectors: Tensor, left: list[np.ndarray], right: list[np.ndarray], *, pairs: int = 96) -> Tensor:
    """InfoNCE on the late-interaction score: best match of each left token, weighted by its length."""
    left, right = [_sample(bag, 24) for bag in left[:pairs]], [_sample(bag, 48) for bag in right[:pairs]]
    asked, asked_at = np.unique(np.concatenate(left), return_inverse=True)
    told, told_at = np.unique(np.concatenate(right), return_inverse=True)
    counts = np.zeros((len(left), len(asked)), np.float32)
    np.add.at(counts, (np.repeat(np.arange(len(left)), [len(bag) for bag in left]), asked_at), 1)
    columns = torch.from_numpy(_padded(np.split(told_at, np.cumsum([len(b) for b in right])[:-1]))).to(DEVICE)
    asked_vectors = vectors[torch.from_numpy(asked).to(DEVICE)]
    cosines = functional.normalize(asked_vectors, dim=1) @ functional.normalize(
        vectors[torch.from_numpy(told).to(DEVICE)], dim=1).T
    with torch.no_grad():
        best = cosines[:, columns].argmax(dim=2)
        best = torch.gather(columns.expand(len(asked), -1, -1), 2, best[:, :, None])[:, :, 0]
    weights = torch.from_numpy(counts).to(DEVICE) * asked_vectors.norm(dim=1)
    return contrast((weights / weights.sum(dim=1, keepdim=True)) @ cosines.gather(1, best))


def _sample(bag: np.ndarray, longest: int) -> np.ndarray:
    return bag if len(bag) <= longest else _DRAW.choice(bag, longest, replace=False)


def _padded(bags: list[np.ndarray]) -> np.ndarray:
    """Stack bags of different length by repeating each bag's first token."""
    table = np.stack([np.full(max(map(len, bags)), bag[0]) for bag in bags])
    for row, bag in zip(table, bags, strict=True):
        row[: len(bag)] = bag
    return table
