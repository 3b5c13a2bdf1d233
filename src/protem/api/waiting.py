"""Answers that are held back until something changes, without a thread or a session while they are."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Hashable, Iterator
from contextlib import contextmanager, suppress
from typing import Protocol, TypeVar

import anyio

from protem.db.store import ANSWERS
from protem.domain.errors import TooManyWaiters

TOTAL = 256
_THREADS = 2
_FLOOR_SECONDS = 1.0
"""Other processes on the same database cannot ring our bells, so that waiters look by themselves too."""


class Tagged(Protocol):
    """Something whose tag differs when it does."""

    @property
    def etag(self) -> str: ...


Found = TypeVar("Found", bound=Tagged)


class Waiters:
    """Everybody who waits in this process; commits wake them."""

    def __init__(self, *, per_caller: int, total: int = TOTAL, floor_seconds: float = _FLOOR_SECONDS) -> None:
        self._per_caller = per_caller
        self._total = total
        self._floor = floor_seconds
        self.threads = anyio.CapacityLimiter(_THREADS)
        self._bells: set[asyncio.Event] = set()
        self._seats: Counter[Hashable] = Counter()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._open = False

    def open(self) -> None:
        """Take waiters in; called on the event loop on which they will wait."""
        self._loop = asyncio.get_running_loop()
        self._open = True

    def close(self) -> None:
        """Let everybody go with what there is, and nobody wait any more; from any thread."""
        self._open = False
        self._wake()

    def heard(self, topics: frozenset[str]) -> None:
        """Wake everybody if what was committed may be an answer; from any thread."""
        if ANSWERS in topics:
            self._wake()

    @property
    def count(self) -> int:
        return len(self._bells)

    async def until_changed(
        self,
        who: Hashable,
        read: Callable[[], Awaitable[Found]],
        *,
        seen: str,
        seconds: float,
        gone: Callable[[], Awaitable[bool]],
    ) -> Found:
        """Return what ``read`` finds once its tag is not ``seen``, or when ``seconds`` are over.

        Raises ``TooManyWaiters``. ``gone`` tells whether the client has hung up.
        """
        with self._seat(who) as bell:
            over = anyio.current_time() + seconds
            while True:
                # Cleared before reading: what is committed during the reading rings again.
                bell.clear()
                found = await read()
                left = over - anyio.current_time()
                if found.etag != seen or left <= 0 or not self._open or await gone():
                    return found
                with anyio.move_on_after(min(left, self._floor)):
                    await bell.wait()

    @contextmanager
    def _seat(self, who: Hashable) -> Iterator[asyncio.Event]:
        if len(self._bells) >= self._total or self._seats[who] >= self._per_caller:
            raise TooManyWaiters(f"at most {self._per_caller} for each caller, {self._total} for everybody")
        bell = asyncio.Event()
        self._bells.add(bell)
        self._seats[who] += 1
        try:
            yield bell
        finally:
            self._bells.discard(bell)
            self._seats[who] -= 1
            if not self._seats[who]:
                del self._seats[who]

    def _wake(self) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has closed, and with it nobody waits
                self._loop.call_soon_threadsafe(self._ring)

    def _ring(self) -> None:
        for bell in self._bells:
            bell.set()
