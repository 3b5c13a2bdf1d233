"""New secrets for webhooks, without a moment in which receivers know none that signs."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from protem.broker import audit, texts, webhook_secrets, webhooks
from protem.broker.callers import Caller
from protem.broker.webhooks import Issued
from protem.domain.authority import Verb
from protem.domain.events import EventType

LONGEST_OVERLAP = timedelta(days=7)
USUAL_OVERLAP = timedelta(days=1)


def rotate(
    session: Session, caller: Caller, webhook_id: uuid.UUID, *, overlap: timedelta, now: datetime
) -> Issued:
    """Give a webhook a new secret; the one before signs, too, for as long as ``overlap``.

    A third secret is none: rotating again while two are good ends the older one.
    """
    caller.require(Verb.WEBHOOKS_ROTATE)
    if not timedelta() <= overlap <= LONGEST_OVERLAP or overlap % timedelta(seconds=1):
        raise texts.refused("overlap", "both secrets can be good for whole seconds, P7D at most")
    webhook = webhooks.held(session, webhook_id)
    secret = webhook_secrets.new()
    webhook.previous_secret = webhook.secret if overlap else None
    webhook.previous_until = now + overlap if overlap else None
    webhook.secret, webhook.version = secret, webhook.version + 1
    facts = webhooks.named(webhook) | {"previous_until": (now + overlap).isoformat()}
    audit.record(session, EventType.WEBHOOK_ROTATED, now=now, caller=caller, facts=facts)
    return Issued(webhook, secret)
