"""Numpy's products keep to one thread, unless the environment says how many; many searches take turns."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Thread

import pytest

from index import build_index
from index.errors import UnknownPassage
from search import Filters, open_searcher, ranking, threads
from search.threads import Turns

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


@pytest.mark.parametrize("at_once", [1, 2])
def test_turns_are_given_in_the_order_of_asking_and_never_to_more_than_so_many(at_once: int) -> None:
    turns, came, inside, most = Turns(at_once), list[int](), list[int](), list[int]()

    def wait_and_work(number: int) -> None:
        with turns:
            came.append(number)
            inside.append(number)
            most.append(len(inside))
            time.sleep(0.002)
            inside.remove(number)

    with ExitStack() as all_turns:
        for _ in range(at_once):  # no turn is free: the clients queue up
            all_turns.enter_context(turns)
        clients = [Thread(target=wait_and_work, args=(number,)) for number in range(20)]
        for number, client in enumerate(clients):
            client.start()
            while len(turns._waiting) <= number:
                time.sleep(0.0005)
        assert came == []
    for client in clients:
        client.join()
    assert max(most) == at_once
    assert sorted(came) == list(range(20))
    assert at_once > 1 or came == sorted(came)
    assert turns._free == at_once


def test_who_is_interrupted_while_waiting_leaves_the_queue() -> None:
    turns, ended = Turns(1), list[type[BaseException]]()

    def wait() -> None:
        try:
            with turns:
                pass
        except InterruptedError as error:
            ended.append(type(error))

    class Interrupted:
        """A lock that is interrupted when it is waited for."""

        def __init__(self) -> None:
            self.asked = 0

        def acquire(self) -> None:
            self.asked += 1
            if self.asked > 1:
                raise InterruptedError

    with turns, pytest.MonkeyPatch.context() as patched:
        patched.setattr(threads, "Lock", Interrupted)
        wait()
    assert ended == [InterruptedError] and not turns._waiting
    with turns:
        pass


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
