"""Several who act at the same moment, each on connections of their own."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from copy import copy
from threading import Barrier
from typing import Any

from protem.db.store import Store
from protem.domain.errors import Refusal
from tests.broker.worlds import World

ROUNDS = range(int(os.environ.get("ROUNDS", "10")))
"""How often each race is run: often enough for every order to come up; `make races` runs it more often."""
FEW = range(len(ROUNDS) // 3 + 1)
"""How often those are run in which the order makes no difference."""


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Let everybody act at the same moment; return what each got, refusals included."""
    barrier = Barrier(len(acts))

    def act(command: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return command()
        except Refusal as refusal:
            return refusal

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(act, acts))


def refusals(results: Sequence[Any]) -> list[Refusal]:
    return [result for result in results if isinstance(result, Refusal)]


@contextmanager
def apart(world: World, count: int) -> Iterator[list[World]]:
    """Yield the same world several times, as other processes on its database have it.

    SQLite has one process, whose threads share one store.
    """
    others = [copy(world) for _ in range(count)]
    if not world.store.is_sqlite:
        for other in others:
            other.store = Store(world.url, clock=world.clock, pool_size=1, agreed_time=False)
    yield others
    if not world.store.is_sqlite:
        for other in others:
            other.store.close()


class News:
    """What has been put on record since somebody last asked."""

    def __init__(self, world: World) -> None:
        self._world, self._seen = world, len(world.events())

    def told(self) -> list[str]:
        """Return the types of the events, in alphabetical order: at once has no other."""
        events = self._world.events()
        seen, self._seen = self._seen, len(events)
        return sorted(events[seen:])
