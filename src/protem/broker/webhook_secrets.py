"""The secrets that sign what webhooks get: kept as they are, for nothing can be signed with a hash."""

import base64
import secrets
from datetime import datetime

from protem.db.models import Webhook

_PREFIX = "whsec_"
_BYTES = 32


def new() -> str:
    """Return a new secret in the form that the Standard Webhooks specification gives it."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def valid(webhook: Webhook, now: datetime) -> tuple[str, ...]:
    """Return the secrets that sign at ``now``: two while a rotation overlaps, the newer one first."""
    previous, until = webhook.previous_secret, webhook.previous_until
    return (webhook.secret, previous) if previous and until and now < until else (webhook.secret,)
