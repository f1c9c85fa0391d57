"""What an index holds, for `reportsearch status`. Pure layout of the manifest; opens nothing."""

from typing import TYPE_CHECKING, Any

from ui.streams import clean

if TYPE_CHECKING:
    from index import OpenIndex
    from index.manifest import ReportEntry

_MOST = 50  # reports listed for a person; --json lists them all


def status_object(held: "OpenIndex") -> dict[str, Any]:
    """Return generation, encoder, words and every report."""
    manifest = held.manifest
    return {
        "index": str(held.folder),
        "generation": held.generation.number,
        "format": manifest.format,
        "encoder": {
            "name": manifest.encoder.name,
            "fingerprint": manifest.encoder.fingerprint,
            "dim": manifest.encoder.dim,
        },
        "words": manifest.words,
        "dictionary": manifest.dictionary,
        "dense": [segment.dense for segment in manifest.segments],
        "passages": manifest.rows,
        "bytes": size_of(held),
        "reports": [_report_object(report) for report in manifest.reports],
    }


def _report_object(report: "ReportEntry") -> dict[str, Any]:
    said: dict[str, Any] = {"report": report.path}
    said |= {name: getattr(report, name) for name in ("title", "language", "symbol", "date", "year", "encoding")}
    structure = report.structure
    return said | {
        "passages": report.rows,
        "paragraphs": structure.paragraphs,
        "numbered": structure.numbered,
        "gaps": list(structure.gaps),
        "contents_mismatches": list(structure.contents_mismatches),
        "repairs": list(structure.repairs),
        "warnings": list(report.warnings),
    }


def size_of(held: "OpenIndex") -> int:
    """Return the bytes of the generation on disk."""
    return sum(path.stat().st_size for path in held.generation.folder.rglob("*") if path.is_file())


def status_lines(held: "OpenIndex") -> list[str]:
    """Return the same for a person, a fact a line."""
    manifest = held.manifest
    reports = manifest.reports
    lines = [
        f"index: {held.folder}, generation {held.generation.number}, {size_of(held) / 1e6:,.1f} MB",
        f"encoder: {manifest.encoder.name} ({manifest.encoder.dim} dimensions, {manifest.encoder.fingerprint})",
        f"words: {manifest.words}{', with a dictionary of their own' if manifest.dictionary else ''}",
        *(f"vectors: {kind}" for kind in dict.fromkeys(segment.dense for segment in manifest.segments)),
        f"reports: {len(reports):,} with {manifest.rows:,} passages",
        *(_report_line(report) for report in reports[:_MOST]),
    ]
    return lines if len(reports) <= _MOST else [*lines, f"  … and {len(reports) - _MOST:,} more: --json lists them all"]


def _report_line(report: "ReportEntry") -> str:
    facts = [
        report.symbol or "symbol unknown",
        str(report.year or "year unknown"),
        report.language or "language unknown",
    ]
    remarks = len(report.structure.gaps) + len(report.structure.contents_mismatches) + len(report.warnings)
    facts += [f"{report.rows} passages", *([f"{remarks} remarks"] if remarks else [])]
    return clean(f"{report.path}: {report.title} ({', '.join(facts)})").join(("  ", ""))
