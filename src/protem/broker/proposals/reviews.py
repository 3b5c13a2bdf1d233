"""Closing a review by being an admin, when two have to want it.

Whoever broke glass may hold the token of an admin, too; only those whom the entitlement tells are
known to be somebody else.
"""

import uuid
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from protem.broker import reviews
from protem.broker.callers import Caller
from protem.broker.proposals.proposing import propose
from protem.broker.proposals.terms import Arguments
from protem.broker.reviews import Closing
from protem.db.models import Change
from protem.domain.authority import Verb


def propose_closing(
    session: Session, caller: Caller, closing: Closing, *, lifetime: timedelta, now: datetime
) -> Change:
    """Propose to put on record that somebody has looked."""
    entitlement, why = closing.request.entitlement, closing.request.justification
    return propose(
        session,
        caller,
        Verb.REVIEWS_CLOSE,
        subject=str(closing.review.id),
        summary=f"close the review of glass broken under {entitlement}: {why}",
        payload={"review_id": str(closing.review.id), "comment": closing.comment},
        lifetime=lifetime,
        now=now,
    )


def close(session: Session, caller: Caller, arguments: Arguments, *, now: datetime) -> None:
    """Carry it out; whose glass it was may not confirm it, either."""
    reviews.close(session, caller, uuid.UUID(arguments["review_id"]), comment=arguments["comment"], now=now)
