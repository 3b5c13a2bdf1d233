"""What a round leaves behind, as plain values: the checks need nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

Triple = tuple[str, str, str]
"""Account, permission set, principal."""


@dataclass(frozen=True, slots=True)
class Owed:
    """A grant as the database has it; it owes access from ``starts_at`` until ``over_at``."""

    id: str
    triple: Triple
    starts_at: datetime
    over_at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class Change:
    """An operation that AWS has carried out."""

    triple: Triple
    creates: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Call:
    """One attempt that reached AWS."""

    at: datetime
    operation: str
    triple: Triple
    outcome: str


@dataclass(frozen=True, slots=True)
class Suffered:
    """A trouble that came, and when everything was whole again."""

    kind: str
    began: datetime
    over: datetime
    taken_over: datetime | None = None
    """When somebody else led, where the leader was lost."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event of the record, or of what arrived of it."""

    sequence: int
    type: str
    about: str
    """The grant or request that it is about."""


@dataclass
class Evidence:
    """Everything that is known of a round once it is quiet."""

    grants: Sequence[Owed] = ()
    changes: Sequence[Change] = ()
    calls: Sequence[Call] = ()
    held: frozenset[Triple] = frozenset()
    standing: frozenset[Triple] = frozenset()
    quiet_at: datetime | None = None
    answered: Mapping[str, str] = field(default_factory=dict)
    """By idempotency key, the id of what a 2xx answer said was made."""
    kept: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By the same key, what the database has of it."""
    revoked: frozenset[str] = frozenset()
    """Grants that an answer said are revoked."""
    recorded: Sequence[Event] = ()
    delivered: Sequence[Event] = ()
    filed: Sequence[Event] = ()
    suffered: Sequence[Suffered] = ()
    damage: str | None = None
    """What is wrong with the record, if anything."""
    unsettled: str | None = None
    """What had not come to rest when patience was over."""
