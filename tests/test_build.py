"""Builds: what changed is done, what did not is not, and nothing that was there is lost."""

import errno
import os
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import index.dense
import index.leaf
import index.plan
from index import BuildResult, OpenIndex, Progress, build_index, open_index
from index.encoder import BUNDLED, bundled_encoder
from index.errors import DamagedIndex, DiskFull, NothingToIndex, NotWritable, OutOfMemory, UnknownPassage
from index.generation import current, verify
from index.words import TOKENIZER
from tests.conftest import CharacterEncoder, Paragraphs, write_report

Write = Callable[..., Path]
A, B, C = {"1": "能源政策", "2": "海洋资源"}, {"1": "淡水管理"}, {"1": "森林", "2": "荒漠化", "3": "山区"}


@dataclass
class Desk:
    """A folder of reports and an index of it; `encoded` counts the passages embedded by the last build."""

    reports: Path
    index: Path
    encoded: int = 0

    def write(self, name: str, paragraphs: Paragraphs) -> Path:
        return write_report(self.reports / f"{name}.jsonl", paragraphs)

    def build(self, *paths: Path, full: bool = False) -> BuildResult:
        encoder = CharacterEncoder()
        result = build_index(paths or [self.reports], self.index, encoder=encoder, full=full)
        self.encoded = encoder.encoded
        return result

    def open(self) -> OpenIndex:
        return open_index(self.index, encoder=CharacterEncoder())

    def held(self) -> dict[str, Paragraphs]:
        """Return all that the index holds, after looking at it through every door."""
        opened, found = self.open(), dict[str, Paragraphs]()
        for report in opened.manifest.reports:
            for row in opened.rows_of(report):
                passage = opened.passage(row).passage
                assert opened.report_of(row) == report
                grams = opened.analyser.grams(passage.text)
                assert row in opened.lexical.with_all([], grams, opened.rows).tolist()
                np.testing.assert_allclose(
                    opened.vectors([row])[0], CharacterEncoder().encode_query(passage.text), atol=0.02
                )
                assert (
                    opened.token_ids([row])[0].tolist() == opened.tokens_encoder.token_ids([passage.text])[0].tolist()
                )
                found.setdefault(Path(report.path).stem, {})[passage.paragraph] = passage.text
        assert opened.lexical.rows == opened.manifest.rows == sum(map(len, found.values()))
        assert verify(self.index) == []
        return found


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path / "reports", tmp_path / "index")
    for name, paragraphs in {"a": A, "b": B, "c": C}.items():
        desk.write(name, paragraphs)
    return desk


@pytest.fixture
def scattered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Treat a handful of passages as a large collection: each file a leaf, segments kept and joined."""
    monkeypatch.setattr(index.plan, "COMPACT_BELOW", 3)
    monkeypatch.setattr(index.plan, "LEAF_BYTES", 1)


def test_everything_given_is_held(desk: Desk) -> None:
    result = desk.build()
    assert (result.generation, result.reports, result.passages, result.kept) == (1, 3, 6, 0)
    assert [Path(p).stem for p in result.added] == ["a", "b", "c"]
    assert desk.held() == {"a": A, "b": B, "c": C}


def test_the_same_input_gives_the_same_bytes(desk: Desk, tmp_path: Path) -> None:
    desk.build()
    twin = Desk(desk.reports, tmp_path / "twin")
    twin.build()
    one, two = current(desk.index).folder, current(twin.index).folder
    names = {p.relative_to(one) for p in one.rglob("*") if p.is_file() and "lexical" not in p.parts}
    assert len(names) > 10
    for name in names - {Path("checksums.json")}:
        assert (one / name).read_bytes() == (two / name).read_bytes(), name


def test_nothing_new_is_no_new_generation(desk: Desk) -> None:
    desk.build()
    result = desk.build()
    assert (result.unchanged, result.generation, result.kept, desk.encoded) == (True, 1, 3, 0)
    assert not (desk.index / "building").exists()


def test_only_what_changed_is_embedded(desk: Desk) -> None:
    desk.build()
    desk.write("b", {"1": "淡水管理", "2": "新的一段"})
    result = desk.build()
    assert (result.generation, desk.encoded, result.kept) == (2, 2, 2)
    assert [Path(p).stem for p in result.added] == ["b"]
    assert desk.held()["b"] == {"1": "淡水管理", "2": "新的一段"}


def test_a_removed_report_disappears(desk: Desk) -> None:
    desk.build()
    (desk.reports / "a.jsonl").unlink()
    result = desk.build()
    assert [Path(p).stem for p in result.removed] == ["a"]
    assert (desk.encoded, desk.held()) == (0, {"b": B, "c": C})


def test_a_moved_report_is_carried_over(desk: Desk) -> None:
    desk.build()
    (desk.reports / "deeper").mkdir()
    (desk.reports / "a.jsonl").rename(desk.reports / "deeper" / "a.jsonl")
    result = desk.build()
    assert (desk.encoded, result.kept) == (0, 3)
    assert desk.open().find_report("a").path.endswith("deeper/a.jsonl")
    assert desk.held() == {"a": A, "b": B, "c": C}


def test_a_renamed_report_is_read_again_and_not_embedded_again(desk: Desk) -> None:
    desk.build()
    (desk.reports / "a.jsonl").rename(desk.reports / "z.jsonl")
    desk.build()
    assert (desk.encoded, desk.held()) == (0, {"b": B, "c": C, "z": A})


def test_two_reports_change_names(desk: Desk) -> None:
    desk.build()
    (desk.reports / "a.jsonl").rename(desk.reports / "x")
    (desk.reports / "b.jsonl").rename(desk.reports / "a.jsonl")
    (desk.reports / "x").rename(desk.reports / "b.jsonl")
    desk.build()
    assert (desk.encoded, desk.held()) == (0, {"a": B, "b": A, "c": C})


def test_a_copy_is_a_report_of_its_own(desk: Desk) -> None:
    desk.build()
    (desk.reports / "copies").mkdir()
    shutil.move(desk.reports / "a.jsonl", desk.reports / "copies" / "a.jsonl")
    desk.build()
    shutil.copy(desk.reports / "copies" / "a.jsonl", desk.reports / "a.jsonl")
    result = desk.build()
    opened = desk.open()
    assert (result.reports, opened.manifest.rows, desk.encoded) == (4, 8, 0)
    assert len({report.number for report in opened.manifest.reports}) == 4
    assert sorted(opened.lexical.with_all([], ["能", "源"], 9).tolist()) == [0, 6]


def test_a_report_that_cannot_be_read_any_more_stays_as_it_was(desk: Desk) -> None:
    desk.build()
    (desk.reports / "a.jsonl").write_bytes(b"\x00\x01\x02" * 50)
    result = desk.build()
    assert [Path(f.path).stem for f in result.failures] == ["a"]
    assert result.removed == []
    assert desk.held() == {"a": A, "b": B, "c": C}
    assert desk.build().failures  # and it is said each time
    desk.write("a", {"1": "重写"})
    assert desk.build().failures == []
    assert desk.held()["a"] == {"1": "重写"}


def test_reports_below_a_path_that_is_not_there_stay(desk: Desk, tmp_path: Path) -> None:
    other = write_report(tmp_path / "other" / "d.jsonl", {"1": "另一处"}).parent
    desk.build(desk.reports, other)
    shutil.move(other, tmp_path / "elsewhere")
    result = desk.build(desk.reports, other)
    assert [f.path for f in result.failures] == [other.as_posix()]
    assert desk.held() == {"a": A, "b": B, "c": C, "d": {"1": "另一处"}}


def test_what_is_no_report_is_passed_over_and_all_failures_are_told(desk: Desk) -> None:
    (desk.reports / "questions.jsonl").write_text('{"id": "1", "question": "?"}\n')
    (desk.reports / "empty.txt").write_text("")
    (desk.reports / "binary.txt").write_bytes(bytes(range(256)) * 9)
    (desk.reports / "picture.png").write_bytes(b"\x89PNG")
    result = desk.build()
    assert [Path(p).name for p in result.skipped] == ["questions.jsonl"]
    assert sorted(Path(f.path).name for f in result.failures) == ["binary.txt", "empty.txt"]
    assert all(f.reason and f.advice for f in result.failures)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes and file names of any bytes")
def test_pipes_loops_and_names_of_no_encoding_are_failures(desk: Desk) -> None:
    os.mkfifo(desk.reports / "pipe.txt")
    (desk.reports / "loop.txt").symlink_to("loop.txt")
    (desk.reports / "gone.txt").symlink_to("nowhere.txt")
    named = [os.fsdecode(b"n\xff.txt")]
    try:
        (desk.reports / os.fsdecode(b"n\xff.txt")).write_text(A["1"])
    except OSError:
        named = []  # a file system that takes UTF-8 alone
    result = desk.build()
    told = sorted(["gone.txt", "loop.txt", *named, "pipe.txt"])
    assert sorted(Path(f.path).name for f in result.failures) == told
    assert desk.held() == {"a": A, "b": B, "c": C}


@pytest.mark.parametrize("content", [None, b"", b"\x00" * 100])
def test_nothing_usable_is_said_and_changes_nothing(desk: Desk, tmp_path: Path, content: bytes | None) -> None:
    desk.build()
    (tmp_path / "poor").mkdir()
    if content is not None:
        (tmp_path / "poor" / "x.txt").write_bytes(content)
    with pytest.raises(NothingToIndex):
        desk.build(tmp_path / "poor")
    assert desk.held() == {"a": A, "b": B, "c": C}


def test_an_index_among_the_reports_is_not_read(desk: Desk) -> None:
    inside = Desk(desk.reports, desk.reports / "index")
    inside.build()
    assert inside.build().unchanged
    assert inside.held() == {"a": A, "b": B, "c": C}


def test_another_encoder_embeds_everything_again(desk: Desk) -> None:
    desk.build()
    other = CharacterEncoder(24, "!")
    result = build_index([desk.reports], desk.index, encoder=other)
    assert (result.generation, other.encoded) == (2, 6)
    opened = open_index(desk.index, encoder=other)
    assert opened.vectors([0]).shape == (1, 24)
    assert opened.encoder is other


def test_another_dictionary_cuts_again_and_embeds_nothing(desk: Desk, tmp_path: Path) -> None:
    desk.build()
    (tmp_path / "words.txt").write_text("能源政策 9999\n", encoding="utf-8")
    encoder = CharacterEncoder()
    build_index([desk.reports], desk.index, encoder=encoder, dictionary=tmp_path / "words.txt")
    opened = desk.open()
    assert (encoder.encoded, opened.lexical.frequency("能源政策")) == (0, 1)
    assert "能源政策" in opened.analyser.terms("新能源政策的")
    assert desk.held() == {"a": A, "b": B, "c": C}


def test_a_report_without_a_paragraph_is_held_all_the_same(desk: Desk) -> None:
    for name in ("0", "z"):
        (desk.reports / f"{name}.txt").write_text("A/58/359\n", encoding="utf-8")
    desk.build()
    opened = desk.open()
    for name in ("0", "z"):
        report = opened.find_report(name)
        if not report.rows:
            assert (list(opened.rows_of(report)), opened.sections(report)) == ([], ())
            with pytest.raises(UnknownPassage):
                opened.rows_of_paragraph(report, "1")
    assert verify(desk.index) == []


# --- damage ------------------------------------------------------------------------------------------------------


def test_full_starts_anew(desk: Desk) -> None:
    desk.build()
    assert desk.build(full=True).generation == 2
    assert (desk.encoded, desk.held()) == (6, {"a": A, "b": B, "c": C})


@pytest.mark.parametrize("damage", ["pointer", "manifest", "segments", "lexical", "format", "everything"])
@pytest.mark.parametrize("full", [False, True])
def test_a_build_mends_what_is_damaged(desk: Desk, damage: str, full: bool) -> None:
    desk.build()
    folder = current(desk.index).folder
    if damage == "pointer":
        (desk.index / "CURRENT").write_text("?")
    elif damage == "manifest":
        (folder / "manifest.json").unlink()
    elif damage == "everything":
        shutil.rmtree(folder)
    elif damage == "format":
        path = folder / "manifest.json"
        path.write_text(path.read_text().replace('"format": ', '"format": 99'))
    else:
        for path in sorted((folder / damage).rglob("*")):
            if path.is_file() and path.stat().st_size:
                path.write_bytes(bytes([path.read_bytes()[0] ^ 255]) + path.read_bytes()[1:])
    desk.write("d", {"1": "新增"})
    result = desk.build(full=full)
    assert full or damage == "format" or "Therefore every report has been read again" in " ".join(result.warnings)
    assert desk.held() == {"a": A, "b": B, "c": C, "d": {"1": "新增"}}


@pytest.mark.usefixtures("scattered")
def test_damage_is_not_blessed_by_carrying_it_over(desk: Desk) -> None:
    desk.write("large", {str(i): f"第{i}段" for i in range(40)})
    desk.build()
    opened = desk.open()
    name = opened.find_report("large").segment
    path = current(desk.index).folder / "segments" / name / "tokens.npy"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    desk.write("small", {"1": "小"})
    desk.build()
    assert any(name in problem for problem in verify(desk.index))
    opened = desk.open()
    rows = opened.rows_of(opened.find_report("large"))
    with pytest.raises(DamagedIndex):
        opened.token_ids(list(rows))


# --- interruption ------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("scattered")
def test_an_interrupted_build_goes_on_where_it_was(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    write = index.leaf.write_leaf
    calls = 0

    def interrupted(*arguments: object) -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyboardInterrupt
        write(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("index.build.write_leaf", interrupted)
    with pytest.raises(KeyboardInterrupt):
        desk.build()
    monkeypatch.setattr("index.build.write_leaf", write)
    desk.build()
    assert (desk.encoded, desk.held()) == (3, {"a": A, "b": B, "c": C})  # only the last file was left to do
    assert not (desk.index / "building").exists()


@pytest.mark.usefixtures("scattered")
def test_a_leaf_broken_by_the_interruption_is_read_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("index.build.publish", stop)
        with pytest.raises(KeyboardInterrupt):
            desk.build()
        patch.undo()
    monkeypatch.setattr(index.plan, "COMPACT_BELOW", 3)
    monkeypatch.setattr(index.plan, "LEAF_BYTES", 1)
    desk.build()
    assert desk.held() == {"a": A, "b": B, "c": C}


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EIO])
@pytest.mark.parametrize("after", [0, 3, 20])
def test_a_disk_that_refuses_is_named_and_nothing_is_lost(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, code: int, after: int
) -> None:
    desk.build()
    desk.write("b", {"1": "改过"})
    flushed = 0

    def fsync(_: int) -> None:
        nonlocal flushed
        flushed += 1
        if flushed > after:
            raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        with pytest.raises(NotWritable) as raised:
            desk.build()
    assert isinstance(raised.value, DiskFull) == (code in (errno.ENOSPC, errno.EDQUOT))
    assert os.strerror(code) in raised.value.fact
    assert raised.value.advice
    assert desk.held() == {"a": A, "b": B, "c": C}
    desk.build()
    assert desk.held() == {"a": A, "b": {"1": "改过"}, "c": C}


def test_a_lack_of_memory_is_named_and_nothing_is_lost(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.build()
    desk.write("b", {"1": "改过"})

    def none_left(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(CharacterEncoder, "encode_passages", none_left)
        with pytest.raises(OutOfMemory, match="--memory"):
            desk.build()
    assert desk.held() == {"a": A, "b": B, "c": C}


def test_a_file_where_the_index_should_be(desk: Desk) -> None:
    desk.index.write_text("a file")
    with pytest.raises(NotWritable, match=str(desk.index)):
        desk.build()


# --- large collections -------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("scattered")
def test_segments_stay_few_over_many_builds(desk: Desk) -> None:
    wanted = {"a": A, "b": B, "c": C}
    for number in range(25):
        wanted[f"r{number}"] = {"1": f"第{number}次"}
        desk.write(f"r{number}", wanted[f"r{number}"])
        desk.build()
        assert desk.encoded == (7 if number == 0 else 1)
        assert len(desk.open().manifest.segments) <= 6
    assert desk.held() == wanted


@pytest.mark.usefixtures("scattered")
@pytest.mark.parametrize("seed", range(3))
def test_any_history_ends_in_what_the_files_say(desk: Desk, seed: int) -> None:
    rng = random.Random(seed)
    there = {"a": A, "b": B, "c": C}
    desk.build()
    for step in range(12):
        for _ in range(rng.randint(0, 3)):
            name = rng.choice([*there, f"new{step}"])
            if rng.random() < 0.35 and len(there) > 1 and name in there:
                (desk.reports / f"{name}.jsonl").unlink()
                del there[name]
            else:
                there[name] = {str(i): f"{name}第{rng.randint(0, 9)}段" for i in range(rng.randint(1, 12))}
                desk.write(name, there[name])
        if rng.random() < 0.3:
            name = rng.choice(list(there))
            (desk.reports / f"{name}.jsonl").rename(desk.reports / f"{name}x.jsonl")
            there[f"{name}x"] = there.pop(name)
        desk.build(full=rng.random() < 0.1)
        assert desk.held() == there
    opened = desk.open()
    question = CharacterEncoder().encode_query("第3段")
    alive = {row for report in opened.manifest.reports for row in opened.rows_of(report)}
    rows, scores = opened.nearest(question, opened.rows, None)
    assert set(rows.tolist()) == alive
    np.testing.assert_allclose(scores, opened.vectors(rows) @ question, atol=1e-5)
    assert scores.tolist() == sorted(scores.tolist(), reverse=True)


def test_leaves_that_were_half_removed_are_written_again(desk: Desk) -> None:
    leaves = desk.index / "building" / "leaves"
    with pytest.raises(KeyboardInterrupt):
        build_index([desk.reports], desk.index, encoder=CharacterEncoder(), progress=_stop_when_joining)
    (words,) = leaves.glob("*.words")
    words.unlink()
    assert build_index([desk.reports], desk.index, encoder=CharacterEncoder()).generation == 1
    assert not leaves.exists()


def _stop_when_joining(progress: Progress) -> None:
    if progress.stage in ("joining", "words", "publishing"):
        raise KeyboardInterrupt


def test_the_manifest_tells_the_recall_on_questions_of_words_of_the_passages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index.dense, "EXACT_LIMIT", 300)
    signs = random.Random(0)
    texts = ["".join(chr(signs.randrange(0x4E00, 0x5E00)) for _ in range(30)) for _ in range(400)]
    desk = Desk(tmp_path / "reports", tmp_path / "index")
    desk.write("a", {str(number): text for number, text in enumerate(texts)})
    desk.build()
    opened = desk.open()
    (segment,) = opened.manifest.segments
    assert "on 100 questions" in segment.dense
    assert "made again" not in segment.dense  # its vectors are not those of the tokens
    assert float(segment.dense.split("recall@10 ")[1].split()[0]) > 0.9
    for row in (0, 7, 399):
        assert opened.nearest(CharacterEncoder().encode_query(texts[row]), 3, None)[0][0] == row


def test_vectors_of_many_rows_are_made_again_from_their_tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index.dense, "EXACT_LIMIT", 300)
    signs = random.Random(0)
    texts = ["".join(signs.choices("水电能源教育卫生贸易森林海洋气候财政人口妇女儿童", k=24)) for _ in range(700)]
    encoder = bundled_encoder()
    wanted = encoder.encode_passages(texts)
    for name, part in (("a", texts[:400]), ("b", texts[400:])):  # the second is put together with the first
        write_report(tmp_path / "reports" / f"{name}.jsonl", {str(number): text for number, text in enumerate(part)})
        build_index([tmp_path / "reports"], tmp_path / "index")
        opened = open_index(tmp_path / "index")
        assert "the best 24 with vectors made again" in opened.manifest.segments[0].dense
        rows = np.arange(opened.rows)
        places = [texts.index(opened.passage(row).passage.text) for row in rows.tolist()]
        np.testing.assert_allclose(opened.encoded(rows), wanted[places], atol=1e-3)
        assert 1e-3 < np.abs(opened.vectors(rows) - wanted[places]).max() < 0.03
        found, cosines = opened.nearest(encoder.encode_query(texts[7]), 3, None)
        assert places[found[0]] == 7
        np.testing.assert_allclose(cosines, wanted[[places[row] for row in found]] @ wanted[7], atol=1e-5)


def test_a_link_to_a_folder_is_passed_over_with_a_remark(desk: Desk, tmp_path: Path) -> None:
    desk.write("a", A)
    write_report(tmp_path / "elsewhere" / "b.jsonl", B)
    (desk.reports / "link").symlink_to(tmp_path / "elsewhere")
    assert desk.build().warnings == [f"{desk.reports}/link is a link to a folder, not looked into unless it is named."]
    named = desk.build(desk.reports, desk.reports / "link")
    assert (named.warnings, named.added) == ([], [f"{desk.reports}/link/b.jsonl"])


def test_a_build_goes_on_with_the_model_and_the_dictionary_of_the_index(desk: Desk, tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    words.write_text("能源政策\n", encoding="utf-8")
    build_index([desk.reports], desk.index, model=str(static_model(tmp_path / "model")), dictionary=words)
    words.unlink()
    before = open_index(desk.index).manifest
    for full in (False, True):
        desk.write("new", {"1": f"新的报告{full}"})
        build_index([desk.reports], desk.index, full=full)
        now = open_index(desk.index).manifest
        assert (now.words, now.encoder, now.dictionary) == (before.words, before.encoder, True)
    assert build_index([desk.reports], desk.index).unchanged
    build_index([desk.reports], desk.index, model="bundled", dictionary="")
    now = open_index(desk.index).manifest
    assert (now.words, now.encoder.name, now.dictionary) == (TOKENIZER, "bundled", False)


def test_a_damaged_copy_of_the_dictionary_is_not_built_with(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("能源政策\n", encoding="utf-8")
    build_index([desk.reports], desk.index, encoder=CharacterEncoder(), dictionary=tmp_path / "words.txt")
    (current(desk.index).folder / "dictionary.txt").write_text("能源政笨\n", encoding="utf-8")
    with pytest.raises(DamagedIndex, match="--no-dictionary"):
        desk.build()
    encoder = CharacterEncoder()
    assert build_index([desk.reports], desk.index, encoder=encoder, dictionary="").reports


def static_model(folder: Path) -> Path:
    """Make a model of another name that reads as the bundled one does."""
    shutil.copytree(BUNDLED, folder)
    return folder
