"""Read PDF files: their glyphs come from pdfium. Nothing that a file holds is run or fetched."""

import ctypes
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

import pypdfium2
import pypdfium2.raw as pdfium

from index.errors import UnreadableFile
from index.formats.glyphs import Glyph, Page, plain_character
from index.formats.source_text import SourceText
from index.formats.typography import text_of_pages

_BOLD = 600  # the weight of type that is bold
_LONGEST_NAME = 128  # bytes of the name of a font
_ASLANT = 0.05  # of a quarter turn


@dataclass(frozen=True, slots=True)
class _Turned:
    """A glyph and the quarter turns, against the clock, that it is printed at."""

    glyph: Glyph
    turn: int


@dataclass(frozen=True, slots=True)
class _Box:
    """What is seen of a page, in the coordinates of the file."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.top - self.bottom

    def turned(self, place: pdfium.FS_RECTF, x: float, y: float, turn: int) -> tuple[float, float, float]:
        """Return left, right and base of a glyph as one sees it who turns the page upright."""
        if turn == 0:
            return place.left - self.left, place.right - self.left, y - self.bottom
        if turn == 1:
            return place.bottom - self.bottom, place.top - self.bottom, self.right - x
        if turn == 2:
            return self.right - place.right, self.right - place.left, self.top - y
        return self.top - place.top, self.top - place.bottom, x - self.left


def read_pdf(path: Path, content: bytes) -> SourceText:
    """Return the text of a PDF; raise UnreadableFile for one that is locked, damaged or without text."""
    document = _open(path, content)
    try:
        pages = [_page(document, number) for number in range(len(document))]
    finally:
        document.close()
    mute = [str(number) for number, page in enumerate(pages, 1) if not page.glyphs]
    if len(mute) == len(pages):
        raise UnreadableFile(
            f"{path} holds no text: its pages are pictures, {len(pages)} in all.",
            f"Let a text recogniser read it first: ocrmypdf {quote(str(path))} {quote(str(path))}",
        )
    named = ", ".join(mute[:10]) + (", …" if mute[10:] else "")
    warnings = (f"{len(mute)} of {len(pages)} pages hold no text: {named}",) if mute else ()
    text, titles = text_of_pages(pages)
    return SourceText(text, "pdf", warnings, titles)


def _open(path: Path, content: bytes) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
            raise UnreadableFile(
                f"{path} is locked with a password.",
                f"Save it without one: qpdf --password=PASSWORD --decrypt {quote(str(path))} unlocked.pdf",
            ) from None
        raise UnreadableFile(
            f"{path} is no PDF or a damaged one.", "Fetch it anew, print it as PDF again, or leave it out."
        ) from None


def _page(document: pypdfium2.PdfDocument, number: int) -> Page:
    """Return the glyphs that stand the way most of the page does; a page that cannot be read has none."""
    try:
        page = document[number]
        text = page.get_textpage()
    except pypdfium2.PdfiumError:
        return Page((), 1)
    box = _Box(*page.get_cropbox())
    glyphs = list(_glyphs(text, box))
    turns = Counter(glyph.turn for glyph in glyphs)
    text.close()
    page.close()
    turn = turns.most_common(1)[0][0] if turns else 0
    return Page(tuple(g.glyph for g in glyphs if g.turn == turn), box.height if turn % 2 == 0 else box.width)


def _glyphs(text: pypdfium2.PdfTextPage, box: _Box) -> Iterator[_Turned]:
    """Yield the characters of a page in the order of the file; what stands aslant, as a watermark does, is left out."""
    place, matrix = pdfium.FS_RECTF(), pdfium.FS_MATRIX()
    x, y = ctypes.c_double(), ctypes.c_double()
    for i in range(text.count_chars()):
        character = plain_character(chr(pdfium.FPDFText_GetUnicode(text, i)))
        if not character or pdfium.FPDFText_IsGenerated(text, i) or not pdfium.FPDFText_GetMatrix(text, i, matrix):
            continue
        pdfium.FPDFText_GetLooseCharBox(text, i, place)
        pdfium.FPDFText_GetCharOrigin(text, i, x, y)
        size = pdfium.FPDFText_GetFontSize(text, i) * math.hypot(matrix.c, matrix.d)
        quarters = math.atan2(matrix.b, matrix.a) / (math.pi / 2)
        turn = round(quarters)
        if size > 0 and abs(quarters - turn) < _ASLANT:
            left, right, base = box.turned(place, x.value, y.value, turn % 4)
            yield _Turned(Glyph(character, left, right, base, size, _is_bold(text, i)), turn % 4)


def _is_bold(text: pypdfium2.PdfTextPage, i: int) -> bool:
    name = ctypes.create_string_buffer(_LONGEST_NAME)
    pdfium.FPDFText_GetFontInfo(text, i, name, _LONGEST_NAME, None)
    return pdfium.FPDFText_GetFontWeight(text, i) >= _BOLD or b"bold" in name.value.lower()
