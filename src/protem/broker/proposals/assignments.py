"""Giving up an ending, when two have to want it."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from protem.broker import force_closing
from protem.broker.callers import Caller
from protem.broker.proposals.proposing import propose
from protem.broker.proposals.terms import Arguments
from protem.db.models import Change
from protem.domain.authority import Verb


def propose_force_closing(
    session: Session,
    caller: Caller,
    assignment_id: uuid.UUID,
    *,
    comment: str,
    lifetime: timedelta,
    now: datetime,
) -> Change:
    """Propose to put on record that AWS cannot hold an assignment any more."""
    row = force_closing.closable(session, caller, assignment_id, now=now)
    said = force_closing.checked(comment)
    what = f"{row.permission_set_arn} of {row.principal_id} in account {row.account_id}"
    return propose(
        session,
        caller,
        Verb.ASSIGNMENTS_FORCE_CLOSE,
        subject=str(row.id),
        summary=f"give up the ending of {what}: {said}",
        payload={"assignment_id": str(row.id), "comment": said},
        lifetime=lifetime,
        now=now,
    )


def force_close(session: Session, caller: Caller, arguments: Arguments, *, now: datetime) -> None:
    """Carry it out."""
    assignment_id = uuid.UUID(arguments["assignment_id"])
    force_closing.force_close(session, caller, assignment_id, comment=arguments["comment"], now=now)
