"""Tell which official language a text is written in, by script and by its commonest words. Pure."""

import re
from collections import Counter

CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
CJK_MARKS = "\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\u3220-\u3229\u2460-\u2473“”‘’…—"
_SAMPLE = 20_000  # characters that are looked at

_STOP_WORDS = {
    "en": "the of and to in that for was by with is on which has been its".split(),
    "fr": "le la les des du et dans que pour par est une aux sur qui au ces".split(),
    "es": "el la los las del y en que para por con una se al su como".split(),
}
_CJK = re.compile(f"[{CJK}]")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_ARABIC = re.compile(r"[\u0620-\u064a\u0671-\u06d3]")
_KANA = re.compile(r"[\u3041-\u30ff]")
_LATIN_WORD = re.compile(r"[a-zà-öø-ÿœ]+")


def is_cjk(character: str) -> bool:
    """Say whether the character is a Chinese character."""
    return bool(_CJK.match(character))


def detect_language(text: str, *, least: int = 4) -> str | None:
    """Return the ISO 639-1 code, or None when the text does not tell; traditional Chinese is "zh".

    `least` is the number of letters that tell; a Chinese character counts as two.
    """
    sample = text[:_SAMPLE]
    # One Chinese character carries about as much as two letters, so it weighs double.
    scripts = {
        "zh": 2 * len(_CJK.findall(sample)),
        "ru": len(_CYRILLIC.findall(sample)),
        "ar": len(_ARABIC.findall(sample)),
        "latin": sum(map(len, _LATIN_WORD.findall(sample.lower()))),
    }
    script, weight = max(scripts.items(), key=lambda pair: pair[1])
    if weight < least:
        return None
    if script == "zh" and len(_KANA.findall(sample)) * 5 > scripts["zh"] // 2:
        return "ja"
    return script if script != "latin" else _latin_language(sample)


def _latin_language(sample: str) -> str | None:
    words = Counter(_LATIN_WORD.findall(sample.lower()))
    shares = {code: sum(words[word] for word in stop) for code, stop in _STOP_WORDS.items()}
    best, count = max(shares.items(), key=lambda pair: pair[1])
    return best if count and count * 20 >= sum(words.values()) else None
