"""The one JSON form of an event: what is chained, exported, delivered and shown on receipts."""

import uuid
from datetime import UTC, datetime
from typing import Any

from protem.broker.record import canonical
from protem.broker.record.canonical import Unwritable
from protem.db.models import AuditEvent

MISSING = "protem-missing-event"
UNWRITABLE = "protem-unwritable-event"


def document(event: AuditEvent) -> dict[str, Any]:
    """Return the event with the members that the API shows, ids as text and its time to the microsecond."""
    return {
        "id": str(event.id),
        "occurred_at": instant(event.occurred_at),
        "type": event.type,
        "caller": event.caller,
        "acting_as": event.acting_as,
        "request_id": _text(event.request_id),
        "grant_id": _text(event.grant_id),
        "assignment_id": _text(event.assignment_id),
        "principal_id": event.principal_id,
        "account_id": event.account_id,
        "permission_set_arn": event.permission_set_arn,
        "facts": event.facts,
    }


def sealed(event_id: uuid.UUID, event: AuditEvent | None) -> dict[str, Any]:
    """Return what stands in the chain for an event: its document, or a stone where there is none.

    A stone says by its ``kind`` whether the row was gone before it was sealed, or holds what no
    writer of Protem puts there and has no canonical form.
    """
    if event is None:
        return {"kind": MISSING, "id": str(event_id)}
    made = document(event)
    try:
        canonical.text(made)
    except Unwritable:
        return {"kind": UNWRITABLE, "id": str(event_id)}
    return made


def is_stone(made: dict[str, Any]) -> bool:
    """Tell whether a document stands for an event that cannot be shown."""
    return made.get("kind") in {MISSING, UNWRITABLE}


def instant(at: datetime) -> str:
    """Return a time as everything that is hashed or signed has it: UTC, with all six decimals."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _text(value: uuid.UUID | None) -> str | None:
    return None if value is None else str(value)
