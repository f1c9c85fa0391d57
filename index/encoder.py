"""Turn text into vectors: what an encoder is, and the bundled one.

Owns the static encoder, which needs numpy, and tokenizers for more than a question. Knows nothing of passages or files
of the index; transformers are behind index.transformer, which is imported when one is asked for.
"""

import json
import mmap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from index.errors import ModelNotAvailable
from index.pieces import Pieces
from index.rows import distinct, numbered
from index.tokens import Bags

if TYPE_CHECKING:
    from tokenizers import Tokenizer

BUNDLED = Path(__file__).parent / "model"
_NUMBERS = {"F16": "<f2", "F32": "<f4", "I8": "i1"}
_BATCH = 2048
_FIRST_VECTORS = 2048  # of tokens, that there is room for at first
_MOST_KEPT = 4096  # tokens summed at once whose vectors are kept: those of a build would fill the memory
_TINY = 1e-12  # Below the length of any vector: zeros stay zeros.


@runtime_checkable
class Encoder(Protocol):
    """What turns passages and queries into vectors of unit length."""

    @property
    def name(self) -> str:
        """What `open_encoder` takes to open it again."""

    @property
    def dim(self) -> int:
        """Numbers per vector."""

    @property
    def fingerprint(self) -> str:
        """Equal for two encoders if and only if they give the same vectors."""

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one row per text; a text without any known word gives zeros."""

    def encode_query(self, text: str) -> NDArray[np.float32]:
        """Return the vector of a question."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The pieces of a text that have a vector, in order: ids int32[n], read from text[start:end] of each span."""

    ids: NDArray[np.int32]
    spans: Sequence[tuple[int, int]]

    def __len__(self) -> int:
        return len(self.ids)


class StaticEncoder:
    """One vector per token, summed, unit length: the bundled model, or any StaticEmbedding folder."""

    def __init__(self, folder: Path | str = BUNDLED, *, name: str | None = None) -> None:
        self.folder = Path(folder)
        self.name = name or ("bundled" if self.folder == BUNDLED else str(folder))
        try:
            self._pieces = Pieces.read(self.folder)
            tensors = _tensors(self.folder / "model.safetensors")
        except (OSError, ValueError, KeyError) as error:
            raise self._unreadable(error) from error
        self._rows = tensors["embeddings"] if "embeddings" in tensors else tensors["embedding.weight"]
        self._factors = _factors(tensors, len(self._rows))
        unknown = 0 if self._pieces else self._tokenizer.token_to_id("<unk>")
        self._unknown = -1 if unknown is None or np.any(self._rows[unknown]) else unknown
        self._slots = np.full(len(self._rows), -1, np.int32)  # of each token among the vectors kept so far
        self._vectors, self._kept = np.empty((_FIRST_VECTORS, self.dim), np.float32), 0
        self._lengths = np.zeros(len(self._rows), np.float32)  # of the vectors kept so far
        self._lock = Lock()

    @cached_property
    def _tokenizer(self) -> "Tokenizer":
        """The library's tokenizer, which takes long to open."""
        from tokenizers import Tokenizer

        try:
            tokenizer = Tokenizer.from_file(str(self.folder / "tokenizer.json"))
        except Exception as error:  # tokenizers raises a bare Exception
            raise self._unreadable(error) from error
        tokenizer.no_padding()
        tokenizer.no_truncation()
        return tokenizer

    def _unreadable(self, error: Exception) -> ModelNotAvailable:
        return ModelNotAvailable(
            f"The model in {self.folder} cannot be read: {error}.", "Install the program again, or name another model."
        )

    @property
    def dim(self) -> int:
        """Numbers per vector."""
        return int(self._rows.shape[1])

    @property
    def vocabulary(self) -> int:
        """The number of token ids."""
        return len(self._rows)

    @cached_property
    def fingerprint(self) -> str:
        """Return what the export wrote down; hash the files of a model that has no such note."""
        note = self.folder / "fingerprint.json"
        if note.is_file():
            return str(json.loads(note.read_text(encoding="utf-8"))["fingerprint"])
        return hash_model(self.folder)

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one unit row per text; a text without any known word gives zeros."""
        vectors = np.zeros((len(texts), self.dim), np.float32)
        for start in range(0, len(texts), _BATCH):
            ids = self.token_ids(texts[start : start + _BATCH])
            vectors[start : start + len(ids)] = self.pool(ids)
        return vectors

    def encode_query(self, text: str) -> NDArray[np.float32]:
        """Return the vector of a question; static vectors treat it like any text."""
        vector: NDArray[np.float32] = self.pool([self.tokens(text).ids])[0]
        return vector

    def token_ids(self, texts: Sequence[str]) -> list[NDArray[np.int32]]:
        """Return the ids of the known tokens of each text, in order."""
        encodings = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [self._known(np.array(encoding.ids, np.int32)) for encoding in encodings]

    def tokens(self, text: str) -> Tokens:
        """Return the known tokens of a question, with their places in it."""
        pieces = None if self._pieces is None else self._pieces.cut(text)
        if pieces is not None:
            return Tokens(np.array([p.number for p in pieces], np.int32), [(p.start, p.end) for p in pieces])
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        ids = np.array(encoding.ids, np.int32)
        places = np.flatnonzero(ids != self._unknown)
        return Tokens(ids[places], [encoding.offsets[place] for place in places.tolist()])

    def spans(self, ids: NDArray[np.int32], text: str) -> Iterator[tuple[int, int]]:
        """Yield where the first tokens of a text stand in it: text[start:end] of each."""
        if self._pieces is not None:
            return self._pieces.spans(ids.tolist(), text)
        return iter(self.tokens(text).spans[: len(ids)])

    def text(self, ids: NDArray[np.int32]) -> str:
        """Return a text with these tokens."""
        text: str = self._tokenizer.decode(ids.tolist())
        return text

    def directions(self, ids: NDArray[np.integer]) -> NDArray[np.float32]:
        """Return the unit vectors of these tokens, float32[n, dim]; a token never trained gives zeros."""
        vectors = self._kept_vectors(ids)
        vectors /= np.maximum(self._lengths[ids], _TINY)[:, None]
        return vectors

    def cosines(self, ids: NDArray[np.integer], directions: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the cosines of these tokens with unit vectors float32[m, dim], float32[n, m]."""
        products: NDArray[np.float32] = self._kept_vectors(ids) @ directions.T
        products /= np.maximum(self._lengths[ids], _TINY)[:, None]
        return products

    def lengths(self, ids: NDArray[np.integer]) -> NDArray[np.float32]:
        """Return how much each of these tokens says: the length of its vector, float32[n]."""
        self._keep(ids)
        lengths: NDArray[np.float32] = self._lengths[ids]
        return lengths

    def _kept_vectors(self, ids: NDArray[np.integer]) -> NDArray[np.float32]:
        slots = self._keep(ids)  # first: it can put another array in the place of the kept ones
        vectors: NDArray[np.float32] = self._vectors.take(slots, axis=0)
        return vectors

    def _keep(self, ids: NDArray[np.integer]) -> NDArray[np.int32]:
        """Keep the vectors of tokens met for the first time; return where the vectors of these tokens stand."""
        slots: NDArray[np.int32] = self._slots[ids]
        if (slots < 0).any():
            with self._lock:
                self._fill(distinct(ids[self._slots[ids] < 0]))
            slots = self._slots[ids]
        return slots

    def _fill(self, ids: NDArray[np.integer]) -> None:
        vectors = self._trained(ids)
        start = self._kept
        if start + len(ids) > len(self._vectors):
            grown = np.empty((max(2 * len(self._vectors), start + len(ids)), self.dim), np.float32)
            grown[:start] = self._vectors[:start]
            self._vectors = grown
        self._vectors[start : start + len(ids)] = vectors
        self._kept += len(ids)
        self._lengths[ids] = np.linalg.norm(vectors, axis=1)
        self._slots[ids] = np.arange(start, start + len(ids))  # last: other threads read without the lock

    def _trained(self, ids: NDArray[np.integer]) -> NDArray[np.float32]:
        vectors: NDArray[np.float32] = self._rows[ids].astype(np.float32) * self._factors[ids][:, None]
        return vectors

    def _known(self, ids: NDArray[np.int32]) -> NDArray[np.int32]:
        known: NDArray[np.int32] = ids[ids != self._unknown]
        return known

    def pool(self, bags: Bags | list[NDArray[np.int32]]) -> NDArray[np.float32]:
        """Sum the vectors of each bag and scale the sum to unit length."""
        bags = bags if isinstance(bags, Bags) else Bags.of(bags)
        if len(bags.ids) <= _MOST_KEPT:
            places: NDArray[np.integer] = self._keep(bags.ids)
            vectors = self._vectors
        else:
            once, places = numbered(bags.ids, self.vocabulary)
            vectors = self._trained(once)
        sums = np.zeros((len(bags), self.dim), np.float32)
        bounds = bags.bounds.tolist()
        for row, (start, end) in enumerate(pairwise(bounds)):
            np.add.reduce(vectors[places[start:end]], axis=0, out=sums[row])
        sums /= np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), _TINY)
        return sums


def hash_model(folder: Path) -> str:
    """Hash what decides the vectors: weights and tokenizer."""
    import hashlib

    digest = hashlib.sha256()
    for name in ("model.safetensors", "tokenizer.json"):
        digest.update((folder / name).read_bytes())
    return digest.hexdigest()[:16]


def is_static(folder: Path) -> bool:
    """Say whether a folder holds token vectors that need no transformer."""
    modules = folder / "modules.json"
    if not modules.is_file() or not (folder / "tokenizer.json").is_file():
        return False
    listed = json.loads(modules.read_text(encoding="utf-8"))
    return bool(listed) and listed[0]["type"].endswith(".StaticEmbedding") and not listed[0]["path"]


@cache
def bundled_encoder() -> StaticEncoder:
    """Open the bundled encoder, once: every generation that is opened shares it."""
    return StaticEncoder()


def open_encoder(name: str | None = None, *, download: bool = False) -> Encoder:
    """Open the bundled encoder, a static one without torch, or a transformer by folder or hub name."""
    if name is None or name == "bundled":
        return bundled_encoder()
    if is_static(Path(name)):
        return StaticEncoder(Path(name))
    from index.transformer import TransformerEncoder

    return TransformerEncoder(name, download=download)


def _tensors(path: Path) -> dict[str, NDArray[np.generic]]:
    """Map the arrays of a safetensors file into memory: a JSON header, then the bytes."""
    with path.open("rb") as file:
        view = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    size = int.from_bytes(view[:8], "little")
    header = json.loads(view[8 : 8 + size])
    arrays = {}
    for name, entry in header.items():
        if name != "__metadata__":
            start, end = entry["data_offsets"]
            array = np.frombuffer(view, np.uint8, end - start, 8 + size + start).view(_NUMBERS[entry["dtype"]])
            arrays[name] = array.reshape(entry["shape"])
    return arrays


def _factors(tensors: dict[str, NDArray[np.generic]], rows: int) -> NDArray[np.float32]:
    if "weights" in tensors:
        return np.asarray(tensors["weights"], dtype=np.float32)
    return np.ones(rows, np.float32)
