"""Turn sources into token ids and draw batches of positive pairs from them.

Owns sampling: which source, which items, which two views, which tokens are dropped.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
from tokenizers import Tokenizer

from training.data import Source, View

LONGEST = 700  # Characters of a passage that are read in training; longer ones teach little more.


@dataclass(frozen=True, slots=True)
class Bags:
    """Texts as token ids, end to end: text i is ids[starts[i]:starts[i + 1]]."""

    ids: np.ndarray
    starts: np.ndarray

    def of(self, texts: np.ndarray) -> list[np.ndarray]:
        return [self.ids[self.starts[t] : self.starts[t + 1]] for t in texts]


@dataclass(frozen=True, slots=True)
class Batch:
    """Positive pairs: left[i] and right[i] mean the same; every other right is a negative."""

    source: str
    left: list[np.ndarray]
    right: list[np.ndarray]


def tokenize(tokenizer: Tokenizer, texts: list[str]) -> Bags:
    """Encode the texts without unknown pieces."""
    pieces, lengths = [], np.zeros(len(texts) + 1, np.int64)
    for start in range(0, len(texts), 20000):
        encodings = tokenizer.encode_batch_fast(
            [t[:LONGEST] for t in texts[start : start + 20000]], add_special_tokens=False)
        for row, encoding in enumerate(encodings, start + 1):
            ids = np.array(encoding.ids, np.int32)
            pieces.append(ids[ids != 0])
            lengths[row] = len(pieces[-1])
    return Bags(np.concatenate(pieces), np.cumsum(lengths))


class Sampler:
    """Draw batches, each from one source, with the left text cropped now and then."""

    def __init__(self, sources: list[Source], tokenizer: Tokenizer, *, size: int, dropout: float, seed: int,
                 blend: float = 0.0, most: int = 60000) -> None:
        self.size, self.dropout, self.blend = size, dropout, blend
        self.random, self.numpy = random.Random(seed), np.random.default_rng(seed)
        views: list[View] = []
        self.sources: list[tuple[str, list[_Item]]] = []
        for source in sources:
            items = self.random.sample(source.items, min(most, len(source.items)))
            drawn = []
            for item in items:
                drawn.append(_Item(range(len(views), len(views) + len(item)), item))
                views.extend(item)
            self.sources.append((source.name, drawn))
        self.weights = [source.weight for source in sources]
        self.bags = tokenize(tokenizer, [view.text for view in views])
        self.lengths = np.diff(self.bags.starts)

    def draw(self) -> Batch:
        """Return the next batch; a small source gives a smaller batch."""
        (name, items), = self.random.choices(self.sources, self.weights)
        items = self.random.sample(items, min(self.size, len(items)))
        target = "zh" if self.random.random() < 0.5 else self.random.choice(("en", "fr", "es", "ru", "ar"))
        pairs = np.array([item.pair(target, self.random) for item in items])
        filled = (self.lengths[pairs] > 0).all(axis=1)  # A rare sign alone has no tokens.
        pairs, kept = pairs[filled], [item for item, full in zip(items, filled, strict=True) if full]
        left = [self._crop(ids) for ids in self.bags.of(pairs[:, 0])]
        left = [self._blend(ids, item, pair[0]) for ids, item, pair in zip(left, kept, pairs, strict=True)]
        right = self.bags.of(pairs[:, 1])
        return Batch(name, [self._drop(ids) for ids in left], [self._drop(ids) for ids in right])

    def _crop(self, ids: np.ndarray) -> np.ndarray:
        """Keep a stretch of a long text half of the time: questions are shorter than answers."""
        if len(ids) < 16 or self.random.random() < 0.5:
            return ids
        length = self.random.randint(8, len(ids))
        start = self.random.randint(0, len(ids) - length)
        return ids[start : start + length]

    def _blend(self, ids: np.ndarray, item: _Item, text: int) -> np.ndarray:
        """Mix the left text with its wording in another language now and then."""
        others = item.equals(text) if self.blend and self.random.random() < self.blend else []
        if len(ids) < 4 or not others:
            return ids
        other = self.bags.of([self.random.choice(others)])[0]
        both = np.concatenate([ids, other])
        mixed = both[self.numpy.random(len(both)) < 0.5]
        return mixed if len(mixed) else ids

    def _drop(self, ids: np.ndarray) -> np.ndarray:
        if len(ids) < 3:
            return ids
        kept = ids[self.numpy.random(len(ids)) >= self.dropout]
        return kept if len(kept) else ids


class _Item:
    """The views of one item by kind and language."""

    __slots__ = ("asked", "told")

    def __init__(self, texts: range, views: list[View]) -> None:
        self.asked: dict[str, list[int]] = {}
        self.told: dict[str, list[int]] = {}
        for text, view in zip(texts, views, strict=True):
            (self.asked if view.kind == "question" else self.told).setdefault(view.language, []).append(text)

    def equals(self, text: int) -> list[int]:
        """Return the other texts of the kind of this one."""
        for texts in (self.asked, self.told):
            if len(texts) > 2 and any(text in options for options in texts.values()):
                return [other for options in texts.values() for other in options if other != text]
        return []

    def pair(self, target: str, draw: random.Random) -> tuple[int, int]:
        """Draw two texts: question and passage mostly, else two languages of one kind."""
        if self.asked and (len(self.told) == 1 or draw.random() < 0.7):
            return _pick(self.asked, None, draw), _pick(self.told, target, draw)
        texts = self.asked if self.asked and draw.random() < 0.5 else self.told
        right = target if target in texts else draw.choice(list(texts))
        others = {language: options for language, options in texts.items() if language != right}
        pair = _pick(others, None, draw), _pick(texts, right, draw)
        return pair if len(texts) > 2 or draw.random() < 0.5 else pair[::-1]


def _pick(texts: dict[str, list[int]], language: str | None, draw: random.Random) -> int:
    return draw.choice(texts[language] if language in texts else texts[draw.choice(list(texts))])
