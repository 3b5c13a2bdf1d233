"""Scenario d: 10,000 active grants, some of which end all the time while others begin."""

from collections.abc import Iterator
from random import Random

from benchmarks.reconciler import figures, ideal, results
from benchmarks.reconciler.bounds import OUTSTANDING, Ran
from benchmarks.reconciler.estate import Estate, Pace
from benchmarks.reconciler.grants import Life, Wish, lives, owe
from benchmarks.reconciler.ideal import Ending
from benchmarks.reconciler.results import Phase, Result
from benchmarks.reconciler.stages import Stages

ACTIVE, ACCOUNTS, USERS = 10_000, 2_500, 400
HOURS = 0.1
LOAD = 0.6
"""The share of what the narrowest of AWS's limits allows: here the outstanding operations."""
_MOST_LAG = 2.0
_AFTERWARDS = 60.0
"""Seconds for which endings are still waited for that came due before."""
_BEFOREHAND = 30.0
"""Seconds between the approval of a grant and its beginning: approvals come all the time."""


def run(
    stages: Stages, pace: Pace, *, hours: float = HOURS, active: int = ACTIVE, accounts: int = ACCOUNTS
) -> Result:
    """Return how late endings were while everything else went on."""
    rate = LOAD * OUTSTANDING / pace.slowest_mean
    seconds = hours * 3600
    result = Result(
        f"d) {active:,} active grants over {accounts:,} accounts, {rate:.2f} of them end and as many begin "
        f"in each second, for {hours:g} h; {pace.name}"
    )
    with stages.estate(pace, accounts=accounts, users=USERS) as estate:
        people = People(estate, rate=rate, length=active / rate)
        owe(estate, people.there(active), held=True)
        estate.time.spawn(people.ask, process="people")
        while estate.time.seconds < seconds + _AFTERWARDS:
            estate.time.run(60.0)
            estate.sent()
        _report(result, estate, seconds)
    return result


class People:
    """Ask for access at a steady rate, in accounts drawn by chance, never twice for the same."""

    def __init__(self, estate: Estate, *, rate: float, length: float) -> None:
        self._estate = estate
        self._rate = rate
        self._length = length
        self._chance = Random(7)
        self._granted: set[tuple[str, str]] = set()

    def there(self, count: int) -> list[Wish]:
        """Return what was asked for before: its ends are spread over the length of a grant."""
        return [
            self._wish(starts - self._length)
            for starts in sorted(self._chance.uniform(5.0, self._length) for _ in range(count))
        ]

    def ask(self) -> None:
        """Never come to an end."""
        for starts in self._arrivals():
            self._estate.time.sleep(starts - _BEFOREHAND - self._estate.time.seconds)
            owe(self._estate, [self._wish(starts)])

    def _arrivals(self) -> Iterator[float]:
        at = _BEFOREHAND
        while True:
            at += self._chance.expovariate(self._rate)
            yield at

    def _wish(self, starts: float) -> Wish:
        pair = self._drawn()
        while pair in self._granted:
            pair = self._drawn()
        self._granted.add(pair)
        return Wish(*pair, starts, starts + self._length)

    def _drawn(self) -> tuple[str, str]:
        return self._chance.choice(self._estate.accounts), self._chance.choice(self._estate.users)


def _report(result: Result, estate: Estate, seconds: float) -> None:
    sent, done, grants = estate.sent(), figures.ran(estate), lives(estate)
    whole = Phase("all of it", 0.0, estate.time.seconds, sent, done)
    over = [life for life in grants if life.ends <= seconds]
    lags = figures.lags(over, sent, now=estate.time.seconds)
    begun = [life for life in grants if life.starts >= 0 and life.activated is not None]
    results.calls(result, whole, grants=max(len(lags), 1))
    late, overdue = figures.spread(lags.values()), figures.overdue(lags.values())
    result.say(
        f"{len(lags)} endings, from ends_at to the delete call: {late}; later than {_MOST_LAG:.0f} s: "
        f"{sum(lag > _MOST_LAG for lag in lags.values())}; later than {figures.OVERDUE:.0f} s: {overdue}",
        f"  AWS's limits alone: {figures.spread(_least(lags, done))}",
        f"{len(begun)} beginnings, from the start to an active grant: "
        f"{figures.spread(life.activated - life.starts for life in begun if life.activated is not None)}",
        f"{estate.ticking.ticks} ticks",
    )
    result.aim(f"99 % of deletes left within {_MOST_LAG:.0f} s ({late.p99:.2f} s)", met=late.p99 < _MOST_LAG)
    result.aim(f"no ending was overdue ({overdue})", met=not overdue)
    throttled = figures.throttles(sent)
    result.aim(f"no throttling of our own making ({throttled})", met=not throttled)


def _least(lags: dict[Life, float], done: list[Ran]) -> list[float]:
    """Return the waits of the same endings, had every limit's end been known at once."""
    deletes = {(one.account, one.began): one.seconds for one in done if one.kind == "deletion"}
    usual = sum(deletes.values()) / max(len(deletes), 1)
    ends = [
        Ending(life.ends, life.account, deletes.get((life.account, life.ends + lag), usual))
        for life, lag in lags.items()
    ]
    return ideal.waits(ends, [one for one in done if one.kind == "creation"])
