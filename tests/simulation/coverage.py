"""What a campaign has tried: each kind of trouble against each state in which it struck."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

STATES = ("nothing", "scheduled", "activating", "active", "deactivating", "ended", "failed")


@dataclass
class Coverage:
    """Counts of (trouble, state of the grant that it struck)."""

    cells: Counter[tuple[str, str]] = field(default_factory=Counter)

    def note(self, trouble: str, states: Iterable[str]) -> None:
        self.cells.update((trouble, state) for state in set(states) or {"nothing"})

    def add(self, other: "Coverage") -> None:
        self.cells.update(other.cells)

    def table(self, troubles: Sequence[str]) -> str:
        """Return a table with a row for each trouble, those never met included."""
        rows = sorted({*troubles, *(trouble for trouble, _ in self.cells)})
        width = max(len(row) for row in rows)
        lines = [" " * width + "".join(f"{state:>13}" for state in STATES)]
        lines += [
            f"{row:<{width}}" + "".join(f"{self.cells[row, state]:>13}" for state in STATES) for row in rows
        ]
        return "\n".join(lines)
