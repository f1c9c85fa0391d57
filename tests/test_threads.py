"""Numpy's products keep to one thread, unless the environment says how many; many searches take turns."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from index import build_index
from index.errors import UnknownPassage
from search import Filters, open_searcher, ranking

SEEDS = Path(__file__).parents[1] / "seeds"

ASKED = """
import sys
from threadpoolctl import ThreadpoolController
import numpy
from search import open_searcher
blas = ThreadpoolController().select(user_api="blas")
blas.limit(limits=2)
open_searcher(sys.argv[1])
print(*(library["num_threads"] for library in blas.info()))
"""


@pytest.mark.parametrize(("chosen", "threads"), [({}, "1"), ({"OMP_NUM_THREADS": "2"}, "2")])
def test_threads_after_opening(tmp_path: Path, chosen: dict[str, str], threads: str) -> None:
    (tmp_path / "report.txt").write_text("1. 能源是可持续发展的关键。\n", encoding="utf-8")
    build_index([tmp_path / "report.txt"], tmp_path / "index")
    unset = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    told = subprocess.run(
        [sys.executable, "-c", ASKED, str(tmp_path / "index")],
        env=unset | chosen,
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(told.stdout.split()) == {threads}


def test_words_looked_for_on_another_thread_give_the_same_answers_and_errors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_index(sorted(SEEDS.glob("*.txt")), tmp_path / "index")
    searcher = open_searcher(tmp_path / "index")
    questions = ["首脑会议", "sustainable energy", "2003年", ""]
    alone = [searcher.search(question, closest=True).hits for question in questions]
    monkeypatch.setattr(ranking, "_MANY_ROWS", 0)
    assert [searcher.search(question, closest=True).hits for question in questions] == alone

    def fail(*_: object) -> None:
        raise UnknownPassage("Lost.", "Look.")

    monkeypatch.setattr(type(searcher.index.lexical), "top", fail)
    with pytest.raises(UnknownPassage, match="Lost"):
        searcher.search("首脑会议")


def test_many_clients_are_all_answered_and_a_search_that_fails_gives_its_turn_back(tmp_path: Path) -> None:
    (tmp_path / "report.txt").write_text("1. 能源是可持续发展的关键。\n", encoding="utf-8")
    build_index([tmp_path / "report.txt"], tmp_path / "index")
    searcher = open_searcher(tmp_path / "index")
    for _ in range(2 + 2 * (os.cpu_count() or 1)):
        with pytest.raises(UnknownPassage):
            searcher.search("能源", filters=Filters(reports=("none.txt",)))
    with ThreadPoolExecutor(16) as clients:
        answers = list(clients.map(searcher.search, ["能源"] * 64))
    assert [[hit.row for hit in answer.hits] for answer in answers] == [[0]] * 64
