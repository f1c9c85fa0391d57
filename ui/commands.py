"""What each command does: call index or search, write what came of it, return the exit code.

Imports an engine only in the command that needs it.
"""

import os
import sys
import time
from argparse import Namespace
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ui import asking, measuring, wire
from ui.streams import complain, index_of, say, told, whole

if TYPE_CHECKING:
    from index import BuildResult

_DONE, _FAILED, _SOME_UNREAD = 0, 1, 3
_MOST_NOTES = 20  # remarks on files; `status` and `show` tell them all


def run(options: Namespace) -> int:
    """Run a command; an error is told in one line."""
    commands: dict[str, Callable[[Namespace], int]] = {
        "build": build,
        "search": asking.search,
        "related": asking.related,
        "show": show,
        "status": status,
        "verify": verify,
        "rollback": rollback,
        "evaluate": measuring.evaluate,
        "calibrate": measuring.calibrate,
        "ui": page,
    }
    try:
        return commands[options.command](options)
    except BrokenPipeError:
        raise
    except Exception as error:
        if os.environ.get("REPORTSEARCH_DEBUG"):
            raise
        complain(told(error))
        return _FAILED


def build(options: Namespace) -> int:
    """Make or renew the index."""
    from index import build_index
    from ui.progress import ProgressLine

    started = time.perf_counter()
    progress = ProgressLine()
    limits = {"memory": options.memory} if options.memory else {}
    try:
        built = build_index(
            options.paths,
            index_of(options),
            model=options.model,
            dictionary=options.dictionary,
            full=options.full,
            download=options.download,
            progress=progress,
            **limits,
        )
    finally:
        progress.close()
    _report_build(built, time.perf_counter() - started)
    return _SOME_UNREAD if built.failures else _DONE


def _report_build(built: "BuildResult", seconds: float) -> None:
    notes = [f"passed over, not a report: {path}" for path in built.skipped] + built.warnings
    for note in notes[:_MOST_NOTES]:
        complain(note)
    if len(notes) > _MOST_NOTES:
        complain(f"{len(notes) - _MOST_NOTES} more remarks: reportsearch status --json")
    for failure in built.failures:
        complain(f"not read: {failure.reason} {failure.advice}")
    again = built.reports - len(built.added) - built.kept  # with another model or version
    what = f"{len(built.added)} new or changed, {built.kept} kept" + (f", {again} read again" if again > 0 else "")
    what = "nothing has changed" if built.unchanged else what
    removed = f", {len(built.removed)} removed" if built.removed else ""
    unread = f", {len(built.failures)} not read" if built.failures else ""
    say(
        f"generation {built.generation}: {built.reports} reports, {built.passages} passages "
        f"({what}{removed}{unread}) in {seconds:.1f} s"
    )


def rollback(options: Namespace) -> int:
    """Go back to the generation before."""
    from index.generation import rollback as go_back

    generation = go_back(index_of(options))
    say(wire.line({"generation": generation.number}) if options.json else f"generation {generation.number} is in force")
    return _DONE


def show(options: Namespace) -> int:
    """Show a report as it was read: a file is read now, anything else is looked up in the index."""
    from ui.showing import read_now, read_then
    from ui.terminal import passages_text, report_text, terminal_of

    name, language = options.report, options.interface
    paragraph = None if options.paragraph is None else whole(options.paragraph)
    if Path(name).is_file():
        shown = read_now(name, paragraph, language)
    else:
        shown = read_then(name, paragraph, index_of(options), language)
    if options.json:
        say(*(wire.line(wire.passage_object(hit)) for hit in shown.passages))
        return _DONE
    terminal = terminal_of(sys.stdout)
    if paragraph is None:
        say(report_text(shown.about, shown.structure, shown.warnings), "")
    say(passages_text(shown.passages, terminal))
    return _DONE


def status(options: Namespace) -> int:
    """Say what the index holds."""
    from index import open_index
    from ui.status import status_lines, status_object

    held = open_index(index_of(options))
    say(*([wire.line(status_object(held))] if options.json else status_lines(held)))
    return _DONE


def verify(options: Namespace) -> int:
    """Check every byte of the index; where nothing says which generation is in force, its number is null."""
    from index.errors import DamagedIndex
    from index.generation import current
    from index.generation import verify as check

    index = index_of(options)
    problems = check(index)
    number = None
    with suppress(DamagedIndex):
        number = current(index).number
    if options.json:
        say(wire.line({"generation": number, "sound": not problems, "problems": problems}))
    elif problems:
        for problem in problems:
            complain(problem)
        complain(f"Go back: reportsearch rollback --index {index}; or rebuild: reportsearch build PATH... --full")
    else:
        say(f"generation {number} is sound: every file is what was written")
    return _FAILED if problems else _DONE


def page(options: Namespace) -> int:
    """Serve the page until interrupted."""
    from ui.serve import serve

    return serve(index_of(options), port=options.port)
