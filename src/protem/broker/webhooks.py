"""Webhooks: addresses that events are sent to."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from protem.broker import audit, pages, texts, webhook_fields, webhook_secrets
from protem.broker.callers import Caller
from protem.broker.pages import FIRST, Page, Paging
from protem.db.models import Chain, Delivery, DeliveryState, Webhook, new_id
from protem.db.queries.changes import rows_changed
from protem.db.store import OUTBOX, announce
from protem.domain import endpoints
from protem.domain.authority import Verb
from protem.domain.errors import NotFound
from protem.domain.events import EventType
from protem.domain.reach import Network


@dataclass(frozen=True, slots=True)
class Issued:
    """A webhook whose secret can be shown this once."""

    webhook: Webhook
    secret: str = field(repr=False)


def create(
    session: Session,
    caller: Caller,
    *,
    url: str,
    description: str,
    types: Sequence[str],
    from_sequence: int | None,
    networks: Sequence[Network],
    now: datetime,
) -> Issued:
    """Have events sent to an address: those from now on, or those with numbers from ``from_sequence`` on."""
    caller.require(Verb.WEBHOOKS_CREATE)
    webhook = Webhook(
        id=new_id(),
        url=webhook_fields.address(url, networks=networks),
        description=webhook_fields.description(description),
        types=webhook_fields.types(types),
        secret=webhook_secrets.new(),
        enabled=True,
        version=1,
        sequence=_before(session, from_sequence),
        created_at=now,
        created_by=caller.on_record,
    )
    session.add(webhook)
    session.flush()
    facts = named(webhook) | {"types": webhook.types, "from_sequence": webhook.sequence + 1}
    audit.record(session, EventType.WEBHOOK_CREATED, now=now, caller=caller, facts=facts)
    announce(session, OUTBOX)
    return Issued(webhook, webhook.secret)


def list_(session: Session, caller: Caller, *, paging: Paging = FIRST) -> Page[Webhook]:
    """Return the webhooks, the newest first."""
    caller.require(Verb.WEBHOOKS_LIST)
    present = select(Webhook).where(Webhook.deleted_at.is_(None))
    return pages.cut(session, present, paging, of="webhooks", by=(Webhook.id,), descending=True)


def read(session: Session, caller: Caller, webhook_id: uuid.UUID) -> Webhook:
    """Return a webhook."""
    caller.require(Verb.WEBHOOKS_READ)
    return found(session, webhook_id)


def delete(session: Session, caller: Caller, webhook_id: uuid.UUID, *, now: datetime) -> None:
    """Send nothing there any more, and forget its secrets; what waited for it is abandoned."""
    caller.require(Verb.WEBHOOKS_DELETE)
    webhook = held(session, webhook_id)
    webhook.enabled, webhook.deleted_at, webhook.version = False, now, webhook.version + 1
    webhook.secret, webhook.previous_secret, webhook.previous_until = "", None, None
    waiting = update(Delivery).where(
        Delivery.webhook_id == webhook.id, Delivery.state == DeliveryState.PENDING
    )
    abandoned = rows_changed(session, waiting.values(state=DeliveryState.ABANDONED, answered_at=now))
    facts = named(webhook) | {"abandoned": abandoned}
    audit.record(session, EventType.WEBHOOK_DELETED, now=now, caller=caller, facts=facts)


def disable(
    session: Session, webhook: Webhook, *, because: str, now: datetime, caller: Caller | None = None
) -> None:
    """Send nothing to a webhook, whose row is held, until somebody enables it; what waits goes on waiting."""
    if not webhook.enabled:
        return
    webhook.enabled, webhook.disabled_because, webhook.version = False, because, webhook.version + 1
    facts = named(webhook) | {"reason": because}
    audit.record(session, EventType.WEBHOOK_DISABLED, now=now, caller=caller, facts=facts)


def found(session: Session, webhook_id: uuid.UUID) -> Webhook:
    """Return the row of a webhook; raises ``NotFound``."""
    return _present(session.get(Webhook, webhook_id, populate_existing=True))


def held(session: Session, webhook_id: uuid.UUID) -> Webhook:
    """Return the row of a webhook, which nobody else changes before this transaction is over.

    Whoever also takes rows of its deliveries takes this one first.
    """
    wanted = select(Webhook).where(Webhook.id == webhook_id).with_for_update(key_share=True)
    return _present(session.scalars(wanted.execution_options(populate_existing=True)).one_or_none())


def named(webhook: Webhook) -> dict[str, Any]:
    """Return what events say of a webhook: never the path of its address, which may be a secret itself."""
    return {"webhook_id": str(webhook.id), "origin": endpoints.parse(webhook.url).origin}


def _present(row: Webhook | None) -> Webhook:
    if row is None or row.deleted_at is not None:
        raise NotFound("there is no such webhook")
    return row


def _before(session: Session, from_sequence: int | None) -> int:
    end = session.scalars(select(Chain.sequence)).one()
    if from_sequence is None:
        return end
    if not 1 <= from_sequence <= end + 1:
        raise texts.refused("from_sequence", f"events have numbers from 1; the next one gets {end + 1}")
    return from_sequence - 1
