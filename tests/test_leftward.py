import pytest

from index.formats.leftward import in_logical_order, is_leftward


@pytest.mark.parametrize(
    ("printed", "written"),
    [
        ("النص", "النص"),
        ("القرار 072/75 باء", "القرار 57/270 باء"),
        ("عام 3002 و 4002", "عام 2003 و 2004"),
        ("الوثيقة )323/85/A(.", "الوثيقة (A/58/323)."),
        ("لجنة setatS rebmeM الدول", "لجنة Member States الدول"),
        ("الفقرة ٢١", "الفقرة ١٢"),
        ("", ""),
    ],
)
def test_lines_seen_from_the_right(printed, written):
    assert in_logical_order(printed) == written


def test_scripts():
    assert [is_leftward(c) for c in "عשA1 "] == [True, True, False, False, False]
