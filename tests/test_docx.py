"""Word documents are packed here, part by part; what is read of them is what Word shows."""

import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from index.clean import HEADING_SIGN
from index.errors import UnreadableFile
from index.formats.docx import read_docx
from index.reader import read_report

NAMESPACE = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
STYLES = """
<w:docDefaults><w:rPrDefault><w:rPr><w:sz w:val="20"/></w:rPr></w:rPrDefault></w:docDefaults>
<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>
<w:style w:type="paragraph" w:styleId="Head"><w:name w:val="heading 2"/><w:rPr><w:b/></w:rPr></w:style>
<w:style w:type="paragraph" w:styleId="Sub"><w:basedOn w:val="Head"/><w:name w:val="Own"/>
  <w:pPr><w:outlineLvl w:val="2"/></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="Single"><w:name w:val="Single"/>
  <w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>
"""
NUMBERING = """
<w:abstractNum w:abstractNumId="7">
  <w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>
  <w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="(%2)"/></w:lvl>
  <w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="lowerRoman"/><w:lvlText w:val="%1.%3"/></w:lvl>
</w:abstractNum>
<w:abstractNum w:abstractNumId="8">
  <w:lvl w:ilvl="0"><w:start w:val="3"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="%1、"/></w:lvl>
  <w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="bullet"/><w:lvlText w:val="&#xf0b7;"/></w:lvl>
</w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num>
<w:num w:numId="2"><w:abstractNumId w:val="8"/></w:num>
<w:num w:numId="3"><w:abstractNumId w:val="7"/>
  <w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>
"""


def p(words, *, style="", number=None, depth=0, run="", outline=""):
    """Return a paragraph; `words` may hold markup of Word's own."""
    listed = f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{number}"/></w:numPr>' if number is not None else ""
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    runs = words if words.startswith("<") else f"<w:r><w:rPr>{run}</w:rPr><w:t>{words}</w:t></w:r>"
    return f"<w:p><w:pPr>{named}{listed}{outline}</w:pPr>{runs}</w:p>"


def table(*rows):
    cells = ("".join(f"<w:tc>{p(cell)}</w:tc>" for cell in row) for row in rows)
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"


def docx(*blocks, **parts):
    """Return a Word document; further parts are given by their names."""
    given = {"styles": STYLES, "numbering": NUMBERING, "document": f"<w:body>{''.join(blocks)}</w:body>"} | parts
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as package:
        for name, content in given.items():
            whole = content if content.startswith("<?xml") else f"<w:part {NAMESPACE}>{content}</w:part>"
            package.writestr(f"word/{name}.xml", whole)
    return packed.getvalue()


def lines(*blocks, **parts):
    text = read_docx(Path("r.docx"), docx(*blocks, **parts)).text
    return [line for line in text.split("\n") if line]


def test_automatic_numbers_are_counted():
    blocks = [p("One.", number=1), p("Aye.", number=1, depth=1), p("Bee.", number=1, depth=1)]
    blocks += [p("Two.", style="Single"), p("Aye again.", number=1, depth=1), p("Deep.", number=1, depth=2)]
    blocks += [p("None.", style="Single", number=0)]
    assert lines(*blocks) == ["1. One.", "(a) Aye.", "(b) Bee.", "2. Two.", "(a) Aye again.", "2.i Deep.", "None."]


def test_lists_that_begin_anew_and_lists_in_chinese():
    blocks = [p("One.", number=1), p("Anew.", number=3), p("On.", number=3), p("能源。", number=2)]
    blocks += [p("A dot.", number=2, depth=1)]
    assert lines(*blocks) == [
        "1. One.",
        "1. Anew.",
        "2. On.",
        "三、 能源。",
        "• A dot.",
    ]


def test_headings_by_style_by_outline_and_by_type():
    prose = "The first long paragraph of the report, which ends what stands before the text."
    blocks = [p("Head", style="Head"), p("Sub", style="Sub"), p(prose), p("Bold", run="<w:b/>"), p("Plain.")]
    blocks += [p("A bold sentence.", run="<w:b/>"), p("Not bold", style="Sub", run='<w:b w:val="0"/>')]
    signed = [(len(line) - len(line.lstrip(HEADING_SIGN)), line.lstrip(HEADING_SIGN)) for line in lines(*blocks)]
    assert signed == [
        (2, "Head"), (3, "Sub"), (0, prose), (8, "Bold"), (0, "Plain."), (0, "A bold sentence."), (3, "Not bold"),
    ]  # fmt: skip


def test_what_was_deleted_is_not_read_and_what_was_inserted_is():
    runs = "<w:r><w:t>a</w:t></w:r><w:del><w:r><w:delText>b</w:delText></w:r></w:del>"
    runs += "<w:ins><w:r><w:t>c</w:t></w:r></w:ins>"
    fields = "<w:r><w:instrText>PAGE</w:instrText></w:r><w:hyperlink><w:r><w:t>d</w:t></w:r></w:hyperlink>"
    marks = '<w:r><w:noBreakHyphen/><w:t>e</w:t><w:softHyphen/><w:t>f</w:t><w:tab/><w:sym w:char="F0B7"/></w:r>'
    assert lines(p(runs + fields + marks)) == ["acd-ef •"]


def test_tables_are_read_row_by_row():
    assert lines(table(("Country", "Year"), ("Chad", "2003"))) == ["Country Year", "Chad 2003"]


def test_a_table_that_lays_out_the_page_gives_its_paragraphs():
    long = "A sentence of some length. " * 40
    assert lines(table((long, long))) == [long.strip()] * 2


def test_notes_stand_at_the_end():
    mark = '<w:r><w:t>Text.</w:t></w:r><w:r><w:{}Reference w:id="{}"/></w:r>'
    note = '<w:{} w:id="{}"><w:p><w:r><w:t>See {}.</w:t></w:r></w:p></w:{}>'
    found = lines(
        p(mark.format("footnote", 5)),
        p(mark.format("endnote", 2)),
        footnotes=note.format("footnote", 5, "A/58/1", "footnote"),
        endnotes=note.format("endnote", 2, "A/58/2", "endnote"),
    )
    assert found == ["Text.¹", "Text.²", "Notes", "¹ See A/58/1.", "² See A/58/2."]


def test_a_report(tmp_path):
    path = tmp_path / "A_58_7.docx"
    front = [table(("United Nations", "A/58/7")), p("Water and energy", run='<w:b/><w:sz w:val="28"/>')]
    body = [p("The first paragraph is about water.", number=1), p("The second is about energy.", number=1)]
    path.write_bytes(docx(*front, p("Report of the Secretary-General"), *body))
    report = read_report(path, path.name)
    assert (report.title, report.symbol, report.encoding) == ("Water and energy", "A/58/7", "docx")
    assert [(q.paragraph, q.text) for q in report.passages] == [
        ("1", "The first paragraph is about water."),
        ("2", "The second is about energy."),
    ]


BOMB = f'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "aaaa">]><w:part {NAMESPACE}>&a;</w:part>'


@pytest.mark.parametrize(
    ("content", "fact"),
    [
        (b"PK\x03\x04 cut off", "is no Word document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "is no Word document"),
        (docx(document="<w:body"), "is no Word document"),
        (docx(document=BOMB), "is no Word document"),
        (docx(), "holds no text"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_line(content, fact):
    with pytest.raises(UnreadableFile, match=fact) as caught:
        read_docx(Path("r.docx"), content)
    assert caught.value.advice
    assert "\n" not in str(caught.value)


def test_the_old_kind_is_told_what_helps(tmp_path):
    path = tmp_path / "r.doc"
    path.write_bytes(b"\xd0\xcf\x11\xe0")
    with pytest.raises(UnreadableFile, match=r"\.doc, which is not read.*--convert-to docx"):
        read_report(path, "r.doc")
