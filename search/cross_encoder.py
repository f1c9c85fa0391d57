"""Re-rank the best passages with a cross-encoder of sentence-transformers, for those who have one on this machine.

The one module of the search that imports sentence_transformers, and only when a cross-encoder is asked for.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.errors import ModelNotAvailable
from index.opened import OpenIndex
from index.segment import embedding_text
from search.ranking import Ranked, reordered

DEPTH = 50  # best passages that are read; the rest stays behind them in its order


def rerank(index: OpenIndex, question: str, ranked: Ranked, model: str) -> Ranked:
    """Return the ranking with its best passages ordered by the model; raise ModelNotAvailable when it is not here."""
    rows = ranked.rows[:DEPTH]
    if not len(rows):
        return ranked
    texts = [embedding_text(index.passage(int(row)).passage) for row in rows]
    judged = _scores(_open(model), question, texts)
    below = float(ranked.scores[len(rows)]) if len(ranked.scores) > len(rows) else 0.0
    named = ranked.ranks.get("reference", {})
    leads = np.array([int(row) in named for row in rows])
    order = np.lexsort((rows, -judged, ~leads))
    chances = below + 1 / (1 + np.exp(-np.clip(judged, -30, 30))) + leads
    return reordered(ranked, order, chances.astype(np.float32), "rerank")


def _scores(model: Any, question: str, texts: list[str]) -> NDArray[np.float64]:
    return np.asarray(model.predict([(question, text) for text in texts], show_progress_bar=False), np.float64).reshape(
        -1
    )


@lru_cache(maxsize=2)
def _open(name: str) -> Any:
    try:
        from sentence_transformers import CrossEncoder
    except ImportError as error:
        raise ModelNotAvailable(
            f'The cross-encoder "{name}" needs the package sentence-transformers, which is not installed.',
            'Install it: pip install "sentence-transformers"',
        ) from error
    if Path(name).is_dir() and not (Path(name) / "config.json").is_file():
        raise ModelNotAvailable(f"The folder {name} holds no cross-encoder.", "Name a folder saved by CrossEncoder.")
    try:
        return CrossEncoder(name, local_files_only=True)
    except (OSError, ValueError) as error:
        raise ModelNotAvailable(
            f'The cross-encoder "{name}" is not on this machine.',
            "Save it in a folder where there is a network, and name that folder: --rerank FOLDER",
        ) from error
