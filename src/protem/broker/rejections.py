"""What is put on record about credentials that were no good: how many, never which."""

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from protem.broker import audit
from protem.domain.events import EventType
from protem.domain.rejections import Rejection


def record(
    session: Session,
    reason: Rejection,
    *,
    count: int,
    address: str | None,
    token_id: uuid.UUID | None,
    now: datetime,
) -> None:
    """Put on record that so many were rejected since the last event of this kind.

    ``address`` is where the latest one came from, and ``token_id`` which token it was, if that is known.
    """
    facts = {
        "reason": reason.value,
        "count": count,
        "address": address,
        "token_id": str(token_id) if token_id else None,
    }
    audit.record(session, EventType.CREDENTIALS_REJECTED, now=now, facts=facts)
