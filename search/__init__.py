"""An open index and a question in, ranked passages out. Knows no file format and no page."""

from search.collection import ReportEntry
from search.filters import Filters
from search.hit import Answer, Expansion, Hit, Match
from search.searcher import Searcher, open_searcher

__all__ = ["Answer", "Expansion", "Filters", "Hit", "Match", "ReportEntry", "Searcher", "open_searcher"]
