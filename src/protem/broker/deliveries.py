"""The delivery log: what became of each event on its way to a webhook, and sending it once more."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from protem.broker import audit, pages, webhooks
from protem.broker.callers import Caller
from protem.broker.filters import equal
from protem.broker.pages import FIRST, Page, Paging
from protem.db.models import Delivery, DeliveryAttempt, DeliveryState, Webhook, new_id
from protem.db.queries.changes import rows_changed
from protem.db.store import OUTBOX, announce
from protem.domain.authority import Verb
from protem.domain.errors import DeliveryPending, NotFound, WebhookDisabled
from protem.domain.events import EventType

ATTEMPTS_SHOWN = 100
_PORTION = 500


def list_(
    session: Session,
    caller: Caller,
    webhook_id: uuid.UUID,
    *,
    state: DeliveryState | None = None,
    paging: Paging = FIRST,
) -> Page[Delivery]:
    """Return the deliveries to a webhook, the newest first."""
    caller.require(Verb.DELIVERIES_LIST)
    webhooks.found(session, webhook_id)
    wanted = select(Delivery).where(Delivery.webhook_id == webhook_id, *equal(Delivery.state, state))
    if state is DeliveryState.PENDING:
        wanted = wanted.where(Delivery.answered_at.is_(None))  # which few are, and an index finds
    return pages.cut(session, wanted, paging, of="deliveries", by=(Delivery.id,), descending=True)


def read(
    session: Session, caller: Caller, webhook_id: uuid.UUID, delivery_id: uuid.UUID
) -> tuple[Delivery, Sequence[DeliveryAttempt]]:
    """Return a delivery with its latest attempts, the newest first."""
    caller.require(Verb.DELIVERIES_READ)
    delivery = _found(session, webhook_id, delivery_id)
    tried = select(DeliveryAttempt).where(DeliveryAttempt.delivery_id == delivery.id)
    latest = tried.order_by(DeliveryAttempt.id.desc()).limit(ATTEMPTS_SHOWN)
    return delivery, session.scalars(latest).all()


def test(
    session: Session, caller: Caller, webhook_id: uuid.UUID, *, lifetime: timedelta, now: datetime
) -> Delivery:
    """Have a message of type ``webhook.test`` sent now, the way that events go."""
    caller.require(Verb.WEBHOOKS_TEST)
    webhook = _enabled(session, webhook_id)
    message_id = new_id()
    delivery = Delivery(
        id=new_id(),
        webhook_id=webhook.id,
        event_id=message_id,
        sequence=None,
        topic=str(message_id),
        state=DeliveryState.PENDING,
        attempts=0,
        created_at=now,
        next_attempt_at=now,
        give_up_at=now + lifetime,
    )
    session.add(delivery)
    session.flush()
    facts = webhooks.named(webhook) | {"delivery_id": str(delivery.id)}
    audit.record(session, EventType.WEBHOOK_TESTED, now=now, caller=caller, facts=facts)
    announce(session, OUTBOX)
    return delivery


def redeliver(
    session: Session,
    caller: Caller,
    webhook_id: uuid.UUID,
    delivery_id: uuid.UUID,
    *,
    lifetime: timedelta,
    now: datetime,
) -> Delivery:
    """Have an event sent once more, whatever became of it before.

    Until that is done, later events about the same thing wait. Raises ``DeliveryPending``.
    """
    caller.require(Verb.DELIVERIES_REDELIVER)
    webhook = _enabled(session, webhook_id)
    delivery = _found(session, webhook_id, delivery_id)
    settled = update(Delivery).where(Delivery.id == delivery.id, Delivery.state != DeliveryState.PENDING)
    again = {
        "state": DeliveryState.PENDING,
        "attempts": 0,
        "next_attempt_at": now,
        "give_up_at": now + lifetime,
        "answered_at": None,
    }
    won = rows_changed(session, settled.values(again))
    session.refresh(delivery)
    if not won:
        facts = {"next_attempt_at": delivery.next_attempt_at.isoformat()}
        raise DeliveryPending("the delivery is still being tried", facts=facts)
    facts = webhooks.named(webhook) | {
        "delivery_id": str(delivery.id),
        "event_id": str(delivery.event_id),
        "sequence": delivery.sequence,
    }
    audit.record(session, EventType.DELIVERY_REPEATED, now=now, caller=caller, facts=facts)
    announce(session, OUTBOX)
    return delivery


def purge(session: Session, *, before: datetime) -> int:
    """Forget some of the deliveries that were settled before that instant; return how many."""
    old = (
        select(Delivery.id)
        .where(Delivery.state != DeliveryState.PENDING, Delivery.answered_at < before)
        .limit(_PORTION)
    )
    ids = session.scalars(old).all()
    rows_changed(session, delete(DeliveryAttempt).where(DeliveryAttempt.delivery_id.in_(ids)))
    return rows_changed(session, delete(Delivery).where(Delivery.id.in_(ids)))


def _enabled(session: Session, webhook_id: uuid.UUID) -> Webhook:
    webhook = webhooks.held(session, webhook_id)
    if not webhook.enabled:
        raise WebhookDisabled(f"nothing is sent there now: {webhook.disabled_because}")
    return webhook


def _found(session: Session, webhook_id: uuid.UUID, delivery_id: uuid.UUID) -> Delivery:
    webhooks.found(session, webhook_id)
    delivery = session.get(Delivery, delivery_id, populate_existing=True)
    if delivery is None or delivery.webhook_id != webhook_id:
        raise NotFound("there is no such delivery")
    return delivery
