"""How long to wait after an error, and never longer than the promise allows."""

from datetime import timedelta
from random import Random

LONGEST = timedelta(minutes=5)
"""No try at an ending is further away than this."""
BLOCKED = timedelta(hours=1)
"""Unless AWS cannot do it for a reason outside us."""
_FIRST = timedelta(seconds=1)
_MOST_DOUBLINGS = 12


def after_error(attempts: int, *, randomness: Random) -> timedelta:
    """Return the wait after the ``attempts``-th error in a row: doubling, capped, jittered downwards."""
    doublings = min(attempts - 1, _MOST_DOUBLINGS)
    wait = min(_FIRST * (1 << doublings), LONGEST)
    return wait * randomness.uniform(0.5, 1.0)
