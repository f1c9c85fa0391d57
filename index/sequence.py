"""Find the running sequence of paragraph numbers among everything that looks like one. Pure numbers."""

from dataclasses import dataclass

SUFFIXES = ("", "bis", "ter", "quater", "quinquies")
_LONGEST_GAP = 6  # a longer leap is another list, not lost paragraphs
FEWEST = 3  # numbers that make a sequence where less speaks for it
_LEAPS = 4  # at either end
_LONGEST_LEAP = 100  # paragraphs that lost pages may have held
_PRICE_OF_A_GAP = 1.2  # more than one candidate is worth, so that no stray number is worth a leap


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that looks like a paragraph number."""

    position: int
    number: int
    suffix: str  # "", "bis", …
    weight: float  # 1, and more the more it looks like the opening of a paragraph


@dataclass(slots=True)
class _Link:
    score: float
    candidate: Candidate
    before: "_Link | None"


def running_sequence(candidates: list[Candidate]) -> list[Candidate]:
    """Return the best rising chain; candidates come in text order, each is looked at once."""
    best: dict[tuple[int, int], _Link] = {}
    top: _Link | None = None
    for candidate in candidates:
        key = (candidate.number, SUFFIXES.index(candidate.suffix))
        before, price = _predecessor(best, key)
        score = candidate.weight - price + (before.score if before else 0)
        # ">=": in a tie the later wins, since a quoted list stands before the paragraph of the same number.
        if key not in best or score >= best[key].score:
            best[key] = _Link(score, candidate, before)
        if top is None or score > top.score:
            top = best[key] if best[key].candidate is candidate else top
    return _unwind(top)


def _predecessor(best: dict[tuple[int, int], _Link], key: tuple[int, int]) -> tuple[_Link | None, float]:
    number, suffix = key
    start_price = min(number - 1, 10) * 0.4 + suffix
    options: list[tuple[_Link | None, float]] = [(None, start_price)]
    if suffix:
        options += [(best[number, s], 0.0) for s in range(suffix) if (number, s) in best]
    else:
        for gap in range(_LONGEST_GAP + 1):
            options += [
                (best[number - 1 - gap, s], gap * _PRICE_OF_A_GAP)
                for s in range(len(SUFFIXES))
                if (number - 1 - gap, s) in best
            ]
    return max(options, key=lambda option: (option[0].score if option[0] else 0) - option[1])


def _unwind(link: _Link | None) -> list[Candidate]:
    chain = []
    while link:
        chain.append(link.candidate)
        link = link.before
    return chain[::-1]


def with_leaps(candidates: list[Candidate], chain: list[Candidate]) -> list[Candidate]:
    """Add what stands beyond a longer leap, as where pages are lost: three numbers or more that rise on."""
    for _ in range(_LEAPS if chain else 0):
        first, last = chain[0], chain[-1]
        before = [c for c in candidates if c.position < first.position and 0 < first.number - c.number <= _LONGEST_LEAP]
        after = [c for c in candidates if c.position > last.position and 0 < c.number - last.number <= _LONGEST_LEAP]
        head, tail = (part if len(part) >= FEWEST else [] for part in map(running_sequence, (before, after)))
        if not head and not tail:
            break
        chain = [*head, *chain, *tail]
    return chain


def missing_numbers(chain: list[Candidate]) -> tuple[str, ...]:
    """Name the numbers that the chain leaps over."""
    present = {candidate.number for candidate in chain}
    if not present:
        return ()
    return tuple(f"paragraph {n} is missing" for n in range(min(present), max(present)) if n not in present)
