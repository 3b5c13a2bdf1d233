"""How late deletes are where AWS's limits alone make them wait: for nobody can do better."""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Sequence

from benchmarks.reconciler.bounds import OUTSTANDING, Ran


def waits(ends: Sequence[tuple[float, str, float]], creations: Iterable[Ran]) -> list[float]:
    """Return how long each ending has to wait, served first come, first served, with perfect knowledge.

    ``ends`` are (when, account, seconds that its delete takes). Creations are where they really were: an
    ending cannot begin while one runs in its account, and none knows when it will be disturbed.
    """
    free_at = [float("-inf")] * OUTSTANDING
    busy: dict[str, float] = defaultdict(lambda: float("-inf"))
    created = defaultdict[str, list[Ran]](list)
    for one in creations:
        created[one.account].append(one)
    waited = []
    for due, account, seconds in sorted(ends):
        begins = max(due, busy[account], heapq.heappop(free_at))
        begins = _after_creations(begins, due, created[account])
        busy[account] = begins + seconds
        heapq.heappush(free_at, begins + seconds)
        waited.append(begins - due)
    return waited


def _after_creations(begins: float, due: float, creations: Iterable[Ran]) -> float:
    """Wait for what already ran when the ending came due; what came later should have let it go first."""
    running = (one.finished for one in creations if one.began <= due < one.finished)
    return max([begins, *running])
