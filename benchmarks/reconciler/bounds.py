"""What AWS's limits alone cost, whatever anybody does: pure arithmetic on what the sandbox really did."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

CALLS_PER_SECOND = 20
"""What AWS allows; Protem allows itself less."""
OUTSTANDING = 15
LISTINGS = "listings"

Kind = Literal["creation", "deletion"]


@dataclass(frozen=True, slots=True)
class Ran:
    """One operation that AWS carried out, in seconds after the start."""

    kind: Kind
    account: str
    permission_set: str
    principal: str
    began: float
    finished: float

    @property
    def seconds(self) -> float:
        return self.finished - self.began

    @property
    def place(self) -> tuple[str, str]:
        return self.account, self.permission_set


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

    One write each, and listings so that each has its account and permission set, or its principal, listed at
    least once: before it was created, or as evidence of what became of it.
    """
    kinds = Counter(one.kind for one in ran)
    return {
        "CreateAccountAssignment": kinds["creation"],
        "DeleteAccountAssignment": kinds["deletion"],
        LISTINGS: listings((one.place, one.principal) for one in ran),
    }


def listings(told: Iterable[tuple[Hashable, Hashable]]) -> int:
    """Return the fewest places and principals to list so that of each pair one is.

    As many as pairs can be picked of which no two have anything in common (Kőnig's theorem).
    """
    places: dict[Hashable, set[Hashable]] = defaultdict(set)
    for place, principal in told:
        places[principal].add(place)
    taken: dict[Hashable, Hashable] = {}

    def picks(principal: Hashable, tried: set[Hashable]) -> bool:
        for place in places[principal] - tried:
            tried.add(place)
            if place not in taken or picks(taken[place], tried):
                taken[place] = principal
                return True
        return False

    return sum(picks(principal, set()) for principal in list(places))


def _seconds_by(ran: Iterable[Ran], attribute: Literal["kind", "account"]) -> Mapping[str, float]:
    seconds: dict[str, float] = defaultdict(float)
    for one in ran:
        seconds[getattr(one, attribute)] += one.seconds
    return seconds
