"""A sentence-transformers model as an encoder: the one module that imports sentence_transformers.

Owns the prompts that known families need and the rule that nothing is fetched unless asked for.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.errors import ModelNotAvailable

_BATCH = 32


@dataclass(frozen=True, slots=True)
class Prompts:
    """What is put before a question and before a passage."""

    query: str = ""
    passage: str = ""


# By name, first match wins; each as its model card prescribes.
FAMILIES = (
    (r"e5.*instruct",
     Prompts("Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery: ")),
    (r"(^|[-_])e5[-_]", Prompts("query: ", "passage: ")),
    (r"bge-.*zh", Prompts("为这个句子生成表示以用于检索相关文章：")),
    (r"bge-.*en", Prompts("Represent this sentence for searching relevant passages: ")),
)  # fmt: skip


class TransformerEncoder:
    """Any sentence-transformers model, by folder or hub name."""

    def __init__(self, name: str, *, download: bool = False) -> None:
        self.name = name
        self._model = _load(name, download=download)
        self._prompts = prompts_for(name, self._model.prompts)

    @property
    def dim(self) -> int:
        """Numbers per vector."""
        sized: Any = self._model
        ask = getattr(sized, "get_embedding_dimension", None) or sized.get_sentence_embedding_dimension
        return int(ask())

    @cached_property
    def fingerprint(self) -> str:
        """Hash prompts, settings and a sample of every weight: other weights, another hash."""
        digest = hashlib.sha256(f"{self._prompts}|{self._model}".encode())
        for name, weights in sorted(self._model.state_dict().items()):
            sample = weights.flatten()[:64].float().cpu().numpy()
            digest.update(f"{name}{tuple(weights.shape)}".encode() + sample.tobytes())
        return digest.hexdigest()[:16]

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one unit row per text."""
        return self._encode(list(texts), self._prompts.passage)

    def encode_query(self, text: str) -> NDArray[np.float32]:
        """Return the vector of a question, with the prompt that the model expects."""
        vector: NDArray[np.float32] = self._encode([text], self._prompts.query)[0]
        return vector

    def _encode(self, texts: list[str], prompt: str) -> NDArray[np.float32]:
        if not texts:
            return np.zeros((0, self.dim), np.float32)
        rows = self._model.encode(
            texts, prompt=prompt, batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(rows, dtype=np.float32)


def prompts_for(name: str, carried: dict[str, str]) -> Prompts:
    """Return the prompts that the model carries, else those of its family, else none."""
    query, passage = carried.get("query", ""), carried.get("document") or carried.get("passage", "")
    if query or passage:
        return Prompts(query, passage)
    last = Path(name).name.lower()
    return next((prompts for pattern, prompts in FAMILIES if re.search(pattern, last)), Prompts())


def _load(name: str, *, download: bool) -> Any:
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise ModelNotAvailable(
            f'Model "{name}" needs the package sentence-transformers, which is not installed.',
            'Install it: pip install "sentence-transformers"',
        ) from error
    _check_folder(name)
    try:
        return SentenceTransformer(name, local_files_only=True)
    except (OSError, ValueError) as error:
        if not download or Path(name).is_dir():
            raise _absent(name, error) from error
    try:
        return SentenceTransformer(name)
    except (OSError, ValueError) as error:
        raise ModelNotAvailable(
            f'Model "{name}" could not be fetched: {_first_line(error)}',
            "Check the name and the network, or name a folder that holds the model.",
        ) from error


def _check_folder(name: str) -> None:
    """Refuse a folder that holds no model before the library guesses one."""
    if Path(name).is_dir() and not any((Path(name) / file).is_file() for file in ("modules.json", "config.json")):
        raise ModelNotAvailable(f"The folder {name} holds no model.", "Name a sentence-transformers folder.")


def _absent(name: str, error: Exception) -> ModelNotAvailable:
    if Path(name).is_dir():
        return ModelNotAvailable(f"The model in {name} cannot be read: {_first_line(error)}", "Save it again.")
    return ModelNotAvailable(
        f'Model "{name}" is not on this machine.',
        f"Fetch it once: reportsearch build REPORTS --index INDEX --model {name} --download",
    )


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
