"""Entitlements: named rules about who may ask for what, for how long, with whose approval."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from functools import cached_property
from typing import Protocol

from protem.domain import names
from protem.domain.catalogue import Person, Target
from protem.domain.hours import Hours
from protem.domain.selectors import Accounts, People, PermissionSets, Wanted

NOBODY = People()


class Pattern(Protocol):
    """What a ticket has to look like, as a whole."""

    @property
    def text(self) -> str: ...

    def fits(self, ticket: str) -> bool: ...


class OnEligibilityLost(StrEnum):
    """What becomes of live access that its beneficiary could no longer ask for."""

    KEEP = "keep"
    END = "end"


class WhenRemovedOutside(StrEnum):
    """What becomes of a grant whose assignment somebody else removed."""

    END = "end"
    RENEW = "renew"


@dataclass(frozen=True, slots=True)
class DurationLimits:
    """How long a grant lasts when nobody says, and at most."""

    default: timedelta
    maximum: timedelta


@dataclass(frozen=True, slots=True)
class Ticket:
    """Whether a ticket must be named, and what it has to look like."""

    required: bool = False
    pattern: Pattern | None = None


NO_TICKET = Ticket()


@dataclass(frozen=True, slots=True)
class When:
    """Conditions that must all hold; what is about a target must hold for one and the same."""

    duration_over: timedelta | None = None
    account_tags: Wanted = ()
    permission_sets: PermissionSets | None = None
    outside: Hours | None = None


@dataclass(frozen=True, slots=True)
class ApprovalStep:
    """A number of people out of a set who must all say yes, wherever any of ``when`` holds."""

    name: str
    approvers: People
    required: int = 1
    when: tuple[When, ...] = ()


@dataclass(frozen=True, slots=True)
class Approval:
    """The steps to an answer, how long there is for it, and which services may relay decisions."""

    steps: tuple[ApprovalStep, ...]
    expires_after: timedelta
    through: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Extension:
    """How often a grant may be extended, and by how much each time."""

    maximum_count: int
    maximum: timedelta


@dataclass(frozen=True, slots=True)
class Entitlement:
    """One rule, whole: nothing outside it decides anything about a request made under it."""

    name: str
    requesters: People
    permission_sets: PermissionSets
    accounts: Accounts
    duration: DurationLimits
    description: str = ""
    requesters_for: People = NOBODY
    """Who may ask for a requester, besides the requester."""
    justification_minimum_length: int = 1
    ticket: Ticket = NO_TICKET
    allowed_hours: Hours | None = None
    maximum_concurrent: int | None = None
    cool_down: timedelta | None = None
    approval: Approval | None = None
    break_glass: bool = False
    notify: People = NOBODY
    """Who is told when glass is broken, and closes the review."""
    extension: Extension | None = None
    on_eligibility_lost: OnEligibilityLost = OnEligibilityLost.KEEP
    when_removed_outside: WhenRemovedOutside = WhenRemovedOutside.END

    def covers(self, target: Target) -> bool:
        return self.accounts.include(target.account) and self.permission_sets.include(target.permission_set)

    def lets_ask(self, requester: Person, *, beneficiary: Person) -> bool:
        """Tell whether ``requester`` may ask for access of ``beneficiary``."""
        speaks = requester.id == beneficiary.id or self.requesters_for.include(requester)
        return speaks and self.requesters.include(beneficiary)

    def longest(self, *, extensions: int) -> timedelta:
        """Return how long a grant may last altogether that was extended so often."""
        rule = self.extension
        more = min(extensions, rule.maximum_count) * rule.maximum if rule else timedelta()
        return self.duration.maximum + more


@dataclass(frozen=True)
class Policy:
    """One version of all entitlements; version 0 is the empty one, under which nobody may anything."""

    version: int = 0
    digest: str = ""
    entitlements: tuple[Entitlement, ...] = field(default=())

    @cached_property
    def _by_key(self) -> Mapping[str, Entitlement]:
        return {names.key(rule.name): rule for rule in reversed(self.entitlements)}

    @cached_property
    def _by_handle(self) -> Mapping[str, tuple[int, ...]]:
        """The places of the entitlements that name each requester; few of a thousand concern anybody."""
        places: dict[str, list[int]] = {}
        for place, rule in enumerate(self.entitlements):
            for handle in rule.requesters.handles:
                places.setdefault(handle, []).append(place)
        return {handle: tuple(found) for handle, found in places.items()}

    def named(self, name: str) -> Entitlement | None:
        return self._by_key.get(names.key(name))

    def open_to(self, beneficiary: Person) -> tuple[Entitlement, ...]:
        """Return the entitlements that name this person among their requesters, in their order."""
        places = {place for handle in beneficiary.handles for place in self._by_handle.get(handle, ())}
        return tuple(self.entitlements[place] for place in sorted(places))
