"""How long to wait: after an error, between polls, and never longer than the promise allows."""

from datetime import timedelta
from random import Random

LONGEST = timedelta(minutes=5)
"""No try at an ending is further away than this."""
BLOCKED = timedelta(hours=1)
"""Unless AWS cannot do it for a reason outside us."""
_FIRST = timedelta(seconds=1)
_LONGEST_POLL = timedelta(seconds=15)
_MOST_DOUBLINGS = 12


def after_error(attempts: int, *, randomness: Random) -> timedelta:
    """Return the wait after the ``attempts``-th error in a row: doubling, capped, jittered downwards."""
    doublings = min(attempts - 1, _MOST_DOUBLINGS)
    wait = min(_FIRST * (1 << doublings), LONGEST)
    return wait * randomness.uniform(0.5, 1.0)


def between_polls(age: timedelta) -> timedelta:
    """Return the wait before an operation of this age is asked about again."""
    return min(max(age / 4, _FIRST), _LONGEST_POLL)
