"""The command line as other programs call it: commands, options, exit codes.

Imports nothing heavy, so that help and usage errors come at once; what a command does is in commands.py.
"""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # argparse has no public name for it

LANGUAGES = ("zh", "en", "fr", "es", "ru", "ar")
MODES = ("hybrid", "dense", "lexical")
INTERRUPTED, TERMINATED, BROKEN_PIPE = 130, 143, 141  # 128 and the number of the signal

_EXIT_CODES = """\
exit codes: 0 done; 1 an error, told in one line; 2 wrong usage; 3 built, but some files could not be read;
            130 and 143 stopped by Ctrl-C or SIGTERM
environment: REPORTSEARCH_INDEX  the index folder where --index is not given (else ./.reportsearch)
             NO_COLOR            no bold in the terminal"""


class Terminated(KeyboardInterrupt):
    """SIGTERM has come."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # Names of files may hold bytes that are no characters; output is UTF-8 whatever the locale says.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    options = parser().parse_args(arguments)
    # A search multiplies small matrices; threads that wait for each other only make it slower.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        from ui import commands

        code = commands.run(options)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains on its way out
        return BROKEN_PIPE
    except KeyboardInterrupt as stop:
        resume = " What is finished is kept: the same command goes on from there." if options.command == "build" else ""
        sys.stderr.write(f"\nStopped.{resume}\n")
        return TERMINATED if isinstance(stop, Terminated) else INTERRUPTED
    finally:
        signal.signal(signal.SIGTERM, before)
    return code


def _terminate(_number: int, _frame: FrameType | None) -> None:
    raise Terminated


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    top = argparse.ArgumentParser(
        prog="reportsearch",
        description="Ask reports in everyday words; get the numbered paragraphs that answer, with their citation.",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for add in (_build, _search, _related, _show, _status, _verify, _rollback, _evaluate, _calibrate, _ui):
        add(commands)
    return top


def _command(commands: "Commands", name: str, what: str, example: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=what,
        description=what[0].upper() + what[1:] + ".",
        epilog=f"example: reportsearch {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--index", metavar="DIR", help="index folder (REPORTSEARCH_INDEX, else ./.reportsearch)")
    return parser


def _build(commands: "Commands") -> None:
    parser = _command(commands, "build", "make or renew the index", "build seeds --index .reportsearch")
    parser.add_argument("paths", nargs="+", metavar="PATH", help="reports, or folders that hold them")
    parser.add_argument("--model", metavar="NAME|DIR", help="a sentence-transformers model, or bundled")
    parser.add_argument("--download", action="store_true", help="fetch the model if it is not on this machine")
    words = parser.add_mutually_exclusive_group()
    words.add_argument("--dictionary", metavar="FILE", help="terms of this collection, a line each, in jieba's format")
    words.add_argument(
        "--no-dictionary", dest="dictionary", action="store_const", const="", help="go back to jieba's own words"
    )
    parser.add_argument("--memory", metavar="SIZE", type=_size, help="memory that the build may take, such as 8G")
    parser.add_argument("--full", action="store_true", help="start anew, whatever the index holds")


def _search(commands: "Commands") -> None:
    parser = _command(
        commands, "search", "find the passages that answer a question", 'search "谁负责可持续能源？" -k 3'
    )
    parser.add_argument("question", nargs="*", metavar="QUESTION", help="in any of the six official languages")
    parser.add_argument("--batch", metavar="FILE", help='a question a line, {"id", "question"}; "-" is standard input')
    _asking(parser)
    parser.add_argument("--mode", choices=MODES, default="hybrid", help="by meaning and words, by meaning, by words")
    for name, what in (("report", "path or symbol"), ("symbol", "a report's own"), ("section", "part of a heading")):
        parser.add_argument(f"--{name}", action="append", default=[], metavar="TEXT", help=f"only these ({what})")
    parser.add_argument(
        "--language", action="append", default=[], metavar="LANG", help="only reports in these languages"
    )
    parser.add_argument(
        "--year", action="append", default=[], type=int, metavar="YEAR", help="only reports of these years"
    )
    parser.add_argument(
        "--closest", action="store_true", help="show the closest passages where no answer is good enough"
    )
    parser.add_argument(
        "--rerank", metavar="MODEL", help="a cross-encoder of sentence-transformers for the last ranking"
    )


def _asking(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-k", type=_count, default=10, metavar="N", help="passages to show (10)")
    parser.add_argument("--interface", choices=LANGUAGES, help="language of citations (that of the question)")
    _json(parser)


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for programs: JSON, one object a line")


def _related(commands: "Commands") -> None:
    parser = _command(commands, "related", "find passages like one, in other reports", 'related A/58/359 "18 (b)"')
    parser.add_argument("report", metavar="REPORT", help="path, file name or symbol")
    parser.add_argument("paragraph", metavar="PARAGRAPH", help='as cited: 18, or "18 (b)"')
    parser.add_argument("--own", action="store_true", help="also in the passage's own report")
    _asking(parser)


def _show(commands: "Commands") -> None:
    parser = _command(commands, "show", "show a report as it was read", "show seeds/000_fc3021cedd9a0355.txt 18")
    parser.add_argument("report", metavar="REPORT", help="a file, read now; else a report of the index")
    parser.add_argument("paragraph", nargs="?", metavar="PARAGRAPH", help='only this one: 18, or "18 (b)"')
    parser.add_argument("--interface", choices=LANGUAGES, help="language of citations (that of the report)")
    _json(parser)


def _status(commands: "Commands") -> None:
    _json(_command(commands, "status", "say what the index holds", "status --json"))


def _verify(commands: "Commands") -> None:
    _json(_command(commands, "verify", "check every byte of the index", "verify --index .reportsearch"))


def _rollback(commands: "Commands") -> None:
    _json(_command(commands, "rollback", "go back to the generation before", "rollback"))


def _evaluate(commands: "Commands") -> None:
    what = "measure the ranking with questions whose answers are known"
    parser = _command(commands, "evaluate", what, "evaluate seeds/questions.jsonl --fail-under nDCG@10=0.8")
    parser.add_argument("questions", metavar="QUESTIONS", help="questions.jsonl, or a BEIR folder")
    parser.add_argument("--mode", action="append", choices=MODES, help="only this mode (all three)")
    parser.add_argument("--ablate", action="store_true", help="also without each stage")
    parser.add_argument("--baseline", metavar="RUN.json", help="an earlier --json: list the questions that got worse")
    parser.add_argument(
        "--fail-under",
        action="append",
        default=[],
        type=_floor,
        metavar="METRIC=VALUE",
        help="exit with 1 below this; of one language: zh:nDCG@10=0.9",
    )
    parser.add_argument("--trec", metavar="FILE", help="write the first mode's ranking as a TREC run")
    _json(parser)


def _calibrate(commands: "Commands") -> None:
    what = "fit relevance and the line of no good answer to questions"
    parser = _command(commands, "calibrate", what, "calibrate seeds/questions.jsonl")
    parser.add_argument("questions", metavar="QUESTIONS.jsonl", help="questions with and without an answer")
    _json(parser)


def _ui(commands: "Commands") -> None:
    parser = _command(commands, "ui", "serve the page on this machine", "ui --port 8501")
    parser.add_argument("--port", type=_port, default=8501, metavar="N", help="port to listen on (8501)")


def _count(text: str) -> int:
    return _number(text, 1, 10_000)


def _port(text: str) -> int:
    return _number(text, 1, 65_535)


def _number(text: str, least: int, most: int) -> int:
    if not (text.isascii() and text.isdigit() and least <= int(text[:9]) <= most):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from {least} to {most}")
    return int(text)


def _size(text: str) -> int:
    """Return bytes: "8G", "500M", "1000000"."""
    number, unit = (text[:-1], text[-1].upper()) if text[-1:].isalpha() else (text, "")
    if not (number.isascii() and number.isdigit() and unit in ("", "K", "M", "G", "T")):
        raise argparse.ArgumentTypeError(f"{text!r} is not a size such as 8G or 500M")
    return int(number) << {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}[unit]


def _floor(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name, float(value)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not METRIC=VALUE such as nDCG@10=0.8") from None


if __name__ == "__main__":
    sys.exit(main())
