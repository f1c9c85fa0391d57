"""The page itself, run by Streamlit's own AppTest over an index of the sample reports."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import search
from index import build_index
from index.errors import DamagedIndex
from search import Answer
from ui.phrases import AR, EN, PHRASES, ZH

ROOT = Path(__file__).parents[1]
SEEDS = sorted((ROOT / "seeds").glob("*.txt"))
ENERGY = "首脑会议为实现可持续能源确定了哪几个重点领域？"
DEBATES = "怎样让大会的辩论更有互动性？"
COOKING = "怎么做红烧肉？"


@pytest.fixture(scope="module")
def seeds_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    index = tmp_path_factory.mktemp("page") / "index"
    build_index(SEEDS, index)
    return index


@pytest.fixture(autouse=True)
def fresh_cache() -> Iterator[None]:
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


@pytest.fixture
def page(seeds_index: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("REPORTSEARCH_INDEX", str(seeds_index))
    return opened("zh")


def opened(ui: str, **link: str | list[str]) -> AppTest:
    """Open the page by a link, without running it yet."""
    page = AppTest.from_file(ROOT / "ui" / "app.py", default_timeout=60)
    page.query_params["ui"] = ui
    for name, value in link.items():
        page.query_params[name] = value
    return page


def link(page: AppTest, name: str) -> list[str]:
    """Return the values of a parameter of the page's address."""
    value = page.query_params[name]
    return [value] if isinstance(value, str) else list(value)


def html(page: AppTest) -> str:
    assert not page.exception, page.exception
    return "\n".join(block.value for block in page.html if not block.value.startswith("<style"))


def cards(page: AppTest) -> list[str]:
    return [block.value for block in page.html if block.value.startswith("<article")]


def button(page: AppTest, label: str) -> AppTest:
    return next(b for b in page.button if b.label == label).click().run()


def panel(page: AppTest, number: int, name: str) -> AppTest:
    """Open a panel of the n-th card."""
    return page.pills[number].set_value(name).run()


def test_the_first_page_offers_questions_and_shows_the_collection(page: AppTest) -> None:
    page.run()
    labels = [b.label for b in page.button]
    assert [q for _, q in ZH.examples_asked] == [label for label in labels if label.endswith("？")]
    assert html(page).count('<ul class="rs-facts">') == len(SEEDS)
    assert not cards(page)


def test_the_first_page_asks_once_unseen_so_that_nobody_waits_for_what_a_first_question_loads(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Event()

    def damaged(*_: object, **__: object) -> None:
        asked.set()
        raise DamagedIndex("One byte is another.", "Rebuild it.")

    monkeypatch.setattr(search.Searcher, "search", damaged)
    page.run()
    assert asked.wait(30)
    assert "One byte is another." not in html(page.run())


def test_a_typed_question_shows_the_paragraph_that_answers_it(page: AppTest) -> None:
    page.run()
    page.text_input(key="q").set_value(ENERGY)
    button(page, ZH.search)
    assert link(page, "q") == [ENERGY]
    assert any("17" in card.split("</span>")[0] for card in cards(page)[:3])
    assert "<mark" in cards(page)[0]


def test_an_example_is_one_click_away_from_its_hits(page: AppTest) -> None:
    page.run()
    button(page, DEBATES)
    assert page.text_input(key="q").value == DEBATES
    assert cards(page)


def test_a_shared_link_shows_the_same_search(page: AppTest) -> None:
    page.query_params["q"] = DEBATES
    page.run()
    again = opened("zh", q=DEBATES).run()
    assert cards(again) == cards(page)
    assert again.text_input(key="q").value == DEBATES


def test_a_filter_narrows_the_hits_and_goes_into_the_address(page: AppTest, seeds_index: Path) -> None:
    page.query_params["q"] = "联合国系统"
    page.run()
    entry = search.open_searcher(seeds_index).reports()[0]
    page.multiselect(key="report").set_value([entry.path]).run()
    assert link(page, "report") == [entry.path]
    assert cards(page)
    assert all(entry.title in card for card in cards(page))
    button(page, ZH.clear)
    assert "report" not in page.query_params
    assert page.multiselect(key="report").value == []


def test_a_filter_that_the_collection_does_not_know_is_named_and_left_out(page: AppTest) -> None:
    page.query_params["q"] = DEBATES
    page.query_params["year"] = ["1066"]
    page.run()
    assert "已忽略：1066" in html(page)
    assert cards(page)


def test_without_a_good_answer_the_closest_are_shown_only_when_asked_for(page: AppTest) -> None:
    page.query_params["q"] = COOKING
    page.run()
    assert ZH.no_answer in html(page)
    assert not cards(page)
    button(page, ZH.closest)
    assert link(page, "closest") == ["1"]
    assert cards(page)
    assert ZH.closest_shown in html(page)


def test_a_question_without_words_is_said_to_hold_none(page: AppTest) -> None:
    page.query_params["q"] = "？！…"
    page.run()
    assert ZH.blank in html(page)
    assert ZH.nothing not in html(page)


def test_the_context_of_a_hit_opens_on_demand(page: AppTest) -> None:
    page.query_params["q"] = DEBATES
    page.run()
    assert "rs-context" not in html(page)
    panel(page, 0, "context")
    assert html(page).count("rs-this") == 1
    assert html(page).count("rs-neighbour") >= 3


def test_related_passages_and_the_citation_open_on_demand(page: AppTest) -> None:
    page.query_params["q"] = DEBATES
    page.run()
    panel(page, 0, "related")
    assert "rs-related" in html(page) or ZH.no_related in html(page)
    panel(page, 0, "cite")
    assert page.code[0].value
    assert "rs-related" not in html(page)


def test_more_hits_are_shown_when_asked_for(page: AppTest) -> None:
    page.query_params["q"] = "联合国系统机构间的协调"
    page.run()
    assert len(cards(page)) == 10
    button(page, ZH.show_more)
    assert len(cards(page)) == 20
    assert link(page, "k") == ["20"]


@pytest.mark.parametrize("language", PHRASES)
def test_the_interface_speaks_the_language_of_the_link(page: AppTest, language: str) -> None:
    page.query_params["ui"] = language
    page.query_params["q"] = ENERGY
    page.run()
    assert PHRASES[language].search in [b.label for b in page.button]
    assert page.selectbox(key="ui").value == language
    assert not page.exception


def test_choosing_a_language_keeps_the_search_and_turns_the_page(page: AppTest) -> None:
    page.query_params["q"] = DEBATES
    page.run()
    page.selectbox(key="ui").set_value("ar").run()
    assert link(page, "ui") == ["ar"]
    assert link(page, "q") == [DEBATES]
    assert AR.search in [b.label for b in page.button]
    assert any("direction: rtl" in block.value for block in page.html)


def test_a_question_full_of_markup_harms_nothing(page: AppTest) -> None:
    page.query_params["q"] = '<script>alert(1)</script> "><img src=x onerror=alert(1)>'
    page.run()
    assert "<script" not in html(page) and "<img" not in html(page)


def test_a_missing_index_is_said_with_the_command_that_makes_one_and_noticed_once_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPORTSEARCH_INDEX", str(tmp_path / "index"))
    page = opened("en").run()
    assert EN.no_index in html(page)
    assert "reportsearch build" in page.code[0].value
    build_index(SEEDS[:1], tmp_path / "index")
    page.run()
    assert html(page).count('<ul class="rs-facts">') == 1


def test_a_rebuild_is_noticed_without_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPORTSEARCH_INDEX", str(tmp_path / "index"))
    build_index(SEEDS[:1], tmp_path / "index")
    page = opened("zh").run()
    assert html(page).count('<ul class="rs-facts">') == 1
    build_index(SEEDS, tmp_path / "index")
    page.run()
    assert html(page).count('<ul class="rs-facts">') == len(SEEDS)


def test_an_error_of_the_search_is_shown_with_its_advice(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(*_: object, **__: object) -> None:
        raise DamagedIndex("vectors.faiss is <b>not</b> what was written.", "Rebuild it: reportsearch build REPORTS")

    monkeypatch.setattr(search.Searcher, "search", damaged)
    page.query_params["q"] = DEBATES
    page.run()
    assert "vectors.faiss is &lt;b&gt;not&lt;/b&gt; what was written." in html(page)
    assert page.code[0].value == "Rebuild it: reportsearch build REPORTS"


def test_a_leg_that_cannot_work_is_said_over_the_hits(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = search.Searcher.search

    def limping(self: search.Searcher, question: str, **options: object) -> Answer:
        answer = honest(self, question, **options)  # type: ignore[arg-type]
        return replace(answer, legs={**answer.legs, "dense": "the model is gone"})

    monkeypatch.setattr(search.Searcher, "search", limping)
    page.query_params["q"] = DEBATES
    page.run()
    assert "“语义”检索未能使用。" in html(page)
    assert "the model is gone" in html(page)
    assert cards(page)


def test_no_title_of_a_report_is_read_as_markdown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paragraph = {"_id": "1", "title": "关于 ![x](http://127.0.0.1:9911/x.png)", "text": "海洋与沿海地区的管理"}
    (tmp_path / "a.jsonl").write_text(json.dumps(paragraph), encoding="utf-8")
    build_index([tmp_path / "a.jsonl"], tmp_path / "index")
    monkeypatch.setenv("REPORTSEARCH_INDEX", str(tmp_path / "index"))
    page = opened("zh", q="海洋与沿海地区的管理").run()
    assert cards(page)
    assert [pills.label for pills in page.pills] == [r"《关于 \!\[x\]\(http\://127\.0\.0\.1\:9911/x\.png\)》，第1段"]
