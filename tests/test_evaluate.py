"""Measuring: the measures against another implementation and by hand, questions as they are written, the gate."""

import gzip
import json
import math
from pathlib import Path

import ir_measures
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import UnknownPassage, UnreadableFile
from search.evaluate import Asked, Evaluation, evaluate, trec_run, worse
from search.hit import Answer, Hit
from search.metrics import MEASURES, auroc, first_best, first_relevant, interval, ndcg, recall, reciprocal_rank
from search.questions import Question, Target, missing, placed, read_questions
from ui import scores

NAMES = [f"p{number}" for number in range(30)]


def hit(paragraph: str, rank: int, relevance: float = 0.5, report: str = "a.txt", similar: tuple[Hit, ...] = ()) -> Hit:
    return Hit(
        row=rank, rank=rank, score=1 / rank, relevance=relevance, report=report, symbol=None, title="", language=None,
        year=None, paragraph=paragraph, sub=None, citation="", headings=(), lead="", page=None, text="", start=0, end=0,
        similar=similar,
    )  # fmt: skip


def asked(answers: dict[str, tuple[list[Hit], bool]]) -> Asked:
    def ask(question: str, *, k: int) -> Answer:
        hits, answered = answers[question]
        return Answer(question, answered, tuple(hits[:k]), 1, {}, 0.0)

    return ask


def question(name: str, language: str, *grades: tuple[str, int]) -> Question:
    return Question(name, language, name, tuple((Target("a.txt", paragraph), grade) for paragraph, grade in grades))


# --- measures --------------------------------------------------------------------------------------------------


@given(
    st.lists(st.sampled_from(NAMES), unique=True, max_size=25),
    st.dictionaries(st.sampled_from(NAMES), st.integers(-1, 3), min_size=1, max_size=20),
)
def test_measures_are_those_of_trec(ranked: list[str], grades: dict[str, int]) -> None:
    theirs = {
        "nDCG@10": ir_measures.nDCG @ 10,
        "recall@10": ir_measures.R @ 10,
        "MRR": ir_measures.RR,
        "success@1": ir_measures.Success @ 1,
    }
    run = [ir_measures.ScoredDoc("q", name, float(-rank)) for rank, name in enumerate(ranked)]
    qrels = [ir_measures.Qrel("q", name, grade) for name, grade in grades.items()]
    values = {str(v.measure): v.value for v in ir_measures.iter_calc(list(theirs.values()), qrels, run)}
    for name, measure in theirs.items():
        expected = values.get(str(measure), 0.0)
        assert MEASURES[name](ranked, grades) == pytest.approx(0.0 if math.isnan(expected) else expected), name


def test_measures_by_hand() -> None:
    grades, ranked = {"a": 2, "b": 1, "c": 1}, ["x", "b", "a"]
    assert ndcg(ranked, grades) == pytest.approx((1 / math.log2(3) + 2 / 2) / (2 + 1 / math.log2(3) + 1 / 2))
    assert recall(ranked, grades) == pytest.approx(2 / 3)
    assert reciprocal_rank(ranked, grades) == 0.5
    assert (first_relevant(["b"], grades), first_best(["b"], grades), first_best(["a"], grades)) == (1.0, 0.0, 1.0)
    assert all(measure([], grades) == 0.0 and measure(ranked, {}) == 0.0 for measure in MEASURES.values())


def test_an_interval_holds_its_mean_and_is_the_same_every_time() -> None:
    values = [0.0, 1.0] * 50
    one = interval(values)
    assert one == interval(values)
    assert one.mean == 0.5
    # The standard error of the mean of 100 draws of 0 or 1 is 0.05; 1.96 of them either way.
    assert (one.low, one.high) == (pytest.approx(0.402, abs=0.015), pytest.approx(0.598, abs=0.015))
    assert math.isnan(interval([]).mean)


@given(st.lists(st.integers(0, 5), max_size=8), st.lists(st.integers(0, 5), max_size=8))
def test_auroc_counts_pairs(right: list[int], wrong: list[int]) -> None:
    pairs = [1.0 if a > b else 0.5 if a == b else 0.0 for a in right for b in wrong]
    found = auroc([float(a) for a in right], [float(b) for b in wrong])
    assert math.isnan(found) if not pairs else found == pytest.approx(float(np.mean(pairs)))


# --- judging ---------------------------------------------------------------------------------------------------


@pytest.fixture
def evaluation() -> Evaluation:
    questions = [question("one", "zh", ("3", 2)), question("two", "en", ("4", 2), ("5", 1)), question("none", "zh")]
    answers = {
        "one": ([hit("3", 1, 0.9), hit("3", 2), hit("7", 3)], True),
        "two": ([hit("9", 1, 0.8), hit("5", 2, similar=(hit("4", 2),))], False),
        "none": ([hit("1", 1, 0.85)], True),
    }
    return evaluate("hybrid", asked(answers), questions)


def test_a_paragraph_counts_once_at_its_best_rank(evaluation: Evaluation) -> None:
    assert [target.paragraph for target in evaluation.judged[0].ranking] == ["3", "7"]
    assert [target.paragraph for target in evaluation.judged[1].ranking] == ["9", "5", "4"]


def test_every_language_has_its_row(evaluation: Evaluation) -> None:
    everything, chinese, english = evaluation.rows
    assert [row.language for row in evaluation.rows] == ["all", "zh", "en"]
    assert (everything.questions, everything.unanswerable) == (2, 1)
    assert everything.scores["MRR"].mean == 0.75
    assert (chinese.kept, chinese.wrongly_answered, english.kept) == (1.0, 1.0, 0.0)
    assert math.isnan(english.wrongly_answered)
    assert everything.auroc == 0.5  # 0.9 and 0.8 beside 0.85


def test_questions_that_got_worse_are_named_worst_first(evaluation: Evaluation) -> None:
    lost = worse(evaluation, {"one": 1.0, "two": 0.99, "none": 1.0, "another": 1.0})
    assert [(judged.question.id, before) for judged, before in lost] == [("two", 0.99)]


def test_a_trec_run_is_read_back_by_another_program(evaluation: Evaluation, tmp_path: Path) -> None:
    file = tmp_path / "run.trec"
    file.write_text("".join(f"{line}\n" for line in trec_run(evaluation)), encoding="utf-8")
    run = list(ir_measures.read_trec_run(str(file)))
    ranked = [entry.doc_id for entry in sorted(run, key=lambda entry: -entry.score) if entry.query_id == "two"]
    assert ranked == ["9", "5", "4"]


def test_paragraphs_of_several_reports_bear_their_path_in_a_trec_run() -> None:
    hits = [hit("¶ 1", 1, report="my reports/a.txt"), hit("1", 2, report="b.txt")]
    lines = list(trec_run(evaluate("hybrid", asked({"q": (hits, True)}), [question("q", "en", ("1", 1))])))
    assert lines == ["q Q0 my_reports/a.txt#¶_1 1 1.000000 hybrid", "q Q0 b.txt#1 2 0.500000 hybrid"]


# --- questions as they are written -----------------------------------------------------------------------------


def test_the_questions_on_the_sample_reports() -> None:
    questions = read_questions(Path(__file__).parents[1] / "seeds" / "questions.jsonl")
    assert len(questions) == 82
    assert sum(not q.grades for q in questions) == 22
    first = questions[0]
    assert (first.id, first.language) == ("d01-zh", "zh")
    assert first.grades[0] == (Target("002_3818d9e374358891.txt", "17"), 2)


def test_all_bad_lines_are_told_together(tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text('{"id": "1", "question": "a", "relevant": []}\nnonsense\n{"id": "2"}\n', encoding="utf-8")
    with pytest.raises(UnreadableFile) as raised:
        read_questions(file)
    assert "2 lines are not questions: line 2 (" in raised.value.fact
    assert "line 3 ('text')" in raised.value.fact


def test_an_empty_or_missing_file_of_questions_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("\n")
    for name in ("empty.jsonl", "missing.jsonl"):
        with pytest.raises(UnreadableFile):
            read_questions(tmp_path / name)


def test_names_of_reports_are_found_among_the_paths() -> None:
    asked_about = [Question("1", "zh", "?", ((Target("a.txt", "3"), 1), (Target("b", "4"), 1)))]
    (found,) = placed(asked_about, ["reports/a.txt", "reports/b.md", "reports/ba.txt"])
    assert [target.report for target, _ in found.grades] == ["reports/a.txt", "reports/b.md"]
    for paths in (["a.txt"], ["x/a.txt", "y/a.txt", "b"]):
        with pytest.raises(UnknownPassage):
            placed(asked_about, paths)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("qrels", ["qrels.tsv", "qrels/test.tsv"])
def test_a_beir_folder(tmp_path: Path, packed: bool, qrels: str) -> None:
    def write(name: str, text: str) -> None:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        if packed:
            path.with_name(path.name + ".gz").write_bytes(gzip.compress(text.encode()))
        else:
            path.write_text(text, encoding="utf-8")

    write("queries.jsonl", '{"_id": "q1", "text": "今天天气怎么样"}\n{"_id": "q2", "text": "not judged"}\n')
    write(qrels, "query-id\tcorpus-id\tscore\nq1\td 7\t2\nq1\td8\t0\n")
    (only,) = read_questions(tmp_path)
    assert (only.id, only.language, only.text) == ("q1", "zh", "今天天气怎么样")
    assert only.grades == ((Target("corpus.jsonl", "d 7"), 2), (Target("corpus.jsonl", "d8"), 0))


def test_trec_qrels_have_four_columns(tmp_path: Path) -> None:
    (tmp_path / "queries.jsonl").write_text('{"_id": "q1", "text": "weather of the day"}\n')
    (tmp_path / "qrels.tsv").write_text("q1 0 d7 1\n")
    assert read_questions(tmp_path)[0].grades == ((Target("corpus.jsonl", "d7"), 1),)


# --- what is shown, saved and held to --------------------------------------------------------------------------


def test_a_saved_run_is_the_next_baseline(evaluation: Evaluation, tmp_path: Path) -> None:
    saved = tmp_path / "run.json"
    saved.write_text(json.dumps(scores.evaluation_object([evaluation], {})), encoding="utf-8")
    before = scores.read_baseline(saved)
    assert before == {"hybrid": {"one": 1.0, "two": pytest.approx(evaluation.judged[1].scores["nDCG@10"], abs=1e-6)}}
    again = scores.evaluation_object([evaluation], {"hybrid": before["hybrid"] | {"two": 1.0}})
    assert [lost["id"] for lost in again["modes"]["hybrid"]["worse"]] == ["two"]
    (tmp_path / "other.json").write_text("[]")
    with pytest.raises(UnreadableFile):
        scores.read_baseline(tmp_path / "other.json")


def test_floors(evaluation: Evaluation) -> None:
    scores.check_floors(evaluation, [("MRR", 0.75), ("zh:nDCG@10", 1.0)])
    with pytest.raises(scores.BelowFloor) as raised:
        scores.check_floors(evaluation, [("en:MRR", 0.6)])
    assert raised.value.fact == "en:MRR is 0.5000 in mode hybrid, below 0.6."
    scores.check_floor_names([("MRR", 0.1), ("zh:MRR", 0.1)], ["zh"])
    with pytest.raises(scores.UnknownMeasure):
        scores.check_floor_names([("fr:MRR", 0.1)], ["zh"])


def test_the_table_is_markdown(evaluation: Evaluation) -> None:
    lines = scores.evaluation_lines([evaluation], {"hybrid": {"two": 1.0}})
    assert lines[2].startswith("| language | questions | nDCG@10 | recall@10 | MRR | success@1 | best@1 | answered |")
    assert lines[5].startswith("| zh | 1 | 1.000 (1.00–1.00) | 1.000 | 1.000 | 1.000 | 1.000 | 1.000 | 1 | 1.000 |")
    assert "worse than before: 1 questions (nDCG@10)" in lines


@pytest.mark.parametrize(
    "line", ['{"id": "1", "question": 5, "relevant": []}', '{"id": "1", "lang": 5, "text": "a", "relevant": []}']
)
def test_a_question_that_is_no_text_is_told_in_one_line(tmp_path: Path, line: str) -> None:
    (tmp_path / "questions.jsonl").write_text(line, encoding="utf-8")
    with pytest.raises(UnreadableFile, match=r'line 1 .*"question" and "lang" must be text'):
        read_questions(tmp_path / "questions.jsonl")


def test_two_questions_of_one_id_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "questions.jsonl").write_text('{"id": "1", "text": "a", "relevant": []}\n' * 2, encoding="utf-8")
    with pytest.raises(UnreadableFile, match="1 ids are those of several questions: 1"):
        read_questions(tmp_path / "questions.jsonl")


def test_the_paragraphs_that_an_index_lacks_are_named() -> None:
    targets = [(Target("a.txt", "1"), 2), (Target("a.txt", "9"), 1), (Target("a.txt", "8"), 0)]
    assert missing([Question("1", "zh", "?", tuple(targets))], lambda _: {"1", "2"}) == [Target("a.txt", "9")]


def test_a_grade_below_zero_gains_nothing() -> None:
    assert ndcg(["a", "b"], {"a": 2, "b": -1}) == 1.0
    assert 0 < ndcg(["b", "a"], {"a": 2, "b": -1}) < 1


def test_a_run_has_six_columns_whatever_the_ids_are() -> None:
    judged = evaluate(
        "hybrid", asked({"my question": ([hit("p 1", 1)], True)}), [question("my question", "en", ("p 1", 1))]
    )
    assert [len(line.split()) for line in trec_run(judged)] == [6]
