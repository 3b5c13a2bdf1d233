"""What is put on record about tokens: all that they are, but nothing that they are known by."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from protem.broker import audit
from protem.broker.callers import Caller
from protem.db.models import Token
from protem.domain.events import EventType


def record(
    session: Session,
    event: EventType,
    token: Token,
    caller: Caller,
    now: datetime,
    *,
    further: Mapping[str, Any] | None = None,
) -> None:
    """Put on record what happened to a token; ``further`` are facts of this event alone."""
    facts = {
        "token_id": str(token.id),
        "name": token.name,
        "role": token.role.value,
        "scopes": token.scopes,
        "act_as_groups": token.act_as_groups,
        "networks": token.networks,
        "rate_limit": token.rate_limit,
        "expires_at": token.expires_at.isoformat(),
        **(further or {}),
    }
    audit.record(session, event, now=now, caller=caller, facts=facts, principal_id=token.principal_id)
