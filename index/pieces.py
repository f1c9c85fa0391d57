"""The tokenizer of the bundled model for one question at a time, ready in a tenth of the time.

The `tokenizers` library builds a tree of all pieces before it cuts the first text: right for passages, long for one
question. Here the same rules run over the same pieces, as `compile_pieces` wrote them down; a text that is not sure to
come out the same is left to the library. Knows texts and ids; nothing of vectors.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

_PIECES, _SCORES = "pieces.txt", "pieces.npy"
_UNKNOWN = 0
_UNKNOWN_PENALTY = 10.0  # of an unknown character below the least likely piece, as in the library
_LONGEST_TEXT = 4000  # characters; the library is quicker with longer ones

_ARABIC, _HAN = "\u0621-\u063a\u0641-\u064a", "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fef"
_LATIN, _CYRILLIC = "a-z\u00df-\u00f6\u00f8-\u017f", "\u0400-\u0481\u048a-\u052f"
# Each of these characters is a grapheme, which the library folds by itself, and of a script that is told the same.
_PLAIN = re.compile(
    "[\n\t -~\u00a0-\u00ac\u00ae-\u017f\u03bc\u2010-\u2015\u2018-\u201f\u2026\u2044\u20ac\u2116\u3000-\u3011"
    f"\u3014-\u301f\uff01-\uff5e\uffe5\u060c\u061b\u061f\u0660-\u0669{_ARABIC}{_CYRILLIC}{_HAN}]*"
)
_WORD = re.compile(
    f"(?<![{_ARABIC}])(?:[وفبك]?ال|ولل|لل)(?=[{_ARABIC}]{{3}})"
    f"|[{_HAN}]+|[{_ARABIC}]+|[{_LATIN}]+|[{_CYRILLIC}]+|[0-9\u3007]+|[%$€\u03bc]"
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A known piece, read from text[start:end]."""

    number: int
    start: int
    end: int


class Pieces:
    """All pieces of a tokenizer, and how text is folded before it is cut."""

    def __init__(self, pieces: Sequence[str], scores: Sequence[float], folding: dict[int, str]) -> None:
        self._pieces = pieces
        self._numbers = dict(zip(pieces, range(len(pieces)), strict=True))
        self._scores = scores
        self._folding = folding
        self._unknown_score = min(scores) - _UNKNOWN_PENALTY
        self._longest = max(map(len, pieces))

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """Return the pieces that `compile_pieces` wrote beside a tokenizer; None where it did not."""
        if not (folder / _PIECES).is_file():
            return None
        characters, folded, *pieces = (folder / _PIECES).read_text(encoding="utf-8").split("\n")
        scores = np.load(folder / _SCORES, allow_pickle=False).tolist()
        return cls(pieces, scores, dict(zip(map(ord, characters), folded.split("\t"), strict=True)))

    def __len__(self) -> int:
        return len(self._pieces)

    def cut(self, text: str) -> list[Piece] | None:
        """Return the known pieces of a text in order; None where the library has to cut it."""
        if len(text) > _LONGEST_TEXT or not _PLAIN.fullmatch(text):
            return None
        folded, places = self._folded(text)
        if not _PLAIN.fullmatch(folded):
            return None
        return [
            Piece(number, places[start], places[end - 1] + 1)
            for word in _WORD.finditer(folded)
            for number, start, end in self._best(word[0], word.start())
        ]

    def _best(self, word: str, at: int) -> list[tuple[int, int, int]]:
        """Return the likeliest pieces of a word (Unigram, Kudo 2018; by Viterbi's way), without the unknown ones."""
        numbers, scores, size = self._numbers, self._scores, len(word)
        best = [0.0, *[-np.inf] * size]
        taken = [(_UNKNOWN, 0)] * (size + 1)  # the piece that ends at each place, and where it begins
        for start in range(size):
            score, single = best[start], False
            for end in range(start + 1, min(start + self._longest, size) + 1):
                number = numbers.get(word[start:end])
                if number is not None:
                    single = single or end == start + 1
                    if score + scores[number] > best[end]:
                        best[end], taken[end] = score + scores[number], (number, start)
            if not single and score + self._unknown_score > best[start + 1]:
                best[start + 1], taken[start + 1] = score + self._unknown_score, (_UNKNOWN, start)
        found, end = [], size
        while end:
            number, start = taken[end]
            if number != _UNKNOWN:
                found.append((number, at + start, at + end))
            end = start
        return found[::-1]

    def spans(self, ids: Sequence[int], text: str) -> Iterator[tuple[int, int]]:
        """Yield where the pieces with these ids, which were cut from a text in this order, stand in it."""
        folded, places = self._folded(text)
        at = 0
        for number in ids:
            piece = self._pieces[number]
            start = folded.find(piece, at)
            if start < 0:  # where two characters were folded as one
                yield places[at], places[at]
            else:
                at = start + len(piece)
                yield places[start], places[at - 1] + 1

    def _folded(self, text: str) -> tuple[str, Sequence[int]]:
        """Return the text in plain spelling, and for each of its characters, and its end, the place in the text."""
        folded = text.translate(self._folding)
        if len(folded) == len(text):  # no character becomes nothing while another becomes two, as good as always
            return folded, range(len(folded) + 1)
        folds = [self._folding.get(ord(character), character) for character in text]
        return folded, [*(at for at, fold in enumerate(folds) for _ in fold), len(text)]


def compile_pieces(folder: Path, fold: Callable[[str], str]) -> None:
    """Write the pieces of the tokenizer in a model folder, which folds text so; raise ValueError for another kind."""
    path = folder / "tokenizer.json"
    values = json.loads(path.read_text(encoding="utf-8"))
    if values["model"]["type"] != "Unigram" or values["model"]["unk_id"] != _UNKNOWN or values["added_tokens"]:
        raise ValueError(f"{path} is no tokenizer of ours")
    every = (chr(point) for point in range(0x20, 0x110000) if not 0xD800 <= point < 0xE000)
    folding = {character: fold(character) for character in every}
    folding = {character: folded for character, folded in folding.items() if folded != character}
    pieces, scores = zip(*values["model"]["vocab"], strict=True)
    lines = ["".join(folding), "\t".join(folding.values()), *pieces]
    (folder / _PIECES).write_text("\n".join(lines), encoding="utf-8")
    np.save(folder / _SCORES, np.array(scores, np.float64), allow_pickle=False)
