"""Scenario b: 200 grants over 40 accounts end in the same second, while 100 wait for their beginning."""

from benchmarks.reconciler import figures, ideal, results
from benchmarks.reconciler.estate import Estate, Pace
from benchmarks.reconciler.grants import Wish, count, lives, owe, run_until_ended
from benchmarks.reconciler.ideal import Ending
from benchmarks.reconciler.results import Phase, Result
from benchmarks.reconciler.stages import Stages
from protem.domain.lifecycle import GrantState

ACCOUNTS, ENDINGS, BEGINNINGS = 40, 200, 100
_AT = 10.0
_LONG = 100_000.0
_WITHIN = 1.10


def run(
    stages: Stages,
    pace: Pace,
    *,
    accounts: int = ACCOUNTS,
    endings: int = ENDINGS,
    beginnings: int = BEGINNINGS,
) -> Result:
    """Return how near all of it came to AWS's limits, and whether endings went first."""
    result = Result(
        f"b) {endings} endings at once over {accounts} accounts, {beginnings} beginnings wait; {pace.name}"
    )
    with stages.estate(pace, accounts=accounts, users=-(-(endings + beginnings) // accounts)) as estate:
        pairs = [(account, user) for user in estate.users for account in estate.accounts]
        owe(estate, [Wish(*pair, -600.0, _AT) for pair in pairs[:endings]], held=True)
        owe(estate, [Wish(*pair, _AT, _LONG) for pair in pairs[endings : endings + beginnings]])
        most = pace.slowest_mean * (endings + beginnings)
        over = run_until_ended(estate, within=most, beside=beginnings)
        while count(estate, GrantState.ACTIVE) < beginnings and estate.time.seconds < most:
            estate.time.run(1.0)
        begun = count(estate, GrantState.ACTIVE) == beginnings
        result.aim(f"all {endings} ended, and all {beginnings} began", met=over and begun)
        _report(result, estate, endings)
    return result


def _report(result: Result, estate: Estate, endings: int) -> None:
    sent, done, grants = estate.sent(), figures.ran(estate, after=_AT), lives(estate)
    ended = max((life.ended for life in grants if life.ended is not None), default=estate.time.seconds)
    begun = max((life.activated or 0.0 for life in grants), default=estate.time.seconds)
    everything = Phase("all of it", _AT, max(ended, begun), figures.between(sent, 0, max(ended, begun)), done)
    deletions = [one for one in done if one.kind == "deletion"]
    results.timing(result, everything, within=_WITHIN)
    results.timing(result, Phase("the endings", _AT, ended, figures.between(sent, _AT, ended), deletions))
    results.calls(result, everything, grants=len(grants))
    lags = figures.lags(grants, sent, now=estate.time.seconds)
    beginnings = [life.activated - life.starts for life in grants if life.starts >= _AT and life.activated]
    least = ideal.waits([Ending(_AT, one.account, one.seconds) for one in deletions], [])
    result.say(
        f"from ends_at to the delete call: {figures.spread(lags.values())}; AWS's limits alone: "
        f"{figures.spread(least)}",
        f"from the start to an active grant: {figures.spread(beginnings)}",
    )
    throttled = figures.throttles(sent)
    result.aim(f"no throttling of our own making ({throttled})", met=not throttled)
