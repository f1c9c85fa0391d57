"""Cite a passage in the reader's language: "A/58/359, para. 18 (b)". Pure.

Forms follow each language's own use in United Nations documents; a report of unknown symbol is cited by its title.
"""

import re

LANGUAGES = ("zh", "en", "fr", "es", "ru", "ar")
_LONGEST_TITLE = 60  # characters
_ARABIC_LETTERS = dict(zip("abcdefghijklmn", "أبجدهوزحطيكلمن", strict=True))
_ANNEX = {"zh": "附件", "en": "annex", "fr": "annexe", "es": "anexo", "ru": "приложение", "ar": "المرفق"}
_QUOTES = {"zh": "《{}》", "en": "“{}”", "fr": "« {} »", "es": "«{}»", "ru": "«{}»", "ar": "«{}»"}
_PARAGRAPH = {
    "zh": "第{number}段",
    "en": "para. {number}",
    "fr": "par. {number}",
    "es": "párr. {number}",
    "ru": "пункт {number}",
    "ar": "الفقرة {number}",
}
_COMMA = {"zh": "，", "ar": "، "}


def cite(symbol: str | None, title: str, paragraph: str, sub: str | None, *, language: str) -> str:
    """Return the citation; a language that is none of the six is cited in English."""
    language = language if language in LANGUAGES else "en"
    report = symbol or _QUOTES[language].format(_shortened(title))
    return _COMMA.get(language, ", ").join([report, place(paragraph, sub, language=language)])


def place(paragraph: str, sub: str | None, *, language: str) -> str:
    """Return what a citation says after the report: the annex, if any, and the paragraph."""
    language = language if language in LANGUAGES else "en"
    annex, _, number = paragraph.rpartition(", ")
    if annex.split(" ")[0] != "annex":  # an identifier that holds a comma
        annex, number = "", paragraph
    parts = [_annex(annex, language)] if annex else []
    return _COMMA.get(language, ", ").join([*parts, _numbered(number, sub, language)])


def paragraph_name(paragraph: str, sub: str | None) -> str:
    """Return the name by which a passage is asked for: "18", "2 (b) (i)" for the label "b (i)"."""
    return paragraph + "".join(f" ({label})" for label in _labels(sub or ""))


def _labels(sub: str) -> list[str]:
    return re.findall(r"[^\s()]+", sub)


def _numbered(number: str, sub: str | None, language: str) -> str:
    if number.startswith("¶"):
        return number  # the reader's own count, which must not look like the report's
    if not number.isascii() or not re.match(r"\d+(?:\s\w+)?$", number):
        return number  # an identifier of a prepared collection, not a paragraph number
    return _PARAGRAPH[language].format(number=number + _sub(sub, language))


def _sub(sub: str | None, language: str) -> str:
    if not sub:
        return ""
    labels = _labels(sub)
    if language == "zh":
        return "".join(f"({label})" for label in labels)
    if language == "ar":
        labels = [_ARABIC_LETTERS.get(label, label) for label in labels]
    closing = "{})" if language in ("fr", "es", "ru") else "({})"
    return " " + " ".join(closing.format(label) for label in labels)


def _annex(annex: str, language: str) -> str:
    number = annex.removeprefix("annex").strip()
    return f"{_ANNEX[language]}{'' if language == 'zh' else ' ' if number else ''}{number}"


def _shortened(title: str) -> str:
    plain = " ".join(title.split())
    return plain if len(plain) <= _LONGEST_TITLE else plain[: _LONGEST_TITLE - 1].rstrip() + "…"
