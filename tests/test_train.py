"""Training: batches hold true pairs, losses agree with naive ones, runs are repeatable and go on where they stopped."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from torch.nn import functional

from index.encoder import BUNDLED
from training import model
from training.batches import Bags, Corpus, Sampler
from training.combine import balance, combine, table_in
from training.combine import main as combine_main
from training.data import LANGUAGES, Source, View, own_items
from training.measure import late_table
from training.model import compact, contrast, late_scores, padded, pool
from training.pieces import parts_of
from training.prepare import corpus
from training.scores import value
from training.tasks import Task
from training.train import Run, Settings, pieces_of

SUBJECTS = ["water", "школа", "المحيط", "森林", "salud", "énergie", "trade", "мир", "农业", "budget", "климат"]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(BUNDLED / "tokenizer.json"))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, tokenizer: Tokenizer) -> Path:
    """A corpus of questions, of terms in two languages and of passages alone, each text marked with its item."""
    asked = [[View(lang, f"{s} {lang} told {n}") for lang in LANGUAGES]
             + [View(lang, f"{s} {lang} asked {q} {n}", q) for q in (1, 2) for lang in LANGUAGES]
             for n, s in enumerate(SUBJECTS)]  # fmt: skip
    terms = [[View("en", f"{s} term {n}"), View("zh", f"{s} 词 {n}")] for n, s in enumerate(SUBJECTS)]
    alone = [[View("en", " ".join(f"{s} {n}" for n in range(100, 130)))] for s in SUBJECTS]
    sources = [Source("asked", asked, 3.0), Source("terms", terms, 1.0), Source("alone", alone, 1.0)]
    task = Task("sample reports", "zh", [f"{s} zh asked 1" for s in SUBJECTS], [f"{s} zh told" for s in SUBJECTS],
                [{row: 1} for row in range(len(SUBJECTS))], late=True)  # fmt: skip
    folder = tmp_path_factory.mktemp("prepared")
    np.savez(folder / "corpus.npz", **corpus(sources, [task], tokenizer, 1000))
    return folder


def texts(bags: Bags) -> list[list[int]]:
    return [bags.tokens[bags.rows == row].tolist() for row in range(bags.count)]


def test_pairs_are_of_one_item_and_no_text_is_empty(prepared: Path, tokenizer: Tokenizer) -> None:
    opened, words = Corpus(prepared / "corpus.npz"), pieces_of(tokenizer)
    sampler = Sampler(opened, size=11, dropout=0.0, blend=0.0, weights={"terms": 0.0, "alone": 0.0}, seed=1)
    kinds = set()
    for _ in range(20):
        batch = sampler.draw()
        assert batch.source == "asked" and batch.left.count == batch.right.count == len(SUBJECTS)
        for left, right in zip(texts(batch.left), texts(batch.right), strict=True):
            left_text, right_text = ("".join(words[token] for token in side) for side in (left, right))
            assert left_text[-1:] == right_text[-1:] and left_text != right_text  # the item's number ends both
            kinds.add(("asked" in left_text, "asked" in right_text))
    assert kinds == {(True, False), (False, False), (True, True)}


def test_one_text_becomes_a_stretch_and_the_rest(prepared: Path) -> None:
    sampler = Sampler(Corpus(prepared / "corpus.npz"), size=11, dropout=0.0, blend=0.0,
                      weights={"asked": 0.0, "terms": 0.0}, seed=1)  # fmt: skip
    whole = {tuple(text) for text in texts(sampler.corpus.bags(torch.arange(sampler.corpus.texts)))}
    apart = 0
    for _ in range(10):
        batch = sampler.draw()
        for left, right in zip(texts(batch.left), texts(batch.right), strict=True):
            assert 4 <= len(left) <= 40
            places = range(len(right) + 1)
            apart += any((*right[:place], *left, *right[place:]) in whole for place in places)
            assert tuple(right) in whole or any((*right[:p], *left, *right[p:]) in whole for p in places)
    assert apart > 60  # nine in ten of 110; else the passage stays whole


def test_texts_keep_a_token_whatever_is_left_out(prepared: Path) -> None:
    sampler = Sampler(Corpus(prepared / "corpus.npz"), size=11, dropout=0.99, blend=1.0, weights={"alone": 0.0}, seed=2)
    for _ in range(20):
        batch = sampler.draw()
        assert all(texts(batch.left)) and all(texts(batch.right))


def test_equal_texts_are_no_negatives(tmp_path: Path, tokenizer: Tokenizer) -> None:
    items = [[View("en", "repealed"), View("fr", f"abrogé {n}")] for n in range(4)]
    np.savez(tmp_path / "corpus.npz", **corpus([Source("law", items, 1.0)], [], tokenizer, 10))
    batch = Sampler(Corpus(tmp_path / "corpus.npz"), size=4, dropout=0.0, blend=0.0, weights={}, seed=1).draw()
    rights = texts(batch.right)
    lefts = texts(batch.left)
    for i in range(4):
        for j in range(4):
            assert bool(batch.twins[i, j]) == (i != j and (lefts[i] == lefts[j] or rights[i] == rights[j]))


def random_bags(draw: np.random.Generator, count: int, vocabulary: int) -> Bags:
    lengths = torch.from_numpy(draw.integers(1, 9, count))
    rows = torch.repeat_interleave(torch.arange(count), lengths)
    return Bags(torch.from_numpy(draw.integers(0, vocabulary, len(rows))), rows, count)


def naive_late(vectors: torch.Tensor, left: Bags, right: Bags) -> torch.Tensor:
    scores = torch.zeros(left.count, right.count)
    for i, asked in enumerate(texts(left)):
        weights = vectors[asked].norm(dim=1)
        for j, told in enumerate(texts(right)):
            cosines = functional.normalize(vectors[asked], dim=1) @ functional.normalize(vectors[told], dim=1).T
            scores[i, j] = (weights * cosines.max(dim=1).values).sum() / weights.sum()
    return scores


@pytest.mark.parametrize("seed", range(3))
def test_late_scores_are_the_naive_ones_with_their_gradient(seed: int) -> None:
    draw = np.random.default_rng(seed)
    vectors = torch.from_numpy(draw.normal(size=(40, 8)).astype(np.float32)).requires_grad_()
    left, right = random_bags(draw, 7, 40), random_bags(draw, 7, 40)
    expected = naive_late(vectors, left, right)
    found = late_scores(vectors, left, right, 7, torch.Generator())
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(late_table(vectors.detach(), left, right), expected.detach())
    weights = torch.from_numpy(draw.normal(size=(7, 7)).astype(np.float32))
    torch.testing.assert_close(*(torch.autograd.grad((s * weights).sum(), vectors)[0] for s in (found, expected)))


def test_contrast_is_cross_entropy_both_ways_without_twins() -> None:
    logits = torch.randn(5, 5, generator=torch.Generator().manual_seed(1))
    twins = torch.zeros(5, 5, dtype=torch.bool)
    wanted = torch.arange(5)
    both = (functional.cross_entropy(logits, wanted) + functional.cross_entropy(logits.T, wanted)) / 2
    torch.testing.assert_close(contrast(logits, twins), both)
    twins[0, 1] = True
    assert contrast(logits, twins) < both


def test_pooling_sums_and_compact_keeps_the_texts() -> None:
    draw = np.random.default_rng(4)
    vectors, bags = torch.from_numpy(draw.normal(size=(30, 4))), random_bags(draw, 6, 30)
    expected = torch.stack([vectors[text].sum(dim=0) for text in texts(bags)])
    torch.testing.assert_close(pool(vectors, bags), expected)
    numbers, small = compact(30, bags)
    assert numbers.tolist() == sorted(set(bags.tokens.tolist()))
    torch.testing.assert_close(pool(vectors[numbers], small), expected)


def test_padded_tables_hold_the_tokens() -> None:
    bags = random_bags(np.random.default_rng(5), 6, 30)
    table, real = padded(bags, 4, 10, torch.Generator())
    for row, text in enumerate(texts(bags)[:4]):
        assert table[row][real[row]].tolist() == text
        assert set(table[row].tolist()) == set(text)
    assert padded(bags, 6, 3, torch.Generator())[0].shape == (6, 3)


def test_parts_are_the_piece_and_its_common_groups() -> None:
    parts = parts_of(["<unk>", "develop", "developed", "developer", "发展", "发展中", "可发展", "12"], grams=True)
    starts = np.cumsum(parts.lengths) - parts.lengths
    lists = [set(parts.parts[s : s + n].tolist()) for s, n in zip(starts, parts.lengths, strict=True)]
    assert parts.parts[starts].tolist() == list(range(8))
    assert len(lists[1] & lists[2] & lists[3]) == 12  # groups of 3 to 5 letters in "develop"
    assert len(lists[4] & lists[5] & lists[6]) == 3  # 发, 展, 发展
    assert not lists[1] & lists[4] and lists[7] == {7} and lists[0] == {0}
    assert parts_of(["develop", "developed", "developer"], grams=False).count == 3


def run(prepared: Path, tokenizer: Tokenizer, folder: Path, **settings: object) -> Run:
    folder.mkdir(exist_ok=True)
    chosen = Settings(**({"steps": 40, "batch": 12, "dim": 16, "late_pairs": 6, "rate": 0.01} | settings))
    return Run(chosen, Corpus(prepared / "corpus.npz"), pieces_of(tokenizer), folder)


def test_training_learns_and_is_repeatable(prepared: Path, tokenizer: Tokenizer, tmp_path: Path) -> None:
    first, again = (run(prepared, tokenizer, tmp_path / name) for name in "ab")
    before = drawn_loss(run(prepared, tokenizer, tmp_path / "c"))
    report = first.fit()
    again.fit()
    assert report["steps"] == 40 and drawn_loss(first) < before / 2
    torch.testing.assert_close(first.table.pieces(), again.table.pieces(), rtol=0, atol=0)
    json.dumps(report)


def drawn_loss(started: Run) -> float:
    """Mean loss of five batches of questions and terms, with the finished vectors."""
    sampler = Sampler(started.corpus, size=11, dropout=0.0, blend=0.0, weights={"alone": 0.0}, seed=9)
    batches = [sampler.draw() for _ in range(5)]
    return float(np.mean([float(started.loss(started.table.pieces(), b.left, b.right, b.twins)) for b in batches]))


def test_an_interrupted_run_ends_as_if_it_had_not_been(prepared: Path, tokenizer: Tokenizer, tmp_path: Path) -> None:
    whole = run(prepared, tokenizer, tmp_path / "whole")
    whole.fit()
    broken = run(prepared, tokenizer, tmp_path / "broken")
    rates = broken._rates()
    for _ in range(15):
        left, batch = next(rates), broken.sampler.draw()
        broken.table.learn(batch, broken.loss, rate=broken.settings.rate * left)
    broken._save()
    resumed = run(prepared, tokenizer, tmp_path / "broken")
    assert resumed.table.step == 15
    resumed.fit()
    torch.testing.assert_close(resumed.table.pieces(), whole.table.pieces(), rtol=0, atol=0)
    assert not (tmp_path / "broken" / "checkpoint.pt").exists()


def test_a_run_goes_on_from_a_finished_model(prepared: Path, tokenizer: Tokenizer, tmp_path: Path) -> None:
    settings = Settings(name="on", begin=str(BUNDLED), steps=2, batch=11, late_pairs=8)
    run = Run(settings, Corpus(prepared / "corpus.npz"), pieces_of(tokenizer), tmp_path)
    finished = table_in(BUNDLED)
    np.testing.assert_allclose(run.table.pieces().cpu().numpy(), finished, atol=1e-6)
    run.fit()
    moved = np.abs(run.table.pieces().cpu().numpy() - finished).max(axis=1)
    assert 0 < np.count_nonzero(moved > 1e-3) < len(moved)


def test_runs_that_went_on_from_one_model_are_averaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    tables = [rng.normal(size=(5, 4)).astype(np.float32) for _ in range(2)]
    for number, table in enumerate(tables):
        (tmp_path / str(number)).mkdir()
        np.save(tmp_path / str(number) / "vectors.npy", table)
        (tmp_path / str(number) / "tokenizer.json").write_text("{}", encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["combine", str(tmp_path / "out"), f"{tmp_path}/0:3", f"{tmp_path}/1", "--mean"])
    combine_main()
    np.testing.assert_allclose(np.load(tmp_path / "out" / "vectors.npy"), (3 * tables[0] + tables[1]) / 4, rtol=1e-6)


def test_joined_tables_average_the_similarities() -> None:
    draw = np.random.default_rng(6)
    tables = [draw.normal(size=(50, 6)).astype(np.float32) for _ in range(2)]
    joined = combine(tables, (1.0, 1.0), 12)
    scaled = [table / np.linalg.norm(table, axis=1).mean() for table in tables]
    np.testing.assert_allclose(joined @ joined.T, sum(table @ table.T for table in scaled), atol=1e-3)
    assert combine(tables, (1.0, 1.0), 5).shape == (50, 5)


def test_balance_evens_the_axes_and_the_lengths() -> None:
    vectors = np.random.default_rng(7).normal(size=(500, 4)).astype(np.float32) * np.array([8, 4, 2, 1], np.float32)
    np.testing.assert_allclose(balance(vectors, axes=0.0, lengths=1.0), vectors, rtol=1e-5)
    lengths = np.linalg.norm(vectors, axis=1)
    np.testing.assert_allclose(np.linalg.norm(balance(vectors, axes=1.0, lengths=0.5), axis=1), lengths**0.5, rtol=1e-4)
    evened = np.square(balance(vectors, axes=1.0, lengths=0.0)).mean(axis=0)  # of unit length
    np.testing.assert_allclose(evened, 0.25, atol=0.03)
    assert not balance(np.zeros((2, 3), np.float32), axes=0.5, lengths=0.5).any()


def test_measures() -> None:
    scores = np.array([[0.9, 0.5, 0.1], [0.1, 0.5, 0.9]], np.float32)
    assert value("nearest, %", scores, [{0: 1}, {0: 1}]) == 0.5
    assert value("nDCG@10", scores, [{0: 1}, {0: 1}]) == pytest.approx((1 + 1 / np.log2(4)) / 2)
    graded = (1 + 2 / np.log2(3)) / (2 + 1 / np.log2(3))
    assert value("nDCG@10", scores[:1], [{0: 1, 1: 2}]) == pytest.approx(graded)
    assert value("nDCG@10", np.zeros((1, 30), np.float32), [{0: 1}]) == 0  # equal scores find nothing


def test_every_authored_line_is_whole(capsys: pytest.CaptureFixture[str]) -> None:
    authored = Path(model.__file__).parent / "data"
    lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in authored.glob("authored-*.jsonl"))
    found = list(own_items(authored))
    assert len(found) == lines and capsys.readouterr().err == ""
    assert len({(item["file"], item["id"]) for item in found}) == lines
