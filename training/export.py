"""Write trained vectors as a model folder: python -m training.export TRAINED MODEL.

The folder loads with SentenceTransformer(MODEL) and with index.encoder.StaticEncoder. Rows are unit
directions in int8; one float32 weight per row restores the trained length (the layout of model2vec,
which sentence-transformers reads).
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Tokenizer

from index.encoder import hash_model
from index.pieces import compile_pieces

MODULES = [
    {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.StaticEmbedding"},
    {"idx": 1, "name": "1", "path": "1_Normalize", "type": "sentence_transformers.models.Normalize"},
]
CONFIG = {
    "model_type": "SentenceTransformer",
    "prompts": {},
    "default_prompt_name": None,
    "similarity_fn_name": "cosine",
}


def export(trained: Path, model: Path) -> None:
    """Write the model folder from tokenizer.json and vectors.npy."""
    model.mkdir(parents=True, exist_ok=True)
    rows, weights = quantise(np.load(trained / "vectors.npy"))
    save_file({"embeddings": rows, "weights": weights}, model / "model.safetensors", metadata={"format": "pt"})
    (model / "model.safetensors").chmod(0o644)
    shutil.copyfile(trained / "tokenizer.json", model / "tokenizer.json")
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    compile_pieces(model, tokenizer.normalizer.normalize_str)
    (model / "1_Normalize").mkdir(exist_ok=True)
    _write(model / "1_Normalize" / "config.json", {})
    _write(model / "modules.json", MODULES)
    _write(model / "config_sentence_transformers.json", CONFIG)
    _write(model / "fingerprint.json", {"fingerprint": hash_model(model)})


def quantise(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return int8 rows and the factor that restores each row; an empty row stays zero."""
    largest = np.abs(vectors).max(axis=1)
    weights = (largest / 127).astype(np.float32)
    scaled = vectors / np.where(weights > 0, weights, 1)[:, None]
    return np.rint(scaled).astype(np.int8), weights


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trained", type=Path)
    parser.add_argument("model", type=Path)
    options = parser.parse_args()
    export(options.trained, options.model)
