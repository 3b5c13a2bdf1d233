"""Rows of assignments: found or made, and looked at again."""

import uuid
from datetime import datetime

from sqlalchemy import case, literal, or_, select, update
from sqlalchemy.orm import Session

from protem.db.models import Assignment, Observed, Provenance, new_id
from protem.db.queries.inserts import insert_unless_there
from protem.db.types import UtcDateTime


def ensure(
    session: Session,
    *,
    instance_arn: str,
    account_id: str,
    permission_set_arn: str,
    principal_id: str,
    now: datetime,
) -> uuid.UUID:
    """Return the id of a user's assignment row, made if need be; two who make it at once get the same."""
    triple = {
        "instance_arn": instance_arn,
        "account_id": account_id,
        "permission_set_arn": permission_set_arn,
        "principal_id": principal_id,
    }
    fresh = {
        "id": new_id(),
        "principal_type": "USER",
        "provenance": Provenance.NONE,
        "observed": Observed.UNKNOWN,
        "attempts": 0,
        "version": 1,
        "created_at": now,
    }
    # Held, though others may refer to it, too: a row that nothing refers to yet may else be pruned.
    held = select(Assignment.id).filter_by(**triple).with_for_update(read=True, key_share=True)
    found = None
    while found is None:
        insert_unless_there(session, Assignment, triple | fresh)
        found = session.scalars(held).one_or_none()
    return found


def bring_forward(session: Session, assignment_id: uuid.UUID, *, at: datetime) -> None:
    """Have the row looked at no later than ``at``, and make every recording under way notice."""
    wished = literal(at, UtcDateTime())
    planned = Assignment.next_attempt_at
    session.execute(
        update(Assignment)
        .where(Assignment.id == assignment_id)
        .values(
            next_attempt_at=case((or_(planned.is_(None), planned > wished), wished), else_=planned),
            version=Assignment.version + 1,
        )
        .execution_options(synchronize_session=False)
    )
