"""Putting a command aside until a second person has looked at it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from protem.broker import audit
from protem.broker.callers import Caller
from protem.db.models import Change, ChangeState, new_id
from protem.domain.authority import Verb
from protem.domain.events import EventType

SECRET = "secret_hash"  # noqa: S105 - the name of a member
"""The one member of a payload that nobody is shown."""

_SUMMARY_LENGTH = 2_000


def propose(
    session: Session,
    caller: Caller,
    verb: Verb,
    *,
    subject: str,
    summary: str,
    payload: Mapping[str, Any],
    lifetime: timedelta,
    now: datetime,
) -> Change:
    """Put a command on record that another admin may confirm until ``lifetime`` is over.

    The same command of the same caller that waits already is returned again.
    """
    earlier = _waiting(session, caller, verb, subject=subject, payload=payload, now=now)
    if earlier is not None:
        return earlier
    change = Change(
        id=new_id(),
        verb=verb.value,
        state=ChangeState.PENDING,
        subject=subject,
        summary=summary[:_SUMMARY_LENGTH],
        payload=dict(payload),
        proposed_at=now,
        proposed_by=caller.on_record,
        proposer_key=caller.key,
        proposer_id=caller.person.id if caller.person else None,
        proposer_token_id=caller.token_id,
        expires_at=now + lifetime,
    )
    session.add(change)
    session.flush()
    record(session, EventType.CHANGE_PROPOSED, change, now=now, caller=caller)
    return change


def record(
    session: Session, event: EventType, change: Change, *, now: datetime, caller: Caller | None = None
) -> None:
    """Put on record what happened to a change."""
    facts = {
        "change_id": str(change.id),
        "verb": change.verb,
        "subject": change.subject,
        "summary": change.summary,
        "proposed_by": change.proposed_by,
        "expires_at": change.expires_at.isoformat(),
        "comment": change.comment,
    }
    audit.record(session, event, now=now, caller=caller, facts=facts)


def _waiting(
    session: Session, caller: Caller, verb: Verb, *, subject: str, payload: Mapping[str, Any], now: datetime
) -> Change | None:
    alike = select(Change).where(
        Change.subject == subject,
        Change.verb == verb.value,
        Change.state == ChangeState.PENDING,
        Change.expires_at > now,
        Change.proposer_key == caller.key,
        Change.proposer_token_id == caller.token_id,
    )
    return next((change for change in session.scalars(alike) if change.payload == payload), None)
