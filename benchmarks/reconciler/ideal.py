"""How late deletes are where AWS's limits alone make them wait: a scheduler that knows all at once."""

import heapq
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.reconciler.bounds import OUTSTANDING, Ran


@dataclass(frozen=True, slots=True, order=True)
class Ending:
    """A delete to be made, in seconds after the start."""

    due: float
    account: str
    seconds: float
    """How long AWS takes for it."""


def waits(endings: Iterable[Ending], creations: Iterable[Ran]) -> list[float]:
    """Return how long each ending has to wait, if whoever has waited longest goes as soon as it can.

    It can when its account is free and fewer operations are under way than AWS allows. A creation keeps its
    account for as long as it does if it was already running when the ending came due.
    """
    coming = deque(sorted(_when_able(endings, creations), key=lambda able: able[0]))
    waiting: list[Ending] = []
    running: list[tuple[float, str]] = []
    waited = []
    while coming or waiting:
        instants = ([coming[0][0]] if coming else []) + ([running[0][0]] if waiting and running else [])
        now = min(instants)
        while running and running[0][0] <= now:
            heapq.heappop(running)
        while coming and coming[0][0] <= now:
            waiting.append(coming.popleft()[1])
        for ending in sorted(waiting):
            if len(running) < OUTSTANDING and all(account != ending.account for _, account in running):
                waiting.remove(ending)
                heapq.heappush(running, (now + ending.seconds, ending.account))
                waited.append(now - ending.due)
    return waited


def _when_able(endings: Iterable[Ending], creations: Iterable[Ran]) -> list[tuple[float, Ending]]:
    created = defaultdict[str, list[Ran]](list)
    for one in creations:
        created[one.account].append(one)
    return [
        (max([ending.due, *_finishing(created[ending.account], ending.due)]), ending) for ending in endings
    ]


def _finishing(creations: Iterable[Ran], instant: float) -> list[float]:
    return [one.finished for one in creations if one.began <= instant < one.finished]
