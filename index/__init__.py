"""Reports in, an index on disk out. Knows nothing of questions, ranking or pages."""

from index.build import BuildResult, Failure, Progress, build_index
from index.errors import ReportSearchError
from index.opened import OpenIndex, open_index

__all__ = ["BuildResult", "Failure", "OpenIndex", "Progress", "ReportSearchError", "build_index", "open_index"]
