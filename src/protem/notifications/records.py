"""Writing down what came of an attempt."""

from datetime import datetime
from random import Random
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from protem.broker import audit, webhooks
from protem.db.models import Delivery, DeliveryAttempt, DeliveryState, Webhook, new_id
from protem.db.queries.changes import rows_changed
from protem.domain import durations
from protem.domain.errors import NotFound
from protem.domain.events import EventType
from protem.notifications import backoff
from protem.notifications.claims import Parcel
from protem.notifications.transport import Answer

_GONE = 410

DELIVERED, FAILED, ABANDONED = "delivered", "failed", "abandoned"
"""What became of an attempt, as metrics count it."""


def record(
    session: Session,
    parcel: Parcel,
    answer: Answer,
    *,
    milliseconds: int,
    now: datetime,
    randomness: Random,
) -> str:
    """Write an attempt into the log, and say when the next one is, if there is to be one.

    An answer that comes after its claim has run out changes nothing but the log. Returns the outcome.
    """
    # The row of the webhook first, like everybody who takes both.
    webhook = None if answer.success else _held(session, parcel)
    _log(session, parcel, answer, milliseconds=milliseconds)
    delivery = session.get_one(Delivery, parcel.delivery_id, populate_existing=True)
    if answer.success:
        _settle(session, parcel, DeliveryState.DELIVERED, now)
        return DELIVERED
    if webhook is not None and webhook.url == parcel.url and answer.status == _GONE:
        webhooks.disable(session, webhook, because="the receiver answered 410 Gone", now=now)
    # What is on its way when its webhook is disabled waits there like the rest.
    over = now >= delivery.give_up_at and (webhook is None or webhook.enabled)
    if over or parcel.body is None:
        if _settle(session, parcel, DeliveryState.ABANDONED, now) and webhook is not None:
            _abandon(session, parcel, answer, delivery=delivery, webhook=webhook, now=now)
        return ABANDONED
    wait = backoff.after_failure(parcel.attempts, asked=answer.wait(now), randomness=randomness)
    _change(session, parcel, next_attempt_at=now + wait)
    return FAILED


def _held(session: Session, parcel: Parcel) -> Webhook | None:
    try:
        return webhooks.held(session, parcel.webhook_id)
    except NotFound:
        return None


def _log(session: Session, parcel: Parcel, answer: Answer, *, milliseconds: int) -> None:
    attempt = DeliveryAttempt(
        id=new_id(),
        delivery_id=parcel.delivery_id,
        attempted_at=parcel.claimed_at,
        milliseconds=milliseconds,
        status=answer.status,
        error=answer.error,
    )
    session.add(attempt)


def _settle(session: Session, parcel: Parcel, state: DeliveryState, now: datetime) -> bool:
    return _change(session, parcel, state=state, answered_at=now)


def _change(session: Session, parcel: Parcel, **values: Any) -> bool:
    """Change the delivery if the claim is still the one that counts."""
    ours = update(Delivery).where(
        Delivery.id == parcel.delivery_id,
        Delivery.state == DeliveryState.PENDING,
        Delivery.next_attempt_at == parcel.claimed_until,
    )
    return rows_changed(session, ours.values(values)) == 1


def _abandon(
    session: Session, parcel: Parcel, answer: Answer, *, delivery: Delivery, webhook: Webhook, now: datetime
) -> None:
    facts = webhooks.named(webhook) | {
        "delivery_id": str(delivery.id),
        "event_id": str(delivery.event_id),
        "sequence": delivery.sequence,
        "attempts": parcel.attempts,
        "status": answer.status,
        "error": answer.error,
    }
    audit.record(session, EventType.DELIVERY_ABANDONED, now=now, facts=facts)
    # A message that nobody sent, or that told of nothing, says little about the receiver.
    tried = parcel.body is not None and delivery.sequence is not None
    if tried and not _any_delivered(session, delivery):
        waited = durations.text(now - delivery.created_at)
        webhooks.disable(session, webhook, because=f"nothing was delivered for {waited}", now=now)


def _any_delivered(session: Session, delivery: Delivery) -> bool:
    """Whether the webhook got anything in all the time that this delivery has been tried."""
    got = select(Delivery.id).where(
        Delivery.webhook_id == delivery.webhook_id,
        Delivery.state == DeliveryState.DELIVERED,
        Delivery.answered_at >= delivery.created_at,
    )
    return session.scalars(got.limit(1)).first() is not None
