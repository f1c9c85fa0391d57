"""Pages are written here; what is read of them is what a reader sees of the text."""

import pytest

from index.clean import HEADING_SIGN
from index.formats.hypertext import read_html, stated_encoding
from index.formats.source_text import SourceText
from index.reader import read_report


def read(page):
    return read_html(SourceText(page, "utf-8"))


def lines(page):
    return [line for line in read(page).text.split("\n") if line]


def test_headings_paragraphs_and_lists():
    page = "<h1>Water</h1><p>One &amp; two<br>three.</p><h3>Use</h3><ul><li>a<li>b</ul><ol start=4><li>c</li><li>d</ol>"
    sign = HEADING_SIGN
    assert lines(page) == [f"{sign}Water", "One & two", "three.", f"{sign * 3}Use", "• a", "• b", "4. c", "5. d"]


def test_lists_with_letters_and_roman_numbers():
    page = "<ol type=a><li>x<li>y</ol><ol type=i><li>x<li value=4>y</ol><ol type=A><li>z</ol>"
    assert lines(page) == ["(a) x", "(b) y", "(i) x", "(iv) y", "A. z"]


def test_what_is_no_text_is_left_out():
    page = (
        "<head><title>T</title><style>p{}</style></head><nav>menu</nav><script>if (a < b) x()</script><p>Text.</p>"
        "<aside>ad</aside><p hidden>no</p><p style='display: none'>no</p>"
        "<div role=navigation>no</div><footer>f</footer>"
    )
    assert lines(page) == ["Text."]


def test_only_the_main_part_is_read_where_there_is_one():
    assert lines("<div>site</div><main><p>Text.</p></main><p>end</p>") == ["Text."]
    assert lines("<div>site</div><div role='main'><p>Text.</p></div><p>end</p>") == ["Text."]


def test_a_head_that_is_not_closed_hides_nothing():
    assert lines("<html><head><title>T</title><body><p>Text.</p>") == ["Text."]


def test_marked_sections_are_passed_over():
    assert lines("<p>One<![if !supportLists]> and<![endif]> two.</p><![unknown[<p>Three.</p>") == [
        "One and two.",
        "Three.",
    ]


def test_tables_are_read_row_by_row():
    page = "<table><tr><th>Country<th>Year<tr><td><p>Chad</p></td><td>2003</td></tr></table>"
    assert lines(page) == ["Country Year", "Chad 2003"]


def test_a_table_that_lays_out_the_page_gives_its_paragraphs():
    long = "A sentence of some length. " * 40
    assert lines(f"<table><tr><td><p>{long}</p><p>{long}</p></td></tr></table>") == [long.strip()] * 2


def test_footnote_marks_are_raised_and_other_raised_words_are_not():
    page = "<p>Decided.<sup><a href='#n'>[12]</a></sup> The 5<sup>th</sup> of CO<sub>2</sub>.</p>"
    assert lines(page) == ["Decided.¹² The 5th of CO2."]


@pytest.mark.parametrize(
    ("page", "title"),
    [
        ("<title>Water | Agency</title><h1>Water and energy</h1>", "Water and energy"),
        ("<title>Water report | Agency</title><h1>1. One</h1><h1>2. Two</h1>", "Water report"),
        ("<title>Water report</title><p>Text.</p>", "Water report"),
    ],
)
def test_the_title(page, title):
    assert read(page).titles[0] == title


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        (b'<meta charset="gb2312">', "gb18030"),
        (b"<meta http-equiv=Content-Type content='text/html; charset=windows-1251'>", "windows-1251"),
        (b'<?xml version="1.0" encoding="ISO-8859-1"?>', "cp1252"),
        (b"<p>none</p>", None),
    ],
)
def test_the_stated_encoding(head, encoding):
    assert stated_encoding(head) == encoding


PAGE = "<html><head><meta charset='{}'><title>{}</title></head><body><h1>{}</h1><p>{}</p></body></html>"


@pytest.mark.parametrize(
    ("stated", "written", "read_as"),
    [
        ("gb2312", "gb18030", "gb18030"),
        ("utf-8", "utf-8", "utf-8"),
        ("big5", "utf-8-sig", "utf-8"),
        ("x-no", "utf-8", "utf-8"),
    ],
)
def test_a_report(tmp_path, stated, written, read_as):
    sentence = "大会请秘书长就这一项目提出报告，并说明各国政府在执行工作方面取得的进展。"
    path = tmp_path / "r.html"
    path.write_bytes(PAGE.format(stated, "水", "水与能源", sentence).encode(written))
    report = read_report(path, "r.html")
    assert (report.title, report.encoding, report.language) == ("水与能源", read_as, "zh")
    assert [p.text for p in report.passages] == [sentence]


def test_paragraphs_without_a_full_stop_stay_apart(tmp_path):
    path = tmp_path / "r.htm"
    first = "The first paragraph of the report goes on for longer than headings do, " * 3 + "and names its source {1.2}"
    path.write_text(f"<h1>Water</h1><p>{first}</p><p>A second one follows.</p>", encoding="utf-8")
    assert [p.text for p in read_report(path, "r.htm").passages] == [first, "A second one follows."]
