import json
import os

import pytest

from index.errors import NotAReport, UnreadableFile
from index.reader import read_report, read_text, strip_markdown

CHINESE = "第五十八届会议的报告：大会请秘书长就这一项目提出报告，并说明各国政府在执行工作方面取得的进展。"


def write(tmp_path, content, name="r.txt"):
    path = tmp_path / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("codec", "encoding"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("gb18030", "gb18030"),
    ],
)
def test_encodings_of_chinese(tmp_path, codec, encoding):
    source = read_text(write(tmp_path, CHINESE.encode(codec)))
    assert source.text == CHINESE
    assert source.encoding == encoding


def test_big5(tmp_path):
    text = "大會請秘書長就這個項目提出報告，並說明各國政府在執行工作方面的進展。"
    assert read_text(write(tmp_path, text.encode("big5"))).text == text


def test_short_file_in_gb18030(tmp_path):
    assert read_text(write(tmp_path, "大会的报告".encode("gb18030"))).text == "大会的报告"


def test_utf16_without_a_mark(tmp_path):
    text = "The report of the Secretary-General on the work of the Organization."
    assert read_text(write(tmp_path, text.encode("utf-16-le"))).text == text


WIDE = {
    "zh": CHINESE,
    "ru": "Генеральная Ассамблея приняла решения, которые были предложены Комиссией для всех государств.",
    "ar": "اعتمدت الجمعية العامة المقررات التي اقترحتها اللجنة على جميع الدول الأعضاء في الأمم المتحدة.",
}


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("language", WIDE)
def test_utf16_without_a_mark_in_any_script(tmp_path, language, codec):
    source = read_text(write(tmp_path, WIDE[language].encode(codec)))
    assert (source.text, source.encoding) == (WIDE[language], codec)


@pytest.mark.parametrize(
    ("language", "codec"),
    [("ru", "cp1251"), ("ru", "koi8_r"), ("ru", "iso8859_5"), ("ar", "cp1256"), ("ar", "iso8859_6")],
)
def test_older_codes_are_guessed_and_reported(tmp_path, language, codec):
    source = read_text(write(tmp_path, WIDE[language].encode(codec)))
    assert source.text == WIDE[language]
    assert source.warnings == (f"read as {codec}, which was guessed",)


def test_a_few_broken_bytes_are_a_warning(tmp_path):
    source = read_text(write(tmp_path, CHINESE.encode() * 10 + b"\xff"))
    assert source.encoding == "utf-8"
    assert source.warnings == ("1 broken characters were replaced by \ufffd",)


@pytest.mark.parametrize(
    "content",
    [b"", b"  \n\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf \n", b"PK\x03\x04" + bytes(500), b"ab\x00cd", b"\xff\xfea"],
)
def test_unreadable_content_names_the_file(tmp_path, content):
    path = write(tmp_path, content)
    with pytest.raises(UnreadableFile) as caught:
        read_text(path)
    assert str(path) in caught.value.fact
    assert caught.value.advice


def test_folder_and_missing_file(tmp_path):
    for path in (tmp_path, tmp_path / "no.txt"):
        with pytest.raises(UnreadableFile, match=str(path)):
            read_text(path)


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() == 0, reason="root reads everything")
def test_no_permission(tmp_path):
    path = write(tmp_path, b"text")
    path.chmod(0)
    with pytest.raises(UnreadableFile, match="may not be read"):
        read_text(path)


def test_markdown_headings_become_headings(tmp_path):
    text = "# 年度报告\n\n## 能源\n\n第一段讲**能源**和[水](http://x)。\n\n## 水\n\n第二段讲水。\n"
    report = read_report(write(tmp_path, text.encode(), "r.md"), "r.md")
    assert [(p.headings[-1], p.text) for p in report.passages] == [
        ("能源", "第一段讲能源和水。"),
        ("水", "第二段讲水。"),
    ]


def test_markdown_numbers_stay():
    assert strip_markdown("1. One.\n2. Two `x`.") == "1. One.\n2. Two x."


def test_jsonl_paragraphs_keep_their_ids(tmp_path):
    lines = [
        '{"_id": "E/12", "title": "Water", "text": "See A/58/323."}',
        "not json",
        '{"_id": 7, "text": "Second."}',
        '{"_id": "x"}',
        '{"_id": "7", "text": "again"}',
        "[]",
    ]
    report = read_report(write(tmp_path, "\n".join(lines).encode(), "p.jsonl"), "p.jsonl")
    assert [(p.paragraph, p.sub, p.text, p.headings) for p in report.passages] == [
        ("E/12", None, "See A/58/323.", ("Water",)),
        ("7", None, "Second.", ()),
    ]
    assert report.text == "See A/58/323.\n\nSecond."
    assert all(report.text[p.start : p.end] == p.text for p in report.passages)
    assert [report.text[r.start : r.end] for r in report.references] == ["A/58/323"]
    assert report.warnings == (
        "line 2 is not JSON",
        'line 4 has no "text"',
        'line 5 repeats the "_id" 7',
        "line 6 is not an object",
    )


def test_jsonl_with_half_surrogates_and_deep_lines(tmp_path):
    lines = [
        "[" * 100_000,
        r'{"_id": " 1\ud800 ", "title": "\ud800x", "text": "ok"}',
        '{"_id": 9, "text": "y", "z": ' + "9" * 6000 + "}",
    ]
    report = read_report(write(tmp_path, "\n".join(lines).encode(), "p.jsonl"), "p.jsonl")
    assert [(p.paragraph, p.headings, p.text) for p in report.passages] == [("1?", ("?x",), "ok")]
    assert report.warnings == ("line 1 is not JSON", "line 3 is not JSON")


def test_questions_are_not_a_report(tmp_path):
    with pytest.raises(NotAReport):
        read_report(write(tmp_path, b'{"id": "1", "question": "why?", "relevant": []}', "q.jsonl"), "q.jsonl")


def test_jsonl_without_a_paragraph(tmp_path):
    with pytest.raises(UnreadableFile, match="holds no paragraph"):
        read_report(write(tmp_path, b"nonsense\nmore", "p.jsonl"), "p.jsonl")


def test_a_long_jsonl_is_read_whole(tmp_path):
    lines = [json.dumps({"_id": str(i), "text": f"Some words {i}."}) for i in range(40_000)]
    report = read_report(write(tmp_path, "\n".join(lines).encode(), "p.jsonl"), "p.jsonl")
    assert [passage.paragraph for passage in report.passages] == [str(i) for i in range(40_000)]
    assert report.text[report.passages[-1].start : report.passages[-1].end] == "Some words 39999."


def test_a_few_broken_bytes_in_chinese_are_a_warning(tmp_path):
    content = f"{CHINESE}\n".encode("gb18030") * 10
    source = read_text(write(tmp_path, content[:101] + b"\xff" + content[101:]))
    assert source.encoding == "gb18030"
    assert source.warnings[0].endswith("broken characters were replaced by \ufffd")


def test_two_encodings_in_one_file_are_told(tmp_path):
    source = read_text(write(tmp_path, (CHINESE * 10).encode("gb18030") + (WIDE["ru"] * 10).encode()))
    assert source.warnings[-1] == "read as gb18030, in which much of it makes no sense"


def test_a_title_that_markdown_states(tmp_path):
    front = "---\ntitle: 年度审查\n---\n\n"
    headed = "# 年度报告\n\n## 水\n\n第一段讲水。\n"
    assert read_report(write(tmp_path, f"{front}第一段讲水。\n".encode(), "r.md"), "r.md").title == "年度审查"
    assert read_report(write(tmp_path, (front + headed).encode(), "r.md"), "r.md").title == "年度报告"


def test_a_file_without_a_paragraph_is_told(tmp_path):
    assert read_report(write(tmp_path, b"* * *\n---\n"), "r.txt").warnings == ("it holds no paragraph",)


def test_a_title_that_is_no_text_is_left_out(tmp_path):
    line = '{"_id": "1", "title": {"zh": "x"}, "text": "One."}'
    assert read_report(write(tmp_path, line.encode(), "p.jsonl"), "p.jsonl").passages[0].headings == ()
