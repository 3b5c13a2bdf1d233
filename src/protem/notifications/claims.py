"""Which deliveries are due, and taking one: until its claim runs out, nobody else sends it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, select, update
from sqlalchemy.orm import Session, aliased

from protem.broker import webhook_secrets
from protem.db.models import AuditEvent, Delivery, DeliveryState, Seal, Webhook
from protem.db.queries.changes import rows_changed
from protem.notifications import messages


@dataclass(frozen=True, slots=True)
class Parcel:
    """One attempt that this process, and no other, is to make; everything in it is from one moment."""

    delivery_id: uuid.UUID
    webhook_id: uuid.UUID
    claimed_at: datetime
    claimed_until: datetime
    """Tells this claim from every other one of the same delivery."""
    attempts: int
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(repr=False)
    """None where the event is no longer kept."""


def receivers(session: Session, *, now: datetime) -> list[uuid.UUID]:
    """Return the webhooks for which something is due."""
    due = exists().where(Delivery.webhook_id == Webhook.id, *_due(now))
    return list(session.scalars(select(Webhook.id).where(Webhook.enabled, due)))


def due(session: Session, webhook_id: uuid.UUID, *, now: datetime, limit: int) -> list[uuid.UUID]:
    """Return deliveries to a webhook that are due, the longest due first, one of each topic at most."""
    wanted = select(Delivery.id).where(Delivery.webhook_id == webhook_id, *_due(now), _next_of_topic())
    return list(session.scalars(wanted.order_by(Delivery.next_attempt_at, Delivery.id).limit(limit)))


def claim(session: Session, delivery_id: uuid.UUID, *, lease: timedelta, now: datetime) -> Parcel | None:
    """Take a delivery for one attempt, if it still is due and the next of its topic."""
    until = now + lease
    enabled = Delivery.webhook_id.in_(select(Webhook.id).where(Webhook.enabled))
    free = update(Delivery).where(Delivery.id == delivery_id, enabled, *_due(now), _next_of_topic())
    won = rows_changed(session, free.values(next_attempt_at=until, attempts=Delivery.attempts + 1))
    return _parcel(session, session.get_one(Delivery, delivery_id), until, now) if won else None


def _due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (Delivery.state == DeliveryState.PENDING, Delivery.next_attempt_at <= now)


def _next_of_topic() -> ColumnElement[bool]:
    """Hold where nothing earlier about the same thing waits, or is on its way."""
    earlier = aliased(Delivery)
    return ~(
        select(earlier.id)
        .where(
            earlier.webhook_id == Delivery.webhook_id,
            earlier.topic == Delivery.topic,
            earlier.sequence < Delivery.sequence,
            earlier.state == DeliveryState.PENDING,
        )
        .correlate(Delivery)
        .exists()
    )


def _parcel(session: Session, delivery: Delivery, until: datetime, now: datetime) -> Parcel:
    webhook = session.get_one(Webhook, delivery.webhook_id)
    body = _body(session, delivery)
    secrets = webhook_secrets.valid(webhook, now)
    return Parcel(
        delivery_id=delivery.id,
        webhook_id=webhook.id,
        claimed_at=now,
        claimed_until=until,
        attempts=delivery.attempts,
        url=webhook.url,
        headers={} if body is None else messages.headers(delivery.event_id, body, secrets=secrets, now=now),
        body=body,
    )


def _body(session: Session, delivery: Delivery) -> bytes | None:
    if delivery.sequence is None:
        return messages.of_test(delivery.webhook_id, delivery.created_at)
    event, seal = session.get(AuditEvent, delivery.event_id), session.get(Seal, delivery.sequence)
    return messages.of_event(event, seal) if event and seal else None
