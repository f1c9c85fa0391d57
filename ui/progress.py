"""How far a build has come, on standard error: a line that renews itself, or a line every ten seconds in a log."""

import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from index import Progress

_RENEW, _LOG = 0.1, 10.0  # seconds between two lines
_CLEAR = "\r\x1b[K"


@dataclass(slots=True)
class ProgressLine:
    """Takes what a build reports and shows some of it."""

    stream: TextIO = field(default_factory=lambda: sys.stderr)
    _last: float = field(default_factory=lambda: time.monotonic())
    _open: bool = False  # a line stands that has to be cleared

    def __call__(self, progress: "Progress") -> None:
        """Show the progress if it is time to."""
        terminal = self.stream.isatty()
        if time.monotonic() - self._last < (_RENEW if terminal else _LOG):
            return
        self._last = time.monotonic()
        self.stream.write(f"{_CLEAR}{told(progress)}" if terminal else f"{told(progress)}\n")
        self.stream.flush()
        self._open = terminal

    def close(self) -> None:
        """Take the line away."""
        if self._open:
            self.stream.write(_CLEAR)
            self.stream.flush()
            self._open = False


def told(progress: "Progress") -> str:
    """Return the progress in words: "embedding 1,200 of 5,000 (24 %)"."""
    if not progress.total:
        return f"{progress.stage} {progress.done:,}" if progress.done else progress.stage
    return f"{progress.stage} {progress.done:,} of {progress.total:,} ({progress.done / progress.total:.0%})"
