"""What a run shows: who waited for what, how many calls it took, and where the time went."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.reconciler.bounds import OUTSTANDING, Kind, Ran
from benchmarks.reconciler.estate import Estate, Sent
from benchmarks.reconciler.grants import Life

OVERDUE = 60.0
"""Seconds after its end from which on an ending without a delete call counts as overdue."""
THROTTLED = frozenset({"ThrottlingException", "TooManyRequestsException", "ServiceQuotaExceededException"})
"""Answers to more than AWS takes: more calls in a second, or more operations at once."""
OTHERS = "ListInstances"
"""The call that stands for those of somebody else; Protem's reconciler makes none."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How some seconds are distributed."""

    p50: float
    p99: float
    longest: float

    def __str__(self) -> str:
        return f"p50 {self.p50:.2f} s, p99 {self.p99:.2f} s, max {self.longest:.2f} s"


def spread(seconds: Iterable[float]) -> Spread:
    """Return the distribution; of nothing, it is not a number."""
    values = sorted(seconds)
    if not values:
        return Spread(math.nan, math.nan, math.nan)
    return Spread(_quantile(values, 0.5), _quantile(values, 0.99), values[-1])


def _quantile(values: Sequence[float], share: float) -> float:
    """Return the least value that so large a share of all does not exceed."""
    return values[max(math.ceil(share * len(values)) - 1, 0)]


def ran(estate: Estate, *, after: float = 0.0) -> list[Ran]:
    """Return the operations that came to an end, accepted from ``after`` on."""
    done = (
        Ran(
            operation.kind,
            operation.assignment.account_id,
            operation.assignment.permission_set_arn,
            operation.assignment.principal_id,
            (operation.created_at - estate.began).total_seconds(),
            (operation.finished_at - estate.began).total_seconds(),
        )
        for operation in estate.sandbox.operations.finished()
        if operation.finished_at is not None
    )
    return [one for one in done if one.began >= after]


def between(sent: Iterable[Sent], begin: float, end: float) -> list[Sent]:
    return [call for call in sent if begin <= call.at <= end]


def ours(sent: Iterable[Sent]) -> list[Sent]:
    return [call for call in sent if call.operation != OTHERS]


def by_operation(sent: Iterable[Sent]) -> Mapping[str, int]:
    return Counter(call.operation for call in sent)


def throttles(sent: Iterable[Sent]) -> int:
    return sum(call.outcome in THROTTLED for call in sent)


def conflicts(sent: Iterable[Sent]) -> int:
    return sum(call.outcome == "ConflictException" for call in sent)


def lags(lives: Iterable[Life], sent: Iterable[Sent], *, now: float) -> dict[Life, float]:
    """Return, of each grant that is over, how long after its end the delete call left that AWS accepted.

    One that has not left yet counts as leaving now.
    """
    deletes: dict[tuple[str, str], list[float]] = defaultdict(list)
    for call in sent:
        if call.operation == "DeleteAccountAssignment" and call.outcome == "ok":
            deletes[call.account, call.principal].append(call.at)
    over = [life for life in lives if life.ends <= now and life.activated is not None]
    return {
        life: min((at for at in deletes[life.account, life.principal] if at >= life.ends), default=now)
        - life.ends
        for life in over
    }


def overdue(lags: Iterable[float]) -> int:
    return sum(lag > OVERDUE for lag in lags)


@dataclass(frozen=True, slots=True)
class Slots:
    """Where the time of one kind of operation went, in seconds, while there was more to do."""

    first: float
    """Until as many were under way as AWS allows, or all that there are."""
    refills: Spread
    """From the end of one operation to the beginning of the one that took its place."""
    idle: float
    """All of those together, divided by the operations that run at once: what they cost in the end."""
    last: float
    """From the beginning of the last operation to the end of all."""


def slots(done: Iterable[Ran], kind: Kind, *, begin: float) -> Slots | None:
    """Return where the time went; None if there was nothing of that kind."""
    of_kind = [one for one in done if one.kind == kind]
    if not of_kind:
        return None
    # One write in each account: fewer accounts than slots leave the others empty for good.
    most = min(OUTSTANDING, len({one.account for one in of_kind}))
    starts, ends = sorted(one.began for one in of_kind), sorted(one.finished for one in of_kind)
    refills = [max(start - end, 0.0) for start, end in zip(starts[most:], ends, strict=False)]
    return Slots(
        first=starts[most - 1] - begin,
        refills=spread(refills),
        idle=sum(refills) / most,
        last=ends[-1] - starts[-1],
    )
