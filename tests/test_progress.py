"""Progress on standard error: a line that renews itself on a terminal, rare lines in a log, silence in short builds."""

import io

import pytest

from index import Progress
from ui.progress import ProgressLine, told


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("ui.progress.time.monotonic", clock)
    return clock


def test_progress_in_words() -> None:
    assert told(Progress("looking", 0, 0)) == "looking"
    assert told(Progress("looking", 1200, 0)) == "looking 1,200"
    assert told(Progress("embedding", 1200, 5000)) == "embedding 1,200 of 5,000 (24%)"


def test_a_terminal_sees_a_line_that_renews_itself_and_goes(clock: Clock) -> None:
    screen = Screen()
    line = ProgressLine(screen)
    for _ in range(3):
        clock.now += 0.06
        line(Progress("reading", 1, 2))
    line.close()
    assert screen.getvalue() == "\r\x1b[Kreading 1 of 2 (50%)\r\x1b[K"


def test_a_log_sees_a_line_every_ten_seconds(clock: Clock) -> None:
    log = io.StringIO()
    line = ProgressLine(log)
    for _ in range(25):
        line(Progress("reading", 1, 2))
        clock.now += 1.0
    line.close()
    assert log.getvalue() == "reading 1 of 2 (50%)\n" * 2
