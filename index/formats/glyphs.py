"""Name the glyphs, pieces and rows of a printed page, and write its characters as text has them. Pure.

Lengths are in points; `base` grows upwards, as in PDF.
"""

import re
import unicodedata
from dataclasses import dataclass

_SIGNS = {"\x02": "-", "\ufffe": "-"}  # what pdfium writes for a hyphen that ends a line
_SIGNS |= dict.fromkeys("\uf0b7\uf0a7\uf076\uf0d8\uf0fc\uf0a8\uf02d\uf06e", "•")
_COMPATIBLE = re.compile(r"[\u2e80-\u2fdf\uf900-\ufaff\ufb00-\ufb06\ufb50-\ufdff\ufe70-\ufefc]")
_UNWRITTEN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ue000-\uf8ff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Glyph:
    """A character and where it stands on the page."""

    text: str
    left: float
    right: float
    base: float
    size: float
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """The glyphs of one page, in the order in which the file paints them."""

    glyphs: tuple[Glyph, ...]
    height: float


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a line without a wide space."""

    text: str
    left: float
    right: float
    base: float
    size: float
    bold: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A line of print, or its part in one column."""

    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        """Return the words of the row."""
        return " ".join(piece.text for piece in self.pieces)

    @property
    def base(self) -> float:
        """Return the height of its baseline."""
        return self.pieces[0].base

    @property
    def size(self) -> float:
        """Return the size of most of its type."""
        return max(self.pieces, key=lambda piece: len(piece.text)).size

    @property
    def bold(self) -> bool:
        """Say whether all of it is bold."""
        return all(piece.bold for piece in self.pieces)


def plain_character(character: str) -> str:
    """Write a character as text has it: ligatures and presentation forms undone, signs without a meaning left out."""
    if character in _SIGNS:
        return _SIGNS[character]
    if _COMPATIBLE.match(character):
        return unicodedata.normalize("NFKC", character).strip()
    return _UNWRITTEN.sub("", character)
