"""Emergency stops: what they are on, and what they keep from happening."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from protem.domain import names


class LockKind(StrEnum):
    """What a lock is on."""

    PRINCIPAL = "principal"
    ACCOUNT = "account"
    PERMISSION_SET = "permission_set"
    ENTITLEMENT = "entitlement"
    EVERYTHING = "everything"


@dataclass(frozen=True, slots=True)
class Lock:
    """One lock; ``subject`` is an id, an ARN, or the name of an entitlement, and empty for everything."""

    id: str
    kind: LockKind
    subject: str
    reason: str
    expires_at: datetime | None = None

    def holds(self, now: datetime) -> bool:
        return self.expires_at is None or now < self.expires_at


@dataclass(frozen=True, slots=True)
class Locked:
    """What a lock may stop: some access, with everybody who is in it."""

    principals: frozenset[str]
    accounts: frozenset[str]
    permission_sets: frozenset[str]
    entitlement: str


def stops(lock: Lock, what: Locked) -> bool:
    """Tell whether the lock is on any of this."""
    match lock.kind:
        case LockKind.PRINCIPAL:
            return lock.subject in what.principals
        case LockKind.ACCOUNT:
            return lock.subject in what.accounts
        case LockKind.PERMISSION_SET:
            return lock.subject in what.permission_sets
        case LockKind.ENTITLEMENT:
            return names.key(lock.subject) == names.key(what.entitlement)
        case LockKind.EVERYTHING:
            return True


def first_stopping(locks: Iterable[Lock], what: Locked, *, now: datetime) -> Lock | None:
    """Return a lock that holds now and is on any of this."""
    return next((lock for lock in locks if lock.holds(now) and stops(lock, what)), None)
