"""Vectors on disk and the search by meaning; the only door to faiss."""

from collections.abc import Sequence
from pathlib import Path

import faiss
import numpy as np

from index.errors import DamagedIndex

# Below this many rows an exact scan answers in milliseconds (measured by benchmarks/scale.py).
EXACT_LIMIT = 200_000
_NPROBE_SHARE = 0.05
_MMAP = faiss.IO_FLAG_MMAP_IFC if hasattr(faiss, "IO_FLAG_MMAP_IFC") else faiss.IO_FLAG_MMAP


def write_dense(path: Path, vectors: np.ndarray) -> str:
    """Write float32[n, dim] unit vectors; return a sentence on the kind of index chosen and its measured recall."""
    count, dim = vectors.shape
    if count <= EXACT_LIMIT:
        index = faiss.IndexScalarQuantizer(dim, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
        index.train(vectors)
        index.add(vectors)
        kind = f"exact: {count} rows are at most {EXACT_LIMIT}"
    else:
        index = _inverted_lists(vectors)
        kind = f"inverted lists, 8 bits: {count} rows; recall@10 {_recall(index, vectors):.3f} of exact search"
    faiss.write_index(index, str(path))
    return kind


def _inverted_lists(vectors: np.ndarray) -> faiss.Index:
    count, dim = vectors.shape
    lists = int(4 * np.sqrt(count))
    quantizer = faiss.IndexFlatIP(dim)
    index = faiss.IndexIVFScalarQuantizer(
        quantizer, dim, lists, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
    )
    sample = np.random.default_rng(0).choice(count, min(count, 40 * lists), replace=False)
    index.train(vectors[np.sort(sample)])
    for start in range(0, count, 50_000):
        index.add(vectors[start : start + 50_000])
    index.nprobe = max(16, int(lists * _NPROBE_SHARE))
    return index


def _recall(index: faiss.Index, vectors: np.ndarray, queries: int = 100, k: int = 10) -> float:
    sample = np.random.default_rng(1).choice(len(vectors), min(queries, len(vectors)), replace=False)
    _, truth = faiss.knn(vectors[sample], vectors, k, metric=faiss.METRIC_INNER_PRODUCT)
    _, found = index.search(vectors[sample], k)
    return float(np.mean([len(set(a) & set(b)) / k for a, b in zip(truth, found, strict=True)]))


class DenseIndex:
    """The vectors of one segment."""

    def __init__(self, path: Path, rows: int) -> None:
        try:
            self._index = faiss.read_index(str(path), _MMAP)
        except RuntimeError as error:
            raise DamagedIndex(
                f"The vectors in {path} cannot be read.", "Rebuild the index: reportsearch build PATH... --full"
            ) from error
        if self._index.ntotal != rows:
            raise DamagedIndex(
                f"{path} holds {self._index.ntotal} vectors where the manifest says {rows}.",
                "Rebuild the index: reportsearch build PATH... --full",
            )
        if hasattr(self._index, "make_direct_map"):
            self._direct = False

    @property
    def dim(self) -> int:
        """Return the number of dimensions."""
        return int(self._index.d)

    def top(self, vector: np.ndarray, depth: int, mask: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Return rows int64[m] and cosines float32[m], best first, m <= depth; mask bool[n] says which rows count."""
        depth = min(depth, self._index.ntotal)
        if depth == 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        scores, rows = self._index.search(vector[None], depth, params=self._parameters(mask))
        found = rows[0] >= 0
        rows, scores = rows[0][found], scores[0][found]
        # faiss returns equal scores in arbitrary order; sort by row so that a rebuild ranks the same.
        order = np.lexsort((rows, -scores))
        return rows[order], scores[order]

    def _parameters(self, mask: np.ndarray | None) -> faiss.SearchParameters | None:
        if mask is None:
            return None
        bits = np.packbits(mask, bitorder="little")
        selector = faiss.IDSelectorBitmap(bits)
        if isinstance(self._index, faiss.IndexIVF):
            return faiss.SearchParametersIVF(sel=selector, nprobe=self._index.nprobe)
        return faiss.SearchParameters(sel=selector)

    def vectors(self, rows: Sequence[int] | np.ndarray) -> np.ndarray:
        """Return the vectors of some rows, float32[m, dim]."""
        if isinstance(self._index, faiss.IndexIVF) and not self._direct:
            self._index.make_direct_map()
            self._direct = True
        return self._index.reconstruct_batch(np.asarray(rows, dtype=np.int64))
