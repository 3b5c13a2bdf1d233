"""Scenario a: 600 grants over 60 accounts begin at once, and later end at once."""

from benchmarks.reconciler import figures, neighbours, results
from benchmarks.reconciler.bounds import OUTSTANDING
from benchmarks.reconciler.estate import Estate, Pace
from benchmarks.reconciler.grants import Wish, count, lives, owe, run_until_ended
from benchmarks.reconciler.results import Phase, Result
from benchmarks.reconciler.stages import Stages
from protem.domain.lifecycle import GrantState

ACCOUNTS, USERS = 60, 10
_BEGIN = 10.0
_MOST_CALLS = 3.0
_WITHIN = 1.10


def run(
    stages: Stages, pace: Pace, *, accounts: int = ACCOUNTS, users: int = USERS, others: float = 0.0
) -> Result:
    """Return how near both the creating and the ending came to what AWS's limits allow.

    With ``others``, somebody else makes so many calls a second for a while, and the limits are theirs, too.
    """
    result = Result(f"a) {accounts * users} grants over {accounts} accounts; {pace.name}")
    jitter = neighbours.JITTER if others else 0.0
    with stages.estate(pace, accounts=accounts, users=users, jitter=jitter) as estate:
        ends = _BEGIN + 30 + 2 * pace.slowest_mean * max(users, accounts * users / OUTSTANDING)
        if others:
            ends = max(ends, neighbours.OVER)
            neighbours.move_in(estate, rate=others)
        pairs = [(account, user) for user in estate.users for account in estate.accounts]
        owe(estate, [Wish(*pair, _BEGIN, ends) for pair in pairs])
        estate.time.run(ends - 1)
        made = count(estate, GrantState.ACTIVE)
        over = run_until_ended(estate, within=4 * (ends - _BEGIN))
        result.aim(f"all {accounts * users} began, and ended", met=over and made == accounts * users)
        if others:
            neighbours.report(result, estate.sent(), rate=others)
        else:
            _report(result, estate, ends)
    return result


def _report(result: Result, estate: Estate, ends: float) -> None:
    sent, done, grants = estate.sent(), figures.ran(estate), lives(estate)
    begun = max((life.activated for life in grants if life.activated is not None), default=ends)
    ended = max((life.ended for life in grants if life.ended is not None), default=estate.time.seconds)
    first, later = ([one for one in done if (one.began < ends) is early] for early in (True, False))
    creating = Phase("creating", _BEGIN, begun, figures.between(sent, 0, begun), first)
    ending = Phase("ending", ends, ended, figures.between(sent, ends, ended), later)
    for phase in (creating, ending):
        results.timing(result, phase, within=_WITHIN)
    each = sum(results.calls(result, phase, grants=len(grants)) for phase in (creating, ending))
    lags = figures.lags(grants, sent, now=estate.time.seconds)
    beginnings = figures.spread(life.activated - life.starts for life in grants if life.activated is not None)
    result.say(
        f"from the start to an active grant: {beginnings}",
        f"from ends_at to the delete call: {figures.spread(lags.values())}; later than "
        f"{figures.OVERDUE:.0f} s: {figures.overdue(lags.values())}",
        f"altogether {creating.makespan + ending.makespan:.0f} s for {2 * len(grants)} operations; watching "
        f"in between took {len(sent) - len(creating.sent) - len(ending.sent)} calls more",
    )
    result.aim(f"at most {_MOST_CALLS} calls per grant ({each:.2f})", met=each <= _MOST_CALLS)
    throttled = figures.throttles(figures.ours(sent))
    result.aim(f"no throttling of our own making ({throttled})", met=not throttled)
