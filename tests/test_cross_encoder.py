"""The cross-encoder, with one made here: random weights, saved and loaded through sentence-transformers."""

from pathlib import Path

import numpy as np
import pytest
from conftest import write_report

from index import build_index
from index.errors import ModelNotAvailable
from search import Searcher, open_searcher

TEXTS = {"1": "alpha beta", "2": "gamma delta", "3": "beta gamma", "4": "omega"}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    folder = tmp_path_factory.mktemp("cross")
    letters = [chr(c) for c in range(97, 123)]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{c}" for c in letters)]
    (folder / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    BertTokenizerFast(vocab_file=str(folder / "vocab.txt")).save_pretrained(folder)
    config = BertConfig(vocab_size=len(vocabulary), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
                        intermediate_size=16, max_position_embeddings=64, num_labels=1)  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    folder = tmp_path_factory.mktemp("reranked")
    write_report(folder / "r" / "a.jsonl", TEXTS)
    build_index([folder / "r"], folder / "index")
    return open_searcher(folder / "index")


def test_the_best_passages_stand_in_the_model_s_order(searcher: Searcher, model: Path) -> None:
    from sentence_transformers import CrossEncoder

    judged = CrossEncoder(str(model)).predict([("beta", text) for text in TEXTS.values()])
    expected = [list(TEXTS)[n] for n in np.argsort(-np.asarray(judged).reshape(-1), kind="stable")]
    hits = searcher.search("beta", rerank=str(model), closest=True).hits
    assert [hit.paragraph for hit in hits] == [
        paragraph for paragraph in expected if paragraph in {h.paragraph for h in hits}
    ]
    assert [hit.ranks["rerank"] for hit in hits] == sorted(hit.ranks["rerank"] for hit in hits)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_a_model_that_is_not_here_is_said_and_not_fetched(searcher: Searcher, tmp_path: Path) -> None:
    with pytest.raises(ModelNotAvailable, match="not on this machine"):
        searcher.search("beta", rerank="nobody/no-such-model")
    with pytest.raises(ModelNotAvailable, match="holds no cross-encoder"):
        searcher.search("beta", rerank=str(tmp_path))
