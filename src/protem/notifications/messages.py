"""What is sent: the body that a receiver reads, and the headers by which it knows that it is ours."""

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from standardwebhooks import Webhook as Signer

from protem.broker.record import documents
from protem.db.models import AuditEvent, Seal

TEST = "webhook.test"


def of_event(event: AuditEvent, seal: Seal) -> bytes:
    """Return the body for an event: its document, with its place in the record."""
    data = documents.document(event) | {"sequence": seal.sequence, "hash": seal.hash}
    return _body(event.type, event.occurred_at, data)


def of_test(webhook_id: uuid.UUID, asked_at: datetime) -> bytes:
    """Return the body of a message that tells of nothing."""
    return _body(TEST, asked_at, {"webhook_id": str(webhook_id)})


def headers(
    message_id: uuid.UUID, body: bytes, *, secrets: Sequence[str], now: datetime
) -> Mapping[str, str]:
    """Return the headers of one attempt, signed with every secret that is good."""
    text = body.decode()
    signatures = (Signer(secret).sign(str(message_id), now, text) for secret in secrets)
    return {
        "webhook-id": str(message_id),
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _body(type_: str, at: datetime, data: Mapping[str, Any]) -> bytes:
    message = {"type": type_, "timestamp": documents.instant(at), "data": data}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
