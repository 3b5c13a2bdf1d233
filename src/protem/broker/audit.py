"""The record: every effect leaves one event, in the transaction that has the effect."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.orm import Session

from protem.broker.callers import Caller
from protem.broker.record import canonical
from protem.db.models import Assignment, AuditEvent, Grant, Request
from protem.db.store import RECORD, announce
from protem.domain.events import EventType

_SYSTEM = "protem"
_log = structlog.get_logger("protem.audit")

Subject = Request | Grant | Assignment


def record(
    session: Session,
    event: EventType,
    *subjects: Subject,
    now: datetime,
    caller: Caller | None = None,
    facts: Mapping[str, Any] | None = None,
    principal_id: str | None = None,
) -> None:
    """Add an event about ``subjects``; no caller means that Protem did it by itself.

    ``facts`` must be JSON: strings, numbers, booleans, lists and objects of them. Raises
    ``Unwritable`` for what would not come back from the database with the same hash.
    """
    row = AuditEvent(
        occurred_at=now,
        type=event.value,
        caller=caller.label if caller else _SYSTEM,
        acting_as=caller.acting_as if caller else None,
        principal_id=principal_id,
        facts={**(facts or {}), **(caller.confirming.facts if caller and caller.confirming else {})},
    )
    canonical.require(row.facts, at="facts")
    for subject in subjects:
        _name(row, subject)
    session.add(row)
    announce(session, RECORD)
    _log.info(event.value, **_named(row), facts=row.facts)


def _name(row: AuditEvent, subject: Subject) -> None:
    match subject:
        case Request():
            row.request_id = subject.id
            row.principal_id = subject.beneficiary_id
        case Grant():
            row.request_id, row.grant_id = subject.request_id, subject.id
            row.assignment_id, row.principal_id = (
                subject.assignment_id,
                subject.principal_id,
            )
            row.account_id, row.permission_set_arn = (
                subject.account_id,
                subject.permission_set_arn,
            )
        case Assignment():
            row.assignment_id, row.principal_id = subject.id, subject.principal_id
            row.account_id, row.permission_set_arn = (
                subject.account_id,
                subject.permission_set_arn,
            )


def _named(row: AuditEvent) -> dict[str, str]:
    subjects: dict[str, uuid.UUID | str | None] = {
        "caller": row.caller,
        "acting_as": row.acting_as,
        "request_id": row.request_id,
        "grant_id": row.grant_id,
        "assignment_id": row.assignment_id,
        "principal_id": row.principal_id,
        "account_id": row.account_id,
        "permission_set_arn": row.permission_set_arn,
    }
    return {name: str(value) for name, value in subjects.items() if value is not None}
