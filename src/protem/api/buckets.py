"""How much of a rate each of many has used up: in the memory of this process, and little of that."""

import threading
from collections import OrderedDict
from collections.abc import Hashable

from protem.domain.rates import Rate

CAPACITY = 10_000
"""How many are kept in mind; whoever was seen least recently is forgotten first, and begins anew."""


class Buckets:
    """One for each of those who share nothing but the memory that they are kept in."""

    def __init__(self, *, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._over_at: OrderedDict[Hashable, float] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._over_at)

    def wait(self, who: Hashable, rate: Rate, *, now: float) -> float:
        """Return in how many seconds the next may come; 0 for now. Nothing is used up."""
        with self._lock:
            return rate.wait(self._over_at.get(who, now), now=now)

    def take(self, who: Hashable, rate: Rate, *, now: float) -> float:
        """Use up one, unless it has to wait; return for how many seconds."""
        with self._lock:
            over_at = self._over_at.get(who, now)
            seconds = rate.wait(over_at, now=now)
            if not seconds:
                self._keep(who, rate.after(over_at, now=now))
            return seconds

    def add(self, who: Hashable, rate: Rate, *, now: float) -> None:
        """Use up one that has happened, whether it may or not."""
        with self._lock:
            self._keep(who, rate.after(self._over_at.get(who, now), now=now))

    def _keep(self, who: Hashable, over_at: float) -> None:
        self._over_at[who] = over_at
        self._over_at.move_to_end(who)
        while len(self._over_at) > self._capacity:
            self._over_at.popitem(last=False)
