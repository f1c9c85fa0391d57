"""What a file says, whatever its format: text in lines, which every reader gives and the parser takes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SourceText:
    """A file's text and how it was decoded."""

    text: str  # a form feed behind every page, where the format has pages
    encoding: str
    warnings: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()  # lines of the text that the format shows as its title, the likeliest first
    whole: bool = False  # no paragraph goes on behind an empty line
