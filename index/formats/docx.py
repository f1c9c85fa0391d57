"""Read Word documents: paragraphs with their automatic numbers, rows of tables, notes. Nothing is fetched or run."""

import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from index.clean import HEADING_SIGN, width
from index.errors import UnreadableFile
from index.formats.automatic_numbers import Numbering, W, value_of
from index.formats.glyphs import plain_character
from index.formats.source_text import SourceText
from index.marks import UNMARKED_DEGREE, heading_marks, is_heading_like, paragraph_number

_LARGEST = 1 << 28  # bytes of one part, unpacked
_LONG_ROW = 1500  # characters; a longer row belongs to a table that lays out the page
_DISPLAY = 1.15  # of the size of the running text: larger is a title
_PROSE = 60  # Latin letters; a longer paragraph that is not set apart ends the masthead
_OPENING = 60  # paragraphs among which the title is
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    ElementTree.ParseError,
    EOFError,
    KeyError,
    OSError,
    OverflowError,
    RuntimeError,  # a password, or a nesting without end
    ValueError,
)
_SKIPPED = {f"{W}{tag}" for tag in ("del", "moveFrom", "instrText", "drawing", "pict", "object", "rPr", "pPr")}
_BLANKS = {f"{W}tab": " ", f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "-", f"{W}ptab": " "}


@dataclass(frozen=True, slots=True)
class _Style:
    """What a style, with those it is based on, gives its paragraphs."""

    outline: int | None = None  # 0 for a heading of the first degree
    bold: bool = False
    size: int = 20  # half points
    number: tuple[str, int] | None = None  # of a list: its name and the depth
    title: bool = False


@dataclass(frozen=True, slots=True)
class _Paragraph:
    text: str
    style: _Style
    tabled: bool = False


def read_docx(path: Path, content: bytes) -> SourceText:
    """Return the text of a Word document; raise UnreadableFile for one that is locked, damaged or empty."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as package:
            document = _Document(package)
            paragraphs = [p for p in document.paragraphs() if p.text]
            notes = list(document.notes())
    except _BROKEN as error:
        raise UnreadableFile(
            f"{path} is no Word document of the kind .docx, or a damaged or locked one.",
            "Open it in a word processor and save it anew as .docx without a password.",
        ) from error
    if not paragraphs:
        raise UnreadableFile(f"{path} holds no text.", "Put a report into it, or leave it out.")
    size = _running_size(paragraphs)
    text = "".join(f"\n{line}\n" for line in _lines(paragraphs, size))
    text += "".join(f"\n{line}\n" for line in ["Notes", *notes] if notes)
    return SourceText(text, "docx", (), _titles(paragraphs, size), whole=True)


def _running_size(paragraphs: list[_Paragraph]) -> int:
    sizes: Counter[int] = Counter()
    for paragraph in paragraphs:
        sizes[paragraph.style.size] += len(paragraph.text)
    return sizes.most_common(1)[0][0]


def _lines(paragraphs: list[_Paragraph], size: int) -> Iterator[str]:
    """Sign the headings: by their outline, and below the masthead by bold or large type."""
    prose = False
    for paragraph in paragraphs:
        text, style = paragraph.text, paragraph.style
        shown = style.bold or style.size > _DISPLAY * size
        prose = prose or (width(text) > _PROSE and not shown)
        bare = is_heading_like(text) and not paragraph_number(text) and not heading_marks(text)
        if style.outline is not None and is_heading_like(text) and not paragraph.tabled:
            yield f"{HEADING_SIGN * (style.outline + 1)}{text}"
        elif shown and prose and bare and not paragraph.tabled and any(c.isalpha() for c in text):
            yield f"{HEADING_SIGN * (UNMARKED_DEGREE + 1)}{text}"
        else:
            yield text


def _titles(paragraphs: list[_Paragraph], size: int) -> tuple[str, ...]:
    """Return what has the style of a title, then what is set in larger type, the likeliest first."""
    opening = [p for p in paragraphs[:_OPENING] if not p.tabled and "\n" not in p.text]
    styled = [p.text for p in opening if p.style.title]
    large = [p for p in opening if p.style.size > _DISPLAY * size]
    large.sort(key=lambda p: (not p.style.bold, -p.style.size))
    outermost = [p.text for p in opening if p.style.outline == 0][:1]
    return (*styled, *(p.text for p in large), *outermost)


class _Document:
    """A package while it is read: styles, lists and notes have their say in every paragraph."""

    def __init__(self, package: zipfile.ZipFile) -> None:
        self._package = package
        self._body = self._part("word/document.xml")
        self._styles = _styles(self._part("word/styles.xml", optional=True))
        self._numbering = Numbering(self._part("word/numbering.xml", optional=True))
        self._noted: list[tuple[str, str, str]] = []  # the marks of the notes met, their part and id

    def _part(self, name: str, *, optional: bool = False) -> Element:
        """Parse a part; one that is too large or brings declarations of its own is refused."""
        if optional and name not in self._package.namelist():
            return Element("none")
        if self._package.getinfo(name).file_size > _LARGEST:
            raise ValueError(f"{name} is too large")
        raw = self._package.read(name)
        if b"<!DOCTYPE" in raw[:1000] or b"<!ENTITY" in raw:
            raise ValueError(f"{name} declares entities")
        return ElementTree.fromstring(raw)

    def paragraphs(self) -> Iterator[_Paragraph]:
        """Yield the paragraphs and the rows of tables in text order."""
        body = self._body.find(f"{W}body")
        yield from self._blocks(body if body is not None else self._body)

    def notes(self) -> Iterator[str]:
        """Yield the foot and end notes that the paragraphs read so far refer to."""
        parts = {name: self._part(f"word/{name}.xml", optional=True) for name in ("footnotes", "endnotes")}
        for mark, part, name in list(self._noted):
            for note in parts[part]:
                if note.get(f"{W}id") == name:
                    text = " ".join(p.text for p in self._blocks(note) if p.text)
                    yield f"{mark} {text}".strip()

    def _blocks(self, parent: Element) -> Iterator[_Paragraph]:
        for child in parent:
            if child.tag == f"{W}p":
                yield self._paragraph(child)
            elif child.tag == f"{W}tbl":
                for row in child.iter(f"{W}tr"):
                    yield from self._row(row)
            elif child.tag not in _SKIPPED:
                yield from self._blocks(child)

    def _row(self, row: Element) -> Iterator[_Paragraph]:
        """Yield a row of cells as one paragraph, and one that lays out the page as the paragraphs that it holds."""
        held = [p for cell in row.findall(f"{W}tc") for p in self._blocks(cell) if p.text]
        if sum(len(p.text) for p in held) > _LONG_ROW:
            yield from held
        elif held:
            yield _Paragraph(" ".join(" ".join(p.text for p in held).split()), held[0].style, tabled=True)

    def _paragraph(self, element: Element) -> _Paragraph:
        properties = element.find(f"{W}pPr")
        style = self._style(properties)
        lines = (" ".join(line.split()) for line in "".join(self._words(element)).split("\n"))
        text = "\n".join(line for line in lines if line)
        label = self._numbering.label(*style.number) if style.number and text else ""
        return _Paragraph(f"{label} {text}".strip(), _with_type(style, element))

    def _style(self, properties: Element | None) -> _Style:
        if properties is None:
            return self._styles.get("", _Style())
        style = self._styles.get(value_of(properties, "pStyle"), self._styles.get("", _Style()))
        return _with_properties(style, properties)

    def _words(self, element: Element, raised: bool = False) -> Iterator[str]:
        for child in element:
            if child.tag in _SKIPPED or child.tag.endswith("}Fallback"):
                continue
            if child.tag == f"{W}t":
                yield _superscript(child.text or "") if raised else child.text or ""
            elif child.tag == f"{W}sym":
                yield plain_character(chr(int(child.get(f"{W}char", "20"), 16)))
            elif child.tag in (f"{W}footnoteReference", f"{W}endnoteReference"):
                yield self._note_mark(child)
            elif child.tag == f"{W}r":
                yield from self._words(child, _is_raised(child))
            else:
                yield _BLANKS.get(child.tag, "")
                yield from self._words(child, raised)

    def _note_mark(self, reference: Element) -> str:
        part = "footnotes" if reference.tag == f"{W}footnoteReference" else "endnotes"
        custom = reference.get(f"{W}customMarkFollows") in ("1", "true", "on")
        counted = sum(mark != "*" for mark, _, _ in self._noted) + 1
        mark = "*" if custom else str(counted).translate(_SUPERSCRIPTS)
        self._noted.append((mark, part, reference.get(f"{W}id", "")))
        return "" if custom else mark


def _is_raised(run: Element) -> bool:
    properties = run.find(f"{W}rPr")
    return properties is not None and value_of(properties, "vertAlign") == "superscript"


def _superscript(text: str) -> str:
    return text.translate(_SUPERSCRIPTS) if text.strip().isdecimal() else text


def _with_properties(style: _Style, properties: Element) -> _Style:
    """Add what a paragraph, or a style, says itself."""
    numbered = properties.find(f"{W}numPr")
    if numbered is not None:
        name, depth = value_of(numbered, "numId"), value_of(numbered, "ilvl")
        inherited = style.number or ("", 0)
        number = (name or inherited[0], int(depth) if depth.isdecimal() else inherited[1])
        style = replace(style, number=number if number[0] not in ("", "0") else None)
    outline = value_of(properties, "outlineLvl")
    return replace(style, outline=int(outline) if int(outline) < 9 else None) if outline.isdecimal() else style


def _with_type(style: _Style, paragraph: Element) -> _Style:
    """Take bold and size from the runs where they all agree."""
    runs = [run for run in paragraph.iter(f"{W}r") if any((t.text or "").strip() for t in run.iter(f"{W}t"))]
    given = [_typed(style, run.find(f"{W}rPr")) for run in runs]
    if not given:
        return style
    return replace(style, bold=all(t.bold for t in given), size=max(t.size for t in given))


def _typed(style: _Style, properties: Element | None) -> _Style:
    if properties is None:
        return style
    bold = properties.find(f"{W}b")
    size = value_of(properties, "sz")
    return replace(
        style,
        bold=style.bold if bold is None else bold.get(f"{W}val", "1") not in ("0", "false", "off"),
        size=int(size) if size.isdecimal() else style.size,
    )


def _styles(root: Element) -> dict[str, _Style]:
    """Resolve every paragraph style; "" is the one of paragraphs that name none."""
    elements = {style.get(f"{W}styleId", ""): style for style in root.iter(f"{W}style")}
    defaults = root.find(f"{W}docDefaults/{W}rPrDefault/{W}rPr")
    base = _typed(_Style(), defaults)
    styles = {name: _resolved(name, elements, base) for name in elements}
    default = (n for n, e in elements.items() if e.get(f"{W}default") == "1" and e.get(f"{W}type") == "paragraph")
    return {"": styles.get(next(default, ""), base)} | styles


def _resolved(name: str, elements: dict[str, Element], base: _Style) -> _Style:
    chain: list[Element] = []
    while name in elements and elements[name] not in chain:
        chain.append(elements[name])
        name = value_of(elements[name], "basedOn")
    style = base
    for element in reversed(chain):
        properties = element.find(f"{W}pPr")
        style = style if properties is None else _with_properties(style, properties)
        style = _typed(style, element.find(f"{W}rPr"))
        named = value_of(element, "name").lower()
        heading = re.fullmatch(r"heading ([1-9])", named)
        style = replace(style, title=named == "title", outline=int(heading[1]) - 1 if heading else style.outline)
    return style
