"""Questions to start with, such as the collection at hand can answer. Pure: no page, no search."""

import re
from collections.abc import Sequence
from itertools import chain, zip_longest
from pathlib import PurePath
from typing import TYPE_CHECKING

from index.language import is_cjk
from ui.phrases import Phrases

if TYPE_CHECKING:
    from search import ReportEntry

_NUMBERING = re.compile(r"^\s*(?:(?:[一二三四五六七八九十]+|[IVXLC]+|[A-Z]|\d+)\s*[.、．]|[（(]\w+[）)])\s*")
_ASKED = 12  # reports, at least, spread evenly over the collection
# "导言" and "Introduction" tell nothing of the report.
_TELLING_CHARACTERS, _TELLING_WORDS = 7, 3
_LONGEST = 60  # characters


def examples(reports: Sequence["ReportEntry"], phrases: Phrases, *, most: int = 6) -> list[str]:
    """Return questions that these reports answer; for reports we do not know, their own section headings."""
    held = {PurePath(entry.path).stem for entry in reports}
    known = [question for report, question in phrases.examples_asked if report in held]
    return known[:most] or _headings(reports)[:most]


def _headings(reports: Sequence["ReportEntry"]) -> list[str]:
    spread = reports[:: max(1, len(reports) // _ASKED)]
    per_report = [[_NUMBERING.sub("", s) for s in entry.sections] for entry in spread]
    # One heading of every report before a second of any.
    in_turn = chain.from_iterable(zip_longest(*per_report, fillvalue=""))
    return [heading for heading in dict.fromkeys(in_turn) if heading and len(heading) < _LONGEST and _tells(heading)]


def _tells(heading: str) -> bool:
    if is_cjk(heading[0]):
        return len(heading) >= _TELLING_CHARACTERS
    return len(heading.split()) >= _TELLING_WORDS
