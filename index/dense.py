"""Vectors on disk and the search by meaning; the only door to faiss.

    vectors.npy   up to EXACT_LIMIT rows float16; beyond, one signed byte a number
    scale.npy     what those bytes are multiplied with, for each dimension
    steps.npy     and for each row
    codes.faiss   beyond EXACT_LIMIT: four bits for four numbers (product quantisation), scanned from end to end
    depth.json    how many candidates a search takes from the scan, and the recall that was measured with it

Many rows are searched in two steps: the codes give candidates, the vectors give their cosines. Inverted lists in
front of the codes would spare little: what people ask lies far from every passage, and its neighbours are spread so
widely that of a million passages half of 1,000 lists, or a quarter of 4,000, hold but 98 in a hundred of them.
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
_BATCH = 20_000  # rows held in memory, as four bytes a number
_BUSY = 100_000  # rows that give several threads enough to do
_SAMPLE = 30_000  # rows that the codes are chosen with
_CANDIDATES = (200, 400, 800, 1600, 3200)
_LOST = 0.001  # of the recall for the sake of fewer candidates
_TIE = 1e-6  # a cosine that misses the tenth best by less is as good
Floats = NDArray[np.float32]
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Found:
    """Rows and their cosines, best first, equal cosines in row order."""

    rows: Rows
    scores: Floats


@dataclass(frozen=True, slots=True)
class _Depth:
    """How many candidates a search takes from the codes, and the recall@10 that they give."""

    candidates: int
    recall: float


def ranked(rows: Rows, scores: Floats, depth: int) -> Found:
    """Return the best rows; the last digits, which depend on the order of summing, do not count."""
    scores = np.round(scores, 6)
    order = np.lexsort((rows, -scores))[:depth]
    return Found(rows[order], scores[order])


class VectorWriter:
    """Write unit vectors row by row."""

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


def settle(folder: Path, ask: Callable[[], Floats]) -> str:
    """Choose how finished vectors are searched; return a sentence with the reason and the measured recall.

    `ask` makes questions, float32[n, dim], as far from the vectors as those that people will ask.
    """
    vectors = CheckedArray(folder / "vectors.npy")
    if len(vectors) <= EXACT_LIMIT:
        return f"exact: {len(vectors)} rows are at most {EXACT_LIMIT}"
    # On a busy machine threads with little to do spend their time waiting for each other.
    faiss.omp_set_num_threads(os.cpu_count() or 1 if len(vectors) > _BUSY else 1)
    sample = _sample(vectors)
    index = _trained(sample)
    _fill(folder, index, vectors, _spread(sample))
    questions = ask()
    depth = _tune(index, questions, vectors, RowVectors(folder))
    _write_codes(folder, index, depth)
    return (
        f"4 bits for 4 numbers, {depth.candidates} candidates re-scored with 8 bits a number: {len(vectors)} rows are "
        f"more than {EXACT_LIMIT}; recall@10 {depth.recall:.3f} of an exact search of the vectors as they were "
        f"encoded, on {len(questions)} questions put together from words of the passages"
    )


def _batches(vectors: CheckedArray) -> Iterator[Floats]:
    for start in range(0, len(vectors), _BATCH):
        yield vectors.slice(start, min(start + _BATCH, len(vectors))).astype(np.float32)


def _sample(vectors: CheckedArray) -> Floats:
    rows = np.random.default_rng(0).choice(len(vectors), min(len(vectors), _SAMPLE), replace=False)
    return vectors.rows(np.sort(rows)).astype(np.float32)


def _trained(sample: Floats) -> Any:
    dim = sample.shape[1]
    # One list: faiss takes a filter for inverted lists only.
    index = faiss.IndexIVFPQFastScan(faiss.IndexFlatIP(dim), dim, 1, _pieces(dim), 4, faiss.METRIC_INNER_PRODUCT)
    index.own_fields = False
    index.by_residual = False
    index.pq.cp.niter = 8
    index.train(sample)
    return index


def _spread(sample: Floats) -> Floats:
    """Return the root mean square of each dimension; one that is nearly always zero must not outweigh the others."""
    spread = np.sqrt(np.square(sample).mean(axis=0))
    kept: Floats = np.maximum(spread, max(spread.max() / 100, 1e-12))
    return kept


def _pieces(dim: int) -> int:
    """Return into how many pieces a vector is cut: four numbers each, or as near to it as divides."""
    return next(dim // size for size in (4, 3, 5, 2, 1) if dim % size == 0)


def _fill(folder: Path, index: Any, vectors: CheckedArray, scale: Floats) -> None:
    """Add all vectors to the codes and write them with a byte a number in place of two.

    A step for each row, so that no number is cut off, loses fewer neighbours than one range for all rows (measured).
    """
    write_array(folder / "scale.npy", scale)
    bytes_ = folder / "bytes"
    bytes_.mkdir()
    rows = ArrayWriter(bytes_ / "vectors.npy", "i1", (len(scale),))
    steps = ArrayWriter(folder / "steps.npy", "<f4")
    for batch in _batches(vectors):
        index.add(batch)
        batch /= scale
        step = np.maximum(np.abs(batch).max(axis=1) / 127, 1e-12)
        rows.append(np.rint(batch / step[:, None]).astype(np.int8))
        steps.append(step)
    rows.close()
    steps.close()
    for name in ("vectors.npy", "vectors.npy.crc"):
        (bytes_ / name).replace(folder / name)
    bytes_.rmdir()


def _write_codes(folder: Path, index: Any, depth: _Depth) -> None:
    (folder / "codes.faiss").write_bytes(memoryview(faiss.serialize_index(index)))
    (folder / "depth.json").write_text(json.dumps(asdict(depth)) + "\n", encoding="ascii")
    for name in ("codes.faiss", "depth.json"):
        write_sums(folder / name)


# --- how deep a search has to go ---------------------------------------------------------------------------------


def _tune(index: Any, questions: Floats, vectors: CheckedArray, scored: "RowVectors") -> _Depth:
    """Return the fewest candidates that give nearly the recall of the most."""
    tenth = _tenth_best(questions, vectors)
    _, found = index.search(questions, min(_CANDIDATES[-1], len(vectors)))
    scores = [scored.scores(rows, question) for rows, question in zip(found, questions, strict=True)]

    def recall(candidates: int) -> float:
        best = [ranked(f[:candidates], s[:candidates], 10).rows for f, s in zip(found, scores, strict=True)]
        cosines = [vectors.rows(rows).astype(np.float32) @ q for rows, q in zip(best, questions, strict=True)]
        return float(np.mean([np.sum(c >= t - _TIE) / 10 for c, t in zip(cosines, tenth, strict=True)]))

    recalls = {candidates: recall(candidates) for candidates in _CANDIDATES}
    return next(_Depth(c, r) for c, r in recalls.items() if r >= recalls[_CANDIDATES[-1]] - _LOST)


def _tenth_best(questions: Floats, vectors: CheckedArray) -> Floats:
    """Return the tenth best cosine of each question among all vectors."""
    best = np.full((len(questions), 10), -np.inf, np.float32)
    for batch in _batches(vectors):
        cosines, _ = faiss.knn(questions, batch, min(10, len(batch)), metric=faiss.METRIC_INNER_PRODUCT)
        best = np.sort(np.concatenate([best, cosines], axis=1), axis=1)[:, -10:]
    tenth: Floats = best[:, 0]
    return tenth


# --- reading -----------------------------------------------------------------------------------------------------


class RowVectors:
    """The vectors of one segment in row order, in two bytes a number or in one."""

    def __init__(self, folder: Path) -> None:
        self._rows = CheckedArray(folder / "vectors.npy")
        if self._rows.all_unchecked.ndim != 2:
            raise damaged(folder / "vectors.npy", "holds no vectors")
        self.dim = int(self._rows.all_unchecked.shape[1])
        self._scale = CheckedArray(folder / "scale.npy").all() if (folder / "scale.npy").exists() else np.float32(1)
        self._steps = CheckedArray(folder / "steps.npy") if (folder / "steps.npy").exists() else None

    def __len__(self) -> int:
        return len(self._rows)

    def read(self, rows: Rows) -> Floats:
        """Return the vectors of some rows, float32[m, dim]."""
        chosen: Floats = self._rows.rows(rows).astype(np.float32) * self._scale
        return chosen if self._steps is None else chosen * self._steps.rows(rows)[:, None]

    def scores(self, rows: Rows, vector: Floats) -> Floats:
        """Return the cosines of some rows with a vector, float32[m]."""
        # Not `@`: threads of BLAS would only wait for each other.
        cosines: Floats = np.einsum("ij,j->i", self._rows.rows(rows), vector * self._scale)
        return cosines if self._steps is None else cosines * self._steps.rows(rows)

    def codes(self) -> NDArray[np.uint8]:
        """Return the bytes of all rows, uint8[n, bytes of a row]."""
        return np.ascontiguousarray(self._rows.all()).view(np.uint8)


class DenseIndex:
    """The vectors of one segment; safe for many threads."""

    def __init__(self, folder: Path, rows: int) -> None:
        self._vectors = RowVectors(folder)
        if len(self._vectors) != rows:
            raise damaged(folder / "vectors.npy", f"holds {len(self._vectors)} vectors where the manifest says {rows}")
        self._depth: _Depth | None = None
        if (folder / "depth.json").exists():
            self._depth = _Depth(**json.loads(bytes(CheckedFile(folder / "depth.json").whole())))
            self._index = _read_codes(folder / "codes.faiss", rows)
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
        depth = min(depth, allowed)
        if self._depth is None:
            chosen = None if mask is None else faiss.SearchParameters(sel=_selector(mask))
            scores, rows = self._index.search(vector[None], depth, params=chosen)
            return ranked(rows[0][rows[0] >= 0], scores[0][rows[0] >= 0], depth)
        candidates = min(max(self._depth.candidates, 2 * depth), allowed)
        chosen = None if mask is None else faiss.SearchParametersIVF(sel=_selector(mask), nprobe=1)
        _, found = self._index.search(vector[None], candidates, params=chosen)
        rows = found[0][found[0] >= 0]
        return ranked(rows, self._vectors.scores(rows, vector), depth)

    def vectors(self, rows: Sequence[int] | Rows) -> Floats:
        """Return the vectors of some rows, float32[m, dim]."""
        return self._vectors.read(np.asarray(rows, dtype=np.int64))


def _in_memory(vectors: RowVectors) -> Any:
    index = faiss.IndexScalarQuantizer(vectors.dim, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    if len(vectors):
        index.add_sa_codes(vectors.codes())
    return index


def _read_codes(path: Path, rows: int) -> Any:
    try:
        index = faiss.deserialize_index(np.frombuffer(CheckedFile(path).whole(), np.uint8))
    except RuntimeError as error:
        raise damaged(path, "holds no codes of vectors") from error
    if index.ntotal != rows:
        raise damaged(path, f"holds {index.ntotal} vectors where the manifest says {rows}")
    return index


def _selector(mask: NDArray[np.bool_]) -> Any:
    return faiss.IDSelectorBitmap(np.packbits(mask, bitorder="little"))
