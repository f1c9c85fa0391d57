"""The command line as other programs call it: exit codes, JSON, one line an error, nothing lost on the way."""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import index as index_package
from index import Progress
from ui import cli
from ui.cli import main, parser

ROOT = Path(__file__).parents[1]
SEEDS = ROOT / "seeds"
DECISION, SUMMIT = "000_fc3021cedd9a0355.txt", "002_3818d9e374358891.txt"
ENERGY = "首脑会议为实现可持续能源确定了哪几个重点领域？"
COMMANDS = ("build", "search", "related", "show", "status", "verify", "rollback", "evaluate", "calibrate", "ui")
ANSWER = ["id", "question", "answered", "generation", "legs", "took_ms", "hits"]
PASSAGE = [
    "report",
    "symbol",
    "title",
    "language",
    "paragraph",
    "sub",
    "citation",
    "headings",
    "page",
    "text",
    "start",
    "end",
]
HIT = ["rank", "score", "relevance", *PASSAGE, "ranks", "matched"]
OPTIONAL = {"expansions", "notes", "lead", "similar"}

Output = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the sample reports, named as from the repository's root."""
    folder = tmp_path_factory.mktemp("cli") / "index"
    done = subprocess.run(command("build", "seeds", "--index", str(folder)), cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def index(built: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REPORTSEARCH_INDEX", str(built))
    monkeypatch.chdir(ROOT)
    return built


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "ui.cli", *arguments]


def started(*arguments: str, index: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command(*arguments),
        cwd=ROOT,
        env=os.environ | {"REPORTSEARCH_INDEX": str(index), "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def objects(output: Output) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.readouterr().out.splitlines()]


def one_line(output: Output) -> str:
    said = output.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "Traceback" not in said.err
    return said.err.strip()


# --- help and usage --------------------------------------------------------------------------------------------


def test_help_names_every_command_and_the_exit_codes(capsys: Output) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    assert all(f"    {name} " in text or f"    {name}\n" in text for name in COMMANDS)
    assert "exit codes: 0 done; 1 an error" in text


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_an_example_that_it_understands(name: str, capsys: Output) -> None:
    with pytest.raises(SystemExit):
        main([name, "--help"])
    example = capsys.readouterr().out.split("example: reportsearch ")[1].strip()
    assert parser().parse_args(shlex.split(example)).command == name


def test_help_loads_no_engine() -> None:
    code = (
        "import sys, ui.cli\n"
        "try: ui.cli.main(['search', '--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'faiss', 'tantivy', 'pyarrow', 'tokenizers', 'rjieba', 'streamlit', 'torch', 'index'}\n"
        "sys.exit(repr(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["build"],
        ["search", "q", "-k", "0"],
        ["search", "q", "-k", "many"],
        ["search", "q", "--mode", "guess"],
        ["search", "q", "--year", "last"],
        ["build", "x", "--memory", "lots"],
        ["evaluate", "q.jsonl", "--fail-under", "nDCG@10"],
        ["ui", "--port", "70000"],
        ["search", "q", "--clos"],
    ],
)
def test_wrong_usage_is_2(arguments: list[str], capsys: Output) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert "usage: reportsearch" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["search"], ["search", "a question", "--batch", "-"]])
def test_a_question_or_a_batch(arguments: list[str], capsys: Output) -> None:
    assert main(arguments) == 2
    assert "--batch FILE" in one_line(capsys)


@pytest.mark.parametrize(("text", "size"), [("8G", 8 << 30), ("500m", 500 << 20), ("64K", 65536), ("1000", 1000)])
def test_sizes_of_memory(text: str, size: int) -> None:
    assert parser().parse_args(["build", "x", "--memory", text]).memory == size


# --- build -----------------------------------------------------------------------------------------------------


def test_a_build_tells_what_it_did_and_then_that_nothing_changed(
    tmp_path: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = str(tmp_path / "index")
    assert main(["build", str(SEEDS), "--index", folder]) == 0
    first = capsys.readouterr()
    assert first.out.startswith("generation 1: 2 reports, ")
    assert "(2 new or changed, 0 kept)" in first.out
    assert first.err.strip() == f"passed over, not a report: {SEEDS.as_posix()}/questions.jsonl"
    assert main(["build", str(SEEDS), "--index", folder]) == 0
    assert "generation 1: 2 reports" in (again := capsys.readouterr().out)
    assert "(nothing has changed)" in again
    monkeypatch.setattr("index.build.PARSER_VERSION", 0)
    assert main(["build", str(SEEDS), "--index", folder]) == 0
    assert "(0 new or changed, 0 kept, 2 read again)" in capsys.readouterr().out


def test_files_that_cannot_be_read_are_all_named_and_the_rest_is_built(tmp_path: Path, capsys: Output) -> None:
    reports = tmp_path / "reports"
    reports.mkdir()
    shutil.copy(SEEDS / DECISION, reports)
    (reports / "empty.txt").touch()
    (reports / "binary.txt").write_bytes(bytes(range(256)) * 20)
    (reports / "cut.pdf").write_bytes(b"%PDF-1.7")
    (reports / "old.doc").touch()
    arguments = ["build", str(reports), str(tmp_path / "missing.txt"), "--index", str(tmp_path / "index")]
    assert main(arguments) == 3
    said = capsys.readouterr()
    assert "1 reports" in said.out
    assert ", 5 not read" in said.out
    told = [line for line in said.err.splitlines() if line.startswith("not read: ")]
    names = ("missing.txt", "binary.txt", "cut.pdf", "empty.txt", "old.doc")
    assert [name for name in names if any(name in line for line in told)] == list(names)
    assert len(told) == 5


def test_a_file_whose_name_is_no_utf_8_is_named_and_the_rest_is_built(tmp_path: Path, capsys: Output) -> None:
    shutil.copy(SEEDS / DECISION, tmp_path)
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe.txt")).write_text("1. 报告。", encoding="utf-8")
    assert main(["build", str(tmp_path), "--index", str(tmp_path / "index")]) == 3
    said = capsys.readouterr()
    assert "1 reports" in said.out
    assert f"not read: The name {tmp_path}/\\xff\\xfe.txt is not in UTF-8. Rename" in said.err


@pytest.mark.parametrize("what", ["an empty folder", "only bad files", "a missing path"])
def test_nothing_usable_is_1(what: str, tmp_path: Path, capsys: Output) -> None:
    reports = tmp_path / "reports"
    if what != "a missing path":
        reports.mkdir()
    if what == "only bad files":
        (reports / "empty.txt").touch()
    assert main(["build", str(reports), "--index", str(tmp_path / "index")]) == 1
    assert "reportsearch build" in one_line(capsys)


def test_a_failed_build_leaves_the_index_as_it_was(tmp_path: Path, capsys: Output) -> None:
    index = str(tmp_path / "index")
    assert main(["build", str(SEEDS), "--index", index]) == 0
    (tmp_path / "empty").mkdir()
    assert main(["build", str(tmp_path / "empty"), "--index", index]) == 1
    capsys.readouterr()
    assert main(["search", ENERGY, "--index", index, "--json"]) == 0
    assert objects(capsys)[0]["hits"][0]["paragraph"] == "17"


def test_ctrl_c_says_that_the_build_can_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(index_package, "build_index", interrupted, raising=False)
    assert main(["build", str(SEEDS), "--index", str(tmp_path)]) == 130
    assert capsys.readouterr().err == "\nStopped. What is finished is kept: the same command goes on from there.\n"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_command_without_a_traceback(number: signal.Signals, code: int, index: Path) -> None:
    with started("search", "--batch", "-", "--json", index=index) as asked:
        assert asked.stdin is not None
        assert asked.stdout is not None
        asked.stdin.write(json.dumps({"question": ENERGY}) + "\n")
        asked.stdin.flush()
        assert json.loads(asked.stdout.readline())["answered"]
        asked.send_signal(number)
        assert asked.wait(20) == code
        assert asked.stderr is not None
        assert asked.stderr.read() == "\nStopped.\n"


# --- search ----------------------------------------------------------------------------------------------------


def test_the_json_answer_is_the_contract(index: Path, capsys: Output) -> None:
    assert main(["search", ENERGY, "-k", "3", "--json"]) == 0
    (answer,) = objects(capsys)
    assert [key for key in answer if key not in OPTIONAL] == ANSWER
    assert (answer["id"], answer["question"], answer["answered"], answer["generation"]) == (None, ENERGY, True, 1)
    assert answer["legs"] == {"dense": "ok", "lexical": "ok"}
    assert [hit["rank"] for hit in answer["hits"]] == [1, 2, 3]
    for hit in answer["hits"]:
        assert [key for key in hit if key not in OPTIONAL] == HIT
    first = answer["hits"][0]
    assert (first["report"], first["paragraph"], first["sub"]) == (f"seeds/{SUMMIT}", "17", None)
    assert (first["symbol"], first["language"], first["page"]) == (None, "zh", None)
    assert first["citation"].endswith("第17段")
    assert first["ranks"]["lexical"] == 1
    assert 0 <= first["relevance"] <= 1
    assert "能源" in first["matched"]
    assert first["end"] - first["start"] == len(first["text"])


def test_the_words_of_a_question_need_no_quotes(index: Path, capsys: Output) -> None:
    assert main(["search", "可持续", "能源", "--json"]) == 0
    assert objects(capsys)[0]["question"] == "可持续 能源"


def test_a_person_reads_citation_trail_text_and_evidence(index: Path, capsys: Output) -> None:
    assert main(["search", ENERGY, "-k", "1"]) == 0
    text = capsys.readouterr().out
    assert "1. 《可持续发展问题世界首脑会议的后续行动机构间合作与协调》，第17段\n" in text
    assert " › B.能源\n" in text
    assert "相关度" in text
    assert "\x1b" not in text


def test_the_citation_speaks_the_language_asked_for(index: Path, capsys: Output) -> None:
    for language, form in (("en", "para. 17"), ("ru", "пункт 17"), ("ar", "الفقرة 17")):
        assert main(["search", ENERGY, "-k", "1", "--interface", language, "--json"]) == 0
        assert objects(capsys)[0]["hits"][0]["citation"].endswith(form)


def test_no_good_answer_is_said_and_the_closest_are_one_option_away(index: Path, capsys: Output) -> None:
    question = "怎么做红烧肉？"
    assert main(["search", question]) == 0
    assert "没有找到合适的答案" in (text := capsys.readouterr().out)
    assert "--closest" in text
    assert main(["search", question, "--closest", "-k", "2"]) == 0
    assert "没有找到合适的答案" not in (shown := capsys.readouterr().out) and "--closest" not in shown


def test_a_program_is_given_the_closest_passages_with_the_word_that_they_are_no_answer(
    index: Path, capsys: Output
) -> None:
    assert main(["search", "怎么做红烧肉？", "-k", "2", "--json"]) == 0
    (refused,) = objects(capsys)
    assert (refused["answered"], len(refused["hits"])) == (False, 2)


@pytest.mark.parametrize(
    ("filters", "reports"),
    [
        (["--report", DECISION], {f"seeds/{DECISION}"}),
        (["--report", DECISION, "--report", SUMMIT], {f"seeds/{DECISION}", f"seeds/{SUMMIT}"}),
        (["--language", "zh"], {f"seeds/{DECISION}", f"seeds/{SUMMIT}"}),
        (["--language", "fr"], set()),
        (["--section", "能源"], {f"seeds/{SUMMIT}"}),
        (["--symbol", "A/58/1"], set()),
        (["--year", "1812"], set()),
    ],
)
def test_filters_narrow_the_search(filters: list[str], reports: set[str], index: Path, capsys: Output) -> None:
    assert main(["search", "联合国系统的协调", "-k", "200", "--json", *filters]) == 0
    assert {hit["report"] for hit in objects(capsys)[0]["hits"]} == reports


@pytest.mark.parametrize("mode", cli.MODES)
def test_a_mode_asks_its_legs_only(mode: str, index: Path, capsys: Output) -> None:
    assert main(["search", ENERGY, "--mode", mode, "--json"]) == 0
    (answer,) = objects(capsys)
    assert set(answer["legs"]) == ({"dense", "lexical"} if mode == "hybrid" else {mode})
    assert answer["hits"][0]["paragraph"] == "17"


BAD_QUESTIONS = {
    "empty": "",
    "blank": " \t ",
    "very long": "可持续发展" * 2000,
    "punctuation": "?!。，…（）",
    "emoji": "😀👩‍👩‍👧",
    "unknown script": "ᚠᛇᚻ ᛒᛦᚦ",
    "syntax": '"(AND OR NOT: * [x TO y] ^2 ~ \\ -',
    "quotes": '"""',
    "field without value": "report: year: symbol:",
    "field of nonsense": "year:abc lang:zzz",
    "NUL": "能源\x00与水",
    "half a surrogate pair": "能源\udcff\ud800",
    "control characters": "\x1b[2J能源",
}


@pytest.mark.parametrize("name", BAD_QUESTIONS)
@pytest.mark.parametrize("form", ["text", "json"])
def test_any_question_gets_an_answer_or_one_clear_line(name: str, form: str, index: Path, capsys: Output) -> None:
    assert main(["search", *(["--json"] if form == "json" else []), "--", BAD_QUESTIONS[name]]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert "\x1b" not in said.out
    if form == "json":
        (answer,) = [json.loads(line) for line in said.out.splitlines()]
        assert [key for key in answer if key not in OPTIONAL] == ANSWER
    else:
        assert said.out.strip()


def test_bytes_that_are_no_characters_can_be_asked(index: Path) -> None:
    done = subprocess.run(
        [*map(os.fsencode, command("search", "--json")), "能源".encode() + b"\xff\xfe"],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["question"].startswith("能源")


@pytest.mark.parametrize("option", ["--section", "--report", "--symbol", "--language"])
def test_bytes_that_are_no_characters_can_be_filtered_by(option: str, index: Path, capsys: Output) -> None:
    code = main(["search", "能源", option, "\udcff"])
    said = capsys.readouterr()
    assert "fault of the program" not in said.err
    assert code == (1 if option == "--report" else 0)


def test_bytes_that_are_no_characters_can_be_a_paragraph(index: Path, capsys: Output) -> None:
    for command in ("show", "related"):
        assert main([command, DECISION, "\udcff"]) == 1
        assert "has no paragraph ?" in one_line(capsys)


def test_an_empty_question_is_told_how_to_ask(index: Path, capsys: Output) -> None:
    assert main(["search", ""]) == 0
    assert 'Ask in words: reportsearch search "' in capsys.readouterr().out


# --- batch -----------------------------------------------------------------------------------------------------


def test_a_batch_answers_every_line_in_order_and_tells_of_bad_ones(index: Path, tmp_path: Path, capsys: Output) -> None:
    lines = [
        {"id": "a", "question": ENERGY},
        "not JSON",
        {"id": 7, "text": "怎样让大会的辩论更有互动性？"},
        {"id": "no question"},
        "",
        {"id": "wrong", "question": 5},
        {"_id": "beir", "text": ""},
        [1],
    ]
    file = tmp_path / "questions.jsonl"
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    file.write_text(text + "\n", encoding="utf-8")
    assert main(["search", "--batch", str(file), "--json", "-k", "1"]) == 1
    answers = objects(capsys)
    assert [answer["id"] for answer in answers] == ["a", None, 7, "no question", "wrong", "beir", None]
    bad = [answer for answer in answers if "error" in answer]
    assert [answer["line"] for answer in bad] == [2, 4, 6, 8]
    assert all(list(answer) == ["id", "line", "error"] for answer in bad)
    assert answers[0]["hits"][0]["paragraph"] == "17"


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999"])
def test_a_line_that_no_line_of_json_can_answer_is_told_in_its_place(
    number: str, index: Path, tmp_path: Path, capsys: Output
) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text(f'{{"id": {number}, "question": "能源"}}\n{{"id": 1.5, "question": "能源"}}\n', encoding="utf-8")
    assert main(["search", "--batch", str(file), "--json"]) == 1
    bad, good = objects(capsys)
    assert (bad["id"], bad["line"], good["id"]) == (None, 1, 1.5)
    assert "error" in bad and good["hits"]


def test_a_question_of_a_batch_does_not_steer_the_terminal(index: Path, tmp_path: Path, capsys: Output) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text(json.dumps({"id": 1, "question": "\x1b[2J能源"}), encoding="utf-8")
    assert main(["search", "--batch", str(file)]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_a_batch_of_good_lines_is_0_and_equals_single_answers(index: Path, tmp_path: Path, capsys: Output) -> None:
    questions = ["谁负责监测千年发展目标？", "Who watches the goals?", ENERGY]
    file = tmp_path / "questions.jsonl"
    file.write_text("\ufeff" + "\n".join(json.dumps({"question": q}) for q in questions), encoding="utf-8")
    assert main(["search", "--batch", str(file), "--json"]) == 0
    together = objects(capsys)
    for question, answer in zip(questions, together, strict=True):
        assert main(["search", question, "--json"]) == 0
        (alone,) = objects(capsys)
        assert {**answer, "took_ms": 0} == {**alone, "took_ms": 0}


def test_each_answer_of_a_batch_comes_before_the_next_question(index: Path) -> None:
    with started("search", "--batch", "-", "--json", index=index) as asked:
        assert asked.stdin is not None
        assert asked.stdout is not None
        for number in range(3):
            asked.stdin.write(json.dumps({"id": number, "question": ENERGY}) + "\n")
            asked.stdin.flush()
            assert json.loads(asked.stdout.readline())["id"] == number
        asked.stdin.close()
        assert asked.wait(20) == 0


def test_a_closed_pipe_is_quiet(index: Path, tmp_path: Path) -> None:
    with started("search", "--batch", "-", "--json", index=index) as asked:
        assert asked.stdin is not None
        assert asked.stdout is not None
        assert asked.stderr is not None
        asked.stdout.close()
        asked.stdin.write(json.dumps({"question": ENERGY}) + "\n")
        asked.stdin.flush()
        assert asked.wait(20) == cli.BROKEN_PIPE
        assert asked.stderr.read() == ""


def test_a_batch_for_a_person_names_its_questions(index: Path, tmp_path: Path, capsys: Output) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text(json.dumps({"id": "a", "question": ENERGY}) + "\nbad\n", encoding="utf-8")
    assert main(["search", "--batch", str(file), "-k", "1"]) == 1
    said = capsys.readouterr()
    assert said.out.startswith(f"# {ENERGY}\n")
    assert said.err.startswith("line 2: Line 2 is not a question.")


def test_a_batch_that_is_not_there(index: Path, capsys: Output) -> None:
    assert main(["search", "--batch", "nowhere.jsonl", "--json"]) == 1
    assert one_line(capsys).startswith("nowhere.jsonl cannot be read (No such file or directory).")


# --- related and show ------------------------------------------------------------------------------------------


def test_related_leaves_the_passage_s_own_report_out_unless_asked(index: Path, capsys: Output) -> None:
    assert main(["related", SUMMIT, "17", "-k", "5", "--json"]) == 0
    (answer,) = objects(capsys)
    assert [key for key in answer if key not in OPTIONAL] == ANSWER
    assert {hit["report"] for hit in answer["hits"]} == {f"seeds/{DECISION}"}
    assert main(["related", SUMMIT, "17", "-k", "5", "--own", "--json"]) == 0
    (own,) = objects(capsys)
    assert f"seeds/{SUMMIT}" in {hit["report"] for hit in own["hits"]}
    assert "17" not in {hit["paragraph"] for hit in own["hits"] if hit["report"] == f"seeds/{SUMMIT}"}


@pytest.mark.parametrize(
    "arguments", [["related", "nowhere.txt", "1"], ["related", SUMMIT, "999"], ["show", "nowhere.txt"]]
)
def test_an_unknown_report_or_paragraph_is_one_line(arguments: list[str], index: Path, capsys: Output) -> None:
    assert main(arguments) == 1
    assert "reportsearch" in one_line(capsys)


def test_a_file_and_the_index_show_the_same_passages(index: Path, capsys: Output) -> None:
    assert main(["show", f"seeds/{DECISION}", "--json"]) == 0
    now = objects(capsys)
    assert main(["show", Path(DECISION).stem, "--json"]) == 0
    assert objects(capsys) == now
    assert all([key for key in passage if key not in OPTIONAL] == PASSAGE for passage in now)
    numbers = list(dict.fromkeys(passage["paragraph"] for passage in now))
    assert [n for n in numbers if not n.startswith("¶")] == [str(number) for number in range(1, 31)]


def test_show_one_paragraph_or_sub_paragraph(index: Path, capsys: Output) -> None:
    for report in (f"seeds/{DECISION}", Path(DECISION).stem):
        assert main(["show", report, "18 (b)", "--json"]) == 0
        (passage,) = objects(capsys)
        assert (passage["paragraph"], passage["sub"]) == ("18", "b")
        assert main(["show", report, "18", "--json"]) == 0
        assert {passage["sub"] for passage in objects(capsys)} >= {"a", "b", "c", "d", "e"}


def test_show_tells_how_a_report_was_read(index: Path, capsys: Output) -> None:
    assert main(["show", f"seeds/{SUMMIT}"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "symbol: unknown" in lines
    assert "paragraphs: 50" in lines
    assert any(line.startswith("terms: ") and line.count(" · ") == 11 for line in lines)
    assert any(line.startswith("mended: ") for line in lines)


# --- the index as a whole --------------------------------------------------------------------------------------


def test_status_names_every_report(index: Path, capsys: Output) -> None:
    assert main(["status", "--json"]) == 0
    (held,) = objects(capsys)
    assert (held["generation"], held["encoder"]["name"]) == (1, "bundled")
    assert [report["report"] for report in held["reports"]] == [f"seeds/{DECISION}", f"seeds/{SUMMIT}"]
    assert [report["paragraphs"] for report in held["reports"]] == [30, 50]
    assert sum(report["passages"] for report in held["reports"]) == held["passages"]
    assert main(["status"]) == 0
    text = capsys.readouterr().out
    assert f"reports: 2 with {held['passages']} passages" in text
    assert "symbol unknown" in text


def test_verify_and_rollback(tmp_path: Path, capsys: Output) -> None:
    folder = ["--index", str(tmp_path / "index")]
    for path in (SEEDS / DECISION, SEEDS):
        assert main(["build", str(path), *folder]) == 0
    capsys.readouterr()
    assert main(["verify", "--json", *folder]) == 0
    assert objects(capsys) == [{"generation": 2, "sound": True, "problems": []}]
    assert main(["rollback", "--json", *folder]) == 0
    assert objects(capsys) == [{"generation": 1}]
    assert main(["status", "--json", *folder]) == 0
    assert len(objects(capsys)[0]["reports"]) == 1
    assert main(["rollback", *folder]) == 1
    assert "no earlier generation" in one_line(capsys)


@pytest.fixture
def damaged(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "damaged"))


def test_a_flipped_byte_is_found_and_told_with_the_way_out(damaged: Path, capsys: Output) -> None:
    (file,) = damaged.glob("generations/*/segments/*/passages.arrow")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    assert main(["verify", "--index", str(damaged)]) == 1
    said = capsys.readouterr()
    assert "passages.arrow" in said.err
    assert "reportsearch rollback" in said.err
    assert main(["verify", "--index", str(damaged), "--json"]) == 1
    (found,) = objects(capsys)
    assert (found["sound"], len(found["problems"])) == (False, 1)


@pytest.mark.parametrize("lost", ["CURRENT", "generations", "manifest.json", "lexical", "vectors.*", "passages.*"])
@pytest.mark.parametrize("asking", [["search", ENERGY], ["show", SUMMIT], ["status"], ["related", SUMMIT, "17"]])
def test_a_half_deleted_index_is_one_clear_line(lost: str, asking: list[str], damaged: Path, capsys: Output) -> None:
    for path in [*damaged.rglob(lost)]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert main([*asking, "--index", str(damaged)]) == 1
    assert "reportsearch build" in one_line(capsys)


@pytest.mark.parametrize(
    "arguments",
    [["search", "q"], ["related", "a", "1"], ["show", "a"], ["status"], ["verify"], ["rollback"],
     ["evaluate", str(SEEDS / "questions.jsonl")], ["search", "--batch", str(SEEDS / "questions.jsonl"), "--json"]],
)  # fmt: skip
def test_without_an_index_one_line_says_how_to_build_one(arguments: list[str], tmp_path: Path, capsys: Output) -> None:
    assert main([*arguments, "--index", str(tmp_path / "nowhere")]) == 1
    said = one_line(capsys)
    assert "reportsearch build" in said
    assert str(tmp_path / "nowhere") in said
    assert not (tmp_path / "nowhere").exists()


def test_the_default_index_is_beside_the_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    monkeypatch.delenv("REPORTSEARCH_INDEX", raising=False)
    monkeypatch.chdir(tmp_path)
    assert main(["status"]) == 1
    assert "There is no index in .reportsearch." in one_line(capsys)


def test_a_fault_of_the_program_is_one_line_too(index: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    import search

    def broken(_: Path) -> None:
        raise ZeroDivisionError("by\nzero")

    monkeypatch.setattr(search, "open_searcher", broken)
    assert main(["search", "q"]) == 1
    assert one_line(capsys).startswith("This is a fault of the program (ZeroDivisionError: by zero).")
    monkeypatch.setenv("REPORTSEARCH_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        main(["search", "q"])


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        ImportError("a.so: failed to map segment from shared object"),
        OSError(12, "Cannot allocate memory"),
        RuntimeError("can't start new thread"),
    ],
)
def test_too_little_memory_is_no_fault_of_the_program(
    index: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output, error: Exception
) -> None:
    import search

    def broken(_: Path) -> None:
        raise error

    monkeypatch.setattr(search, "open_searcher", broken)
    assert main(["search", "q"]) == 1
    assert one_line(capsys).startswith("There is not enough memory (")


# --- evaluate --------------------------------------------------------------------------------------------------


def some_questions(folder: Path) -> str:
    lines = (SEEDS / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    unanswerable = [line for line in lines if not json.loads(line)["relevant"]]
    file = folder / "some.jsonl"
    file.write_text("\n".join([*lines[:6], *unanswerable[:2]]), encoding="utf-8")
    return str(file)


def test_evaluate_measures_modes_and_languages_and_holds_a_floor(index: Path, tmp_path: Path, capsys: Output) -> None:
    questions, run, trec = some_questions(tmp_path), tmp_path / "run.json", tmp_path / "run.trec"
    assert main(["evaluate", questions, "--json", "--trec", str(trec)]) == 0
    (measured,) = objects(capsys)
    run.write_text(json.dumps(measured), encoding="utf-8")
    assert list(measured["modes"]) == ["hybrid", "dense", "lexical"]
    languages = measured["modes"]["hybrid"]["languages"]
    assert list(languages) == ["all", "zh", "en", "fr", "es"]
    assert (languages["all"]["questions"], languages["all"]["unanswerable"]) == (6, 2)
    assert len({line.split()[0] for line in trec.read_text().splitlines()}) == 8
    arguments = ["evaluate", questions, "--mode", "hybrid", "--baseline", str(run)]
    assert main([*arguments, "--fail-under", f"nDCG@10={languages['all']['nDCG@10']['mean'] - 0.001}"]) == 0
    assert "worse than before: 0 questions (nDCG@10)" in capsys.readouterr().out
    assert main([*arguments, "--fail-under", "zh:nDCG@10=1.1"]) == 1
    assert "zh:nDCG@10 is " in capsys.readouterr().err


def test_a_floor_under_nothing_is_told_before_anything_is_asked(tmp_path: Path, capsys: Output) -> None:
    arguments = ["evaluate", some_questions(tmp_path), "--index", str(tmp_path / "nowhere")]
    assert main([*arguments, "--fail-under", "precision=1"]) == 1
    assert one_line(capsys).startswith("Nothing called 'precision' is measured.")


def test_evaluate_names_the_paragraphs_that_the_index_lacks(index: Path, tmp_path: Path, capsys: Output) -> None:
    asked = {"id": "1", "question": ENERGY, "relevant": [{"report": SUMMIT, "paragraph": "999"}]}
    (tmp_path / "q.jsonl").write_text(json.dumps(asked), encoding="utf-8")
    assert main(["evaluate", str(tmp_path / "q.jsonl"), "--mode", "lexical"]) == 0
    assert f"1 paragraphs that answer are not in the index and count as not found: seeds/{SUMMIT} 999." in (
        capsys.readouterr().err
    )


def test_evaluate_leaves_each_stage_out(index: Path, tmp_path: Path, capsys: Output) -> None:
    assert main(["evaluate", some_questions(tmp_path), "--mode", "hybrid", "--ablate", "--json"]) == 0
    (measured,) = objects(capsys)
    names = list(measured["modes"])
    assert names[0] == "hybrid"
    assert {"hybrid without late", "hybrid without words", "hybrid without lexicon"} < set(names)
    relevance = [[q["MRR"] for q in mode["questions"].values() if "MRR" in q] for mode in measured["modes"].values()]
    assert any(scores != relevance[0] for scores in relevance[1:])


def test_calibrate_writes_the_line_beside_the_index(damaged: Path, tmp_path: Path, capsys: Output) -> None:
    arguments = ["--index", str(damaged)]
    assert main(["calibrate", some_questions(tmp_path), "--json", *arguments]) == 0
    (fitted,) = objects(capsys)
    assert (fitted["measured"]["answerable"], fitted["measured"]["unanswerable"]) == (6, 2)
    assert json.loads((damaged / "calibration.json").read_text(encoding="utf-8")) == fitted
    assert main(["verify", *arguments]) == 0
    assert main(["search", "怎么做红烧肉？", "-k", "1", "--json", *arguments]) == 0
    capsys.readouterr()
    (tmp_path / "none.jsonl").write_text('{"id": "1", "question": "?", "relevant": []}')
    assert main(["calibrate", str(tmp_path / "none.jsonl"), *arguments]) == 1
    assert "no question with an answer" in one_line(capsys)


def test_evaluate_reads_a_beir_folder_and_indexes_it_for_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    monkeypatch.chdir(tmp_path)
    texts = {
        "d1": "海洋环境保护需要各国合作。",
        "d2": "审计委员会审查了年度财务报表。",
        "d3": "学校午餐改善了儿童的营养。",
    }
    folder = tmp_path / "beir"
    folder.mkdir()

    def write(name: str, lines: list[dict[str, str]]) -> None:
        (folder / name).write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")

    write("corpus.jsonl", [{"_id": name, "title": "", "text": text} for name, text in texts.items()])
    write("queries.jsonl", [{"_id": "q1", "text": "谁审查财务报表"}, {"_id": "q2", "text": "保护海洋"}])
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td2\t1\nq2\td1\t1\n", encoding="utf-8")
    assert main(["evaluate", str(folder), "--mode", "lexical", "--json", "--trec", "run"]) == 0
    (measured,) = objects(capsys)
    assert measured["modes"]["lexical"]["languages"]["all"]["nDCG@10"]["mean"] == 1.0
    assert (tmp_path / "run").read_text().splitlines()[0] == "q1 Q0 d2 1 1.000000 lexical"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["beir", "run"]


def test_progress_of_a_build_is_shown_while_it_lasts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    seen: list[Progress] = []
    monkeypatch.setattr("ui.progress.ProgressLine.__call__", lambda _, progress: seen.append(progress))
    assert main(["build", str(SEEDS), "--index", str(tmp_path / "index")]) == 0
    assert seen[-1].stage == "publishing"


def test_verify_tells_programs_of_a_damaged_pointer_too(tmp_path: Path, capsys: Output) -> None:
    index = tmp_path / "index"
    assert main(["build", str(SEEDS), "--index", str(index)]) == 0
    (index / "CURRENT").write_text("nonsense", encoding="utf-8")
    capsys.readouterr()
    assert main(["verify", "--index", str(index), "--json"]) == 1
    (said,) = objects(capsys)
    assert (said["generation"], said["sound"], len(said["problems"])) == (None, False, 1)
