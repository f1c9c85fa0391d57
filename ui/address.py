"""A search as the page's address, so that it can be shared. Pure: no page, no search."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Literal

Mode = Literal["hybrid", "dense", "lexical"]
MODES: tuple[Mode, ...] = ("hybrid", "dense", "lexical")
LONGEST_QUESTION = 1000
STEP, MOST = 10, 50  # passages shown at once, and at most
FILTERS = ("report", "language", "year", "symbol", "section")


@dataclass(frozen=True, slots=True)
class Address:
    """What the page shows, entirely; each field is a parameter of the address, left out at its default."""

    q: str = ""
    report: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    year: tuple[str, ...] = ()
    symbol: tuple[str, ...] = ()
    section: tuple[str, ...] = ()
    mode: Mode = "hybrid"
    k: int = STEP
    closest: bool = False
    ui: str = ""  # language of the interface; empty: the browser's

    def filtered(self) -> int:
        """Count the filters in force."""
        return sum(len(getattr(self, name)) for name in FILTERS)


def parse(values: Callable[[str], list[str]]) -> Address:
    """Read an address from a lookup of parameters; what makes no sense counts as its default."""
    first = {name: (values(name) or [""])[0] for name in ("q", "mode", "k", "closest", "ui")}
    steps = int(first["k"]) if first["k"].isascii() and first["k"].isdigit() and len(first["k"]) < 5 else STEP
    filters: dict[str, Any] = {name: tuple(dict.fromkeys(v for v in values(name) if v)) for name in FILTERS}
    return Address(
        **filters,
        q=first["q"].strip()[:LONGEST_QUESTION],
        mode=next((mode for mode in MODES if mode == first["mode"]), MODES[0]),
        k=min(max(steps, 1), MOST),
        closest=first["closest"] == "1",
        ui=first["ui"],
    )


def parameters(address: Address) -> dict[str, str | list[str]]:
    """Write an address as parameters, defaults left out; `parse` reads it back unchanged."""
    default = Address()
    changed = {f.name: getattr(address, f.name) for f in fields(Address)}
    changed = {name: value for name, value in changed.items() if value != getattr(default, name)}
    return {name: _written(value) for name, value in changed.items()}


def _written(value: str | bool | int | tuple[str, ...]) -> str | list[str]:
    if isinstance(value, tuple):
        return list(value)
    return "1" if value is True else str(value)
