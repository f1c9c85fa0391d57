"""The errors a person can meet: one sentence of fact with the values, one of advice with the command.

ReportSearchError
├── UnreadableFile      a file that is not a report we can read
│   └── NotAReport      a readable file that holds something else, such as questions
├── NoIndex             no index where one was expected
├── IncompatibleIndex   written by another format or another encoder
├── DamagedIndex        bytes on disk are not those that were written
├── IndexLocked         another build is running
├── NotWritable         the folder of the index cannot be written
│   └── DiskFull        no room for what a build has to write
├── OutOfMemory         a build needs more memory than it can have
├── NothingToIndex      no usable report among the paths
├── ModelNotAvailable   an encoder that is not on this machine
└── UnknownPassage      a report or paragraph that the index does not hold
"""


class ReportSearchError(Exception):
    """Say what is the case and what to do about it; `str()` gives both."""

    def __init__(self, fact: str, advice: str = "") -> None:
        super().__init__(f"{fact} {advice}".strip())
        self.fact = fact
        self.advice = advice


class UnreadableFile(ReportSearchError):
    """A file that cannot be read as a report."""


class NotAReport(UnreadableFile):
    """A file that can be read and holds something else, such as a list of questions; a build passes over it."""


class NoIndex(ReportSearchError):
    """There is no index in the folder."""


class IncompatibleIndex(ReportSearchError):
    """The index was written by another format version or another encoder."""


class DamagedIndex(ReportSearchError):
    """A file of the index is missing or is not what was written."""


class IndexLocked(ReportSearchError):
    """Another process is building in this folder."""


class NotWritable(ReportSearchError):
    """The folder of the index, or a file in it, cannot be written."""


class DiskFull(NotWritable):
    """The disk, or what a file or a user may fill of it, is full."""


class OutOfMemory(ReportSearchError):
    """A build needs more memory than there is or than it may have."""


class NothingToIndex(ReportSearchError):
    """None of the paths holds a report that can be read."""


class ModelNotAvailable(ReportSearchError):
    """The encoder is not on this machine."""


class UnknownPassage(ReportSearchError):
    """The index holds no such report or paragraph."""
