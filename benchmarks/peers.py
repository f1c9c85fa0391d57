"""Measure this index beside others in one run: the same passages, the same weights, the same questions, this machine.

    python -m benchmarks.peers DATA --passages 100000 --environments FOLDER

FOLDER holds a virtual environment for each peer that is to be measured, made beforehand:

    for peer in txtai bm25s lancedb milvus; do python -m venv FOLDER/$peer; done
    FOLDER/txtai/bin/pip install txtai "sentence-transformers"
    FOLDER/bm25s/bin/pip install bm25s jieba "sentence-transformers"
    FOLDER/lancedb/bin/pip install lancedb "sentence-transformers"
    FOLDER/milvus/bin/pip install pymilvus milvus-lite jieba "sentence-transformers"

Each is used as its own guide shows, with hybrid search where it has one. Ours is given the passages as files of
paragraphs and reads, checks and cuts them; the others are given lists of texts.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
MODEL = ROOT / "index" / "model"
Search = Callable[[str], Any]


# --- the peers: how each builds in a folder, and how it is opened ------------------------------------------------


def build_ours(texts: list[str], folder: Path) -> None:
    from benchmarks.scale import write_reports
    from index import build_index

    write_reports(folder / "reports", iter(texts))
    build_index([folder / "reports"], folder / "index")


def open_ours(folder: Path) -> Search:
    from search import open_searcher

    return open_searcher(folder / "index").search


def build_txtai(texts: list[str], folder: Path) -> None:
    from txtai import Embeddings

    embeddings = Embeddings(path=str(MODEL), method="sentence-transformers", hybrid=True)
    embeddings.index((number, text, None) for number, text in enumerate(texts))
    embeddings.save(str(folder / "index"))


def open_txtai(folder: Path) -> Search:
    from txtai import Embeddings

    embeddings = Embeddings()
    embeddings.load(str(folder / "index"))
    return lambda question: embeddings.search(question, 10)


def build_bm25s(texts: list[str], folder: Path) -> None:
    import bm25s
    import jieba
    import numpy as np

    vectors = _encoder().encode(texts, normalize_embeddings=True, batch_size=1024, show_progress_bar=False)
    np.save(folder / "vectors.npy", vectors.astype(np.float32))
    index = bm25s.BM25()
    index.index([jieba.lcut_for_search(text) for text in texts], show_progress=False)
    index.save(str(folder / "words"))


def open_bm25s(folder: Path) -> Search:
    import bm25s
    import jieba
    import numpy as np

    encoder, vectors = _encoder(), np.load(folder / "vectors.npy")
    index = bm25s.BM25.load(str(folder / "words"))

    def search(question: str) -> list[int]:
        cosines = vectors @ encoder.encode([question], normalize_embeddings=True)[0]
        near = np.argpartition(-cosines, 100)[:100]
        words, _ = index.retrieve([jieba.lcut_for_search(question)], k=100, show_progress=False)
        return _fused([near[np.argsort(-cosines[near])].tolist(), words[0].tolist()])

    return search


def _fused(rankings: list[list[int]]) -> list[int]:
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, row in enumerate(ranking, 1):
            scores[row] = scores.get(row, 0) + 1 / (60 + rank)  # Cormack et al. 2009
    return sorted(scores, key=lambda row: -scores[row])[:10]


def build_lancedb(texts: list[str], folder: Path) -> None:
    import lancedb
    import pyarrow as pa

    vectors = _encoder().encode(texts, normalize_embeddings=True, batch_size=1024, show_progress_bar=False)
    flat = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), vectors.shape[1])
    table = lancedb.connect(folder / "index").create_table("passages", pa.table({"text": texts, "vector": flat}))
    table.create_index(metric="cosine", vector_column_name="vector", num_sub_vectors=128)
    table.create_fts_index("text", base_tokenizer="ngram", ngram_min_length=2, ngram_max_length=2)


def open_lancedb(folder: Path) -> Search:
    import lancedb

    encoder, table = _encoder(), lancedb.connect(folder / "index").open_table("passages")

    def search(question: str) -> Any:
        vector = encoder.encode([question], normalize_embeddings=True)[0]
        return table.search(query_type="hybrid").vector(vector).text(question).limit(10).to_list()

    return search


def build_milvus(texts: list[str], folder: Path) -> None:
    from pymilvus import DataType, Function, FunctionType, MilvusClient

    vectors = _encoder().encode(texts, normalize_embeddings=True, batch_size=1024, show_progress_bar=False)
    client = MilvusClient(str(folder / "milvus.db"))
    schema = client.create_schema(auto_id=False)
    schema.add_field("id", DataType.INT64, is_primary=True)
    schema.add_field(
        "text", DataType.VARCHAR, max_length=65_535, enable_analyzer=True, analyzer_params={"tokenizer": "jieba"}
    )
    schema.add_field("dense", DataType.FLOAT_VECTOR, dim=vectors.shape[1])
    schema.add_field("sparse", DataType.SPARSE_FLOAT_VECTOR)
    schema.add_function(
        Function(
            name="bm25", function_type=FunctionType.BM25, input_field_names=["text"], output_field_names=["sparse"]
        )
    )
    indexes = client.prepare_index_params()
    indexes.add_index("dense", index_type="AUTOINDEX", metric_type="IP")
    indexes.add_index("sparse", index_type="SPARSE_INVERTED_INDEX", metric_type="BM25")
    client.create_collection("passages", schema=schema, index_params=indexes)
    for start in range(0, len(texts), 5_000):
        rows = range(start, min(start + 5_000, len(texts)))
        client.insert("passages", [{"id": i, "text": texts[i], "dense": vectors[i].tolist()} for i in rows])
    client.close()


def open_milvus(folder: Path) -> Search:
    from pymilvus import AnnSearchRequest, MilvusClient, RRFRanker

    encoder, client = _encoder(), MilvusClient(str(folder / "milvus.db"))
    client.load_collection("passages")

    def search(question: str) -> Any:
        vector = encoder.encode([question], normalize_embeddings=True)[0].tolist()
        legs = [
            AnnSearchRequest([vector], "dense", {"metric_type": "IP"}, limit=100),
            AnnSearchRequest([question], "sparse", {"metric_type": "BM25"}, limit=100),
        ]
        return client.hybrid_search("passages", legs, RRFRanker(60), limit=10)

    return search


def _encoder() -> Any:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(MODEL), device="cpu")


PEERS: dict[str, tuple[Callable[[list[str], Path], None], Callable[[Path], Search]]] = {
    "ours": (build_ours, open_ours),
    "txtai": (build_txtai, open_txtai),
    "bm25s": (build_bm25s, open_bm25s),
    "lancedb": (build_lancedb, open_lancedb),
    "milvus": (build_milvus, open_milvus),
}


# --- one peer, in a process of its environment -------------------------------------------------------------------


def step_build(peer: str, work: Path) -> dict[str, float]:
    """Build; return seconds and processor seconds."""
    texts = json.loads((work / "texts.json").read_text(encoding="utf-8"))
    start, used = time.perf_counter(), _cpu()
    PEERS[peer][0](texts, work / peer)
    return {"build": time.perf_counter() - start, "build_cpu": _cpu() - used}


def step_cold(peer: str, work: Path) -> dict[str, float]:
    """Open and ask once; return the memory of the process."""
    PEERS[peer][1](work / peer)(_questions(work)[0])
    # Unlike ru_maxrss it does not count what the parent held when it started this process.
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return {"cold_memory": next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))}


def step_warm(peer: str, work: Path) -> dict[str, float]:
    """Ask all questions, once to warm up and once to measure."""
    search, took, used = PEERS[peer][1](work / peer), list[float](), list[float]()
    for question in _questions(work):
        search(question)
    for question in _questions(work):
        start, cpu = time.perf_counter(), _cpu()
        search(question)
        took.append((time.perf_counter() - start) * 1000)
        used.append((_cpu() - cpu) * 1000)
    return {"warm": statistics.median(took), "warm_cpu": statistics.median(used)}


def _questions(work: Path) -> list[str]:
    return list(json.loads((work / "questions.json").read_text(encoding="utf-8")))


def _cpu() -> float:
    return sum(
        r.ru_utime + r.ru_stime for r in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


STEPS = {"build": step_build, "cold": step_cold, "warm": step_warm}


# --- all of them -------------------------------------------------------------------------------------------------


def measure(peer: str, python: str, work: Path) -> dict[str, float]:
    """Return the figures of one peer."""
    (work / peer).mkdir()
    figures: dict[str, float] = {}
    for step in STEPS:
        start = time.perf_counter()
        environment = os.environ | {"PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}
        ended = subprocess.run(
            [python, "-m", "benchmarks.peers", "--step", step, "--peer", peer, "--work", str(work)],
            capture_output=True, text=True, check=False, env=environment, cwd=ROOT,
        )  # fmt: skip
        if ended.returncode:
            print(f"{peer}: {step} failed: {ended.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
            return figures
        figures |= json.loads(ended.stdout.strip().splitlines()[-1])
        if step == "cold":
            figures["cold"] = time.perf_counter() - start
    files = [path for path in (work / peer).rglob("*") if path.is_file() and "reports" not in path.parts]
    return figures | {"disk": sum(path.stat().st_size for path in files) / 1e6}


def main() -> None:
    """Measure every peer that has an environment, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--environments", type=Path, default=Path("none"))
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.step:
        print("\n" + json.dumps(STEPS[asked.step](asked.peer, asked.work)))
        return
    with tempfile.TemporaryDirectory() as folder:
        _measure_all(asked.data, asked.passages, asked.environments, Path(folder))


def _measure_all(data: Path, count: int, environments: Path, work: Path) -> None:
    from benchmarks.scale import passages, questions

    texts = list(passages(data, count))
    (work / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    (work / "questions.json").write_text(json.dumps(questions(data, 200)), encoding="utf-8")
    print(f"{count:,} passages, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    print("| | build s (processor s) | passages/s | warm p50 ms (processor ms) | cold answer s | cold MiB | disk MB |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for peer in PEERS:
        python = sys.executable if peer == "ours" else str(environments / peer / "bin" / "python")
        if Path(python).exists():
            f = measure(peer, python, work)
            if "disk" in f:
                print(
                    f"| {peer} | {f['build']:.1f} ({f['build_cpu']:.1f}) | {count / f['build']:,.0f} | {f['warm']:.1f} "
                    f"({f['warm_cpu']:.1f}) | {f['cold']:.2f} | {f['cold_memory']:.0f} | {f['disk']:.0f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
