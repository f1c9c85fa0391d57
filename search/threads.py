"""How threads share the cores: numpy's products stay on the thread that asks, and few searches run at once.

A search multiplies small matrices: to wake other threads for each costs more than they give, many times more where the
cores are busy, and many searches at once share the cores already.
"""

import os
from collections import deque
from collections.abc import Callable
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

Result = TypeVar("Result")

_CHOSEN = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


@cache
def keep_to_one_thread() -> None:
    """Limit BLAS to one thread in this process, unless the environment says how many."""
    if not any(name in os.environ for name in _CHOSEN):
        from threadpoolctl import ThreadpoolController

        ThreadpoolController().select(user_api="blas").limit(limits=1)


class Turns:
    """Let so many threads in at once and the others in the order in which they came.

    A semaphore of `threading` lets in whoever asks just when one leaves: of many busy clients some wait for seconds.
    """

    def __init__(self, count: int) -> None:
        self._free = count
        self._waiting: deque[Lock] = deque()
        self._lock = Lock()

    def __enter__(self) -> None:
        """Wait for a turn."""
        with self._lock:
            if self._free:  # nobody waits while a turn is free
                self._free -= 1
                return
            mine = Lock()
            mine.acquire()
            self._waiting.append(mine)
        try:
            mine.acquire()  # released by the one who leaves
        except BaseException:  # interrupted: the turn, if it was given by now, is the next one's
            with self._lock:
                given = mine not in self._waiting
                if not given:
                    self._waiting.remove(mine)
            if given:
                self.__exit__()
            raise

    def __exit__(self, *_: object) -> None:
        """Give the turn to the one who has waited longest."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1


# So many searches run at once, the others wait: threads that share an interpreter hinder each other. On two cores, of a
# million passages, three gave 63 answers a second to 64 clients, all of them at once 30.
TURNS = Turns((os.cpu_count() or 1) + 1)


def beside(work: Callable[[], Result]) -> "Future[Result]":
    """Do something on another thread while this one goes on."""
    return _others().submit(work)


@cache
def _others() -> "ThreadPoolExecutor":
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor((os.cpu_count() or 1) + 1, "words")
