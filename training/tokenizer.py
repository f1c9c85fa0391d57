"""Build the tokenizer: one-step spelling folding, words by script, Unigram pieces.

Owns how text becomes piece ids. Knows nothing of vectors or of training pairs.
"""

from __future__ import annotations

import re
import sys
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import sentencepiece
import snowballstemmer
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

UNKNOWN = "<unk>"
# The share of each language in the counts that the pieces are learnt from.
SHARES = {"zh": 0.26, "en": 0.18, "fr": 0.14, "es": 0.13, "ru": 0.17, "ar": 0.12}
STEMMED = {"en": "english", "fr": "french", "es": "spanish", "ru": "russian", "ar": "arabic"}

# Accents (Latin, Greek, Cyrillic) and Arabic vowel signs, tatweel and Koranic marks.
_MARKS = re.compile("[\u0300-\u036f\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u00ad\u200c-\u200f\u2060]")
_ARABIC = str.maketrans("أإآٱىةؤئکی", "اااايهويكي")
_LATIN = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ı": "i", "’": "'", "ʼ": "'"})
_SCRIPTS = ("Han", "Arabic", "Latin", "Cyrillic", "Hangul")
# An article is cut off only where at least three letters remain.
_ARTICLE = r"(?<!\p{Arabic})(?:[وفبك]?ال|ولل|لل)(?=\p{Arabic}{3})"
WORDS = "|".join(
    [_ARTICLE, *(rf"\p{{{script}}}+" for script in _SCRIPTS), r"\p{N}+", r"[\p{Hiragana}\p{Katakana}]+", r"[\p{L}%$€]"]
)


def fold(text: str, simplified: Mapping[str, str]) -> str:
    """Fold spelling variants: width, case, accents, Arabic letters, digits, Chinese characters."""
    previous = None
    while previous != text:
        previous = text
        text = unicodedata.normalize("NFKC", text).lower()
        text = unicodedata.normalize("NFD", text) if not _is_hangul(text) else text
        text = _MARKS.sub("", text).translate(_ARABIC).translate(_LATIN)
        text = "".join(simplified.get(c, c) for c in text)
        text = "".join(str(unicodedata.digit(c)) if c.isdecimal() else c for c in text)
    return text


def _is_hangul(text: str) -> bool:
    return any("\uac00" <= c <= "\ud7a3" for c in text)


def simplified_characters() -> dict[str, str]:
    """Return OpenCC's table of traditional characters and their simplified form."""
    import opencc

    table = Path(opencc.__file__).parent / "dictionary" / "TSCharacters.txt"
    rows = (line.split("\t") for line in table.read_text(encoding="utf-8").splitlines() if "\t" in line)
    return {source: targets.split()[0] for source, targets in rows if len(source) == 1}


def folding_rules() -> Iterator[tuple[str, str]]:
    """Yield every character that folding changes, with what it becomes."""
    simplified = simplified_characters()
    for point in range(0x20, 0x30000):
        character = chr(point)
        if unicodedata.category(character) in {"Cn", "Cs", "Co"}:
            continue
        folded = fold(character, simplified)
        if folded != character:
            yield character, folded


def folding_normalizer() -> normalizers.Normalizer:
    """Compile the folding rules into one table that is applied in a single pass."""
    with tempfile.TemporaryDirectory() as folder:
        rules = Path(folder) / "rules.tsv"
        rules.write_text("".join(f"{_hex(a)}\t{_hex(b)}\n" for a, b in folding_rules()), encoding="utf-8")
        model = _sentencepiece(folder, [("ab", 10), ("ba", 9)], size=5, rules=rules)
    return normalizers.Precompiled(model.normalizer_spec.precompiled_charsmap)


def _hex(text: str) -> str:
    return " ".join(f"{ord(c):X}" for c in text)


def word_counts(texts: Mapping[str, Iterable[str]], *, stems: bool = True) -> dict[str, Counter[str]]:
    """Count the words of each language; words of inflected languages as stem and ending."""
    splitter = _splitter()
    counts = {}
    for language, lines in texts.items():
        words: Counter[str] = Counter()
        for line in lines:
            words.update(splitter(line))
        counts[language] = _cut_words(words, language, stems=stems)
        print(f"  {language}: {len(words):,} words, {len(counts[language]):,} units", file=sys.stderr)
    return counts


def _splitter():
    normalizer, words = folding_normalizer(), word_splitter()
    return lambda line: [w for w, _ in words.pre_tokenize_str(normalizer.normalize_str(line))]


def word_splitter() -> pre_tokenizers.PreTokenizer:
    return pre_tokenizers.Split(Regex(WORDS), behavior="removed", invert=True)


def _cut_words(words: Counter[str], language: str, *, stems: bool) -> Counter[str]:
    if language == "zh":
        import rjieba

        return _recount(words, lambda word: rjieba.cut(word) if len(word) > 2 else [word])
    if not stems or language not in STEMMED:
        return words
    stemmer = snowballstemmer.stemmer(STEMMED[language])
    return _recount(words, lambda word: _stem_and_ending(word, stemmer.stemWord(word)))


def _recount(words: Counter[str], cut) -> Counter[str]:
    units: Counter[str] = Counter()
    for word, count in words.items():
        for unit in cut(word):
            units[unit] += count
    return units


def _stem_and_ending(word: str, stem: str) -> list[str]:
    """Cut the word where its stem ends; a stem that is no prefix is cut where they part."""
    parted = (i for i, (a, b) in enumerate(zip(word, stem, strict=False)) if a != b)
    length = next(parted, min(len(word), len(stem)))
    return [word[:length], word[length:]] if 3 <= length < len(word) else [word]


def train_tokenizer(texts: Mapping[str, Iterable[str]], *, pieces: int, stems: bool = True) -> Tokenizer:
    """Learn the pieces from texts by language and return the finished tokenizer."""
    merged: Counter[str] = Counter()
    for language, counts in word_counts(texts, stems=stems).items():
        scale = 1e8 * SHARES[language] / sum(counts.values())
        merged.update({w: max(1, round(n * scale)) for w, n in counts.items() if n > 1 or language == "zh"})
    with tempfile.TemporaryDirectory() as folder:
        model = _sentencepiece(folder, merged.most_common(), size=pieces)
    vocabulary = [(p.piece, p.score) for p in model.pieces if p.type == 1]
    tokenizer = Tokenizer(models.Unigram([(UNKNOWN, 0.0), *vocabulary], unk_id=0))
    tokenizer.normalizer = folding_normalizer()
    tokenizer.pre_tokenizer = word_splitter()
    return tokenizer


def _sentencepiece(folder: str, words: Iterable[tuple[str, int]], *, size: int, rules: Path | None = None):
    from sentencepiece import sentencepiece_model_pb2

    counts, prefix = Path(folder) / "words.tsv", Path(folder) / "pieces"
    counts.write_text("".join(f"{word}\t{count}\n" for word, count in words), encoding="utf-8")
    options = {"normalization_rule_tsv": str(rules)} if rules else {"normalization_rule_name": "identity"}
    sentencepiece.SentencePieceTrainer.train(
        input=str(counts),
        input_format="tsv",
        model_prefix=str(prefix),
        vocab_size=size,
        character_coverage=0.9999,
        add_dummy_prefix=False,
        split_digits=False,
        bos_id=-1,
        eos_id=-1,
        max_sentencepiece_length=16,
        num_threads=2,
        hard_vocab_limit=rules is None,
        minloglevel=1,
        **options,
    )
    model = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString(prefix.with_suffix(".model").read_bytes())
    return model
