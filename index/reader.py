"""Read files as reports: bytes to text, text to a report. Knows kinds of file, nothing of paragraph numbers."""

import re
from dataclasses import replace
from pathlib import Path
from shlex import quote

from charset_normalizer import from_bytes

from index.clean import HEADING_SIGN
from index.errors import UnreadableFile
from index.formats.source_text import SourceText
from index.jsonl import report_of_lines
from index.report import Report
from index.structure import parse_report

READABLE = (".txt", ".text", ".md", ".markdown", ".jsonl", ".ndjson", ".pdf", ".html", ".htm", ".docx")
LOOKED_AT = (*READABLE, ".doc")  # the last only to say what helps
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_CANDIDATES = ["gb18030", "big5", "cp1251", "cp1252", "cp1256", "koi8_r", "iso8859_5", "iso8859_6"]
_SAMPLE = 200_000  # bytes that the encoding is judged by
_WIDE_SAMPLE = 2000
_SOUND = 0.45  # share of common characters; reports in either script have more than 0.6
_SENSIBLE = re.compile(r"[\t\n\r -~À-ſЀ-ӿ؀-ۿ“”’–—。、《》（），：；]")
_ADVICE = "Save it as plain text in UTF-8, or leave it out."
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.S)
_FIRST_HEADING = re.compile(r"^(?:# |.+\n=+[ \t]*$)", re.M)
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_COMMON_HAN = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通并提直题党程展五果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农指几九区强放决西被干做必战先回则任取据处队南给色光门即保治北造百规热领七海口东导器压志世金增争济阶油思术极交受联什认六共权收证改清己美再采转更单风切打白教速花带安场身车例真务具万每目至达走积示议声报斗完类八离华名确才科张信马节话米整空元况今集温传土许步群广石记需段研界拉林律叫且究观越织装影算低持音众书布复容儿须际商非验连断深难近矿千周委素技备半办青省列习响约支般史感劳便团往酸历市克何除消构府称太准精值号率族维划选标写存候毛亲快效斯院查江型眼王按格养易置派层片始却专状育厂京识适属圆包火住调满县局照参红细引听该铁价严會國發說們這過對個為來時產學經與關後開應體實將議報"
)


def read_report(path: Path, name: str) -> Report:
    """Return the report in a file of a readable kind under the name it is indexed by.

    Raises UnreadableFile, or NotAReport for a file of questions.
    """
    kind = path.suffix.lower()
    if kind in (".jsonl", ".ndjson"):
        source = read_text(path)
        return report_of_lines(name, source.text, encoding=source.encoding, warnings=source.warnings)
    source = _SOURCES.get(kind, read_text)(path)
    report = parse_report(
        name, source.text, encoding=source.encoding, warnings=source.warnings, titles=source.titles, whole=source.whole
    )
    return report if report.passages else replace(report, warnings=(*report.warnings, "it holds no paragraph"))


def _read_markdown(path: Path) -> SourceText:
    source = read_text(path)
    return replace(source, text=strip_markdown(source.text))


def _read_html(path: Path) -> SourceText:
    from index.formats.hypertext import read_html, stated_encoding

    content = _filled(path)
    stated = stated_encoding(content)
    marked = content.startswith(tuple(mark for mark, _ in _MARKS))
    try:
        source = SourceText(content.decode(stated), stated) if stated and not marked else read_text(path)
    except (LookupError, UnicodeDecodeError):
        source = read_text(path)
    return read_html(source)


def _read_docx(path: Path) -> SourceText:
    from index.formats.docx import read_docx

    return read_docx(path, _filled(path))


def _refuse_doc(path: Path) -> SourceText:
    raise UnreadableFile(
        f"{path} is of the old kind of Word document, .doc, which is not read.",
        f"Save it as .docx first: soffice --headless --convert-to docx {quote(str(path))}",
    )


def _read_pdf(path: Path) -> SourceText:
    from index.formats.pdf import read_pdf  # loads pdfium

    return read_pdf(path, _filled(path))


def read_text(path: Path) -> SourceText:
    """Return the text of a file in UTF-8, UTF-16, GB18030 or Big5, or in a common Cyrillic, Arabic or Latin code."""
    content = _filled(Path(path))
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _decode(path, content, encoding)
    if wide := _wide_encoding(content):
        return _decode(path, content, wide)
    if b"\0" in content or _is_binary(content):
        raise UnreadableFile(f"{path} is not text: it holds control characters.", _ADVICE)
    try:
        return _checked(path, SourceText(content.decode("utf-8"), "utf-8"))
    except UnicodeDecodeError:
        return _guess(path, content)


def _filled(path: Path) -> bytes:
    content = _read_bytes(path)
    if not content.strip():
        raise UnreadableFile(f"{path} is empty.", "Put a report into it, or leave it out.")
    return content


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except IsADirectoryError:
        raise UnreadableFile(f"{path} is a folder, not a file.", "Give the files in it.") from None
    except FileNotFoundError:
        raise UnreadableFile(f"{path} does not exist.", "Check the name.") from None
    except PermissionError:
        raise UnreadableFile(f"{path} may not be read by this user.", f"Allow it: chmod u+r {path}") from None
    except OSError as error:
        raise UnreadableFile(
            f"{path} cannot be read: {error.strerror or error}.", "Check the disk and the name."
        ) from None


def _wide_encoding(content: bytes) -> str | None:
    """Recognise UTF-16 without a mark: one of its two byte orders makes letters and signs of common use, the other none."""
    sample = content[:_WIDE_SAMPLE]
    if len(content) % 2 or not (b"\0" in sample or b"\n\0" in content or _is_binary(sample) or not _is_utf8(content)):
        return None
    shares = {code: _sensible(sample.decode(code, errors="replace")) for code in ("utf-16-le", "utf-16-be")}
    best = max(shares, key=lambda code: shares[code])
    return best if shares[best] > 0.6 else None


def _sensible(text: str) -> float:
    return sum(c in _COMMON_HAN or bool(_SENSIBLE.match(c)) for c in text) / max(1, len(text))


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_binary(content: bytes) -> bool:
    sample = content[:_SAMPLE]
    return len(_BINARY.findall(sample)) * 100 > len(sample)


def _decode(path: Path, content: bytes, encoding: str) -> SourceText:
    try:
        return _checked(path, SourceText(content.decode(encoding), encoding.removesuffix("-sig")))
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"{path} begins as {encoding} and breaks off at byte {error.start}.", _ADVICE) from None


def _checked(path: Path, source: SourceText) -> SourceText:
    if not source.text.strip("\ufeff \t\r\n\f"):
        raise UnreadableFile(f"{path} is empty.", "Put a report into it, or leave it out.")
    return source


def _guess(path: Path, content: bytes) -> SourceText:
    """Try the sensible encodings: first UTF-8 with a few broken bytes, then Chinese, then what the library finds."""
    mended = content.decode("utf-8", errors="replace")
    broken = mended.count("\ufffd")
    if broken * 50 < sum(not c.isascii() for c in mended):
        return SourceText(mended, "utf-8", _told_broken(broken))
    chinese = _chinese(content)
    if chinese:
        return chinese
    match = from_bytes(content[:_SAMPLE], cp_isolation=_CANDIDATES).best()
    if match is None:
        raise UnreadableFile(f"{path} is in no encoding that is read here.", _ADVICE)
    text = content.decode(match.encoding, errors="replace")
    return SourceText(text, match.encoding.replace("_", "-"), (f"read as {match.encoding}, which was guessed",))


def _chinese(content: bytes) -> SourceText | None:
    """Judge GB18030 and Big5 by how many of the characters are common ones: bytes alone do not tell, least in short files."""
    best, best_share = None, 0.3
    for encoding in ("gb18030", "big5", "big5hkscs"):
        text = content.decode(encoding, errors="replace")
        wide = [c for c in text if not c.isascii()]
        share = sum(c in _COMMON_HAN or c in "，。、：；（）《》“”" for c in wide) / max(1, len(wide))
        broken = text.count("\ufffd")
        if share > best_share and broken * 50 <= len(wide):
            odd = () if share > _SOUND else (f"read as {encoding}, in which much of it makes no sense",)
            best, best_share = SourceText(text, encoding, _told_broken(broken) + odd), share
    return best


def _told_broken(count: int) -> tuple[str, ...]:
    return (f"{count} broken characters were replaced by \ufffd",) if count else ()


def _stated_title(front: re.Match[str]) -> str:
    """Set the title that the front matter states above a text that has no first heading of its own."""
    title = re.search(r"^title:[ \t]*[\"']?(.+?)[\"']?[ \t]*$", front[0], re.M)
    return f"# {title[1]}\n\n" if title and not _FIRST_HEADING.search(front.string, front.end()) else ""


def strip_markdown(text: str) -> str:
    """Take the marks of Markdown away; a heading keeps its degree as the parser's own sign."""
    text = _FRONT_MATTER.sub(_stated_title, text.replace("\r\n", "\n"), count=1)
    text = re.sub(
        r"^([^\n]+)\n(=+|-{3,})[ \t]*$", lambda m: f"{'#' if m[2][0] == '=' else '##'} {m[1]}", text, flags=re.M
    )
    text = re.sub(r"^(#{1,6})[ \t]+(.+?)[ \t#]*$", lambda m: f"\n{HEADING_SIGN * len(m[1])}{m[2]}\n", text, flags=re.M)
    text = re.sub(r"^[ \t]*```.*$", "", text, flags=re.M)
    text = re.sub(r"!\[([^\]\n]*)\]\([^)\n]*\)|\[([^\]\n]+)\]\([^)\n]*\)", lambda m: m[1] or m[2] or "", text)
    text = re.sub(r"^[ \t]*>[ \t]?", "", text, flags=re.M)
    text = re.sub(r"^[ \t]*[-*+][ \t]+(?=\S)", "• ", text, flags=re.M)
    text = re.sub(r"(\*\*|__)(?=\S)([^*_\n]+?)(?<=\S)\1", r"\2", text)
    text = re.sub(r"(?<![\w*])\*(?=[^\s*])([^*\n]+?)(?<=[^\s*])\*(?![\w*])", r"\1", text)
    text = re.sub(r"`([^`\n]+)`", r"\1", text)
    return re.sub(r"\\([\\`*_{}\[\]()#+\-.!|>])", r"\1", text)


_SOURCES = {
    ".md": _read_markdown,
    ".markdown": _read_markdown,
    ".html": _read_html,
    ".htm": _read_html,
    ".pdf": _read_pdf,
    ".docx": _read_docx,
    ".doc": _refuse_doc,
}
