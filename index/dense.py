"""Vectors on disk and the search by meaning; the only door to faiss.

    vectors.npy   up to EXACT_LIMIT rows float16; beyond, one signed byte a number with a scale for each dimension
    scale.npy     those scales
    lists.faiss   beyond EXACT_LIMIT: four bits for a few numbers (product quantisation), in inverted lists
    lists.json    how much of the lists a search reads, and the recall that was measured with it

Many rows are searched in two steps: the lists give candidates, the vectors give their cosines.
"""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import faiss as _faiss
import numpy as np
from numpy.typing import NDArray

from index.checked import ArrayWriter, CheckedArray, CheckedFile, damaged, write_array, write_sums

faiss: Any = _faiss  # its stubs are not those of its wrappers

# An exact scan of this many rows of 384 numbers took about 3 ms (benchmarks/scale.py).
EXACT_LIMIT = 30_000
_FEW = 10_000  # a filter that leaves so few rows is answered from the vectors alone
_BATCH = 50_000
_MOST_LISTS = 2_048  # finding the list of each vector would take longer than it saves
_QUESTIONS = 150  # the recall is measured with so many
_WANTED_RECALL = 0.985
Floats = NDArray[np.float32]
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Found:
    """Rows and their cosines, best first, equal cosines in row order."""

    rows: Rows
    scores: Floats


@dataclass(frozen=True, slots=True)
class _Depth:
    """How much of the lists a search reads."""

    lists: int
    probed: int
    candidates: int
    recall: float


def ranked(rows: Rows, scores: Floats, depth: int) -> Found:
    """Return the best rows; the last digits, which depend on the order of summing, do not count."""
    scores = np.round(scores, 6)
    order = np.lexsort((rows, -scores))[:depth]
    return Found(rows[order], scores[order])


class VectorWriter:
    """Write unit vectors row by row, and the lists when there are many."""

    def __init__(self, folder: Path, dim: int) -> None:
        self._folder = folder
        self._rows = ArrayWriter(folder / "vectors.npy", "<f2", (dim,))

    def append(self, vectors: Floats) -> None:
        """Write some vectors, float32[n, dim]."""
        self._rows.append(vectors)

    def abandon(self) -> None:
        """Let go of a file that will not be finished."""
        self._rows.abandon()

    def close(self) -> None:
        """Finish the file."""
        self._rows.close()


def settle(folder: Path) -> str:
    """Choose how finished vectors are searched; return a sentence with the reason and the measured recall."""
    vectors = CheckedArray(folder / "vectors.npy")
    if len(vectors) <= EXACT_LIMIT:
        return f"exact: {len(vectors)} rows are at most {EXACT_LIMIT}"
    # On a busy machine threads with little to do spend their time waiting for each other.
    faiss.omp_set_num_threads(os.cpu_count() or 1 if len(vectors) > 2 * _BATCH else 1)
    index = _trained(vectors)
    _fill(folder, index, vectors)
    depth = _tune(index, vectors, _RowVectors(folder))
    _write_lists(folder, index, depth)
    return (
        f"inverted lists, 4 bits, re-scored with 8 bits: {len(vectors)} rows are more than {EXACT_LIMIT}; "
        f"{depth.probed} of {depth.lists} lists and {depth.candidates} candidates give recall@10 {depth.recall:.3f} "
        f"of exact search on {_QUESTIONS} mixtures of passages"
    )


def _batches(vectors: CheckedArray) -> Iterator[Floats]:
    for start in range(0, len(vectors), _BATCH):
        yield vectors.slice(start, min(start + _BATCH, len(vectors))).astype(np.float32)


def _trained(vectors: CheckedArray) -> Any:
    count, dim = len(vectors), vectors.all().shape[1]
    lists = min(int(np.sqrt(count)), _MOST_LISTS)
    index = faiss.IndexIVFPQFastScan(faiss.IndexFlatIP(dim), dim, lists, _pieces(dim), 4, faiss.METRIC_INNER_PRODUCT)
    index.own_fields = False
    index.by_residual = False  # candidates are ranked better without (measured), and faster
    index.cp.niter, index.cp.spherical, index.pq.cp.niter = 8, True, 8
    index.cp.min_points_per_centroid = 1
    sample = np.random.default_rng(0).choice(count, min(count, max(30 * lists, 16_000)), replace=False)
    index.train(vectors.rows(np.sort(sample)).astype(np.float32))
    return index


def _pieces(dim: int) -> int:
    """Return into how many pieces a vector is cut: four numbers each, or as near to it as divides."""
    return next(dim // size for size in (4, 3, 5, 2, 1) if dim % size == 0)


def _fill(folder: Path, index: Any, vectors: CheckedArray) -> None:
    """Add all vectors to the lists and write them with a byte a number in place of two."""
    square = np.sum([np.square(batch).sum(axis=0) for batch in _batches(vectors)], axis=0) / len(vectors)
    # Four standard deviations: wider steps or a narrower range lose more neighbours (measured).
    scale = np.maximum(4 * np.sqrt(square) / 127, 1e-12).astype(np.float32)
    bytes_ = folder / "bytes"
    bytes_.mkdir()
    writer = ArrayWriter(bytes_ / "vectors.npy", "i1", (len(scale),))
    for batch in _batches(vectors):
        index.add(batch)
        writer.append(np.clip(np.rint(batch / scale), -127, 127).astype(np.int8))
    writer.close()
    write_array(folder / "scale.npy", scale)
    for name in ("vectors.npy", "vectors.npy.crc"):
        (bytes_ / name).replace(folder / name)
    bytes_.rmdir()


def _write_lists(folder: Path, index: Any, depth: _Depth) -> None:
    (folder / "lists.faiss").write_bytes(memoryview(faiss.serialize_index(index)))
    (folder / "lists.json").write_text(json.dumps(asdict(depth)) + "\n", encoding="ascii")
    for name in ("lists.faiss", "lists.json"):
        write_sums(folder / name)


# --- how deep a search has to go ---------------------------------------------------------------------------------


def _tune(index: Any, vectors: CheckedArray, scored: "_RowVectors") -> _Depth:
    """Return the least reading that gives the wanted recall: first the candidates, then the lists."""
    questions = _mixtures(vectors)
    truth = _exact(questions, vectors)

    def recall(probed: int, candidates: int) -> float:
        index.nprobe = probed
        _, found = index.search(questions, candidates)
        best = [ranked(f[f >= 0], scored.scores(f[f >= 0], q), 10).rows for q, f in zip(questions, found, strict=True)]
        return float(np.mean([len(set(a) & set(b)) / len(a) for a, b in zip(truth, best, strict=True)]))

    candidates = _least((200, 400, 800, 1600, 3200), lambda c: recall(max(1, index.nlist // 2), c) + 0.004)
    probes = [max(1, index.nlist * share // 64) for share in (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)]
    probed = _least(probes, lambda p: recall(p, candidates) + 0.002)
    return _Depth(index.nlist, probed, candidates, recall(probed, candidates))


def _least(choices: Sequence[int], recall: Callable[[int], float]) -> int:
    return next((choice for choice in choices if recall(choice) >= _WANTED_RECALL), choices[-1])


def _mixtures(vectors: CheckedArray) -> Floats:
    """Return unit vectors that stand as far from any passage as questions do: one passage and half of another."""
    one, other = np.random.default_rng(1).integers(0, len(vectors), (2, _QUESTIONS))
    mixed = vectors.rows(one).astype(np.float32) + 0.5 * vectors.rows(other).astype(np.float32)
    unit: Floats = mixed / np.maximum(np.linalg.norm(mixed, axis=1, keepdims=True), 1e-12)
    return unit


def _exact(questions: Floats, vectors: CheckedArray) -> Rows:
    scores, rows = [], []
    for number, batch in enumerate(_batches(vectors)):
        best, at = faiss.knn(questions, batch, min(10, len(batch)), metric=faiss.METRIC_INNER_PRODUCT)
        scores.append(best)
        rows.append(at + number * _BATCH)
    order = np.argsort(-np.concatenate(scores, axis=1), axis=1, kind="stable")[:, :10]
    return np.take_along_axis(np.concatenate(rows, axis=1), order, axis=1)


# --- reading -----------------------------------------------------------------------------------------------------


class _RowVectors:
    """The vectors of one segment in row order, in two bytes a number or in one."""

    def __init__(self, folder: Path) -> None:
        self._rows = CheckedArray(folder / "vectors.npy")
        self._scale = CheckedArray(folder / "scale.npy").all() if (folder / "scale.npy").exists() else np.float32(1)
        if self._rows.all_unchecked.ndim != 2:
            raise damaged(folder / "vectors.npy", "holds no vectors")
        self.dim = int(self._rows.all_unchecked.shape[1])

    def __len__(self) -> int:
        return len(self._rows)

    def read(self, rows: Rows) -> Floats:
        chosen: Floats = self._rows.rows(rows).astype(np.float32) * self._scale
        return chosen

    def scores(self, rows: Rows, vector: Floats) -> Floats:
        cosines: Floats = self._rows.rows(rows).astype(np.float32) @ (vector * self._scale)
        return cosines

    def codes(self) -> NDArray[np.uint8]:
        return np.ascontiguousarray(self._rows.all()).view(np.uint8)


class DenseIndex:
    """The vectors of one segment; safe for many threads."""

    def __init__(self, folder: Path, rows: int) -> None:
        self._vectors = _RowVectors(folder)
        if len(self._vectors) != rows:
            raise damaged(folder / "vectors.npy", f"holds {len(self._vectors)} vectors where the manifest says {rows}")
        self._depth: _Depth | None = None
        if (folder / "lists.json").exists():
            self._depth = _Depth(**json.loads(bytes(CheckedFile(folder / "lists.json").whole())))
            self._index = _read_lists(folder / "lists.faiss", rows)
        else:
            self._index = _in_memory(self._vectors)

    @property
    def dim(self) -> int:
        """Return the number of dimensions."""
        return self._vectors.dim

    def top(self, vector: Floats, depth: int, mask: NDArray[np.bool_] | None) -> Found:
        """Return at most `depth` rows; mask bool[n] says which rows count."""
        allowed = len(self._vectors) if mask is None else int(np.count_nonzero(mask))
        faiss.omp_set_num_threads(1)  # of this thread: more would only wait for each other
        if min(depth, allowed) == 0:
            return Found(np.empty(0, np.int64), np.empty(0, np.float32))
        if mask is not None and allowed <= _FEW:
            rows = np.flatnonzero(mask)
            return ranked(rows, self._vectors.scores(rows, vector), depth)
        if self._depth is None:
            return self._scan(vector, min(depth, allowed), mask)
        return self._probe(vector, min(depth, allowed), mask, allowed / len(self._vectors))

    def _scan(self, vector: Floats, depth: int, mask: NDArray[np.bool_] | None) -> Found:
        chosen = None if mask is None else faiss.SearchParameters(sel=_selector(mask))
        scores, rows = self._index.search(vector[None], depth, params=chosen)
        return ranked(rows[0][rows[0] >= 0], scores[0][rows[0] >= 0], depth)

    def _probe(self, vector: Floats, depth: int, mask: NDArray[np.bool_] | None, share: float) -> Found:
        """Read lists until there are enough rows: the fewer rows a filter leaves, the more lists."""
        assert self._depth is not None
        probed = min(self._depth.lists, int(self._depth.probed / np.sqrt(share)))
        candidates = max(self._depth.candidates, 2 * depth)
        while True:
            chosen = faiss.SearchParametersIVF(nprobe=probed, **({} if mask is None else {"sel": _selector(mask)}))
            _, rows = self._index.search(vector[None], candidates, params=chosen)
            found = rows[0][rows[0] >= 0]
            if len(found) >= depth or probed == self._depth.lists:
                return ranked(found, self._vectors.scores(found, vector), depth)
            probed = min(self._depth.lists, 4 * probed)

    def vectors(self, rows: Sequence[int] | Rows) -> Floats:
        """Return the vectors of some rows, float32[m, dim]."""
        return self._vectors.read(np.asarray(rows, dtype=np.int64))


def _in_memory(vectors: _RowVectors) -> Any:
    index = faiss.IndexScalarQuantizer(vectors.dim, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    if len(vectors):
        index.add_sa_codes(vectors.codes())
    return index


def _read_lists(path: Path, rows: int) -> Any:
    try:
        index = faiss.deserialize_index(np.frombuffer(CheckedFile(path).whole(), np.uint8))
    except RuntimeError as error:
        raise damaged(path, "holds no lists of vectors") from error
    if index.ntotal != rows:
        raise damaged(path, f"holds {index.ntotal} vectors where the manifest says {rows}")
    return index


def _selector(mask: NDArray[np.bool_]) -> Any:
    return faiss.IDSelectorBitmap(np.packbits(mask, bitorder="little"))
