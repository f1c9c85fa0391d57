"""Keep numpy's matrix products on the thread that asks.

A search multiplies small matrices: to wake other threads for each costs more than they give, many times more where the
cores are busy, and many searches at once share the cores already.
"""

import os
from functools import cache

_CHOSEN = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


@cache
def keep_to_one_thread() -> None:
    """Limit BLAS to one thread in this process, unless the environment says how many."""
    if not any(name in os.environ for name in _CHOSEN):
        from threadpoolctl import ThreadpoolController

        ThreadpoolController().select(user_api="blas").limit(limits=1)
