"""Reports in, an index on disk out. Knows nothing of questions, ranking or pages."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from index.build import BuildResult, Progress, build_index
    from index.errors import ReportSearchError
    from index.opened import OpenIndex, open_index
    from index.sources import Failure

__all__ = ["BuildResult", "Failure", "OpenIndex", "Progress", "ReportSearchError", "build_index", "open_index"]

_MODULES = {
    "Failure": "index.sources",
    "OpenIndex": "index.opened",
    "ReportSearchError": "index.errors",
    "open_index": "index.opened",
}


def __getattr__(name: str) -> Any:
    # A search does not wait for what only a build needs: half of its start would be spent on that.
    if name not in __all__:
        raise AttributeError(f"module 'index' has no attribute {name!r}")
    return getattr(import_module(_MODULES.get(name, "index.build")), name)
