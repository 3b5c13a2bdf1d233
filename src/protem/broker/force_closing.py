"""Giving up an ending that AWS can never confirm, since the account has left the organization."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from protem.broker import audit, texts
from protem.broker.callers import Caller
from protem.broker.wakes import wake
from protem.db.models import Account, Assignment, CatalogueSync, Grant
from protem.domain.authority import Verb
from protem.domain.errors import ForceCloseRefused, NotFound
from protem.domain.events import EventType

_CATALOGUE = "catalogue"
_CURRENT = timedelta(days=1)
"""For how long what was read of AWS's accounts says where they are."""


def force_close(
    session: Session, caller: Caller, assignment_id: uuid.UUID, *, comment: str, now: datetime
) -> Assignment:
    """Put on record that AWS cannot hold an assignment any more; the reconciler stops trying to delete it.

    It stays Protem's own: should the account come back and AWS list it again, it is deleted.
    Raises ``ForceCloseRefused`` with what would be right.
    """
    caller.require(Verb.ASSIGNMENTS_FORCE_CLOSE)
    caller.require_second(Verb.ASSIGNMENTS_FORCE_CLOSE)
    said = checked(comment)
    wake(session, assignment_id, at=now)
    row = closable(session, caller, assignment_id, now=now)
    facts = {"comment": said, "reason": row.blocked_reason}
    row.force_closed_at = now
    audit.record(session, EventType.ASSIGNMENT_FORCE_CLOSED, row, now=now, caller=caller, facts=facts)
    return row


def closable(session: Session, caller: Caller, assignment_id: uuid.UUID, *, now: datetime) -> Assignment:
    """Return the assignment if it may be given up; raises all that giving it up would."""
    caller.require(Verb.ASSIGNMENTS_FORCE_CLOSE)
    locked = select(Assignment).where(Assignment.id == assignment_id).with_for_update()
    row = session.scalars(locked.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise NotFound("there is no such assignment")
    if reason := _why_not(session, row, now):
        raise ForceCloseRefused(reason, facts={"blocked_reason": row.blocked_reason})
    return row


def checked(comment: str) -> str:
    """Return what is said about giving something up, which must be something."""
    said = texts.prose(comment, field="comment", maximum=texts.COMMENT_LENGTH)
    if not any(character.isprintable() and not character.isspace() for character in said):
        raise texts.refused("comment", "say how you know that AWS cannot hold this any more")
    return said


def _may_be_there(session: Session, account_id: str, now: datetime) -> str | None:
    """Say why AWS may still hold something in an account; None if it is known to have left."""
    sync = session.get(CatalogueSync, _CATALOGUE)
    if sync is None or sync.completed_at is None:
        return "the accounts have not been read from AWS yet: nobody can tell whether this one has left"
    if now - sync.completed_at > _CURRENT:
        return (
            f"the accounts were last read from AWS at {sync.completed_at:%Y-%m-%d %H:%M} UTC: nobody can tell"
            " whether this one has left, or is back; mend that first"
        )
    account = session.get(Account, account_id)
    if account is None or account.removed_at is not None:
        return None
    return (
        f"account {account.id} is still in the organization ({account.status}): mend what blocks"
        " the ending, or delete the assignment in AWS; Protem sees that it is gone"
    )


def _why_not(session: Session, row: Assignment, now: datetime) -> str | None:
    if row.force_closed_at is not None:
        return "this has been force-closed before"
    grants = session.scalars(select(Grant).where(Grant.assignment_id == row.id)).all()
    if any(grant.owing.live and not grant.owing.over(now) for grant in grants):
        return "a grant owes this access, or will: revoke it first"
    if row.blocked_reason is None:
        return "its ending is not blocked: Protem brings it about, or has done so"
    if reason := _may_be_there(session, row.account_id, now):
        return reason
    if row.claim is not None or row.operation_kind is not None:
        return "AWS is being asked about it at this moment: try again in a minute"
    return None
