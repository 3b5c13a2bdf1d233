"""How long to wait before a delivery is tried again."""

from datetime import timedelta
from random import Random

FIRST = timedelta(seconds=5)
LONGEST = timedelta(hours=6)
_MOST_DOUBLINGS = 20


def after_failure(attempts: int, *, asked: timedelta | None, randomness: Random) -> timedelta:
    """Return the wait after the ``attempts``-th failure: doubling, capped, jittered downwards.

    What the receiver ``asked`` for counts instead, as long as it is no shorter than the shortest
    wait and no longer than the longest.
    """
    if asked is not None:
        return min(max(asked, FIRST), LONGEST)
    doublings = min(max(attempts - 1, 0), _MOST_DOUBLINGS)
    return min(FIRST * (1 << doublings), LONGEST) * randomness.uniform(0.75, 1.0)
