"""Somebody else on the same quota for a while, as Terraform would be, and what is made of the rest."""

from collections.abc import Sequence
from contextlib import suppress
from random import Random

from botocore.config import Config
from botocore.exceptions import ClientError

from benchmarks.reconciler import figures
from benchmarks.reconciler.bounds import CALLS_PER_SECOND
from benchmarks.reconciler.estate import Estate, Sent
from benchmarks.reconciler.results import Result
from protem.identity_center.budget import Priority
from protem.identity_center.errors import GatewayError

_BEGIN, _END, OVER = 30.0, 210.0, 330.0
_SETTLED = 20.0
"""Seconds after which the rate that is left should have been found."""
JITTER = 0.05
"""Seconds by which calls may be overtaken on their way: without, whoever calls evenly would win always."""
_READERS, _CALLERS = 5, 10
_SPAN = 10.0
"""Over how many seconds the rate is measured that has come back."""
_MOST_THROTTLES, _LEAST_SHARE, _LONGEST_RECOVERY = 6.0, 0.5, 90.0


def move_in(estate: Estate, *, rate: float) -> None:
    """Have others call so many times a second for three minutes; meanwhile Protem wants all it can get."""
    chance = Random(5)
    client = estate.session.client("sso-admin", config=Config(retries={"total_max_attempts": 1}))

    def call() -> None:
        with suppress(ClientError):
            client.list_instances()

    def others() -> None:
        while estate.time.seconds < _END:
            estate.time.spawn(call, process="others")
            estate.time.sleep(chance.uniform(0.5, 1.5) * _CALLERS / rate)

    def reader() -> None:
        account = estate.accounts[0]
        while estate.time.seconds < OVER:
            with suppress(GatewayError), estate.budget.priority(Priority.HOUSEKEEPING):
                estate.runner.assignments.holders(
                    instance_arn=estate.sandbox.instance_arn,
                    account_id=account,
                    permission_set_arn=estate.permission_set,
                )

    for caller in range(_CALLERS):
        estate.time.spawn(others, process="others", after=_BEGIN + caller / rate)
    for _ in range(_READERS):
        estate.time.spawn(reader, process="reader")


def report(result: Result, sent: Sequence[Sent], *, rate: float) -> None:
    """Say how much of what was left was used, and how often it was too much."""
    ours = figures.ours(sent)
    first, settled = _BEGIN + _SETTLED, _END - _BEGIN - _SETTLED
    left = CALLS_PER_SECOND - rate
    refused = [call.at for call in ours if call.outcome in figures.THROTTLED]
    accepted = [call.at for call in ours if call.outcome not in figures.THROTTLED]
    often = sum(first <= at < _END for at in refused) / settled * 60
    share = sum(first <= at < _END for at in accepted) / settled / left
    before = sum(_BEGIN <= at < first for at in refused)
    back = _recovery(accepted)
    theirs = figures.throttles([call for call in sent if call.operation == figures.OTHERS])
    result.say(
        f"others make {rate:g} calls/s from {_BEGIN:.0f} to {_END:.0f} s, while Protem reads all it can:",
        f"  throttled {before} times in the first {_SETTLED:.0f} s, then {often:.1f} times a minute; others "
        f"{theirs} times; {share:.0%} of the {left:g} calls/s left were used; the full rate was back "
        f"{back:.0f} s after they had gone",
    )
    result.aim(
        f"throttled at most {_MOST_THROTTLES:g} times a minute ({often:.1f})", met=often <= _MOST_THROTTLES
    )
    result.aim(
        f"at least {_LEAST_SHARE:.0%} of what others leave are used ({share:.0%})", met=share >= _LEAST_SHARE
    )
    result.aim(
        f"the full rate is back after {_LONGEST_RECOVERY:.0f} s ({back:.0f} s)", met=back <= _LONGEST_RECOVERY
    )


def _recovery(accepted: Sequence[float]) -> float:
    """Return how long after the others had gone a span had nine tenths of the full rate."""
    wanted = 0.9 * 18 * _SPAN
    for second in range(int(OVER - _END - _SPAN) + 1):
        begin = _END + second
        if sum(begin <= at < begin + _SPAN for at in accepted) >= wanted:
            return float(second)
    return float("inf")
