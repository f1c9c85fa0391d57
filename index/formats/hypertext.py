"""Read HTML: headings, paragraphs, list items and rows of tables as lines. Nothing is fetched or run."""

import re
from dataclasses import dataclass
from html.parser import HTMLParser

from index.clean import HEADING_SIGN
from index.formats.numerals import letters, roman
from index.formats.source_text import SourceText

_MUTE = frozenset(
    "head script style noscript template nav aside footer button select textarea svg math canvas iframe object "
    "audio video dialog menu".split()
)
_MUTE_ROLES = frozenset("navigation complementary contentinfo search banner dialog".split())
_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
_BLOCKS = frozenset(
    "address article blockquote body caption center dd details div dl dt fieldset figcaption figure form "
    "h1 h2 h3 h4 h5 h6 header hr li main ol p pre section summary table tbody tfoot thead tr ul".split()
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_LONG_ROW = 1500  # characters; a longer row belongs to a table that lays out the page
_MARKED_SECTION = re.compile(r"<!\[[^>]*>?")  # a comment by the standard; the parser stumbles over it
_CHARSET = re.compile(rb"<(?:meta|\?xml)[^>]*?(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:-]+)", re.I)
_HEAD = 4096  # bytes within which a page states its encoding


def stated_encoding(content: bytes) -> str | None:
    """Return the encoding that the head of a page states, under the name of the wider code where one includes it."""
    match = _CHARSET.search(content[:_HEAD])
    name = match[1].decode("ascii").lower() if match else None
    wider = {"gb2312": "gb18030", "gbk": "gb18030", "iso-8859-1": "cp1252", "us-ascii": "cp1252", "utf8": "utf-8"}
    return wider.get(name, name) if name else None


def read_html(source: SourceText) -> SourceText:
    """Return the text of a page without its navigation; headings keep their degree as the parser's own sign."""
    page = _Page(only_main=bool(re.search(r"<main[\s>]|role\s*=\s*[\"']?main", source.text, re.I)))
    page.feed(_MARKED_SECTION.sub("", source.text))
    page.close()
    page.end()
    named = re.split(r"\s[|—–·»]\s", " ".join(page.title.split()))[:1]
    titles = (*page.headings, *named) if len(page.headings) == 1 else (*named, *page.headings)
    text, titles = "".join(page.lines), tuple(title for title in titles if title)
    return SourceText(text, source.encoding, source.warnings, titles, whole=True)


@dataclass(frozen=True, slots=True)
class _Tag:
    """An open tag: whether it mutes what it holds, or holds what the page is about."""

    name: str
    mute: bool
    main: bool


@dataclass(slots=True)
class _List:
    """A list while it is read; a bulleted one has the kind ""."""

    kind: str
    next: int


class _Page(HTMLParser):
    """Collects lines while it is fed; `lines` hold line ends and headings' signs."""

    def __init__(self, *, only_main: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self.headings: list[str] = []  # of the first degree
        self.title = ""
        self.only_main = only_main
        self.open: list[_Tag] = []
        self.rows: list[list[str]] = []  # of tables, the blocks of each
        self.lists: list[_List] = []
        self.words: list[str] = []
        self.mark = ""  # of the list item that begins

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a block where the tag does, and remember what is not to be read."""
        given = dict(attrs)
        if tag == "br":
            self.words.append("\n")
        if tag in _BLOCKS:
            self.end_block()
            if tag == "tr":
                self._end_open_row()
            self.open = [opened for opened in self.open if opened.name != "head"]  # which may be left open
        if tag in _VOID:
            return
        role = (given.get("role") or "").lower()
        self.open.append(_Tag(tag, _is_mute(tag, role, given), tag == "main" or role == "main"))
        if tag == "tr":
            self.rows.append([])
        elif tag in ("ol", "ul"):
            kind = (given.get("type") or "1") if tag == "ol" else ""
            self.lists.append(_List(kind, _whole(given.get("start"), 1)))
        elif tag == "li":
            self._begin_item(given)
        elif tag in ("td", "th"):
            self.end_block()

    def handle_endtag(self, tag: str) -> None:
        """End what the tag ends, unclosed tags within it included; an end without a beginning is passed over."""
        if all(opened.name != tag for opened in self.open):
            return
        if tag in _BLOCKS or tag in ("td", "th"):
            self.end_block(tag)
        if tag in ("table", "tbody", "thead", "tfoot"):
            self._end_open_row()
        while self.open.pop().name != tag:
            pass
        if tag == "tr" and self.rows:
            self._end_row(self.rows.pop())
        elif tag in ("ol", "ul") and self.lists:
            self.lists.pop()

    def handle_data(self, data: str) -> None:
        """Take words in, numbers that are raised as superscripts."""
        tags = [opened.name for opened in self.open]
        if "title" in tags and "svg" not in tags:
            self.title += data
        elif not any(tag.mute for tag in self.open) and (not self.only_main or any(tag.main for tag in self.open)):
            raised = "sup" in tags and data.strip(" []()").isdecimal() and data.isascii()
            self.words.append(data.strip(" []()").translate(_SUPERSCRIPTS) if raised else _plain(data, "pre" in tags))

    def end(self) -> None:
        """Write what is still open."""
        self.end_block()
        while self.rows:
            self._end_row(self.rows.pop())

    def end_block(self, tag: str = "") -> None:
        """Write the words since the last block as lines of their own."""
        lines = [" ".join(line.split()) for line in "".join(self.words).split("\n")]
        text = "\n".join(line for line in lines if line)
        self.words = []
        if not text:
            return
        if re.fullmatch(r"h[1-6]", tag):
            text = " ".join(text.split("\n"))
            if tag == "h1":
                self.headings.append(text)
            self._write(f"{HEADING_SIGN * int(tag[1])}{text}")
        else:
            self._write(self.mark + text)
        self.mark = ""

    def _write(self, block: str) -> None:
        if self.rows:
            self.rows[-1].append(block)
        else:
            self.lines.append(f"\n{block}\n")

    def _end_open_row(self) -> None:
        """End a row of the innermost table that has no end of its own."""
        names = [opened.name for opened in self.open]
        within = names[max((i for i, name in enumerate(names) if name == "table"), default=0) :]
        if "tr" in within:
            self.handle_endtag("tr")

    def _end_row(self, blocks: list[str]) -> None:
        """Write a row of cells as one line, and one that lays out the page as the blocks that it holds."""
        lays_out = sum(map(len, blocks)) > _LONG_ROW or any(block.startswith(HEADING_SIGN) for block in blocks)
        for block in blocks if lays_out else [" ".join(" ".join(blocks).split())]:
            if block:
                self._write(block)

    def _begin_item(self, given: dict[str, str | None]) -> None:
        if not self.lists:
            return
        current = self.lists[-1]
        number = _whole(given.get("value"), current.next)
        current.next = number + 1
        self.mark = _item_mark(current.kind, number)


def _is_mute(tag: str, role: str, given: dict[str, str | None]) -> bool:
    return tag in _MUTE or role in _MUTE_ROLES or "hidden" in given or bool(_HIDDEN.search(given.get("style") or ""))


def _plain(data: str, preformatted: bool) -> str:
    return data if preformatted else re.sub(r"\s+", " ", data)


def _whole(value: str | None, otherwise: int) -> int:
    return int(value) if value and value.strip().isdecimal() and 0 < int(value) < 400 else otherwise


def _item_mark(kind: str, number: int) -> str:
    written = {"a": f"({letters(number)})", "A": f"{letters(number).upper()}."}
    written |= {"i": f"({roman(number)})", "I": f"{roman(number).upper()}.", "": "•"}
    return f"{written.get(kind, f'{number}.')} "
