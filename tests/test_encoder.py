"""The encoders: the bundled model by both roads, its tolerance of spelling, its costs; transformers."""

import random
import shutil
from pathlib import Path

import numpy as np
import pytest

from index.encoder import BUNDLED, Encoder, StaticEncoder, hash_model, open_encoder
from index.errors import ModelNotAvailable

TEXTS = [
    "截至3月底，已有94个国家提交了关于社会发展问题世界首脑会议承诺执行情况的国家报告。",
    "By the end of March, 94 countries had submitted national reports.",
    "Pourquoi tant de gouvernements n’ont-ils pas renvoyé l’enquête ?",
    "¿Por qué muchos gobiernos no contestaron la encuesta?",
    "почему многие правительства не прислали ответы на анкету",
    "لماذا لم تجب حكومات كثيرة عن استطلاع متابعة القمة الاجتماعية؟",
]


@pytest.fixture(scope="module")
def encoder() -> StaticEncoder:
    return StaticEncoder()


def test_bundled_is_the_default(encoder: StaticEncoder) -> None:
    opened = open_encoder()
    assert isinstance(opened, Encoder)
    assert (opened.name, opened.dim, opened.fingerprint) == ("bundled", encoder.dim, encoder.fingerprint)
    assert open_encoder("bundled").fingerprint == encoder.fingerprint


def test_fingerprint_is_that_of_the_files(encoder: StaticEncoder) -> None:
    assert encoder.fingerprint == hash_model(BUNDLED)


def test_model_folder_is_small() -> None:
    assert sum(path.stat().st_size for path in BUNDLED.rglob("*") if path.is_file()) <= 40_000_000


def test_rows_are_unit_and_queries_are_rows(encoder: StaticEncoder) -> None:
    rows = encoder.encode_passages(TEXTS)
    assert rows.dtype == np.float32 and rows.shape == (len(TEXTS), encoder.dim)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(encoder.encode_query(TEXTS[0]), rows[0], atol=1e-6)


def test_sentence_transformers_gives_the_same_vectors(encoder: StaticEncoder) -> None:
    library = pytest.importorskip("sentence_transformers")
    theirs = library.SentenceTransformer(str(BUNDLED), device="cpu").encode([*TEXTS, ""])
    ours = encoder.encode_passages([*TEXTS, ""])
    np.testing.assert_allclose(np.einsum("ij,ij->i", ours[:-1], theirs[:-1]), 1, atol=1e-3)
    assert not ours[-1].any() and not theirs[-1].any()


def test_translations_are_nearest(encoder: StaticEncoder) -> None:
    chinese = encoder.encode_passages(["妇女在农村发展中的作用", "渔业资源的可持续利用", "难民营的医疗服务"])
    for question in ("the role of women in rural development", "роль женщин в развитии сельских районов",
                     "el papel de la mujer en el desarrollo rural", "دور المرأة في التنمية الريفية"):  # fmt: skip
        assert int((chinese @ encoder.encode_query(question)).argmax()) == 0


@pytest.mark.parametrize(
    ("written", "variant"),
    [
        ("国际组织的发展报告", "國際組織的發展報告"),
        ("2030年议程ABC", "２０３０年议程ＡＢＣ"),
        ("Électricité de l’État", "electricite de l'etat"),
        ("Développement", "De\u0301veloppement"),
        ("DEVELOPMENT", "development"),
        ("ещё всё", "еще все"),
        ("Йод", "и\u0306од"),
        ("الأُمَمُ المُتَّحِدة", "الامم المتحده"),
        ("مدرســة إلى", "مدرسة الى"),
        ("٢٠٢٥", "2025"),
    ],
)
def test_spelling_does_not_matter(encoder: StaticEncoder, written: str, variant: str) -> None:
    np.testing.assert_array_equal(encoder.token_ids([written])[0], encoder.token_ids([variant])[0])


@pytest.mark.parametrize(
    "question",
    [
        "渔业资源",
        "漁業資源",
        "FISHERY RESOURCES",
        "ｆｉｓｈｅｒｙ ｒｅｓｏｕｒｃｅｓ",
        "ressources halieutiques protégées",
        "RESSOURCES HALIEUTIQUES PROTEGEES",
        "الموارد السمكية",
        "موارد سمكية",
        "المَوَارِدُ السَّمَكِيَّة",
        "учёт рыбных ресурсов",
        "учет рыбных ресурсов",
    ],
)
def test_every_spelling_finds_the_same_passage(encoder: StaticEncoder, question: str) -> None:
    passages = encoder.encode_passages(
        ["妇女在农村发展中的作用", "渔业资源的可持续利用", "难民营的医疗服务", "财政预算的审计"]
    )
    assert int((passages @ encoder.encode_query(question)).argmax()) == 1


def test_the_arabic_article_is_a_piece_of_its_own(encoder: StaticEncoder) -> None:
    bare, *articled = (set(ids.tolist()) for ids in encoder.token_ids(["تنمية", "التنمية", "للتنمية", "والتنمية"]))
    assert all(bare < ids for ids in articled)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("text", ["", " \n\t", "。，！？", "ᚠᚢᚦᚨᚱᚲ", "ภาษาไทย"])
def test_nothing_known_gives_zeros(encoder: StaticEncoder, text: str) -> None:
    assert not encoder.encode_query(text).any()
    assert encoder.encode_passages([text, TEXTS[0]])[1].any()
    assert len(encoder.tokens(text)) == 0 and len(encoder.token_ids([text])[0]) == 0


def test_no_texts_give_no_rows(encoder: StaticEncoder) -> None:
    assert encoder.encode_passages([]).shape == (0, encoder.dim)
    assert encoder.token_ids([]) == []


def test_long_text_is_not_cut(encoder: StaticEncoder) -> None:
    assert len(encoder.token_ids([TEXTS[0] * 2000])[0]) == 2000 * len(encoder.token_ids([TEXTS[0]])[0])


def test_tokens_have_the_ids_and_places_in_the_text(encoder: StaticEncoder) -> None:
    for text in TEXTS:
        tokens = encoder.tokens(text)
        assert tokens.ids.tolist() == encoder.token_ids([text])[0].tolist()
        assert all(0 <= start < end <= len(text) for start, end in tokens.spans)
    text = "渔业 — l’Électricité (2030)"
    words = [text[start:end] for start, end in encoder.tokens(text).spans]
    assert "".join(words) == "渔业lÉlectricité2030"


@pytest.mark.parametrize("text", TEXTS)
def test_tokens_give_a_text_with_these_tokens(encoder: StaticEncoder, text: str) -> None:
    (ids,) = encoder.token_ids([text])
    again = encoder.encode_query(encoder.text(ids[3:9]))
    assert again @ encoder.pool([ids[3:9]])[0] == pytest.approx(1, abs=1e-3)


def test_no_tokens_give_no_text(encoder: StaticEncoder) -> None:
    assert encoder.text(np.empty(0, np.int32)) == ""


def test_offsets_stay_inside_any_text(encoder: StaticEncoder) -> None:
    draw, alphabet = random.Random(3), "a é\u0301\u064bإل中國ё½ﷺ\u200b\ufeff\u00ad3٣.ﬁ한"
    for _ in range(300):
        text = "".join(draw.choices(alphabet, k=draw.randint(0, 12)))
        spans = encoder.tokens(text).spans
        starts = [start for start, _ in spans]
        assert all(0 <= start <= end <= len(text) for start, end in spans)
        assert starts == sorted(starts)


def test_directions_times_lengths_sum_to_the_text_vector(encoder: StaticEncoder) -> None:
    for text in TEXTS:
        ids = encoder.token_ids([text])[0]
        directions, lengths = encoder.directions(ids), encoder.lengths(ids)
        assert directions.dtype == lengths.dtype == np.float32
        assert directions.shape == (len(ids), encoder.dim) and lengths.shape == (len(ids),)
        np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1, atol=1e-5)
        total = lengths @ directions
        np.testing.assert_allclose(total / np.linalg.norm(total), encoder.encode_query(text), atol=1e-5)


def test_directions_of_no_tokens_and_of_the_unknown_one(encoder: StaticEncoder) -> None:
    assert encoder.directions(np.zeros(0, np.int32)).shape == (0, encoder.dim)
    assert not encoder.directions(np.zeros(1, np.int32)).any() and not encoder.lengths(np.zeros(1, np.int32)).any()


def test_export_keeps_the_vectors(tmp_path: Path, encoder: StaticEncoder) -> None:
    pytest.importorskip("safetensors")
    from training.export import export

    trained = np.random.default_rng(1).normal(size=(encoder.vocabulary, 8)).astype(np.float32)
    trained[0] = 0
    np.save(tmp_path / "vectors.npy", trained)
    shutil.copyfile(BUNDLED / "tokenizer.json", tmp_path / "tokenizer.json")
    export(tmp_path, tmp_path / "model")
    exported = StaticEncoder(tmp_path / "model")
    assert exported.fingerprint == hash_model(tmp_path / "model") != encoder.fingerprint
    np.testing.assert_allclose(exported.lengths(np.arange(len(trained))), np.linalg.norm(trained, axis=1), rtol=0.02)
    ids = encoder.token_ids(TEXTS[:1])[0]
    expected = trained[ids].sum(axis=0)
    assert float(exported.encode_query(TEXTS[0]) @ expected / np.linalg.norm(expected)) > 0.999


def test_a_folder_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ModelNotAvailable, match="cannot be read"):
        StaticEncoder(tmp_path)
    with pytest.raises(ModelNotAvailable, match="holds no model"):
        open_encoder(str(tmp_path))


def test_a_static_folder_opens_without_torch(tmp_path: Path, encoder: StaticEncoder) -> None:
    library = pytest.importorskip("sentence_transformers")
    library.SentenceTransformer(str(BUNDLED), device="cpu").save(str(tmp_path))
    opened = open_encoder(str(tmp_path))
    assert isinstance(opened, StaticEncoder) and opened.fingerprint != ""
    np.testing.assert_allclose(opened.encode_passages(TEXTS), encoder.encode_passages(TEXTS), atol=1e-4)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A transformer with random weights, saved as sentence-transformers saves one."""
    pytest.importorskip("sentence_transformers")
    from sentence_transformers import SentenceTransformer, models
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("tiny")
    letters = [chr(c) for c in range(97, 123)]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ":", *letters, *(f"##{c}" for c in letters)]
    (folder / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    BertTokenizerFast(vocab_file=str(folder / "vocab.txt")).save_pretrained(folder / "bert")
    config = BertConfig(vocab_size=len(vocabulary), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
                        intermediate_size=16, max_position_embeddings=64)  # fmt: skip
    BertModel(config).save_pretrained(folder / "bert")
    word = models.Transformer(str(folder / "bert"))
    model = SentenceTransformer(modules=[word, models.Pooling(16)], device="cpu")
    for name, prompts in (("plain", {}), ("tiny-e5-base", {}), ("carries", {"query": "ask: ", "document": "told: "})):
        model.prompts = prompts
        model.save(str(folder / name))
    return folder


def test_a_transformer_is_an_encoder(tiny: Path) -> None:
    opened = open_encoder(str(tiny / "plain"))
    assert isinstance(opened, Encoder) and opened.dim == 16 and opened.name == str(tiny / "plain")
    rows = opened.encode_passages(["water", "the sea"])
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(opened.encode_query("water"), rows[0], atol=1e-5)
    assert opened.encode_passages([]).shape == (0, 16)
    assert opened.fingerprint == open_encoder(str(tiny / "plain")).fingerprint


@pytest.mark.parametrize(
    ("folder", "query", "passage"), [("tiny-e5-base", "query: ", "passage: "), ("carries", "ask: ", "told: ")]
)
def test_prompts_of_the_family_or_of_the_model(tiny: Path, folder: str, query: str, passage: str) -> None:
    plain, prompted = open_encoder(str(tiny / "plain")), open_encoder(str(tiny / folder))
    expected = plain.encode_passages([query + "water", passage + "water"])
    np.testing.assert_allclose(prompted.encode_query("water"), expected[0], atol=1e-5)
    np.testing.assert_allclose(prompted.encode_passages(["water"])[0], expected[1], atol=1e-5)
    assert prompted.fingerprint != plain.fingerprint


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("intfloat/multilingual-e5-small", "query: "),
        ("intfloat/multilingual-e5-large-instruct", "Instruct: "),
        ("BAAI/bge-small-zh-v1.5", "为这个句子"),
        ("BAAI/bge-m3", ""),
    ],
)
def test_known_families(name: str, query: str) -> None:
    pytest.importorskip("sentence_transformers")
    from index.transformer import prompts_for

    found = prompts_for(name, {"query": "", "document": ""}).query
    assert found.startswith(query) and bool(found) == bool(query)


def test_an_absent_model_says_how_to_fetch_it() -> None:
    pytest.importorskip("sentence_transformers")
    with pytest.raises(ModelNotAvailable, match="--model nobody/nothing --download"):
        open_encoder("nobody/nothing")
