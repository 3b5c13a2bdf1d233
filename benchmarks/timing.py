"""How long things take, and a table to show it in."""

import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeVar

Case = TypeVar("Case")


def seconds_each(act: Callable[[Case], object], cases: Callable[[], Sequence[Case]], *, rounds: int) -> float:
    """Return the seconds that ``act`` takes for one case, in the fastest of some rounds.

    Each round has cases of its own, made outside of the measured time, so that nothing which the last
    round worked out is there already.
    """
    return min(_round(act, cases()) for _ in range(rounds))


def _round(act: Callable[[Case], object], cases: Sequence[Case]) -> float:
    before = time.perf_counter()
    for case in cases:
        act(case)
    return (time.perf_counter() - before) / len(cases)


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table whose columns are as wide as they have to be."""
    lines = [columns, *rows]
    widths = [max(len(line[place]) for line in lines) for place in range(len(columns))]
    shown = ["  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
    return "\n".join([title, *(f"  {line}" for line in shown), ""])


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1_000:.3f} ms"


def growth(sizes: Sequence[float]) -> list[str]:
    """Return by what each time is longer than the one before."""
    return ["", *(f"× {now / before:.2f}" for before, now in pairwise(sizes))]
