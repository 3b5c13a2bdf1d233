"""How many calls a second AWS gets from us, and whose turn it is."""

import bisect
import itertools
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from enum import IntEnum

from protem.clock import Clock
from protem.identity_center.adaptive_rate import AdaptiveRate


class Priority(IntEnum):
    """Who goes first when several wait; the lowest number does."""

    ENDING = 0
    BEGINNING = 1
    WATCHING = 2
    HOUSEKEEPING = 3


Ticket = tuple[Priority, int]

_PRIORITY: ContextVar[Priority] = ContextVar("protem_call_priority", default=Priority.WATCHING)

_LEAST_RATE = 1.0
"""Calls a second that leave however much is throttled: only they show that it is over."""

_LONGEST_NAP = 0.25
"""Seconds after which a waiter looks again, because the rate may have recovered meanwhile."""

_ROUNDING = 1e-6
"""The part of a token that a nap may end too early, which is not worth another nap."""


class BudgetClosed(Exception):
    """The process is stopping: no further call is let through."""


class CallBudget:
    """A token bucket that serves its waiters by priority, then in the order in which they came.

    ``rate`` is in calls a second. At most ``burst + rate`` calls leave in any one second: the
    defaults stay within the 20 that AWS allows. Housekeeping leaves ``headroom`` tokens behind, so
    that an ending finds one however much of the catalogue is being read; as long as AWS throttles,
    so does everything else. ``throttled`` slows all down, and ``recovery`` is after how many seconds
    the rate that was throttled is tried again.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        rate: float = 18.0,
        burst: int = 2,
        headroom: int = 1,
        recovery: float = 20.0,
    ) -> None:
        if rate <= 0 or not 0 <= headroom < burst:
            message = "a budget needs a rate above zero and a burst larger than its headroom"
            raise ValueError(message)
        self._clock = clock
        self._rate = AdaptiveRate(rate, least=_LEAST_RATE, plateau=recovery)
        self._burst = float(burst)
        self._headroom = headroom
        self._tokens = float(burst)
        self._counted_at = clock.monotonic()
        self._taken_at: deque[float] = deque()
        self._waiting: list[Ticket] = []
        self._numbers = itertools.count()
        self._served = dict.fromkeys(Priority, 0)
        self._closed = False
        self._lock = threading.Lock()

    @contextmanager
    def priority(self, priority: Priority) -> Iterator[None]:
        """Make every call of this block wait at ``priority``; threads started within inherit nothing."""
        token = _PRIORITY.set(priority)
        try:
            yield
        finally:
            _PRIORITY.reset(token)

    def take(self) -> None:
        """Wait for one call at the priority of the context. Raises ``BudgetClosed``."""
        with self._lock:
            ticket = (_PRIORITY.get(), next(self._numbers))
            bisect.insort(self._waiting, ticket)
        try:
            while (seconds := self._serve(ticket)) > 0:
                self._clock.sleep(min(seconds, _LONGEST_NAP))
        finally:
            with self._lock:
                self._waiting.remove(ticket)

    def throttled(self) -> None:
        """Slow down because AWS said that it was too much; what is said within a second counts once."""
        with self._lock:
            now = self._count()
            self._rate.refused(now, sent=sum(at > now - 1 for at in self._taken_at))
            self._tokens = min(self._tokens, 0.0)

    def close(self) -> None:
        """Let nobody through any more; whoever waits is told within a moment."""
        with self._lock:
            self._closed = True

    @property
    def rate(self) -> float:
        """Calls a second that are let through at present."""
        with self._lock:
            return self._rate.at(self._count())

    @property
    def full_rate(self) -> float:
        """Calls a second that are let through as long as AWS does not throttle."""
        return self._rate.full

    def queue(self) -> Mapping[Priority, int]:
        """Count the calls that wait for their turn, by priority."""
        with self._lock:
            waiting = [priority for priority, _ in self._waiting]
        return {priority: waiting.count(priority) for priority in Priority}

    def served(self) -> Mapping[Priority, int]:
        """Count the calls that have been let through since the start, by priority."""
        with self._lock:
            return dict(self._served)

    @property
    def waiting(self) -> int:
        """How many calls wait for their turn."""
        with self._lock:
            return len(self._waiting)

    def _serve(self, ticket: Ticket) -> float:
        """Take a token for ``ticket`` and return 0, or return the seconds until that may be possible."""
        with self._lock:
            if self._closed:
                raise BudgetClosed
            now = self._count()
            ahead = self._waiting.index(ticket)
            missing = ahead + 1 + self._left_for_endings(ticket[0], now) - self._tokens
            if missing > _ROUNDING:
                return missing / self._rate.at(now)
            if ahead:
                return 1 / self._rate.at(now)
            self._take(ticket[0], now)
            return 0.0

    def _left_for_endings(self, priority: Priority, now: float) -> int:
        waits = priority is Priority.HOUSEKEEPING or (
            priority is not Priority.ENDING and self._rate.slow(now)
        )
        return self._headroom if waits else 0

    def _take(self, priority: Priority, now: float) -> None:
        self._tokens -= 1
        self._served[priority] += 1
        self._taken_at.append(now)
        while self._taken_at[0] <= now - 1:
            self._taken_at.popleft()

    def _count(self) -> float:
        """Add what has come in since the last count, and return the present instant."""
        now = self._clock.monotonic()
        elapsed, self._counted_at = now - self._counted_at, now
        self._tokens = min(self._burst, self._tokens + elapsed * self._rate.at(now))
        return now
