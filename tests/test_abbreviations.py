"""Short forms that a report defines for its long names."""

import pytest

from index.abbreviations import find_abbreviations


@pytest.mark.parametrize(
    ("text", "short", "full"),
    [
        ("联合国系统行政首长协调理事会（行政首长协调会）就此", "行政首长协调会", "联合国系统行政首长协调理事会"),
        ("由联合国贸易和发展会议（贸发会议）编写", "贸发会议", "联合国贸易和发展会议"),
        ("经济及社会理事会（以下简称“经社理事会”）", "经社理事会", "经济及社会理事会"),
        ("the Commission on Sustainable Development (CSD) met", "CSD", "Commission on Sustainable Development"),
        ("Комиссия по устойчивому развитию (КУР)", "КУР", "Комиссия по устойчивому развитию"),
    ],
)
def test_a_definition_gives_the_short_form_and_its_whole_name(text: str, short: str, full: str) -> None:
    assert [(a.short, a.full) for a in find_abbreviations(text)] == [(short, full)]


@pytest.mark.parametrize(
    "text", ["厂长（经理）负责", "项目（工程项目）", "the report (see annex)", "paragraph (a) and (ii)", ""]
)
def test_other_brackets_define_nothing(text: str) -> None:
    assert find_abbreviations(text) == ()


def test_the_first_of_two_definitions_counts() -> None:
    found = find_abbreviations("联合国贸易和发展会议（贸发会议）。联合国世界贸易发展大会议（贸发会议）。")
    assert [a.full for a in found] == ["联合国贸易和发展会议"]
