"""Standard output and error as commands use them, and the index folder that they work on."""

import os
import re
import sys
from argparse import Namespace
from pathlib import Path

from index.errors import ReportSearchError

# What would move the cursor, change colours or turn the direction of writing must not come out of a report.
_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069]")


# How Python and the loader of libraries say it where it is no MemoryError.
_NO_MEMORY = ("failed to map segment", "allocate memory", "can't start new thread")


def say(*lines: str) -> None:
    """Write lines at once, so that a program at the other end need not wait for them."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def complain(text: object) -> None:
    """Write a remark or an error as one line on standard error."""
    sys.stderr.write(clean(str(text)) + "\n")
    sys.stderr.flush()


def told(error: Exception) -> str:
    """Return an error in one line; what is no error of ours is a fault of the program, and said to be one."""
    if isinstance(error, ReportSearchError):
        return clean(str(error))
    if isinstance(error, OSError) and error.filename:
        return clean(f"{error.filename} cannot be used ({error.strerror}). Check that it exists and its permissions.")
    if isinstance(error, MemoryError) or any(words in str(error) for words in _NO_MEMORY):
        return clean(f"There is not enough memory ({error!r}). Close other programs, or raise this one's limit.")
    fault = f"This is a fault of the program ({type(error).__name__}: {error})."
    return clean(f"{fault} Set REPORTSEARCH_DEBUG=1 to see where, and tell the authors.")


def harmless(text: str) -> str:
    """Return the text, as long as before, without what would steer a terminal."""
    return _CONTROL.sub("\ufffd", text)


def clean(text: str) -> str:
    """Return the same on one line."""
    return " ".join(harmless(text).split())


def whole(text: str) -> str:
    """Return the text without halves of surrogate pairs: bytes of the command line that are no characters."""
    return text.encode("utf-8", "replace").decode("utf-8")


def index_of(options: Namespace) -> Path:
    """Return the index folder: --index, else REPORTSEARCH_INDEX, else ./.reportsearch."""
    return Path(options.index or os.environ.get("REPORTSEARCH_INDEX") or ".reportsearch")
