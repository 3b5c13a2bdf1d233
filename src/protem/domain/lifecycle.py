"""The two lives this project is about: a request is answered, a grant is owed for a while."""

from collections.abc import Mapping
from enum import StrEnum


class RequestState(StrEnum):
    """Where a question stands; only ``PENDING`` is still open."""

    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class GrantState(StrEnum):
    """How far AWS has been brought into line with what is owed."""

    SCHEDULED = "scheduled"
    ACTIVATING = "activating"
    ACTIVE = "active"
    DEACTIVATING = "deactivating"
    ENDED = "ended"
    FAILED = "failed"


class EndReason(StrEnum):
    """Why a grant is over, or is being brought to its end."""

    ELAPSED = "elapsed"
    RELINQUISHED = "relinquished"
    REVOKED = "revoked"
    LOCKED = "locked"
    REMOVED_OUTSIDE = "removed_outside"
    ELIGIBILITY_LOST = "eligibility_lost"
    FORCE_CLOSED = "force_closed"
    SUPERSEDED = "superseded"


REQUEST_TRANSITIONS: Mapping[RequestState, frozenset[RequestState]] = {
    RequestState.PENDING: frozenset(
        {
            RequestState.APPROVED,
            RequestState.DENIED,
            RequestState.WITHDRAWN,
            RequestState.EXPIRED,
        }
    ),
    RequestState.APPROVED: frozenset(),
    RequestState.DENIED: frozenset(),
    RequestState.WITHDRAWN: frozenset(),
    RequestState.EXPIRED: frozenset(),
}

GRANT_TRANSITIONS: Mapping[GrantState, frozenset[GrantState]] = {
    GrantState.SCHEDULED: frozenset({GrantState.ACTIVATING, GrantState.ENDED}),
    GrantState.ACTIVATING: frozenset({GrantState.ACTIVE, GrantState.DEACTIVATING, GrantState.FAILED}),
    GrantState.ACTIVE: frozenset({GrantState.DEACTIVATING, GrantState.ENDED}),
    GrantState.DEACTIVATING: frozenset({GrantState.ENDED}),
    GrantState.ENDED: frozenset(),
    GrantState.FAILED: frozenset(),
}

LIVE_GRANT_STATES = frozenset(state for state, onward in GRANT_TRANSITIONS.items() if onward)


def may_become(state: RequestState, new: RequestState) -> bool:
    """Tell whether a request in ``state`` may move to ``new``."""
    return new in REQUEST_TRANSITIONS[state]


def grant_may_become(state: GrantState, new: GrantState) -> bool:
    """Tell whether a grant in ``state`` may move to ``new``."""
    return new in GRANT_TRANSITIONS[state]
