"""Write leaves in processes of their own: parsing and cutting words keep one core busy, however many there are.

The parent sends tasks as lines of JSON and hears of progress, finished leaves and errors the same way. A worker whose
parent is gone, however it went, ends at once: its standard input is closed.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import Queue
from typing import Any

from index.leaf import Donor, Task, Tools, write_leaf
from index.sources import Source

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Setting:
    """What a worker needs to make the tools of its parent."""

    leaves: str
    model: str
    dictionary: str | None


def write_leaves(setting: Setting, tasks: Sequence[Task], workers: int, advance: Callable[[int, int], None]) -> None:
    """Write the leaves of the tasks; `advance` hears of files and passages as they are done.

    Raises what a worker met: OSError, MemoryError, or RuntimeError with what it said.
    """
    todo: Queue[Task] = Queue()
    for task in tasks:
        todo.put(task)
    told: Queue[dict[str, Any]] = Queue()
    with ExitStack() as stack:
        for _ in range(min(workers, len(tasks))):
            process = stack.enter_context(_started(setting))
            stack.callback(process.kill)
            threading.Thread(target=_serve, args=(process, todo, told), daemon=True).start()
        finished = 0
        while finished < len(tasks):
            message = told.get()
            if "error" in message:
                raise _error(message)
            advance(message["files"], message["rows"])
            finished += message["finished"]


def _started(setting: Setting) -> "subprocess.Popen[str]":
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    one_thread = {"TOKENIZERS_PARALLELISM": "false", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "index.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env=os.environ | one_thread | {"PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"},
    )
    _say(process.stdin, asdict(setting))
    return process


def _serve(process: "subprocess.Popen[str]", todo: "Queue[Task]", told: "Queue[dict[str, Any]]") -> None:
    """Give one worker task after task, and pass on what it tells."""
    try:
        while not todo.empty():
            _say(process.stdin, asdict(todo.get()))
            for line in process.stdout or ():
                message = json.loads(line)
                told.put(message)
                if message.get("finished") or "error" in message:
                    break
            else:
                raise ChildProcessError
    except (OSError, ValueError):
        told.put({"error": "worker", "text": f"A worker ended with status {process.wait()}."})


def _error(message: dict[str, Any]) -> BaseException:
    if message["error"] == "OSError":
        return OSError(message["errno"], os.strerror(message["errno"]), message["filename"])
    return MemoryError() if message["error"] == "MemoryError" else RuntimeError(message["text"])


def _say(stream: Any, message: dict[str, Any]) -> None:
    stream.write(json.dumps(message) + "\n")
    stream.flush()


# --- in the worker -----------------------------------------------------------------------------------------------


def main() -> None:
    """Write the leaves that the parent asks for, until it closes the line."""
    orders: Queue[dict[str, Any]] = Queue()
    threading.Thread(target=_listen, args=(orders,), daemon=True).start()
    try:
        setting = Setting(**orders.get())
        tools = Tools.of(setting.model, setting.dictionary)
        while True:
            _work(Path(setting.leaves), _task(orders.get()), tools)
    except OSError as error:
        _say(sys.stdout, {"error": "OSError", "errno": error.errno, "filename": str(error.filename or setting.leaves)})
    except MemoryError:
        _say(sys.stdout, {"error": "MemoryError"})
    except Exception as error:
        _say(sys.stdout, {"error": type(error).__name__, "text": f"{type(error).__name__}: {error}"})


def _listen(orders: "Queue[dict[str, Any]]") -> None:
    for line in sys.stdin:
        orders.put(json.loads(line))
    os._exit(0)


def _task(values: dict[str, Any]) -> Task:
    donors = tuple(Donor(**donor) if donor else None for donor in values["donors"])
    return Task(values["name"], tuple(Source(**source) for source in values["sources"]), donors)


def _work(leaves: Path, task: Task, tools: Tools) -> None:
    write_leaf(leaves, task, tools, lambda files, rows: _say(sys.stdout, {"files": files, "rows": rows, "finished": 0}))
    _say(sys.stdout, {"files": 0, "rows": 0, "finished": 1})


if __name__ == "__main__":
    main()
