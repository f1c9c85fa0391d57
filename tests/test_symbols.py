import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.symbols import find_references, normal_symbol, symbol_of_file, symbols_in

B39 = [("A/RES/57/270 B", "39")]


def named(text):
    return [(r.symbol, r.paragraph) for r in find_references(text)]


@pytest.mark.parametrize(
    "text",
    [
        "57/270 B para 39",
        "resolution 57/270 B, par. 39",
        "第 57/270 B 号决议第 39 段",
        "第57/270B号决议，第39段",
        "大会决议57/270 B，第39段",
        "in paragraph 39 of General Assembly resolution 57/270 B",
        "la résolution 57/270 B, par. 39",
        "au paragraphe 39 de la résolution 57/270 B",
        "la résolution 57/270 B de l’Assemblée générale, par. 39",
        "párrafo 39 de la resolución 57/270 B",
        "resolución 57/270 B, párr. 39",
        "резолюция 57/270 B, пункт 39",
        "в пункте 39 резолюции 57/270 В",
        "القرار 57/270 باء، الفقرة 39",
        "الفقرة 39 من قرار الجمعية العامة 57/270 باء",
        "A/RES/57/270 B, para. 39",
        "A/RES/57/270B第39段",
        "第 ５７／２７０ B 号决议第 39 段",
    ],
)
def test_one_paragraph_has_one_form_in_every_language(text):
    assert named(text) == B39


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("57/270 B", ["A/RES/57/270 B"]),
        ("第57/141号决议", ["A/RES/57/141"]),
        ("2003/61", ["E/RES/2003/61"]),
        ("第58/554号决定", ["A/DEC/58/554"]),
        ("decision 2004/201", ["E/DEC/2004/201"]),
        ("Security Council resolution 1325 (2000)", ["S/RES/1325 (2000)"]),
        ("第1325(2000)号决议", ["S/RES/1325 (2000)"]),
        ("resolution 2625 (XXV)", ["A/RES/2625 (XXV)"]),
        ("resolution S-26/2", ["A/RES/S-26/2"]),
        ("Human Rights Council resolution 16/21", ["A/HRC/RES/16/21"]),
        ("（见 A/56/326, A/57/270 和 A/58/323）", ["A/56/326", "A/57/270", "A/58/323"]),
        (
            "第 50/227、48/162、45/264 号决议以及经社理事会第 1995/1 和 2002/2 号决定",
            ["A/RES/50/227", "A/RES/48/162", "A/RES/45/264", "E/RES/1995/1", "E/RES/2002/2"],
        ),
        ("resolutions 57/270 A and B and 50/227", ["A/RES/57/270 A", "A/RES/57/270 B", "A/RES/50/227"]),
        ("A/58/1 and Add.1 and 2", ["A/58/1", "A/58/1/Add.1", "A/58/1/Add.2"]),
        ("A/79/798-S/2025/110", ["A/79/798", "S/2025/110"]),
        ("E/CN.17/2004/1。", ["E/CN.17/2004/1"]),
        ("FCCC/CP/2015/10/Add.1.", ["FCCC/CP/2015/10/Add.1"]),
        ("open 24/7, on 11/09, HIV/AIDS, and/or 3/4", []),
        ("", []),
    ],
)
def test_symbols(text, expected):
    assert sorted(symbol for symbol, _ in named(text)) == sorted(expected)


@pytest.mark.parametrize(
    ("text", "paragraphs"),
    [
        ("第 57/270 B 号决议，第 27(d)）", ["27 (d)"]),
        ("第 57/270 B 号决议第 27(c)段", ["27 (c)"]),
        ("第57/270 B号决议第26段(d)", ["26 (d)"]),
        ("第 57/270 B 号决议第 60 和 61 段", ["60", "61"]),
        ("A/58/359, paras. 18 (b) and 20–22", ["18 (b)", "20", "21", "22"]),
        ("párrafos 60 y 61 de la resolución 57/270 B", ["60", "61"]),
        ("第57/270 B号决议", [None]),
    ],
)
def test_paragraphs_pointed_at(text, paragraphs):
    assert [r.paragraph for r in sorted(find_references(text), key=lambda r: r.paragraph or "")] == paragraphs


def test_file_names_state_symbols():
    assert symbol_of_file("reports/A_58_354.en.pdf") == "A/58/354"
    assert symbol_of_file("S_RES_2775 (2025).en.pdf") == "S/RES/2775 (2025)"
    assert symbol_of_file("E_2025_45_Add.1.en.txt") == "E/2025/45/Add.1"
    assert symbol_of_file("000_fc3021cedd9a0355.txt") is None
    assert symbol_of_file("a_report_2024.txt") is None


def test_normal_form():
    assert normal_symbol("A/RES/57/270B") == "A/RES/57/270 B"
    assert normal_symbol("S/RES/1440(2002)") == "S/RES/1440 (2002)"
    assert symbols_in("* A/58/150。") == ("A/58/150",)


@given(st.text(alphabet="A/58RES123 ()第号决议段 BE.–、和and"))
def test_references_lie_inside_the_text(text):
    for reference in find_references(text):
        assert 0 <= reference.start < reference.end <= len(text)


@pytest.mark.parametrize("between", ["\t", "\x1f"])
def test_no_tab_stands_in_a_symbol(between: str) -> None:
    assert [r.symbol for r in find_references(f"resolution 2625{between}A (XXV)")] == ["A/RES/2625 A (XXV)"]
