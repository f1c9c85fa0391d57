"""Hold the corpus on the device, and draw batches of positive pairs from it.

Owns sampling: which items, which two views of each, which tokens are left out. Every step is vectorised over the
batch; nothing but the choice of the source happens on the host.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
LONGEST = 256  # Tokens of a text that are read in one batch.
SHORTEST = 16  # Tokens of a text that is long enough to be cut into a question and a passage.
LANGUAGES = 6


@dataclass(frozen=True, slots=True)
class Slots:
    """The views of a source: one row per item, one column per view, text -1 where an item has fewer."""

    name: str
    weight: float
    texts: Tensor
    languages: Tensor
    questions: Tensor


@dataclass(frozen=True, slots=True)
class Bags:
    """Texts of a batch: the tokens of all, and for each token the row of its text, ascending."""

    tokens: Tensor
    rows: Tensor
    count: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Positive pairs: row i of left and of right mean the same; `twins` marks other pairs that do as well."""

    source: str
    left: Bags
    right: Bags
    twins: Tensor


@dataclass(frozen=True, slots=True)
class Probe:
    """A task on the device."""

    name: str
    language: str
    measure: str
    late: bool
    questions: Bags
    passages: Bags
    relevant: list[dict[int, int]]


class Corpus:
    """All texts as token ids on the device, the sources that hold them, and the tasks to measure on."""

    def __init__(self, path: Path) -> None:
        with np.load(path) as arrays:
            about = json.loads(arrays["about"].tobytes())
            ids, lengths = arrays["ids"].astype(np.int32), arrays["lengths"].astype(np.int64)
            views, languages, questions = (arrays[n].astype(np.int64) for n in ("views", "languages", "questions"))
        starts = np.cumsum(lengths) - lengths
        first = about["first_measured"]
        self.frequencies = np.bincount(ids[: lengths[:first].sum()])
        self.texts = first
        self.ids, self.lengths, self.starts = (torch.from_numpy(a).to(DEVICE) for a in (ids, lengths, starts))
        self.twins = torch.from_numpy(_twins(ids, starts[:first], lengths[:first])).to(DEVICE)
        self.sources = list(_slots(about["sources"], views, languages, questions, lengths[:first]))
        self.probes = list(self._probes(about["tasks"], first))

    def bags(self, texts: Tensor) -> Bags:
        """Return whole texts."""
        rows, positions = spread(self.lengths[texts])
        return Bags(self.ids[self.starts[texts][rows] + positions], rows, len(texts))

    def _probes(self, tasks: list[dict], first: int):
        bags: dict[tuple[int, int], Bags] = {}
        for task in tasks:
            ranges = tuple(task["questions"]), tuple(task["passages"])
            for start, end in ranges:
                if (start, end) not in bags:
                    bags[start, end] = self.bags(torch.arange(first + start, first + end, device=DEVICE))
            yield Probe(
                task["name"],
                task["language"],
                task["measure"],
                task["late"],
                bags[ranges[0]],
                bags[ranges[1]],
                [dict(grades) for grades in task["relevant"]],
            )


def _twins(ids: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return a number per text, equal for texts with the same tokens."""
    seen: dict[bytes, int] = {}
    return np.array(
        [
            seen.setdefault(ids[start : start + length].tobytes(), len(seen))
            for start, length in zip(starts, lengths, strict=True)
        ]
    )


def _slots(described: list, views: np.ndarray, languages: np.ndarray, questions: np.ndarray, lengths: np.ndarray):
    item = text = 0
    for name, items, weight in described:
        counts = views[item : item + items]
        rows = np.repeat(np.arange(items), counts)
        columns = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
        span = slice(text, text + len(rows))
        tables = np.full((3, items, int(counts.max(initial=1))), -1)
        tables[:, rows, columns] = [
            np.where(lengths[span] > 0, np.arange(text, text + len(rows)), -1),
            languages[span],
            questions[span],
        ]
        pairs = (tables[0] >= 0).sum(axis=1) > 1  # A rare sign alone has no tokens: no pair.
        usable = pairs | ((counts == 1) & (lengths[tables[0, :, 0]] >= SHORTEST))
        yield Slots(name, weight, *(torch.from_numpy(table[usable]).to(DEVICE) for table in tables))
        item, text = item + items, text + len(rows)


def spread(lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Return for every token of texts with these lengths the row of its text and its position in it."""
    rows = torch.repeat_interleave(torch.arange(len(lengths), device=lengths.device), lengths)
    return rows, torch.arange(len(rows), device=lengths.device) - (lengths.cumsum(0) - lengths)[rows]


class Sampler:
    """Draw batches, each from one source, with fresh pairs, crops and omissions every time."""

    def __init__(
        self, corpus: Corpus, *, size: int, dropout: float, blend: float, weights: dict[str, float], seed: int
    ) -> None:
        self.corpus, self.size, self.dropout, self.blend = corpus, size, dropout, blend
        self.random = random.Random(seed)
        self.generator = torch.Generator(DEVICE).manual_seed(seed)
        self.sources = [source for source in corpus.sources if len(source.texts) > 1]
        self.weights = [weights.get(source.name, source.weight) for source in self.sources]

    def draw(self) -> Batch:
        """Return the next batch; a small source gives a smaller batch."""
        (source,) = self.random.choices(self.sources, self.weights)
        target = 0 if self.random.random() < 0.5 else self.random.randrange(1, LANGUAGES)
        left, right, other = self._pairs(source, target)
        twins = self.corpus.twins
        same = (twins[left][:, None] == twins[left]) | (twins[right][:, None] == twins[right])
        same.fill_diagonal_(False)
        return Batch(source.name, *self._bags(left, right, other), same)

    def _pairs(self, source: Slots, target: int) -> tuple[Tensor, Tensor, Tensor]:
        """Draw two texts of each item, and a third that says the same as the left one, or -1."""
        items = torch.randperm(len(source.texts), generator=self.generator, device=DEVICE)[: self.size]
        texts, languages, questions = source.texts[items], source.languages[items], source.questions[items]
        real, asks = texts >= 0, questions > 0
        chance = self._uniform(len(items), 3)
        asked = (real & asks).any(1)
        bilingual = (real & ~asks & (languages != languages[:, :1])).any(1)
        answers = asked & ((chance[:, 0] < 0.7) | ~bilingual)
        from_question = asked & ~answers & (chance[:, 1] < 0.5)
        right = self._pick(real & (asks == from_question[:, None]), languages, target)
        equal = real & (questions == _at(questions, right)) & (languages != _at(languages, right))
        left = self._pick(torch.where(answers[:, None], real & asks, equal), languages, None)
        left = torch.where(left < 0, right, left)
        swap = (real.sum(1) == 2) & ~asked & (chance[:, 2] < 0.5)
        left, right = torch.where(swap, right, left), torch.where(swap, left, right)
        equal = real & (questions == _at(questions, left)) & (languages != _at(languages, left))
        other = self._pick(equal & (real.sum(1) > 2)[:, None], languages, None)
        third = torch.where(other < 0, -1, _at(texts, other)[:, 0])
        return _at(texts, left)[:, 0], _at(texts, right)[:, 0], third

    def _pick(self, options: Tensor, languages: Tensor, target: int | None) -> Tensor:
        """Return one option's column per row, or -1: the target language first, else any language equally often."""
        fate = self._uniform(len(options), LANGUAGES)
        if target is not None:
            fate[:, target] += 1
        order = fate.gather(1, languages.clamp(min=0)) + 1e-4 * self._uniform(*options.shape)
        best, column = torch.where(options, order, -1).max(dim=1)
        return torch.where(best < 0, -1, column)

    def _bags(self, left: Tensor, right: Tensor, other: Tensor) -> tuple[Bags, Bags]:
        """Return the tokens of both sides: the left cropped now and then or mixed with its other wording."""
        lengths = self.corpus.lengths
        alone = left == right
        start, length = self._window(lengths[left], alone)
        blended = (other >= 0) & (length >= 4) & (self._uniform(len(left)) < self.blend)
        half = torch.where(blended, 0.5, 1.0)
        left_bags = self._tokens(
            torch.stack([left, other.clamp(min=0)], 1).flatten(),
            torch.stack([start, torch.zeros_like(start)], 1).flatten(),
            torch.stack([length, torch.where(blended, lengths[other.clamp(min=0)].clamp(max=LONGEST), 0)], 1).flatten(),
            half.repeat_interleave(2),
            parts=2,
        )
        whole, most = lengths[right], lengths[right].clamp(max=LONGEST)
        begin = ((whole - most + 1) * self._uniform(len(right))).long()
        hidden = torch.where(alone & (self._uniform(len(right)) < 0.9), length, 0)
        right_bags = self._tokens(right, begin, most, torch.ones_like(half), hidden=(start, hidden))
        return left_bags, right_bags

    def _window(self, whole: Tensor, alone: Tensor) -> tuple[Tensor, Tensor]:
        """Return where the left text begins and how long it is: questions are shorter than answers."""
        cut = alone | ((whole >= 16) & (self._uniform(len(whole)) < 0.5))
        least = torch.where(alone, 4, 8)
        most = torch.where(alone, (whole // 2).clamp(max=40), whole.clamp(max=LONGEST))
        length = least + ((most - least + 1).clamp(min=1) * self._uniform(len(whole))).long()
        length = torch.minimum(torch.where(cut, length, whole.clamp(max=LONGEST)), whole)
        return ((whole - length + 1) * self._uniform(len(whole))).long(), length

    def _tokens(
        self,
        texts: Tensor,
        starts: Tensor,
        lengths: Tensor,
        share: Tensor,
        *,
        parts: int = 1,
        hidden: tuple[Tensor, Tensor] | None = None,
    ) -> Bags:
        """Return the tokens of stretches of texts, some left out at random; a row is `parts` stretches."""
        rows, positions = spread(lengths)
        positions = positions + starts[rows]
        tokens = self.corpus.ids[self.corpus.starts[texts][rows] + positions]
        kept = self._uniform(len(rows)) < share[rows] * torch.where(lengths[rows] < 3, 1.0, 1 - self.dropout)
        kept |= positions == (starts + (lengths * self._uniform(len(lengths))).long())[rows]  # No text is left empty.
        if hidden:
            shown = (positions < hidden[0][rows]) | (positions >= (hidden[0] + hidden[1])[rows])
            kept &= shown
        return Bags(tokens[kept], rows[kept] // parts, len(texts) // parts)

    def _uniform(self, *shape: int) -> Tensor:
        return torch.rand(shape, generator=self.generator, device=DEVICE)


def _at(table: Tensor, columns: Tensor) -> Tensor:
    """Return the entry of each row, as a column."""
    return table.gather(1, columns.clamp(min=0)[:, None])
