"""What AWS's limits alone cost, whatever anybody does: pure arithmetic on what the sandbox really did."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

CALLS_PER_SECOND = 20
"""What AWS allows; Protem allows itself less."""
OUTSTANDING = 15
FRESH = 10.0
"""Seconds for which a listing shows absence well enough for a create (``plan.FRESH``)."""

Kind = Literal["creation", "deletion"]


@dataclass(frozen=True, slots=True)
class Ran:
    """One operation that AWS carried out, in seconds after the start."""

    kind: Kind
    account: str
    permission_set: str
    began: float
    finished: float

    @property
    def seconds(self) -> float:
        return self.finished - self.began


@dataclass(frozen=True, slots=True)
class Bound:
    """Three things of which the longest is the least that the work can take, in seconds."""

    calls: float
    """Necessary calls ÷ the calls that AWS takes in a second."""
    outstanding: float
    """Operation-seconds ÷ the operations of one kind that AWS has under way at once."""
    account: float
    """The operations of the busiest account, one after the other."""

    @property
    def seconds(self) -> float:
        return max(self.calls, self.outstanding, self.account)


def bound(ran: Sequence[Ran]) -> Bound:
    """Return the least time in which these operations could have been carried out, in any order."""
    return Bound(
        calls=sum(necessary_calls(ran).values()) / CALLS_PER_SECOND,
        outstanding=max(_seconds_by(ran, "kind").values(), default=0.0) / OUTSTANDING,
        account=max(_seconds_by(ran, "account").values(), default=0.0),
    )


def necessary_calls(ran: Sequence[Ran]) -> Mapping[str, int]:
    """Return the fewest calls with which these operations could have been made, and made safely.

    One write each; of each place, a listing not longer than ``FRESH`` before each create, and one after the
    last operation, as evidence of all of them.
    """
    places: dict[tuple[str, str], list[Ran]] = defaultdict(list)
    for one in ran:
        places[one.account, one.permission_set].append(one)
    kinds = Counter(one.kind for one in ran)
    return {
        "CreateAccountAssignment": kinds["creation"],
        "DeleteAccountAssignment": kinds["deletion"],
        "ListAccountAssignments": sum(
            listings(one.began for one in there if one.kind == "creation") + 1 for there in places.values()
        ),
    }


def listings(creates: Iterable[float]) -> int:
    """Return how many instants it takes for each create to have one at most ``FRESH`` before it."""
    made, latest = 0, float("-inf")
    for create in sorted(creates):
        if create - latest > FRESH:
            # As late as it may be, it serves the most that come after.
            made, latest = made + 1, create
    return made


def _seconds_by(ran: Iterable[Ran], attribute: Literal["kind", "account"]) -> Mapping[str, float]:
    seconds: dict[str, float] = defaultdict(float)
    for one in ran:
        seconds[getattr(one, attribute)] += one.seconds
    return seconds
