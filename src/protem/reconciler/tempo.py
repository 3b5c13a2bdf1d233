"""How long AWS's operations take, as far as they have been seen to, and when asking is worth a call."""

import bisect
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import exp

from protem.db.models import Act
from protem.reconciler.traffic import MOST_OUTSTANDING

_GUESSES = {Act.CREATE: (1.5, 2, 3, 4, 6, 10, 20), Act.DELETE: (3, 6, 10, 12, 15, 20, 40)}
"""Seconds that users report (docs/aws.md), until enough have been seen."""
_ENOUGH = 8
_KEPT = 60
_SLOTS_PER_CALL = {Act.CREATE: 3.5, Act.DELETE: 1.85}
"""How many slots a call is to free when all are taken: each is idle for half of the time between two calls.

About half a call for each ending, and less for each beginning, since a slot that is idle lets access overstay
where endings wait for it.
"""
_FEW = 3
_FEW_PATIENCE = 0.4
"""The slot-seconds that a call is worth while few operations run, and calls are plenty."""
_LONGEST = 15.0
_SHORTEST = 0.3
_UNWANTED = 0.25
"""What an operation counts for whose slot nobody waits for, and whose outcome nobody needs at once."""


@dataclass(frozen=True, slots=True)
class Age:
    """How old an operation was when it was last known to run, and is now, in seconds."""

    seen: float
    now: float


@dataclass
class Tempo:
    """What has been learnt of the operations of one kind."""

    kind: Act
    _spans: deque[float] = field(default_factory=lambda: deque(maxlen=_KEPT))
    _sorted: list[float] = field(default_factory=list)

    def learn(self, at_least: float, at_most: float) -> None:
        """Note that one took so long."""
        self._spans.append((at_least + at_most) / 2)
        self._sorted = sorted(self._spans)

    @property
    def mean(self) -> float:
        return sum(self._known) / len(self._known)

    @property
    def longest(self) -> float:
        return self._known[-1]

    def wait(self, ages: Sequence[Age], *, wanted: bool) -> float:
        """Return in how many seconds to ask about these; ``wanted`` is whether anything waits for them.

        What counts is the time that slots, or people, are expected to wait for us to find out.
        """
        weight = 1.0 if wanted else _UNWANTED
        # What so many slots wait for altogether, when they become free one after the other.
        worth = self.mean * _SLOTS_PER_CALL[self.kind] ** 2 / 2 / MOST_OUTSTANDING[self.kind]
        if len(ages) <= _FEW:
            worth = min(worth, _FEW_PATIENCE)
        since = max(age.now - age.seen for age in ages)
        step, idle, ahead = max(self.mean / 50, 0.05), 0.0, -since
        while ahead < _LONGEST - since and idle < worth:
            ahead += step
            idle += weight * step * sum(self._over(age, ahead) for age in ages)
        return max(ahead, _SHORTEST - since)

    def over(self, age: Age) -> float:
        """Return how likely one of this age has come to its end by now."""
        return self._over(age, 0.0)

    def _over(self, age: Age, ahead: float) -> float:
        """Return how likely one has come to its end so many seconds from now, or before now if negative."""
        then = age.now + ahead
        if then <= age.seen:
            return 0.0
        before = self._share(age.seen)
        if before >= 1.0:
            return 1.0 - exp(-(then - age.seen) / max(age.seen / 4, 1.0))
        return (self._share(then) - before) / (1.0 - before)

    def _share(self, seconds: float) -> float:
        """Return the share of operations that take less, between those that were seen a straight line."""
        known = self._known
        at = bisect.bisect_right(known, seconds)
        if at in {0, len(known)}:
            return at / len(known)
        below, above = known[at - 1], known[at]
        return (
            (at - 1 + (seconds - below) / (above - below)) / len(known) if above > below else at / len(known)
        )

    @property
    def _known(self) -> Sequence[float]:
        return self._sorted if len(self._sorted) >= _ENOUGH else _GUESSES[self.kind]
