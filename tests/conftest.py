"""What several tests share: an encoder that is a pure function of the text, and reports made to order."""

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

Paragraphs = dict[str, str]  # number -> text


class CharacterEncoder:
    """A vector for each character, made from its hash; a text is their sum, unit length."""

    def __init__(self, dim: int = 16, salt: str = "") -> None:
        self.dim, self.salt, self.encoded = dim, salt, 0
        self.name, self.fingerprint = f"characters{salt}", f"characters-{dim}{salt}"

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.encoded += len(texts)
        return np.array([self._vector(text) for text in texts], np.float32).reshape(len(texts), self.dim)

    def encode_query(self, text: str) -> NDArray[np.float32]:
        return self._vector(text).astype(np.float32)

    def _vector(self, text: str) -> NDArray[np.float64]:
        total = np.zeros(self.dim)
        for character in text:
            digest = hashlib.sha256((self.salt + character).encode()).digest()
            total += np.frombuffer(digest * (self.dim // 32 + 1), np.uint8)[: self.dim] / 127.5 - 1
        return total / max(float(np.linalg.norm(total)), 1e-12)


def write_report(path: Path, paragraphs: Paragraphs) -> Path:
    """Write a file of ready paragraphs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [{"_id": number, "title": "", "text": text} for number, text in paragraphs.items()]
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return path


@pytest.fixture
def encoder() -> CharacterEncoder:
    return CharacterEncoder()


@pytest.fixture
def reports(tmp_path: Path) -> Callable[..., Path]:
    """Return what writes reports into a folder: reports(a={"1": "text"}) writes a.jsonl."""
    folder = tmp_path / "reports"

    def write(**named: Paragraphs) -> Path:
        for name, paragraphs in named.items():
            write_report(folder / f"{name}.jsonl", paragraphs)
        return folder

    return write
