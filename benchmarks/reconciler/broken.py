"""Scenario c: steady work over 50 healthy accounts, and one in which every operation is stuck, or fails."""

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from benchmarks.reconciler import figures
from benchmarks.reconciler.bounds import OUTSTANDING
from benchmarks.reconciler.estate import Estate, Pace
from benchmarks.reconciler.figures import Spread
from benchmarks.reconciler.grants import Wish, lives, owe
from benchmarks.reconciler.results import Result
from benchmarks.reconciler.stages import Stages
from protem.sandbox.faults import Fault

HEALTHY, USERS = 50, 40
SECONDS = 900.0
_LOAD = 0.6
"""The share of what AWS's limits allow that the steady work asks for."""
_REASON = "Received a 500 status error: an internal error occurred"
_SLACK = 0.5
_WITHIN = 1.10

Break = Callable[[], Fault] | None
WAYS: dict[str, Break] = {
    "all healthy": None,
    "one stuck": Fault.stuck,
    "one failing": lambda: Fault.failed(_REASON),
}


class Seen(NamedTuple):
    """What the healthy accounts' grants went through."""

    lags: Spread
    beginnings: Spread
    unfinished: int
    overdue: int
    calls: float
    throttled: int
    conflicts: int


def run(stages: Stages, pace: Pace, *, healthy: int = HEALTHY, seconds: float = SECONDS) -> Result:
    """Return what the healthy accounts feel of the broken one."""
    result = Result(f"c) one account broken beside {healthy} healthy ones, steady work; {pace.name}")
    seen = {way: _seen(stages, pace, fault, healthy, seconds) for way, fault in WAYS.items()}
    for way, one in seen.items():
        result.say(
            f"{way}: healthy accounts from ends_at to the delete call: {one.lags}; later than "
            f"{figures.OVERDUE:.0f} s: {one.overdue}",
            f"  from the start to an active grant: {one.beginnings}; never active: {one.unfinished}",
            f"  {one.calls:.1f} calls/s; throttled {one.throttled}, conflicts {one.conflicts}",
        )
    before = seen["all healthy"]
    for way in list(WAYS)[1:]:
        result.aim(f"healthy accounts with {way} are as before", met=_as_good(seen[way], before))
    return result


def _as_good(now: Seen, before: Seen) -> bool:
    """Allow for chance: other calls draw other durations."""
    return (
        all(
            mine.p99 <= theirs.p99 * _WITHIN + _SLACK and mine.p50 <= theirs.p50 * _WITHIN + _SLACK
            for mine, theirs in ((now.lags, before.lags), (now.beginnings, before.beginnings))
        )
        and now.overdue <= before.overdue
        and now.unfinished <= before.unfinished
    )


def _seen(stages: Stages, pace: Pace, fault: Break, healthy: int, seconds: float) -> Seen:
    with stages.estate(pace, accounts=healthy + 1, users=USERS) as estate:
        broken = estate.accounts[-1]
        if fault is not None:
            estate.sandbox.faults.order(fault(), account=broken, times=None)
        owe(estate, _steady(estate, pace, seconds))
        estate.time.run(seconds + 20 * pace.slowest_mean)
        sent = [call for call in estate.sent() if call.account != broken]
        grants = [life for life in lives(estate) if life.account != broken]
        lags = figures.lags(grants, sent, now=estate.time.seconds)
        return Seen(
            figures.spread(lags.values()),
            figures.spread(life.activated - life.starts for life in grants if life.activated is not None),
            sum(life.activated is None for life in grants),
            figures.overdue(lags.values()),
            len(sent) / estate.time.seconds,
            figures.throttles(estate.sent()),
            figures.conflicts(sent),
        )


def _steady(estate: Estate, pace: Pace, seconds: float) -> list[Wish]:
    """Have grants begin and end all the time, in each account as often, the broken one not less."""
    chance = Random(1)
    every = pace.slowest_mean / min(OUTSTANDING, len(estate.accounts) / 3) / _LOAD
    length = min(20 * pace.slowest_mean, seconds / 2)
    wishes: list[Wish] = []
    for number in range(int((seconds - length) / every)):
        account = estate.accounts[number % len(estate.accounts)]
        user = estate.users[number // len(estate.accounts) % len(estate.users)]
        begins = 5.0 + (number + chance.random()) * every
        wishes.append(Wish(account, user, begins, begins + length))
    return wishes
