"""What other programs read: answers, hits and passages as JSON objects. Pure: no search, no terminal.

The names and their order are a contract. A key marked * stands only where there is something to say.

    answer   id question answered generation legs took_ms hits, expansions* notes*
             where answered is false the hits are the closest passages: none of them reaches the line of relevance
    hit      rank score relevance, those of a passage, ranks matched similar*
    passage  report symbol title language paragraph sub citation headings page text start end, lead*
"""

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from search import Answer, Hit


def line(values: dict[str, Any]) -> str:
    """Return a JSON object as one line; half a surrogate pair, which no file can hold, becomes a question mark."""
    text = json.dumps(values, ensure_ascii=False, separators=(", ", ": "), allow_nan=False)
    return text.encode("utf-8", "replace").decode("utf-8")


def answer_object(answer: "Answer", question_id: object = None) -> dict[str, Any]:
    """Return an answer; `question_id` is what the asker calls the question."""
    said: dict[str, Any] = {
        "id": question_id,
        "question": answer.question,
        "answered": answer.answered,
        "generation": answer.generation,
        "legs": answer.legs,
        "took_ms": round(answer.took_ms, 2),
        "hits": [hit_object(hit) for hit in answer.hits or answer.closest],
    }
    if answer.expansions:
        said["expansions"] = [{"word": e.word, "source": e.source, "origin": e.origin} for e in answer.expansions]
    if answer.notes:
        said["notes"] = list(answer.notes)
    return said


def hit_object(hit: "Hit") -> dict[str, Any]:
    """Return a hit with the evidence for it."""
    said: dict[str, Any] = {"rank": hit.rank, "score": round(hit.score, 6), "relevance": round(hit.relevance, 4)}
    said |= passage_object(hit)
    said |= {"ranks": hit.ranks, "matched": list(hit.matched)}
    if hit.similar:
        said["similar"] = [passage_object(other) for other in hit.similar]
    return said


def passage_object(hit: "Hit") -> dict[str, Any]:
    """Return a passage without rank or evidence."""
    said: dict[str, Any] = {
        "report": hit.report,
        "symbol": hit.symbol,
        "title": hit.title,
        "language": hit.language,
        "paragraph": hit.paragraph,
        "sub": hit.sub,
        "citation": hit.citation,
        "headings": list(hit.headings),
        "page": hit.page,
        "text": hit.text,
        "start": hit.start,
        "end": hit.end,
    }
    return said | ({"lead": hit.lead} if hit.lead else {})


def error_object(error: str, question_id: object, number: int) -> dict[str, Any]:
    """Return what stands in place of an answer to a line that could not be answered."""
    return {"id": question_id, "line": number, "error": error}
