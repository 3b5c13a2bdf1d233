"""Changing a webhook that somebody has looked at."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from protem.broker import audit, webhook_fields, webhooks
from protem.broker.callers import Caller
from protem.db.models import Delivery, DeliveryState, Webhook
from protem.db.queries.changes import rows_changed
from protem.db.store import OUTBOX, announce
from protem.domain.authority import Verb
from protem.domain.errors import VersionMoved
from protem.domain.events import EventType
from protem.domain.reach import Network


@dataclass(frozen=True, slots=True)
class Edit:
    """What is to be different; None leaves it as it is."""

    url: str | None = None
    description: str | None = None
    types: Sequence[str] | None = None
    enabled: bool | None = None


def edit(
    session: Session,
    caller: Caller,
    webhook_id: uuid.UUID,
    wish: Edit,
    *,
    base_version: int,
    networks: Sequence[Network],
    lifetime: timedelta,
    now: datetime,
) -> Webhook:
    """Change a webhook that is still as the caller saw it; raises ``VersionMoved`` if it is not.

    Enabled again, it goes on where it stopped, and what waited has its whole ``lifetime`` before it.
    """
    caller.require(Verb.WEBHOOKS_EDIT)
    webhook = webhooks.held(session, webhook_id)
    if webhook.version != base_version:
        message = f"the webhook is at version {webhook.version} now"
        raise VersionMoved(message, facts={"current_version": webhook.version})
    changed = _change(webhook, wish, networks)
    if wish.enabled and not webhook.enabled:
        _enable(session, webhook, lifetime, now)
        changed.append("enabled")
    if changed:
        webhook.version += 1
        facts = webhooks.named(webhook) | {"changed": changed, "types": webhook.types}
        audit.record(session, EventType.WEBHOOK_CHANGED, now=now, caller=caller, facts=facts)
    if wish.enabled is False:
        because = f"{caller.on_record} disabled it"
        webhooks.disable(session, webhook, because=because, now=now, caller=caller)
    return webhook


def _change(webhook: Webhook, wish: Edit, networks: Sequence[Network]) -> list[str]:
    """Write down what is new; return the names of it."""
    wanted = {
        "url": None if wish.url is None else webhook_fields.address(wish.url, networks=networks),
        "description": None if wish.description is None else webhook_fields.description(wish.description),
        "types": None if wish.types is None else webhook_fields.types(wish.types),
    }
    new = {name: value for name, value in wanted.items() if value not in (None, getattr(webhook, name))}
    for name, value in new.items():
        setattr(webhook, name, value)
    return list(new)


def _enable(session: Session, webhook: Webhook, lifetime: timedelta, now: datetime) -> None:
    webhook.enabled, webhook.disabled_because = True, None
    waiting = update(Delivery).where(
        Delivery.webhook_id == webhook.id, Delivery.state == DeliveryState.PENDING
    )
    rows_changed(session, waiting.values(attempts=0, next_attempt_at=now, give_up_at=now + lifetime))
    announce(session, OUTBOX)
