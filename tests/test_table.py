"""Passages come back from the table exactly as they went in."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import DamagedIndex
from index.report import Passage, Reference, Report, Structure
from index.table import PassageRow, PassageTable, TableWriter, passage_rows, reference_key

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
ROWS = st.builds(
    PassageRow,
    paragraph=st.sampled_from(["1", "2", "18 bis", "¶ 7"]),
    sub=st.none() | st.sampled_from(["a", "b (i)"]),
    text=TEXTS,
    start=st.integers(0, 2**31 - 1),
    end=st.integers(0, 2**31 - 1),
    headings=st.lists(st.sampled_from(["一. 导言", "A. 背景", "Ocean", ""]), max_size=3).map(tuple),
    lead=st.sampled_from(["", "联合国系统应："]),
    page=st.none() | st.integers(1, 999),
    references=st.lists(TEXTS, max_size=3).map(tuple),
)


def numbered(count: int) -> list[PassageRow]:
    return [
        PassageRow(str(i), None, f"第{i}段", i, i + 5, (f"{i // 100}. 部分", "共同"), "", None, (f"A/{i}",))
        for i in range(count)
    ]


def written(folder: Path, *parts: list[PassageRow]) -> PassageTable:
    folder.mkdir(exist_ok=True)
    writer = TableWriter(folder)
    for part in parts:
        writer.append(part)
    writer.close()
    return PassageTable(folder)


@settings(max_examples=30, deadline=None)
@given(parts=st.lists(st.lists(ROWS, max_size=40), max_size=4))
def test_rows_come_back_as_they_were(tmp_path_factory: pytest.TempPathFactory, parts: list[list[PassageRow]]) -> None:
    table = written(tmp_path_factory.mktemp("t"), *parts)
    rows = [row for part in parts for row in part]
    assert len(table) == len(rows)
    assert list(table.rows(0, len(rows))) == rows
    assert [table.row(i) for i in range(len(rows))] == rows


def test_rows_over_many_batches(tmp_path: Path) -> None:
    rows = numbered(5000)
    table = written(tmp_path / "t", rows[:3], rows[3:2050], rows[2050:])
    assert list(table.rows(1000, 3100)) == rows[1000:3100]
    assert table.row(1023) == rows[1023]
    assert table.row(1024) == rows[1024]
    assert list(table.rows(7, 7)) == []


def test_slices_of_other_tables_are_joined(tmp_path: Path) -> None:
    rows, others = numbered(3000), numbered(1500)
    one, two = written(tmp_path / "1", rows), written(tmp_path / "2", others)
    (tmp_path / "3").mkdir()
    writer = TableWriter(tmp_path / "3")
    writer.append_slice(two, 100, 1400)
    writer.append(rows[:5])
    writer.append_slice(one, 0, 3000)
    writer.append_slice(one, 10, 10)
    writer.close()
    joined = PassageTable(tmp_path / "3")
    assert list(joined.rows(0, len(joined))) == others[100:1400] + rows[:5] + rows


def test_the_same_rows_give_the_same_bytes_however_they_come(tmp_path: Path) -> None:
    rows = numbered(2500)
    written(tmp_path / "1", rows)
    written(tmp_path / "2", rows[:1], rows[1:1300], rows[1300:])
    for path in (tmp_path / "1").iterdir():
        assert path.read_bytes() == (tmp_path / "2" / path.name).read_bytes(), path.name


def test_rows_of_a_paragraph_and_sections(tmp_path: Path) -> None:
    rows = [
        PassageRow("1", None, "x", 0, 1, ("一. 导言",), "", None, ()),
        PassageRow("2", "a", "x", 0, 1, ("二. 海洋", "A. Energy"), "", None, ()),
        PassageRow("2", "b", "x", 0, 1, ("二. 海洋", "B. 淡水"), "", None, ()),
        PassageRow("2", None, "x", 0, 1, (), "", None, ()),
        PassageRow("3", None, "x", 0, 1, ("一. 导言",), "", None, ()),
    ]
    table = written(tmp_path / "t", rows)
    assert table.rows_of_paragraph(0, 5, "2") == [1, 2, 3]
    assert table.rows_of_paragraph(2, 4, "2") == [2, 3]
    assert table.rows_of_paragraph(0, 5, "9") == []
    assert table.sections(0, 5) == ("一. 导言", "二. 海洋")
    assert table.rows_in_section("海洋").tolist() == [False, True, True, False, False]
    assert table.rows_in_section("energy").tolist() == [False, True, False, False, False]


def test_sections_over_many_trails(tmp_path: Path) -> None:
    rows = [PassageRow("1", None, "x", 0, 1, (f"第{i}节",), "", None, ()) for i in range(3000)]
    assert np.flatnonzero(written(tmp_path / "t", rows).rows_in_section("第2999节")).tolist() == [2999]


def test_references_go_to_the_passages_they_stand_in() -> None:
    text = "甲乙丙丁戊己"
    report = Report(
        path="r", text=text, title="", language="zh",
        passages=(Passage("1", None, text[:3], 0, 3), Passage("2", None, text[3:], 3, 6)),
        structure=Structure(True, 2),
        references=(Reference("A/2", "7", 5, 6), Reference("A/1", None, 2, 3), Reference("A/2", "7", 3, 4)),
    )  # fmt: skip
    assert [row.references for row in passage_rows(report)] == [("A/1",), ("A/2", reference_key("A/2", "7"))]


def test_a_flipped_byte_is_damage_where_it_is_read(tmp_path: Path) -> None:
    rows = numbered(5000)
    written(tmp_path / "t", rows)
    path = tmp_path / "t" / "passages.arrow"
    content = bytearray(path.read_bytes())
    content[-3000] ^= 4
    path.write_bytes(content)
    table = PassageTable(tmp_path / "t")
    assert table.row(3) == rows[3]
    with pytest.raises(DamagedIndex, match=r"passages\.arrow"):
        table.row(4990)
