"""The names of everything that happens; log lines use the same ones."""

from enum import StrEnum


class EventType(StrEnum):
    """One name per effect, ``<noun>.<what happened>``; new ones may come with any version."""

    REQUEST_SUBMITTED = "request.submitted"
    REQUEST_APPROVED = "request.approved"
    REQUEST_DENIED = "request.denied"
    REQUEST_WITHDRAWN = "request.withdrawn"
    REQUEST_EXPIRED = "request.expired"
    DECISION_RECORDED = "decision.recorded"
    GRANT_CREATED = "grant.created"
    GRANT_REVOKED = "grant.revoked"
    """Somebody took it back; ``grant.ended`` follows when AWS has confirmed it."""
    GRANT_ACTIVATING = "grant.activating"
    GRANT_ACTIVE = "grant.active"
    GRANT_DEACTIVATING = "grant.deactivating"
    GRANT_ENDED = "grant.ended"
    GRANT_FAILED = "grant.failed"
    ASSIGNMENT_CREATE_INTENDED = "assignment.create_intended"
    ASSIGNMENT_CREATE_ACCEPTED = "assignment.create_accepted"
    ASSIGNMENT_CREATED = "assignment.created"
    ASSIGNMENT_DELETE_INTENDED = "assignment.delete_intended"
    ASSIGNMENT_DELETE_ACCEPTED = "assignment.delete_accepted"
    ASSIGNMENT_DELETED = "assignment.deleted"
    ASSIGNMENT_FOUND_STANDING = "assignment.found_standing"
    ASSIGNMENT_LANDED_LATE = "assignment.landed_late"
    ASSIGNMENT_REMOVED_OUTSIDE = "assignment.removed_outside"
    ASSIGNMENT_OUTCOME_UNKNOWN = "assignment.outcome_unknown"
    ASSIGNMENT_STUCK = "assignment.stuck"
    ASSIGNMENT_BLOCKED = "assignment.blocked"
    CATALOGUE_SYNCHRONISED = "catalogue.synchronised"
    """Something in it changed; a look that finds everything as it was leaves no event."""
    ENTITLEMENTS_APPLIED = "entitlements.applied"
    TOKEN_CREATED = "token.created"  # noqa: S105 - the name of an event
    TOKEN_REVOKED = "token.revoked"  # noqa: S105 - the name of an event
    RECONCILER_ELECTED = "reconciler.elected"
