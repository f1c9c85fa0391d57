"""The searcher over indexes made to order, and over the two sample reports."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Literal

import numpy as np
import pytest
from conftest import CharacterEncoder, write_report
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index import build_index, open_index
from index.errors import IncompatibleIndex, ModelNotAvailable, UnknownPassage
from search import Filters, Searcher, open_searcher

SEEDS = Path(__file__).parents[1] / "seeds"
DECISION, SUMMIT = "000_fc3021cedd9a0355.txt", "002_3818d9e374358891.txt"
ENERGY = "首脑会议为实现可持续能源确定了哪几个重点领域？"


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    index = tmp_path_factory.mktemp("seeds") / "index"
    build_index(sorted(SEEDS.glob("*.txt")), index)
    return open_searcher(index)


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., Searcher]:
    """Return what indexes reports: made(a={"1": "text"}) holds a.jsonl."""

    def index(**named: dict[str, str]) -> Searcher:
        for name, paragraphs in named.items():
            write_report(tmp_path / "reports" / f"{name}.jsonl", paragraphs)
        build_index([tmp_path / "reports"], tmp_path / "index")
        return open_searcher(tmp_path / "index")

    return index


def found(searcher: Searcher, question: str, **options: object) -> list[str]:
    """Return the paragraphs found, best first, good answers or not."""
    return [hit.paragraph for hit in searcher.search(question, closest=True, **options).hits]  # type: ignore[arg-type]


# --- the sample reports


@pytest.mark.parametrize(
    "question",
    [
        ENERGY,
        "Which key areas did the Summit single out for sustainable energy?",
        "Quels domaines clés le Sommet a-t-il définis pour l'énergie durable ?",
        "¿Qué esferas clave señaló la Cumbre para la energía sostenible?",
        "Какие ключевые области определила Встреча для устойчивой энергетики?",
        "ما المجالات الرئيسية التي حددتها القمة للطاقة المستدامة؟",
        "首腦會議為實現可持續能源確定了哪幾個重點領域？",
        "WHICH KEY AREAS DID THE SUMMIT SINGLE OUT FOR SUSTAINABLE ENERGY",
        "首脑会议　为实现可持续能源　确定了哪几个重点领域",
    ],
)
def test_a_question_in_any_language_and_spelling_finds_the_paragraph(seeds: Searcher, question: str) -> None:
    first = seeds.search(question).hits[0]
    assert (first.report.rsplit("/", 1)[-1], first.paragraph) == (SUMMIT, "17")


def test_the_sample_questions_are_answered_and_the_others_refused(seeds: Searcher) -> None:
    questions = [json.loads(line) for line in (SEEDS / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
    answered = {bool(q["relevant"]): [] for q in questions}
    for question in questions:
        answered[bool(question["relevant"])].append(seeds.search(question["question"]).answered)
    assert np.mean(answered[True]) >= 0.9
    assert np.mean(answered[False]) <= 0.1


def test_a_hit_s_text_lies_where_it_says(seeds: Searcher) -> None:
    from index.reader import read_report

    texts = {name: read_report(SEEDS / name, name).text for name in (DECISION, SUMMIT)}
    for hit in seeds.search(ENERGY).hits:
        assert texts[hit.report.rsplit("/", 1)[-1]][hit.start : hit.end] == hit.text
        assert all(0 <= m.start < m.end <= len(hit.text) for m in hit.matches)


def test_the_order_is_the_same_whatever_k_is(seeds: Searcher) -> None:
    for question in (ENERGY, "How is the follow-up coordinated?"):
        whole = [(hit.row, hit.score) for hit in seeds.search(question, k=90, closest=True).hits]
        for k in (1, 3, 10, 60):
            assert [(hit.row, hit.score) for hit in seeds.search(question, k=k, closest=True).hits] == whole[:k]


def test_more_than_there_is_gives_all_there_is(seeds: Searcher) -> None:
    answer = seeds.search(ENERGY, k=10_000)
    rows = {hit.row for hit in answer.hits} | {other.row for hit in answer.hits for other in hit.similar}
    assert rows == set(range(seeds.index.rows))
    assert seeds.search(ENERGY, k=0).hits == ()


def test_whether_there_is_an_answer_does_not_depend_on_k(seeds: Searcher) -> None:
    for question in (ENERGY, "怎么做红烧肉？"):
        assert len({seeds.search(question, k=k).answered for k in (1, 5, 50)}) == 1


def test_a_refusal_holds_no_hits_and_offers_the_closest(seeds: Searcher) -> None:
    refused = seeds.search("怎么做红烧肉？")
    assert (refused.answered, refused.hits) == (False, ())
    assert [hit.row for hit in seeds.search("怎么做红烧肉？", closest=True).hits] == [
        hit.row for hit in refused.closest
    ]
    assert len(refused.closest) == 10


@pytest.mark.parametrize(
    "question", ["第57/270 B号决议第39段", "57/270 B para 39", "résolution 57/270 B, par. 39", "57/270Ｂ号决议第39段"]
)
def test_a_reference_is_answered_exactly_and_first(seeds: Searcher, question: str) -> None:
    answer = seeds.search(question)
    assert answer.answered
    assert [hit.ranks.get("reference") for hit in answer.hits[:2]] == [1, 2]
    assert all("57/270 B" in hit.text and "39" in hit.text for hit in answer.hits[:2])
    assert answer.hits[0].relevance == 1.0


def test_a_document_that_no_report_names_is_said_to_be_missing(seeds: Searcher) -> None:
    assert seeds.search("A/99/999").notes == ("No report here is A/99/999 or cites it.",)


@pytest.mark.parametrize("term", ["能源", "淡水", "海洋", "卫生", "妇女", "水", "性别"])
def test_every_chinese_term_in_the_text_is_found_by_words(seeds: Searcher, term: str) -> None:
    everything = [seeds.index.passage(row) for row in range(seeds.index.rows)]
    holding = {located.row for located in everything if term in located.passage.text}
    answer = seeds.search(term, mode="lexical", k=200, closest=True)
    rows = {hit.row for hit in answer.hits} | {other.row for hit in answer.hits for other in hit.similar}
    assert holding <= rows


def test_evidence_names_the_question_s_words_in_every_language(seeds: Searcher) -> None:
    hit = seeds.search("sustainable energy").hits[0]
    marked = {(hit.text[m.start : m.end], m.word, m.leg) for m in hit.matches}
    assert any(text == "能源" and word == "energy" for text, word, _ in marked)
    chinese = seeds.search("能源").hits[0]
    assert "能源" in chinese.matched
    assert ("能源", "能源", "lexical") in {(chinese.text[m.start : m.end], m.word, m.leg) for m in chinese.matches}


def test_a_translation_is_marked_whole_where_the_dictionary_cuts_it(seeds: Searcher) -> None:
    hit = seeds.search("ما هي مجالات الطاقة المستدامة؟").hits[0]
    assert ("可持续", "المستدامة", "lexicon") in {(hit.text[m.start : m.end], m.word, m.leg) for m in hit.matches}


def test_an_abbreviation_that_a_report_defines_leads_to_its_name(seeds: Searcher) -> None:
    added = {(e.source, e.word) for e in seeds.search("行政首长协调会的作用").expansions if e.origin == "abbreviation"}
    assert added == {("行政首长协调会", "联合国系统行政首长协调理事会")}


def test_neighbours_are_the_passages_around_in_the_same_report(seeds: Searcher) -> None:
    report = seeds.index.find_report(SUMMIT)
    rows = seeds.index.rows_of(report)
    assert [hit.row for hit in seeds.neighbours(rows[5])] == list(rows[3:8])
    assert [hit.row for hit in seeds.neighbours(rows[0])] == list(rows[:3])
    assert [hit.row for hit in seeds.neighbours(rows[-1], before=1, after=9)] == list(rows[-2:])


def test_related_passages_are_of_other_reports_unless_asked(seeds: Searcher) -> None:
    others = seeds.related(DECISION, "18 (b)")
    assert {hit.report.rsplit("/", 1)[-1] for hit in others.hits} == {SUMMIT}
    own = seeds.related(DECISION, "18 (b)", own=True, k=100)
    assert {hit.report.rsplit("/", 1)[-1] for hit in own.hits} == {SUMMIT, DECISION}
    assert not any(hit.report.endswith(DECISION) and (hit.paragraph, hit.sub) == ("18", "b") for hit in own.hits)


def test_an_unknown_report_or_paragraph_is_an_error_that_names_it(seeds: Searcher) -> None:
    with pytest.raises(UnknownPassage, match=r"no report 'x\.txt'"):
        seeds.related("x.txt", "1")
    with pytest.raises(UnknownPassage, match="no paragraph 99"):
        seeds.related(DECISION, "99")
    with pytest.raises(UnknownPassage, match=r"no report 'x\.txt'"):
        seeds.search(ENERGY, filters=Filters(reports=("x.txt",)))


# --- filters, phrases, exclusions


def test_filters_narrow_every_leg(seeds: Searcher) -> None:
    for mode in ("hybrid", "dense", "lexical"):
        hits = seeds.search("联合国系统", k=200, mode=mode, filters=Filters(reports=(DECISION,)), closest=True).hits  # type: ignore[arg-type]
        assert hits and all(hit.report.endswith(DECISION) for hit in hits)


def test_a_section_narrows_to_passages_under_a_heading_that_holds_it(seeds: Searcher) -> None:
    hits = seeds.search("协调", k=200, filters=Filters(sections=("能源",)), closest=True).hits
    assert hits and all(any("能源" in heading for heading in hit.headings) for hit in hits)


def test_a_filter_typed_into_the_question_is_the_same_filter(seeds: Searcher) -> None:
    typed = seeds.search(f"report:{DECISION} 联合国系统", closest=True).hits
    given_ = seeds.search("联合国系统", filters=Filters(reports=(DECISION,)), closest=True).hits
    assert [hit.row for hit in typed] == [hit.row for hit in given_]


def test_a_filter_that_nothing_passes_finds_nothing(seeds: Searcher) -> None:
    assert seeds.search(ENERGY, filters=Filters(languages=("ar",)), closest=True).hits == ()


def test_a_phrase_must_stand_in_the_passage_and_an_exclusion_must_not(made: Callable[..., Searcher]) -> None:
    searcher = made(
        a={"1": "多年度工作方案草案", "2": "多年度的工作 方案", "3": "Clean Water policy", "4": "water cleaning policy"}
    )
    assert found(searcher, '"多年度工作方案"') == ["1"]
    assert found(searcher, '"clean water"') == ["3"]
    assert set(found(searcher, "工作方案 -草案")) == {"2", "3", "4"}
    assert set(found(searcher, "policy -clean")) == {"1", "2", "4"}
    assert found(searcher, '"no such phrase"') == []


@pytest.mark.parametrize(
    ("phrase", "paragraphs"),
    [
        ("2003年", ["1"]),
        ("中，国", ["2"]),
        ("58/323", ["3"]),
        ("58/32", []),
        ("预算", ["1"]),
        ("国", ["2"]),
        ("年 度", []),
    ],
)
def test_a_phrase_is_found_however_the_text_goes_on(
    made: Callable[..., Searcher], phrase: str, paragraphs: list[str]
) -> None:
    searcher = made(a={"1": "2003年度的预算工作", "2": "其中，国家的工作", "3": "文件A/58/323的工作"})
    assert found(searcher, f'"{phrase}"') == paragraphs
    assert sorted(found(searcher, f'工作 -"{phrase}"')) == sorted({"1", "2", "3"} - {*paragraphs})


def test_an_excluded_year_is_excluded(made: Callable[..., Searcher]) -> None:
    assert found(made(a={"1": "2003年的工作", "2": "2004年的工作"}), "工作 -2003年") == ["2"]


def test_of_passages_with_a_phrase_only_those_in_scope_are_read(
    made: Callable[..., Searcher], monkeypatch: pytest.MonkeyPatch
) -> None:
    searcher = made(a={"1": "可持续发展", "2": "可持续能源"}, b={"1": "可持续发展"})
    read: list[int] = []
    texts = type(searcher.index).texts
    monkeypatch.setattr(type(searcher.index), "texts", lambda self, rows: read.extend(rows) or texts(self, rows))
    assert found(searcher, 'report:b "可持续发展"') == ["1"]
    assert read == [2]
    assert found(searcher, '"可持续发展" "发展"') == ["1"]


# --- legs


def test_the_dense_mode_ranks_as_brute_force_does(tmp_path: Path, encoder: CharacterEncoder) -> None:
    texts = {str(n): text for n, text in enumerate(["alpha beta", "beta gamma", "delta", "omega psi", "gamma delta"])}
    write_report(tmp_path / "r" / "a.jsonl", texts)
    build_index([tmp_path / "r"], tmp_path / "index", encoder=encoder)
    searcher = Searcher(open_index(tmp_path / "index", encoder=encoder))
    cosines = encoder.encode_passages(list(texts.values())) @ encoder.encode_query("gamma")
    expected = [str(n) for n in np.argsort(-np.round(cosines, 3), kind="stable")]
    assert found(searcher, "gamma", mode="dense") == expected


def test_a_model_that_is_gone_is_said_in_every_answer_and_words_go_on(
    seeds: Searcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_: str) -> None:
        raise ModelNotAvailable('Model "m" is not on this machine.', "Fetch it.")

    monkeypatch.setattr(type(seeds.index), "encoder", SimpleNamespace(encode_query=gone))
    answer = seeds.search("能源", closest=True)
    assert answer.legs == {"dense": 'Model "m" is not on this machine. Fetch it.', "lexical": "ok"}
    assert any("能源" in hit.text for hit in answer.hits)


def test_an_index_of_another_encoder_is_refused(tmp_path: Path, encoder: CharacterEncoder) -> None:
    write_report(tmp_path / "r" / "a.jsonl", {"1": "alpha"})
    build_index([tmp_path / "r"], tmp_path / "index", encoder=encoder)
    other = CharacterEncoder(salt="other")
    with pytest.raises((IncompatibleIndex, ModelNotAvailable)):
        _ = open_index(tmp_path / "index", encoder=other).encoder


@pytest.mark.parametrize("question", ["", "  ", "？！", "\x00", "-", '""'])
def test_a_question_without_words_finds_nothing_and_says_so(seeds: Searcher, question: str) -> None:
    answer = seeds.search(question)
    assert (answer.answered, answer.hits, answer.closest, answer.notes) == (
        False,
        (),
        (),
        ("The question holds no words.",),
    )


@pytest.mark.parametrize(
    "question", ["能" * 10_000, "ქართული ენა", "😀😀", "a" * 10_000, '"(AND:* OR) [x TO y] ~', "\ud800能源"]
)
def test_a_strange_question_is_answered_or_refused_without_failing(seeds: Searcher, question: str) -> None:
    answer = seeds.search(question, closest=True)
    assert len(answer.hits) <= 10


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(question=st.text(max_size=80))
def test_no_text_whatever_fails(seeds: Searcher, question: str) -> None:
    relevance = [hit.relevance for hit in seeds.search(question, closest=True).hits]
    assert all(0 <= value <= 1 for value in relevance)


# --- depth, groups, generations


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    """Return a searcher over passages of a few words each, many more than are looked at first."""
    folder = tmp_path_factory.mktemp("many")
    rng = np.random.default_rng(0)
    words = ["能源", "海洋", "淡水", "森林", "山区", "气候", "机构间", "协调", "发展", "贫穷"]
    for report in range(4):
        texts = {str(n): "的".join(rng.choice(words, 4)) + f"，第{n}项" for n in range(200)}
        write_report(folder / "reports" / f"{report}.jsonl", texts)
    build_index([folder / "reports"], folder / "index")
    return open_searcher(folder / "index")


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
def test_the_order_is_the_same_however_deep_a_search_goes(many: Searcher, mode: Literal["hybrid", "dense"]) -> None:
    def found(k: int) -> list[tuple[int, float]]:
        hits = many.search("海洋和能源的协调", k=k, mode=mode, closest=True).hits
        return [(hit.row, hit.score) for hit in hits]

    whole = found(700)
    assert len(whole) > 300
    assert [score for _, score in whole] == sorted((score for _, score in whole), reverse=True)
    for k in (50, 150, 300):
        assert found(k) == whole[:k]


def test_a_formula_that_recurs_everywhere_leaves_room_for_other_passages(made: Callable[..., Searcher]) -> None:
    formula = "本报告是根据大会第57/270 B号决议的要求提交的，供大会审议。"
    reports = {f"r{n}": {"1": formula} for n in range(120)}
    searcher = made(other={str(n): f"第{n}份报告谈到海洋" for n in range(1, 6)}, **reports)
    hits = searcher.search("报告是根据哪项决议提交的？", k=4, closest=True).hits
    assert len(hits) == 4
    assert len(hits[0].similar) == 119


def test_what_a_question_names_leads_and_scores_fall(seeds: Searcher) -> None:
    hits = seeds.search("第57/270 B号决议对能源有什么影响？", k=40, closest=True).hits
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    named = ["reference" in hit.ranks for hit in hits]
    assert named == sorted(named, reverse=True) and named[0]


def test_passages_that_say_the_same_are_one_hit_with_the_others_under_it(made: Callable[..., Searcher]) -> None:
    formula = "本报告是根据大会第57/270 B号决议的要求提交的，供大会审议。"
    searcher = made(a={"1": formula, "2": "海洋与沿海地区的管理"}, b={"1": formula}, c={"7": formula})
    hits = searcher.search("报告是根据哪项决议提交的？", closest=True).hits
    assert [len(hit.similar) for hit in hits] == [2, 0]
    assert {hits[0].report, *(other.report for other in hits[0].similar)} == {
        entry.path for entry in searcher.reports()
    }


def test_a_searcher_notices_a_build_when_it_is_asked_to_look(tmp_path: Path) -> None:
    write_report(tmp_path / "r" / "a.jsonl", {"1": "alpha"})
    build_index([tmp_path / "r"], tmp_path / "index")
    searcher = open_searcher(tmp_path / "index")
    assert searcher.refreshed() is searcher
    write_report(tmp_path / "r" / "b.jsonl", {"1": "beta"})
    build_index([tmp_path / "r"], tmp_path / "index")
    assert len(searcher.reports()) == 1
    assert [entry.path.rsplit("/", 1)[-1] for entry in searcher.refreshed().reports()] == ["a.jsonl", "b.jsonl"]


@pytest.mark.parametrize("question", ["1991年出口增长多少？", "一九九一年出口增长多少？", "Export growth in 1991?"])
def test_of_reports_that_say_the_same_the_year_named_decides(tmp_path: Path, question: str) -> None:
    for year in (1989, 1992, 1995):  # what is done in a year is told in it or in the next
        (tmp_path / f"{year}年政府工作报告.txt").write_text(
            f"{year}年政府工作报告\n\n去年出口继续增长。\n", encoding="utf-8"
        )
    build_index([tmp_path], tmp_path / "index")
    hits = open_searcher(tmp_path / "index").search(question, closest=True).hits
    assert [hits[0].year, len(hits)] == [1992, 1]
    assert [hit.year for hit in hits[0].similar] == [1989, 1995]


# --- what is said of filters and references


def test_a_filter_value_that_no_report_has_is_said_to_be_unknown(seeds: Searcher) -> None:
    filters = Filters(languages=("zh", "xx"), symbols=("A/99/1",), sections=("能源", "no such heading"))
    assert seeds.search("能源", filters=filters).notes == (
        "No report here has the language xx.",
        "No report here has the symbol A/99/1.",
        "No report here has the section no such heading.",
    )
    assert seeds.search("能源", filters=Filters(sections=("能源",))).notes == ()


def test_a_section_is_found_in_whatever_spelling(seeds: Searcher) -> None:
    for one, other in (("經濟", "经济"), ("ＡＢＣ", "abc")):
        assert np.array_equal(seeds.index.in_section(one), seeds.index.in_section(other))
    assert seeds.index.in_section("經濟").any()


def test_a_symbol_in_small_letters_is_a_reference(seeds: Searcher) -> None:
    assert seeds.search("a/99/999").notes == ("No report here is A/99/999 or cites it.",)


def test_no_report_is_taken_apart_for_a_filter_or_a_reference(
    made: Callable[..., Searcher], monkeypatch: pytest.MonkeyPatch
) -> None:
    searcher = made(**{f"r{n}": {"1": f"能源{n}"} for n in range(20)})
    searcher.search("lang:zh A/58/323 能源", k=1, closest=True)
    searcher.related("r3", "1", k=1)
    assert sum(entry is not None for entry in searcher.index.manifest.reports._read) < 20


def test_the_reports_of_a_searcher_are_the_same_every_time(seeds: Searcher) -> None:
    assert seeds.reports()[0] is seeds.reports()[0]
