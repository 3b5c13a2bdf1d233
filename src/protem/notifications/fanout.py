"""From the record to the outbox: one delivery for each sealed event that a webhook wants."""

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, insert, select
from sqlalchemy.orm import Session

from protem.db.models import AuditEvent, Chain, Delivery, DeliveryState, Seal, Webhook, new_id
from protem.db.store import OUTBOX, announce
from protem.domain import subscriptions

BATCH = 500
"""How many events are looked at in one transaction."""
MOST_WAITING = 2_000
"""How many deliveries wait for one webhook at most; the events after them wait in the record."""


def behind(session: Session) -> list[uuid.UUID]:
    """Return the webhooks for which there are events that have not been looked at."""
    end = select(Chain.sequence).scalar_subquery()
    waiting = select(Webhook.id).where(Webhook.enabled, Webhook.sequence < end)
    return list(session.scalars(waiting.order_by(Webhook.id)))


def fan_out(
    session: Session, webhook_id: uuid.UUID, *, lifetime: timedelta, now: datetime, limit: int = BATCH
) -> int:
    """Have the next events sent to a webhook; return how many were looked at.

    Its row moves on in the same transaction: whoever dies in between has done nothing, and nobody
    does it twice.
    """
    webhook = _held(session, webhook_id)
    if webhook is None or _waiting(session, webhook) >= MOST_WAITING:
        return 0
    events = _next(session, webhook, limit)
    if not events:
        return 0
    made = list(_deliveries(webhook, events, now=now, give_up_at=now + lifetime))
    if made:
        session.execute(insert(Delivery), made)
        announce(session, OUTBOX)
    webhook.sequence = events[-1].sequence
    return len(events)


def _held(session: Session, webhook_id: uuid.UUID) -> Webhook | None:
    wanted = select(Webhook).where(Webhook.id == webhook_id, Webhook.enabled)
    held = wanted.with_for_update(key_share=True, skip_locked=True)
    return session.scalars(held.execution_options(populate_existing=True)).one_or_none()


def _waiting(session: Session, webhook: Webhook) -> int:
    pending = Delivery.webhook_id == webhook.id, Delivery.state == DeliveryState.PENDING
    return session.scalars(select(func.count()).select_from(Delivery).where(*pending)).one()


def _next(session: Session, webhook: Webhook, limit: int) -> list[Row[Any]]:
    columns = (
        Seal.sequence,
        Seal.event_id,
        AuditEvent.type,
        AuditEvent.request_id,
        AuditEvent.grant_id,
        AuditEvent.assignment_id,
    )
    # An event that is gone has a seal all the same, and is passed over.
    sealed = select(*columns).outerjoin(AuditEvent, AuditEvent.id == Seal.event_id)
    after = sealed.where(Seal.sequence > webhook.sequence).order_by(Seal.sequence).limit(limit)
    return list(session.execute(after))


def _deliveries(
    webhook: Webhook, events: list[Row[Any]], *, now: datetime, give_up_at: datetime
) -> Iterator[dict[str, Any]]:
    for event in events:
        if event.type is None or not subscriptions.included(event.type, webhook.types):
            continue
        yield {
            "id": new_id(),
            "webhook_id": webhook.id,
            "event_id": event.event_id,
            "sequence": event.sequence,
            "topic": str(event.request_id or event.grant_id or event.assignment_id or event.event_id),
            "state": DeliveryState.PENDING,
            "attempts": 0,
            "created_at": now,
            "next_attempt_at": now,
            "give_up_at": give_up_at,
        }
