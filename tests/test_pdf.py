"""PDF files are written here, byte by byte; what is read of them is what a person reads on the page."""

from pathlib import Path

import pytest

from index.errors import UnreadableFile
from index.formats.pdf import read_pdf
from index.reader import read_report

BODY, BOLD, CHINESE = "F1", "F2", "F3"
FONTS = (
    "/F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >> "
    "/F2 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >> "
    "/F3 << /Type /Font /Subtype /Type0 /BaseFont /SimSun /Encoding /UniGB-UCS2-H /DescendantFonts [ << /Type /Font "
    "/Subtype /CIDFontType0 /BaseFont /SimSun /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> "
    "/DW 1000 /FontDescriptor << /Type /FontDescriptor /FontName /SimSun /Flags 4 /FontBBox [0 -200 1000 900] "
    "/ItalicAngle 0 /Ascent 900 /Descent -200 /CapHeight 700 /StemV 80 >> >> ] >> "
)


def text(x, y, words, size=10, font=BODY):
    """Return the operators that paint words at a place."""
    shown = f"<{words.encode('utf-16-be').hex()}>" if font == CHINESE else f"({words})"
    return f"BT /{font} {size} Tf {x} {y} Td {shown} Tj ET\n"


def pdf(*pages, page="", trailer=""):
    """Return a PDF of pages of operators; `page` and `trailer` are further entries of their dictionaries."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", ""]
    for operators in pages:
        stream = operators.encode("cp1252")
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream.decode('cp1252')}endstream")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents {len(objects)} 0 R "
            f"/Resources << /Font << {FONTS} >> >> {page} >>"
        )
    kids = " ".join(f"{number} 0 R" for number in range(4, len(objects) + 1, 2))
    objects[1] = f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>"
    written, places = b"%PDF-1.5\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(written))
        written += f"{number} 0 obj\n{body}\nendobj\n".encode("cp1252")
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n"
    end += f"<< /Size {len(objects) + 1} /Root 1 0 R {trailer} >>\nstartxref\n{len(written)}\n%%EOF\n"
    return written + end.encode()


def lines(*pages):
    return read_pdf(Path("r.pdf"), pdf(*pages)).text


def prose(x, top, *rows, leading=12):
    return "".join(text(x, top - leading * i, row) for i, row in enumerate(rows))


def test_lines_gaps_and_pages():
    first = prose(100, 600, "1. The first paragraph has two", "lines of print.") + prose(100, 558, "2. The second one.")
    assert lines(first, text(100, 600, "On the next page.")) == (
        "1. The first paragraph has two\nlines of print.\n\n2. The second one.\n\fOn the next page.\n\f"
    )


def test_a_number_that_hangs_is_in_the_line_of_its_paragraph():
    assert lines(text(100, 600, "12.") + text(124, 600, "The paragraph.")) == "12. The paragraph.\n\f"


def test_columns_painted_row_by_row_are_read_one_after_the_other():
    left = [f"The left column of the page, row {n}," for n in range(8)]
    right = [f"and the right column beside it, {n}," for n in range(8)]
    painted = "".join(text(60, 600 - 12 * n, left[n]) + text(330, 600 - 12 * n, right[n]) for n in range(8))
    assert [line for line in lines(painted).split("\n") if line.strip("\f")] == left + right


def test_the_cells_of_a_table_stay_in_their_row():
    painted = "".join(text(60, 600 - 12 * n, f"Country {n}") + text(330, 600 - 12 * n, f"{n}") for n in range(8))
    assert lines(painted).startswith("Country 0 0\nCountry 1 1\n")


def test_rows_painted_in_disorder_are_sorted():
    rows = [f"The row of number {n} is here." for n in range(12)]
    painted = "".join(text(60, 600 - 12 * n, rows[n]) for n in reversed(range(12)))
    assert lines(painted).split("\n")[:12] == rows


def test_footnote_marks_are_raised():
    painted = text(60, 600, "The Assembly decided.") + text(160, 604, "12", size=6)
    painted += text(60, 80, "12", size=6) + text(68, 77, "See A/58/1.", size=8)
    assert lines(painted) == "The Assembly decided.¹²\n\n¹² See A/58/1.\n\f"


def test_running_heads_go_and_symbols_stay():
    page = [text(60, 770, "Annual report of the Agency") + text(520, 770, "A/58/1") + text(60, 30, f"{n} | Page")
            + text(60, 600, f"The text of page {n}.") for n in range(1, 5)]  # fmt: skip
    assert lines(*page) == "".join(f"A/58/1\n\nThe text of page {n}.\n\f" for n in range(1, 5))


def test_words_cut_by_the_end_of_a_line_are_mended_and_compounds_stay():
    cut = prose(60, 700, *[half for n in "abcdefg" for half in (f"Agencies {n} imple-", "ment the plan.")])
    assert lines(cut).startswith("Agencies a implement\nthe plan.\nAgencies b implement\n")
    assert lines(prose(60, 600, "A long-", "term plan.")) == "A long-term\nplan.\n\f"


def test_chinese_has_no_blanks_between_characters():
    painted = text(60, 600, "大会请秘书长", font=CHINESE) + text(123, 600, "提出报告。", font=CHINESE)
    assert lines(painted) == "大会请秘书长提出报告。\n\f"


def test_turned_pages_are_read_upright():
    turned = "BT /F1 10 Tf 0 1 -1 0 300 100 Tm (A table that lies) Tj ET\n"
    turned += "BT /F1 10 Tf 0 1 -1 0 312 100 Tm (on its side.) Tj ET\n" + text(60, 30, "7")
    assert lines(turned) == "A table that lies\non its side.\n\f"


def test_headings_and_the_title_are_told_by_their_type(tmp_path):
    first = text(60, 700, "Water and", size=16, font=BOLD) + text(60, 682, "energy", size=16, font=BOLD)
    first += text(60, 640, "Report of the Secretary-General", size=12, font=BOLD)
    first += prose(60, 600, "A line of prose that is long enough to end what stands", "before the text.")
    second = text(60, 700, "Findings of the", font=BOLD) + text(60, 688, "review", font=BOLD)
    second += prose(60, 664, "The review found that water is scarce.")
    path = tmp_path / "A_58_9.en.pdf"
    path.write_bytes(pdf(first, second + text(60, 600, "The end of the report has come.")))
    report = read_report(path, path.name)
    assert (report.title, report.symbol, report.encoding) == ("Water and energy", "A/58/9", "pdf")
    assert [(p.page, p.headings, p.text) for p in report.passages] == [
        (1, (), "A line of prose that is long enough to end what stands before the text."),
        (2, ("Findings of the review",), "The review found that water is scarce."),
        (2, ("Findings of the review",), "The end of the report has come."),
    ]


def test_pages_without_text_are_named():
    source = read_pdf(Path("r.pdf"), pdf(text(60, 600, "Words."), "", ""))
    assert source.warnings == ("2 of 3 pages hold no text: 2, 3",)


@pytest.mark.parametrize(
    ("content", "fact"),
    [
        (pdf("", ""), "holds no text: its pages are pictures, 2 in all"),
        (b"%PDF-1.4 cut off", "is no PDF or a damaged one"),
        (b"nothing of the kind", "is no PDF or a damaged one"),
        (
            pdf(
                text(60, 600, "Secret."),
                trailer="/ID [<00> <00>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <" + "11" * 32 + "> "
                "/U <" + "22" * 32 + "> >>",
            ),
            "is locked with a password",
        ),
    ],
)
def test_what_cannot_be_read_is_told_in_one_line(content, fact):
    with pytest.raises(UnreadableFile, match=fact) as caught:
        read_pdf(Path("r.pdf"), content)
    assert caught.value.fact.startswith("r.pdf ")
    assert caught.value.advice
    assert "\n" not in str(caught.value)
