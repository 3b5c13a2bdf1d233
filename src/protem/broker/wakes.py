"""How the broker tells the reconciler that something else is owed now."""

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from protem.db.queries import assignments
from protem.db.store import ASSIGNMENTS, announce


def wake(session: Session, assignment_id: uuid.UUID, *, at: datetime) -> None:
    """Have the reconciler look at an assignment no later than ``at``.

    Call it before changing a grant: the reconciler takes the assignment first, too, and two
    transactions that take the same rows in the same order never wait for each other in a circle.
    """
    assignments.bring_forward(session, assignment_id, at=at)
    announce(session, ASSIGNMENTS)
