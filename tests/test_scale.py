"""Other encoders' cosines in the bundled one's range."""

from pathlib import Path

import numpy as np
import pytest
from conftest import CharacterEncoder, write_report

from index import build_index, open_index
from search.scale import Scale, scale_of


def test_the_bundled_encoder_s_cosines_count_as_they_are(tmp_path: Path) -> None:
    write_report(tmp_path / "r" / "a.jsonl", {str(n): f"能源 {n}" for n in range(5)})
    build_index([tmp_path / "r"], tmp_path / "index")
    assert scale_of(open_index(tmp_path / "index")) == Scale(1.0, 0.0)


def test_another_encoder_s_cosines_get_the_same_mean_and_spread(tmp_path: Path, encoder: CharacterEncoder) -> None:
    texts = ["alpha", "beta gamma", "delta", "omega psi", "the report", "of the committee"]
    write_report(tmp_path / "r" / "a.jsonl", {str(n): text for n, text in enumerate(texts)})
    build_index([tmp_path / "r"], tmp_path / "index", encoder=encoder)
    scale = scale_of(open_index(tmp_path / "index", encoder=encoder))
    vectors = encoder.encode_passages(texts)
    counted = scale((vectors @ vectors.T)[np.triu_indices(6, 1)])
    assert (counted.mean(), counted.std()) == (pytest.approx(0.1, abs=2e-3), pytest.approx(0.12, abs=2e-3))
