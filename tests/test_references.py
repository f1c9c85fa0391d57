"""A passage is found by the name that it is cited by, and by no other."""

import pytest

from search.references import named_passages

LABELS: dict[str, dict[int, str | None]] = {
    "2": {0: None, 1: "a", 2: "b", 3: "b (i)", 4: "b (ii)"},
    "18": {5: None},
    "foo (bar)": {6: None},
    "（一）": {7: None},
}


@pytest.mark.parametrize(
    ("name", "passages"),
    [
        ("2", [0, 1, 2, 3, 4]),
        ("2 (a)", [1]),
        ("2(A)", [1]),
        ("２（ａ）", [1]),
        ("2 (b)", [2, 3, 4]),
        ("2 (b) (ii)", [4]),
        ("2 (a) (i)", [1]),  # not a passage of its own
        ("2 (z)", []),
        ("2 (b) (v)", []),
        ("18 (b)", [5]),  # the paragraph is one passage
        ("18 (b) (i)", [5]),
        ("19", []),
        ("foo (bar)", [6]),
        ("（一）", [7]),
    ],
)
def test_a_name_means_these_passages(name: str, passages: list[int]) -> None:
    assert named_passages(name, lambda paragraph: LABELS.get(paragraph, {})) == passages
