"""How likely a passage answers the question, from 0 to 1, and the line under which there is no good answer.

A logistic model over the signals of the passage, fitted by `reportsearch calibrate` on questions with and without an
answer. The figures belong to an encoder: calibration.json beside this file holds those of the bundled one, the file of
the same name in an index folder those of another encoder, or of a collection of one's own.
"""

import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.errors import DamagedIndex
from search.fusion import Signals

FILE = "calibration.json"
DECIDING = 10  # of the best passages; an answer is good if one of them reaches the line, however many are asked for
# The more words a question has, the less like it any passage is, the right one too.
SIGNALS = ("dense", "late", "asked")
_WHOLE = 0.5  # BM25, as a share of its ceiling, of a passage that holds all words of the question


@dataclass(frozen=True, slots=True)
class Calibration:
    """Weights of the signals, and the relevance from which a passage is taken for an answer."""

    encoder: str  # fingerprint
    weights: dict[str, float]
    bias: float
    line: float
    measured: dict[str, float]  # what the calibration reached: auroc, kept, refused, questions

    def relevance(self, signals: Signals) -> NDArray[np.float32]:
        """Return the relevance of each row, float32[m], from 0 to 1: by its signals or by the words it holds."""
        total = np.full(len(signals.rows), self.bias, np.float32)
        for name, weight in self.weights.items():
            total += np.float32(weight) * getattr(signals, name)
        return np.maximum(np.asarray(1 / (1 + np.exp(-np.clip(total, -30, 30))), np.float32), standing(signals))

    def without_meaning(self, signals: Signals) -> NDArray[np.float32]:
        """Return the relevance of each row to a question that holds no word the encoder knows: how many words match."""
        return np.asarray(np.minimum(signals.words / _WHOLE, 1), np.float32)

    def answers(self, relevance: NDArray[np.float32]) -> bool:
        """Say whether one of the best passages, best first, reaches the line."""
        return bool((relevance[:DECIDING] >= self.line).any())

    def write(self, path: Path) -> None:
        """Write the calibration as JSON."""
        path.write_text(json.dumps(asdict(self), indent=2, sort_keys=True) + "\n", encoding="utf-8")


def standing(signals: Signals) -> NDArray[np.float32]:
    """Return how surely each row is an answer because it holds the question's own words, float32[m].

    BM25 as a share of its ceiling, from a quarter (0) to three quarters (1). Of questions without an answer 95 in 100
    stay below .31 at their best passage, whatever the collection; words that are looked for by themselves reach .5.
    """
    return np.asarray(np.clip(2 * signals.words - 0.5, 0, 1), np.float32)


def calibration_for(folder: Path, encoder: str) -> Calibration:
    """Return the calibration in the index folder if it is the encoder's, else the bundled one."""
    own = folder / FILE
    if own.is_file():
        found = _read(own)
        if found.encoder == encoder:
            return found
    return _bundled()


@cache
def _bundled() -> Calibration:
    return _read(Path(__file__).with_name(FILE))


def _read(path: Path) -> Calibration:
    try:
        return Calibration(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise DamagedIndex(
            f"The calibration {path} cannot be read ({error}).",
            "Remove it, or make it again: reportsearch calibrate QUESTIONS.jsonl",
        ) from error
