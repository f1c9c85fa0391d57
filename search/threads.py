"""How threads share the cores: numpy's products stay on the thread that asks, and few searches run at once.

A search multiplies small matrices: to wake other threads for each costs more than they give, many times more where the
cores are busy, and many searches at once share the cores already.
"""

import os
from collections.abc import Callable
from functools import cache
from threading import BoundedSemaphore
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


# So many searches run at once, the others wait: threads that share an interpreter hinder each other. On two cores, of a
# million passages, three gave 63 answers a second to 64 clients, all of them at once 30.
TURNS = BoundedSemaphore((os.cpu_count() or 1) + 1)


def beside(work: Callable[[], Result]) -> "Future[Result]":
    """Do something on another thread while this one goes on."""
    return _others().submit(work)


@cache
def _others() -> "ThreadPoolExecutor":
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor((os.cpu_count() or 1) + 1, "words")
