"""Vectors on disk and the search by meaning; the only door to faiss.

    vectors.npy   up to EXACT_LIMIT rows float16; beyond, codes of six or eight bits for each number
    ranges.npy    where the numbers of those codes begin, then how far they reach, for each dimension
    codes.faiss   beyond EXACT_LIMIT: four bits for four numbers (product quantisation), scanned from end to end
    depth.json    how many candidates a search takes from the scan, and the recall that was measured with it

Many rows are searched in steps: the scan gives candidates, the vectors their cosines, and where vectors can be made
again (from the tokens of a passage) the best cosines are those of the vectors made again: they cost a quarter less on
disk, and find more. Inverted lists in front of the scan would spare little: what people ask lies far from every
passage, and its neighbours are spread so widely that of a million passages half of 1,000 lists, or a quarter of 4,000,
hold but 98 in a hundred of them.
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
_FEW = 5_000  # a filter that leaves so few rows is answered from the vectors alone
_BATCH = 20_000  # rows held in memory, as four bytes a number
_BUSY = 50_000  # rows that give several threads enough to do
_SAMPLE = 30_000  # rows that the codes are chosen with
_CANDIDATES = (400, 800, 1600)  # of a million passages 200 lost two in a hundred of the ten nearest to real questions
_LOST = 0.001  # of the recall for the sake of fewer candidates
_AGAIN = 24  # best rows whose vectors are made again, at least; six bits keep the ten nearest among the first 20
_TIE = 1e-6  # a cosine that misses the tenth best by less is as good
Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
Make = Callable[[Rows], Floats]  # the vectors of some rows as they were encoded, float32[m, dim]


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

    def append(self, vectors: NDArray[np.floating]) -> None:
        """Write some vectors, [n, dim]."""
        self._rows.append(vectors)

    def abandon(self) -> None:
        """Let go of a file that will not be finished."""
        self._rows.abandon()

    def close(self) -> None:
        """Finish the file."""
        self._rows.close()


def settle(folder: Path, ask: Callable[[], Floats], make: Make | None = None) -> str:
    """Choose how finished vectors are searched; return a sentence with the reason and the measured recall.

    `ask` makes questions, float32[n, dim], as far from the vectors as those that people will ask; `make` is given
    where vectors can be made again.
    """
    vectors = CheckedArray(folder / "vectors.npy")
    if len(vectors) <= EXACT_LIMIT:
        return f"exact: {len(vectors)} rows are at most {EXACT_LIMIT}"
    # One core is busy with the words; threads that have to share one spend their time waiting for each other.
    faiss.omp_set_num_threads(max(1, (os.cpu_count() or 1) - 1) if len(vectors) > _BUSY else 1)
    sample = _sample(vectors)
    index = _trained(sample)
    bits = 8 if make is None else 6
    quantiser = _quantiser(bits, sample.shape[1])
    quantiser.train(sample)
    _fill(folder, index, vectors, quantiser)
    questions = ask()
    depth = _tune(index, questions, vectors, RowVectors(folder), make)
    _write_codes(folder, index, depth)
    again = "" if make is None else f", the best {_AGAIN} with vectors made again"
    return (
        f"4 bits for 4 numbers, {depth.candidates} candidates re-scored with {bits} bits a number{again}: "
        f"{len(vectors)} rows are more than {EXACT_LIMIT}; recall@10 {depth.recall:.3f} of an exact search of the "
        f"vectors as they were encoded, on {len(questions)} questions put together from words of the passages"
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


def _pieces(dim: int) -> int:
    """Return into how many pieces a vector is cut: four numbers each, or as near to it as divides."""
    return next(dim // size for size in (4, 3, 5, 2, 1) if dim % size == 0)


def _quantiser(bits: int, dim: int) -> Any:
    kind = {6: faiss.ScalarQuantizer.QT_6bit, 8: faiss.ScalarQuantizer.QT_8bit}[bits]
    return faiss.ScalarQuantizer(dim, kind)


def _fill(folder: Path, index: Any, vectors: CheckedArray, quantiser: Any) -> None:
    """Add all vectors to the index, and write them with fewer bits in place of sixteen."""
    write_array(folder / "ranges.npy", faiss.vector_to_array(quantiser.trained).reshape(2, -1))
    shorter = folder / "shorter"
    shorter.mkdir()
    rows = ArrayWriter(shorter / "vectors.npy", "u1", (quantiser.code_size,))
    for batch in _batches(vectors):
        index.add(batch)
        rows.append(quantiser.compute_codes(batch))
    rows.close()
    for name in ("vectors.npy", "vectors.npy.crc"):
        (shorter / name).replace(folder / name)
    shorter.rmdir()


def _write_codes(folder: Path, index: Any, depth: _Depth) -> None:
    (folder / "codes.faiss").write_bytes(memoryview(faiss.serialize_index(index)))
    (folder / "depth.json").write_text(json.dumps(asdict(depth)) + "\n", encoding="ascii")
    for name in ("codes.faiss", "depth.json"):
        write_sums(folder / name)


# --- how deep a search has to go ---------------------------------------------------------------------------------


def _tune(index: Any, questions: Floats, vectors: CheckedArray, scored: "RowVectors", make: Make | None) -> _Depth:
    """Return the fewest candidates that give nearly the recall of the most."""
    tenth = _tenth_best(questions, vectors)
    _, found = index.search(questions, min(_CANDIDATES[-1], len(vectors)))
    scores = [scored.scores(rows, question) for rows, question in zip(found, questions, strict=True)]

    def recall(candidates: int) -> float:
        kept = 0
        for question, rows, cosines, least in zip(questions, found, scores, tenth, strict=True):
            best = _best(rows[:candidates], cosines[:candidates], question, 10, make).rows
            kept += int(np.count_nonzero(vectors.rows(best).astype(np.float32) @ question >= least - _TIE))
        return kept / (10 * len(questions))

    recalls = {candidates: recall(candidates) for candidates in _CANDIDATES}
    return next(_Depth(c, r) for c, r in recalls.items() if r >= max(recalls.values()) - _LOST)


def _best(rows: Rows, cosines: Floats, question: Floats, depth: int, make: Make | None) -> Found:
    """Return the best rows, by the vectors made again where that is possible."""
    if make is None:
        return ranked(rows, cosines, depth)
    first = ranked(rows, cosines, max(depth, _AGAIN))
    exact = first.scores
    exact[:_AGAIN] = make(first.rows[:_AGAIN]) @ question
    return ranked(first.rows, exact, depth)


def _tenth_best(questions: Floats, vectors: CheckedArray) -> Floats:
    """Return the tenth best cosine of each question among all vectors."""
    best = np.full((len(questions), 10), -np.inf, np.float32)
    for batch in _batches(vectors):
        best = np.partition(np.concatenate([best, questions @ batch.T], axis=1), -10, axis=1)[:, -10:]
    tenth: Floats = best.min(axis=1)
    return tenth


# --- reading -----------------------------------------------------------------------------------------------------


class RowVectors:
    """The vectors of one segment in row order: float16, or codes of fewer bits."""

    def __init__(self, folder: Path) -> None:
        self._rows = CheckedArray(folder / "vectors.npy")
        if self._rows.all_unchecked.ndim != 2:
            raise damaged(folder / "vectors.npy", "holds no vectors")
        width = int(self._rows.all_unchecked.shape[1])
        self._quantiser: Any = None
        if (folder / "ranges.npy").exists():
            ranges = CheckedArray(folder / "ranges.npy").all()
            self._quantiser = _quantiser(8 * width // ranges.shape[1], ranges.shape[1])
            faiss.copy_array_to_vector(np.ascontiguousarray(ranges).ravel(), self._quantiser.trained)
        self.dim = width if self._quantiser is None else int(self._quantiser.d)

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def whole(self) -> bool:
        """Say whether the vectors are kept as they were encoded."""
        return self._quantiser is None

    def slice(self, first: int, end: int) -> NDArray[np.float16]:
        """Return the rows from first to end where they lie; only where they are whole."""
        return self._rows.slice(first, end)

    def read(self, rows: Rows) -> Floats:
        """Return the vectors of some rows, float32[m, dim]."""
        chosen = self._rows.rows(rows)
        vectors: Floats = chosen.astype(np.float32) if self._quantiser is None else self._quantiser.decode(chosen)
        return vectors

    def scores(self, rows: Rows, vector: Floats) -> Floats:
        """Return the cosines of some rows with a vector, float32[m]."""
        cosines = np.empty(len(rows), np.float32)
        if len(rows):
            few = self.empty()  # quicker than to decode the rows and to multiply them
            few.add_sa_codes(np.ascontiguousarray(self._rows.rows(rows)).view(np.uint8))
            found, places = few.search(vector[None], len(rows))
            cosines[places[0]] = found[0]
        return cosines

    def empty(self) -> Any:
        """Return an index in memory that takes the bytes of rows as they are kept."""
        kind = faiss.ScalarQuantizer.QT_fp16 if self._quantiser is None else self._quantiser.qtype
        index = faiss.IndexScalarQuantizer(self.dim, kind, faiss.METRIC_INNER_PRODUCT)
        if self._quantiser is not None:
            index.sq, index.is_trained = self._quantiser, True
        return index

    def codes(self) -> NDArray[np.uint8]:
        """Return the bytes of all rows, uint8[n, bytes of a row]."""
        return np.ascontiguousarray(self._rows.all()).view(np.uint8)


class DenseIndex:
    """The vectors of one segment; safe for many threads."""

    def __init__(self, folder: Path, rows: int, make: Make | None = None) -> None:
        self._vectors, self._make = RowVectors(folder), make
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
            return self._best(rows, vector, depth)
        depth = min(depth, allowed)
        if self._depth is None:
            chosen = None if mask is None else faiss.SearchParameters(sel=_selector(mask))
            scores, rows = self._index.search(vector[None], depth, params=chosen)
            return ranked(rows[0][rows[0] >= 0], scores[0][rows[0] >= 0], depth)
        candidates = min(max(self._depth.candidates, 2 * depth), allowed)
        chosen = None if mask is None else faiss.SearchParametersIVF(sel=_selector(mask), nprobe=1)
        _, found = self._index.search(vector[None], candidates, params=chosen)
        return self._best(found[0][found[0] >= 0], vector, depth)

    def _best(self, rows: Rows, vector: Floats, depth: int) -> Found:
        cosines = self._vectors.scores(rows, vector)
        return _best(rows, cosines, vector, depth, None if self._vectors.whole else self._make)

    def vectors(self, rows: Sequence[int] | Rows) -> Floats:
        """Return the vectors of some rows, float32[m, dim]."""
        return self._vectors.read(np.asarray(rows, dtype=np.int64))


def _in_memory(vectors: RowVectors) -> Any:
    index = vectors.empty()
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
