"""Measurements as tables for a person and objects for a program, and the floors under them. Measures nothing."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from index.errors import ReportSearchError, UnreadableFile
from search.evaluate import ALL, Evaluation, Row, worse
from search.metrics import MEASURES

_TOLD = "nDCG@10"  # what questions are compared by


class UnknownMeasure(ReportSearchError):
    """A floor is asked for under something that is not measured."""


class BelowFloor(ReportSearchError):
    """A measure is below what --fail-under asks for."""


def evaluation_object(evaluations: Sequence[Evaluation], baseline: Mapping[str, Any]) -> dict[str, Any]:
    """Return everything measured; saved, it is a baseline for later."""
    return {"modes": {e.name: _mode_object(e, baseline.get(e.name, {})) for e in evaluations}}


def _mode_object(evaluation: Evaluation, before: Mapping[str, float]) -> dict[str, Any]:
    said: dict[str, Any] = {
        "languages": {row.language: _row_object(row) for row in evaluation.rows},
        "questions": {
            j.question.id: {"answered": j.answered, "relevance": round(j.relevance, 4)}
            | {measure: round(value, 6) for measure, value in j.scores.items()}
            for j in evaluation.judged
        },
    }
    if before:
        said["worse"] = [
            {"id": j.question.id, "question": j.question.text, "before": earlier, "now": round(j.scores[_TOLD], 6)}
            for j, earlier in worse(evaluation, before)
        ]
    return said


def _row_object(row: Row) -> dict[str, Any]:
    said: dict[str, Any] = {"questions": row.questions}
    said |= {
        m: {"mean": _number(v.mean), "low": _number(v.low), "high": _number(v.high)} for m, v in row.scores.items()
    }
    return said | {
        "answered": _number(row.kept),
        "unanswerable": row.unanswerable,
        "unanswerable_answered": _number(row.wrongly_answered),
        "auroc": _number(row.auroc),
    }


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 4)


def evaluation_lines(evaluations: Sequence[Evaluation], baseline: Mapping[str, Any]) -> list[str]:
    """Return a Markdown table per way of searching, and the questions that got worse."""
    lines: list[str] = []
    for evaluation in evaluations:
        head = ["language", "questions", *MEASURES, "answered", "unanswerable", "of these answered", "AUROC"]
        lines += [f"{evaluation.name}:", "", _table_row(head), _table_row(["---"] * len(head))]
        lines += [_table_row(_cells(row)) for row in evaluation.rows]
        lines += ["", *_worse_lines(evaluation, baseline.get(evaluation.name, {}))]
    return lines


def _table_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(row: Row) -> list[str]:
    scores = [_cell(v.mean, f" ({v.low:.2f}–{v.high:.2f})" if m == _TOLD else "") for m, v in row.scores.items()]
    shares = [_cell(row.kept), str(row.unanswerable), _cell(row.wrongly_answered), _cell(row.auroc)]
    return [row.language, str(row.questions), *scores, *shares]


def _cell(value: float, more: str = "") -> str:
    return "–" if math.isnan(value) else f"{value:.3f}{more}"


def _worse_lines(evaluation: Evaluation, before: Mapping[str, float]) -> list[str]:
    if not before:
        return []
    lost = worse(evaluation, before)
    told = [f"  {earlier:.3f} → {j.scores[_TOLD]:.3f}  {j.question.id}  {j.question.text}" for j, earlier in lost]
    return [f"worse than before: {len(lost)} questions ({_TOLD})", *told, ""]


def read_baseline(path: Path) -> dict[str, dict[str, float]]:
    """Return mode → question → score of an earlier run; raise UnreadableFile for anything else."""
    try:
        modes = json.loads(path.read_text(encoding="utf-8"))["modes"]
        return {
            name: {q: float(scores[_TOLD]) for q, scores in mode["questions"].items() if _TOLD in scores}
            for name, mode in modes.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableFile(
            f"{path} is no earlier run ({error}).", f"Make one: reportsearch evaluate QUESTIONS --json > {path}"
        ) from error


def check_floor_names(floors: Sequence[tuple[str, float]], languages: Sequence[str]) -> None:
    """Raise UnknownMeasure for a floor under something that will not be measured."""
    known = {*MEASURES, *(f"{language}:{measure}" for language in languages for measure in MEASURES)}
    if unknown := [name for name, _ in floors if name not in known]:
        raise UnknownMeasure(
            f"Nothing called {unknown[0]!r} is measured.",
            f"There are {', '.join(MEASURES)}, each also for one language: {', '.join(sorted(set(languages)))}.",
        )


def check_floors(evaluation: Evaluation, floors: Sequence[tuple[str, float]]) -> None:
    """Raise BelowFloor when a measure is below its floor, in one language or over all."""
    rows = {row.language: row for row in evaluation.rows}
    for name, floor in floors:
        language, _, measure = name.rpartition(":")
        reached = rows[language or ALL].scores[measure].mean
        if not reached >= floor:  # also when nothing was measured
            raise BelowFloor(
                f"{name} is {reached:.4f} in mode {evaluation.name}, below {floor}.",
                "See which questions lost: reportsearch evaluate QUESTIONS --baseline RUN.json",
            )
