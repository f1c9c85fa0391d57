"""An open generation: rows, names, encoders."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from index import OpenIndex, build_index, open_index
from index.encoder import open_encoder
from index.errors import DamagedIndex, NoIndex, ReportSearchError, UnknownPassage
from index.generation import current
from index.lexical import WeightedTerm
from tests.conftest import CharacterEncoder

SEEDS = Path(__file__).parents[1] / "seeds"
FIRST, SECOND = "000_fc3021cedd9a0355", "002_3818d9e374358891"
Write = Callable[..., Path]


@pytest.fixture(scope="module")
def seeds_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("seeds") / "index"
    build_index(sorted(SEEDS.glob("*.txt")), folder)
    return folder


@pytest.fixture(scope="module")
def opened(seeds_index: Path) -> OpenIndex:
    return open_index(seeds_index)


def test_every_row_belongs_to_the_report_that_holds_it(opened: OpenIndex) -> None:
    for report in opened.manifest.reports:
        for row in opened.rows_of(report):
            assert opened.report_of(row) is report
            assert opened.passage(row).report is report
    assert sum(len(opened.rows_of(r)) for r in opened.manifest.reports) == opened.rows == opened.lexical.rows


@pytest.mark.parametrize("name", [FIRST, f"{FIRST}.txt", f"seeds/{FIRST}.txt", str(SEEDS / f"{FIRST}.txt")])
def test_a_report_is_found_by_its_names(opened: OpenIndex, name: str) -> None:
    assert opened.find_report(name).path.endswith(f"{FIRST}.txt")


def test_unknown_names_are_said(opened: OpenIndex) -> None:
    with pytest.raises(UnknownPassage, match="no report 'nothing'"):
        opened.find_report("nothing")
    with pytest.raises(UnknownPassage, match="no paragraph 99"):
        opened.rows_of_paragraph(opened.find_report(FIRST), "99")
    with pytest.raises(UnknownPassage, match=r"no paragraph 18 \(z\)"):
        opened.rows_of_paragraph(opened.find_report(FIRST), "18", "z")


def test_a_paragraph_and_its_sub_paragraphs(opened: OpenIndex) -> None:
    report = opened.find_report(FIRST)
    rows = opened.rows_of_paragraph(report, "18")
    assert {opened.passage(row).passage.sub for row in rows} >= {"a", "b", "c", "d", "e"}
    (row,) = opened.rows_of_paragraph(report, "18", "b")
    assert opened.passage(row).passage.sub == "b"


def test_sections_are_the_outermost_headings(opened: OpenIndex) -> None:
    report = opened.find_report(FIRST)
    assert len([s for s in opened.sections(report) if s[0] in "一二三四五"]) == 5
    inside = np.flatnonzero(opened.in_section("各职司委员会"))
    assert len(inside)
    assert all("各职司委员会" in " ".join(opened.passage(int(r)).passage.headings) for r in inside)


def test_vectors_are_those_of_the_encoder(opened: OpenIndex) -> None:
    encoder = open_encoder()
    for row in (0, 40, 100):
        p = opened.passage(row).passage
        text = "\n".join([*p.headings[-1:], *([p.lead] if p.lead else []), p.text])
        np.testing.assert_allclose(opened.vectors([row])[0], encoder.encode_passages([text])[0], atol=1e-3)
        assert opened.token_ids([row])[0].tolist() == open_encoder().token_ids([text])[0].tolist()  # type: ignore[attr-defined]


def test_nearest_is_brute_force_under_any_mask(opened: OpenIndex) -> None:
    question = opened.encoder.encode_query("淡水资源")
    vectors = opened.vectors(range(opened.rows))
    for mask in (None, np.arange(opened.rows) % 3 == 0):
        rows, _ = opened.nearest(question, 10, mask)
        scores = np.where(True if mask is None else mask, vectors @ question, -9)
        assert rows.tolist() == sorted(range(opened.rows), key=lambda r: (-round(float(scores[r]), 6), r))[:10]


def test_another_encoder_is_refused(tmp_path: Path, reports: Write) -> None:
    build_index([reports(a={"1": "能源"})], tmp_path / "index", encoder=CharacterEncoder())
    with pytest.raises(ReportSearchError, match="characters"):
        _ = open_index(tmp_path / "index").encoder
    with pytest.raises(ReportSearchError):
        _ = open_index(tmp_path / "index", encoder=CharacterEncoder(8)).encoder
    assert open_index(tmp_path / "index", encoder=CharacterEncoder()).encoder.dim == 16


def test_a_dictionary_becomes_part_of_the_index(tmp_path: Path, reports: Write) -> None:
    words = tmp_path / "words.txt"
    words.write_text("能源政策\n", encoding="utf-8")
    build_index([reports(a={"1": "能源政策"})], tmp_path / "index", encoder=CharacterEncoder(), dictionary=words)
    words.unlink()
    assert "能源政策" in open_index(tmp_path / "index").analyser.terms("能源政策")
    (held,) = (tmp_path / "index").glob("generations/*/dictionary.txt")
    held.write_text("别的词\n", encoding="utf-8")
    with pytest.raises(ReportSearchError, match=r"dictionary\.txt"):
        _ = open_index(tmp_path / "index").analyser


def test_damage_is_named_by_whoever_reads_it(tmp_path: Path, reports: Write) -> None:
    folder = tmp_path / "index"
    build_index([reports(a={"1": "能源"})], folder, encoder=CharacterEncoder())
    for name in ("passages.arrow", "trails.arrow", "vectors.npy", "tokens.npy"):
        (path,) = current(folder).folder.glob(f"segments/*/{name}")
        content = path.read_bytes()
        path.write_bytes(content[:-2] + bytes([content[-2] ^ 8]) + content[-1:])
        fresh = open_index(folder, encoder=CharacterEncoder())
        with pytest.raises(DamagedIndex, match=name):
            fresh.passage(0), fresh.vectors([0]), fresh.token_ids([0])
        path.write_bytes(content)
    path = max(current(folder).folder.glob("lexical/*"), key=lambda p: p.stat().st_size)
    path.write_bytes(path.read_bytes()[:-1] + b"\xaa")
    with pytest.raises(DamagedIndex, match="lexical"):
        _ = open_index(folder).lexical


def test_many_threads_open_and_read_one_index(seeds_index: Path, opened: OpenIndex) -> None:
    fresh = open_index(seeds_index)
    words = [opened.analyser.terms(opened.passage(row).passage.text)[0] for row in range(0, opened.rows, 2)]

    def ask(index: OpenIndex, word: str) -> tuple[list[int], list[int]]:
        near = index.nearest(index.encoder.encode_query(word), 5, None)[0].tolist()
        return near, index.lexical.top([WeightedTerm(word)], [], 5, None)[0].tolist()

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(lambda w: ask(fresh, w), words)) == [ask(opened, w) for w in words]


def test_there_is_no_index(tmp_path: Path) -> None:
    with pytest.raises(NoIndex):
        open_index(tmp_path / "none")


def test_an_index_that_cannot_be_opened_is_let_go(tmp_path: Path, reports: Write) -> None:
    folder = tmp_path / "index"
    build_index([reports(a={"1": "能源"})], folder, encoder=CharacterEncoder())
    path = current(folder).folder / "manifest.json"
    whole = path.read_text(encoding="utf-8")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for damage in (whole[:-2], re.sub('"format": [0-9]+', '"format": 99', whole)):
        path.write_text(damage, encoding="utf-8")
        for _ in range(3):
            with pytest.raises(ReportSearchError):
                open_index(folder)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
