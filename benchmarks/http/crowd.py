"""Whether anything freezes: health and the red button in a flood, and what those who wait cost."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle

import uvloop

from benchmarks.http import calls
from benchmarks.http.calls import Asked
from benchmarks.http.estate import Estate
from benchmarks.http.servers import Server
from benchmarks.http.stages import CROWD
from benchmarks.http.wire import Load, driven

_PAUSE = 0.05
_WAITERS = 128


@dataclass(frozen=True, slots=True)
class Flood:
    """What came of a flood of submissions, and of what was asked in the midst of it."""

    submitted: Load
    health: Load
    revoked: Load


@dataclass(frozen=True, slots=True)
class Waiting:
    """Submissions without anybody who waits, and with many."""

    alone: Load
    beside: Load
    held: Load
    """Those who wait: answered when the time is over, or when what they wait for has changed."""


def flood(server: Server, estate: Estate, given: Sequence[Asked], *, seconds: float) -> Flood:
    """Submit on many connections, and meanwhile ask for health, and revoke."""
    return uvloop.run(_flood(server, estate, given, seconds))


async def _flood(server: Server, estate: Estate, given: Sequence[Asked], seconds: float) -> Flood:
    health = calls.shared([calls.call("GET", "/healthz")], 1, once=False)
    red = calls.shared(calls.revocations(estate, given), 1, once=True)
    submitted, healthy, revoked = await asyncio.gather(
        driven(server.address, calls.apart(calls.submissions(estate), CROWD), seconds=seconds),
        driven(server.address, health, seconds=seconds, pause=_PAUSE),
        driven(server.address, red, seconds=seconds, pause=_PAUSE),
    )
    return Flood(submitted, healthy, revoked)


def waiting(
    server: Server, estate: Estate, asked: Sequence[Asked], *, connections: int, seconds: float
) -> Waiting:
    """Submit with nobody who waits, and again with many who wait for what does not change."""
    return uvloop.run(_waiting(server, estate, asked, connections, seconds))


async def _waiting(
    server: Server, estate: Estate, asked: Sequence[Asked], connections: int, seconds: float
) -> Waiting:
    make = calls.submissions(estate)
    alone = await driven(server.address, calls.apart(make, connections), seconds=seconds)
    path = f"?wait={max(round(seconds) + 1, 1)}"
    held = [
        calls.call("GET", f"/v1/requests/{one.id}{path}", bearer)
        for one, bearer in zip(asked[:_WAITERS], cycle((estate.auditor, estate.admin)), strict=False)
    ]
    scripts = [iter([call]) for call in held]
    waiters = asyncio.create_task(driven(server.address, scripts, seconds=seconds))
    await asyncio.sleep(0.5)
    beside = await driven(server.address, calls.apart(make, connections), seconds=seconds)
    return Waiting(alone, beside, await waiters)
